"""Decimals are read as they are written."""

# SPDX-License-Identifier: BSD-3-Clause

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from sknac.utils._decimals import as_decimals

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
