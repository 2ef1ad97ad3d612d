"""Decimals are read as they are written."""

# SPDX-License-Identifier: BSD-3-Clause

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from sknac.utils._decimals import as_decimals, as_printed, snapped, tied

PART = Fraction(21, 10)


@pytest.mark.parametrize(
    "value",
    [2.1, np.float32(2.1), np.float16(2.1), Decimal("2.1"), "2.1"],
)
def test_every_kind_of_number_is_what_it_prints_as(value):
    assert as_decimals(value).item() == PART
    assert as_decimals([value, 1]).tolist() == [PART, 1]
    assert as_decimals(pd.Series([value])).tolist() == [PART]


def test_missing_ones_are_filled_and_flags_are_numbers():
    assert as_decimals([None, np.nan, pd.NA, True], fill=2).tolist() == [2, 2, 2, 1]
    assert as_decimals(None, fill=3).item() == 3


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_numbers_of_low_precision_are_what_they_print_as(kind):
    values = [0.1, 0.3, 0.7, 2.1, np.nan, np.inf]
    found = as_printed(np.array(values, dtype=kind))
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, values)
    assert as_printed(kind(0.3)).item() == 0.3


@pytest.mark.parametrize("values", [[0.1 + 0.2], [1, 2], np.array([0.1 + 0.2]), "x"])
def test_others_stay_as_they_are(values):
    assert as_printed(values) is values


# R: survival's aeqSurv with its default tolerance, sqrt(.Machine$double.eps), takes
# neighbours that are closer than it, or closer than it times the mean, for the least.
@pytest.mark.parametrize(
    ("values", "want"),
    [
        ([0.1 + 0.2, 0.3, 1.0], [0.3, 0.3, 1.0]),
        ([1.1, 3 * 1.1, 3.3], [1.1, 3.3, 3.3]),
        ([1.0, 1.0 + 1.4e-8, 1.0 + 2.8e-8], [1.0, 1.0, 1.0]),
        ([1.0, 1.0 + 1.6e-8], [1.0, 1.0 + 1.6e-8]),
        ([1e6, 1e6 + 0.01], [1e6, 1e6]),
        ([5.0, 1.0, 5.0], [5.0, 1.0, 5.0]),
        ([2.0], [2.0]),
    ],
)
def test_what_differs_by_rounding_is_tied_as_in_r(values, want):
    assert tied(np.array(values)).tolist() == want


def test_what_is_asked_for_is_the_known_number_beside_it():
    known = np.array([0.0, 0.3, 0.7, 2.0])
    asked = np.array([0.1 + 0.2, 0.7, 7 * 0.1, 0.3 - 1e-9, 0.31, 5.0, 1e-7])
    want = [0.3, 0.7, 0.7, 0.3, 0.31, 5.0, 1e-7]
    assert snapped(asked, known).tolist() == want
    assert snapped(asked, known, 1e-12)[3] == 0.3 - 1e-9
