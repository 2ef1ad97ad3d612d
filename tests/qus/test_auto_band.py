"""The band "auto" is that of the reference at the focal depth."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus import PowerLaw

LAW = PowerLaw(bsc_1mhz=1e-6, exponent=3)
SETTINGS = {
    "fs_mhz": 40.0,
    "line_pitch_mm": 0.25,
    "attenuation_db_cm_mhz": 0.6,
    "reference_bsc": LAW,
    "overlap": (0.5, 0.9),
}


def coloured(rng, centre_mhz, *, n_samples=800, n_lines=60, half_mhz=2.0):
    """White noise under a power response 6 dB down at the centre -/+ `half_mhz`."""
    f = np.fft.rfftfreq(n_samples, 1 / 40)[:, None]
    power = 10 ** (-0.6 * ((f - centre_mhz) / half_mhz) ** 2)
    noise = np.fft.rfft(rng.normal(size=(n_samples, n_lines)), axis=0)
    return np.fft.irfft(noise * np.sqrt(power), n_samples, axis=0)


@pytest.mark.parametrize(("centre", "half"), [(5.5, 2.0), (7.0, 3.0), (4.5, 1.6)])
def test_band_is_six_decibels_down_on_either_side(array_maps, rng, centre, half):
    phantom = coloured(rng, centre, half_mhz=half)
    maps = array_maps(phantom, phantom, band_mhz="auto", **SETTINGS)
    step = 40 / 128
    # One bin of speckle beside the whole bins inside the true band.
    assert maps.band_mhz[0] == pytest.approx(centre - half, abs=1.7 * step)
    assert maps.band_mhz[1] == pytest.approx(centre + half, abs=1.7 * step)
    assert maps.freqs_mhz[[0, -1]] == pytest.approx(maps.band_mhz)


def test_bins_are_those_above_minus_six_decibels(array_maps, rng):
    # Bins of 0.3125 MHz: 3.75 and 7.1875 MHz lie 5 dB down, their neighbours
    # outside 7.1 and 6.6 dB.
    phantom = coloured(rng, 5.5, half_mhz=1.9, n_lines=600)
    settings = SETTINGS | {"window_mm": (2.0, 20.0), "channels": ("mbf",)}
    maps = array_maps(phantom, phantom, band_mhz="auto", **settings)
    assert maps.band_mhz == (3.75, 7.1875)


def test_scan_does_not_move_the_band(array_maps, rng):
    phantom = coloured(rng, 6.0)
    bands = [
        array_maps(coloured(rng, f), phantom, band_mhz="auto", **SETTINGS).band_mhz
        for f in (4.0, 8.0)
    ]
    assert bands[0] == bands[1]


def test_focus_chooses_the_depth(array_maps, rng):
    # 30.8 mm: the upper half peaks at 8 MHz, the lower, weaker one at 5 MHz.
    phantom = np.vstack([3 * coloured(rng, 8.0), coloured(rng, 5.0)])
    run = {"band_mhz": "auto", **SETTINGS}
    upper = array_maps(phantom, phantom, focus_mm=8.0, **run).band_mhz
    lower = array_maps(phantom, phantom, focus_mm=24.0, **run).band_mhz
    assert np.mean(upper) == pytest.approx(8, abs=0.4)
    assert np.mean(lower) == pytest.approx(5, abs=0.4)
    shifted = array_maps(phantom, phantom, focus_mm=34.0, start_depth_mm=10.0, **run)
    assert shifted.band_mhz == lower


def test_without_focus_the_strongest_of_the_middle_half_counts(array_maps, rng):
    # The near field is strongest, and does not count.
    parts = [100 * coloured(rng, 3.0, n_samples=300), coloured(rng, 4.0)]
    parts += [3 * coloured(rng, 8.0, n_samples=400), coloured(rng, 4.0)]
    phantom = np.vstack(parts)
    maps = array_maps(phantom, phantom, band_mhz="auto", **SETTINGS)
    assert np.mean(maps.band_mhz) == pytest.approx(8, abs=0.5)


def test_auto_equals_the_same_band_given(array_maps, rng):
    rf, phantom = coloured(rng, 5.5), coloured(rng, 5.5)
    auto = array_maps(rf, phantom, band_mhz="auto", **SETTINGS)
    given = array_maps(rf, phantom, band_mhz=auto.band_mhz, **SETTINGS)
    for name in ("mbf", "ss", "esd", "eac"):
        np.testing.assert_array_equal(getattr(auto, name), getattr(given, name))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"band_mhz": "wide"}, 'pair \\(low, high\\) in MHz or "auto"'),
        ({"band_mhz": "auto", "focus_mm": 90.0}, "focus_mm=90 lies outside"),
    ],
)
def test_impossible_choice_is_refused(array_maps, rng, change, message):
    phantom = coloured(rng, 5.5)
    with pytest.raises(ValueError, match=message):
        array_maps(phantom, phantom, **SETTINGS | change)


def test_dead_reference_has_no_band(array_maps, rng):
    dead = np.zeros((800, 60))
    with pytest.raises(ValueError, match="no usable reference"):
        array_maps(coloured(rng, 5.5), dead, band_mhz="auto", **SETTINGS)
