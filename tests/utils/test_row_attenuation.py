"""Attenuation of each patient, out of a column where one is named."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.exceptions import CohortError
from sknac.utils._row_attenuation import attenuation_column, attenuation_of_rows

X = pd.DataFrame({"alpha": [0.5, np.nan, 0.9]}, index=["P1", "P2", "P3"])


@pytest.mark.parametrize("value", [0.7, "estimate", abs, None])
def test_what_names_no_column_is_the_same_for_all(value):
    assert attenuation_column(value) is None
    assert attenuation_of_rows(X, value, [True] * 3) == [value] * 3


def test_column_is_read_where_it_is_needed():
    values = attenuation_of_rows(X, "alpha", [True, False, True])
    assert (values[0], values[2]) == (0.5, 0.9)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "row P2, column alpha: alpha=nan must be finite; give the tissue"),
        (-0.2, "row P2, column alpha: alpha=-0.2 is negative"),
        (None, "row P2, column alpha: alpha is missing"),
        ("0.5", "row P2, column alpha: alpha='0.5' is not a number"),
    ],
)
def test_value_that_cannot_be_is_named_by_its_row(value, message):
    frame = pd.DataFrame({"alpha": [0.5, value, 0.9]}, index=X.index, dtype=object)
    with pytest.raises(CohortError, match=message):
        attenuation_of_rows(frame, "alpha", [True] * 3)


def test_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(CohortError, match=r"column beta .* is missing.*alpha"):
        attenuation_of_rows(X, "beta", [True] * 3)
