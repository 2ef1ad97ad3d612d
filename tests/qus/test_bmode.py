"""B-mode of RF, against an envelope that is known."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus import bmode_from_rf


def test_bmode_is_the_envelope_in_decibels():
    t = np.arange(1024) / 40.0
    envelope = np.exp(-(((t - 12.8) / 3.0) ** 2))
    rf = (envelope * np.cos(2 * np.pi * 5 * t))[:, None] * [1.0, 0.1]
    image = bmode_from_rf(rf, dynamic_range_db=80)
    middle = slice(400, 624)
    expected = 20 * np.log10(envelope[middle])
    np.testing.assert_allclose(image[middle, 0], expected, atol=0.1)
    np.testing.assert_allclose(image[middle, 1], expected - 20, atol=0.1)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_bmode_refuses_nonfinite_rf(value):
    with pytest.raises(ValueError, match="NaN or infinite"):
        bmode_from_rf(np.full((300, 4), value))


def test_bmode_of_silence_is_black():
    assert (bmode_from_rf(np.zeros((300, 4)), dynamic_range_db=50) == -50).all()
