"""Single numbers are refused with their name, value and mend."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.utils._numbers import not_negative, positive


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2), np.int64(2)])
def test_any_kind_of_number_becomes_a_float(value):
    assert (type(positive("a", value, "")), positive("a", value, "")) == (float, 2.0)
    assert not_negative("a", value, "") == 2.0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0, "a=0 must be finite and above 0; say it"),
        (np.inf, "a=inf must be finite"),
        (np.nan, "a=nan must be finite"),
        (True, "a=True is not a number; say it"),
        ("2", "a='2' is not a number"),
    ],
)
def test_what_is_not_positive_is_refused(value, message):
    with pytest.raises(ValueError, match=message):
        positive("a", value, "say it")


@pytest.mark.parametrize(
    ("value", "message"),
    [(None, "a is missing; say it"), (-1, "a=-1 is negative"), (False, "not a number")],
)
def test_what_may_be_zero_may_not_be_negative(value, message):
    assert not_negative("a", 0, "say it") == 0.0
    with pytest.raises(ValueError, match=message):
        not_negative("a", value, "say it")
