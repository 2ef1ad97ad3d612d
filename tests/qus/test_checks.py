"""Numbers and arrays are refused with their name, value and mend."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus._checks import check_attenuation, pair, real_rf

SHAPE = (4, 3)


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
