"""Random fields: speckle statistics, grey levels, smooth textures."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.datasets._speckle import smooth_field, speckle_envelope, to_grey


@pytest.fixture
def even():
    rng = np.random.default_rng(0)
    return speckle_envelope(np.full((300, 400), 0.1), (0.2, 0.2), (0.4, 0.8), rng)


def test_even_scatterers_give_rayleigh_speckle(even):
    assert even.mean() / even.std() == pytest.approx(1.913, rel=0.03)


def test_mean_square_of_the_envelope_is_that_of_the_amplitude(even):
    assert np.mean(even**2) == pytest.approx(0.01, rel=0.05)


def test_speckle_is_as_large_as_the_point_spread_function(even):
    power = even**2 - np.mean(even**2)

    def correlation(axis, lag):
        a = np.take(power, range(power.shape[axis] - lag), axis)
        b = np.take(power, range(lag, power.shape[axis]), axis)
        return np.mean(a * b) / np.var(power)

    # Intensity correlates as exp(-d**2 / (2 s**2)), s the SD of the amplitude PSF.
    for axis, fwhm, lag in ((0, 0.4, 2), (1, 0.8, 3)):
        sigma = fwhm / np.sqrt(8 * np.log(2))
        expected = np.exp(-((0.2 * lag) ** 2) / (2 * sigma**2))
        assert correlation(axis, lag) == pytest.approx(expected, abs=0.04)


def test_louder_scatterers_are_brighter_by_their_level():
    amplitude = np.full((200, 400), 0.02)
    amplitude[:, 200:] *= 10 ** (12 / 20)
    envelope = speckle_envelope(
        amplitude, (0.2, 0.2), (0.4, 0.8), np.random.default_rng(1)
    )
    ratio = np.mean(envelope[:, 220:] ** 2) / np.mean(envelope[:, :180] ** 2)
    assert 10 * np.log10(ratio) == pytest.approx(12, abs=0.4)


def test_grey_levels_are_linear_in_decibels():
    grey = to_grey(10.0 ** (np.array([10, 0, -30, -60, -90]) / 20))
    assert grey.dtype == np.uint8
    np.testing.assert_array_equal(grey, [255, 255, 128, 0, 0])


@pytest.mark.parametrize("shape", [(200, 300), (201, 301)])
def test_smooth_field_has_unit_variance_and_the_length_asked_for(shape):
    field = smooth_field(shape, (2.0, 4.0), np.random.default_rng(2))
    assert field.shape == shape
    assert field.std() == pytest.approx(1, abs=0.1)
    # White noise under a Gaussian of SD s correlates as exp(-d**2 / (4 s**2)).
    down = np.corrcoef(field[:-4].ravel(), field[4:].ravel())[0, 1]
    across = np.corrcoef(field[:, :-4].ravel(), field[:, 4:].ravel())[0, 1]
    assert down == pytest.approx(np.exp(-1), abs=0.06)
    assert across == pytest.approx(np.exp(-0.25), abs=0.06)
