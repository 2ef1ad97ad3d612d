"""Numbers and arrays are refused with their name, value and mend."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus._checks import check_attenuation, not_negative, pair, positive, real_rf

SHAPE = (4, 3)


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


def test_one_number_stands_for_both_directions():
    assert pair("a", 2.5) == (2.5, 2.5)
    assert pair("a", (1, 2)) == (1, 2)
    with pytest.raises(ValueError, match=r"a must be .* a pair \(axial, lateral\)"):
        pair("a", (1, 2, 3))


@pytest.mark.parametrize(
    ("rf", "message"),
    [
        (np.ones(SHAPE) * 1j, "dtype complex128.*IQ data"),
        (np.full(SHAPE, "x"), "dtype <U1; give real samples"),
        (np.ones(4), r"shape \(4,\); give one frame"),
        (np.ones((0, 3)), r"shape \(0, 3\)"),
    ],
)
def test_what_is_no_frame_is_refused(rf, message):
    with pytest.raises(ValueError, match=message):
        real_rf(rf)


def test_attenuation_is_a_number_a_map_or_the_estimate():
    assert check_attenuation(1, SHAPE) == 1.0
    assert check_attenuation("estimate", SHAPE) == "estimate"
    assert check_attenuation(np.ones(SHAPE, int), SHAPE).dtype == np.float64
    with pytest.raises(ValueError, match=r"shape \(3, 4\), the plane \(4, 3\)"):
        check_attenuation(np.ones(SHAPE[::-1]), SHAPE)
    with pytest.raises(ValueError, match="12 negative, NaN or infinite values"):
        check_attenuation(-np.ones(SHAPE), SHAPE)
    with pytest.raises(ValueError, match="\"estimate\", got 'column'"):
        check_attenuation("column", SHAPE)
