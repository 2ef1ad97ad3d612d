"""Simulated truth is recovered, to the accuracy that speckle allows.

Tissue and phantom go through the scanner of `sknac.datasets`: a pulse of 3 to 8 MHz,
a beam of 0.6 mm, gain, attenuation, noise and 16 bits. It shares no code with the maps.
"""

# SPDX-License-Identifier: BSD-3-Clause

from functools import cache

import numpy as np
import pytest

from sknac.datasets._rf_physics import RFSystem, simulate_rf
from sknac.qus import GaussianScatterers

SYSTEM = RFSystem(focus_mm=25.0)
SHAPE = (2600, 256)
PITCH = 0.234
PHANTOM = {"esd_um": 30.0, "eac_db": 52.0}
BSC = GaussianScatterers(**PHANTOM, speed_of_sound=1488.0)
EAC = {60: 40.0, 90: 30.0, 120: 22.0, 150: 18.0}
# Diameter: bias and SD of ESD (um), bias and SD of EAC (dB), share invalid, of windows
# of 2 mm; and how far repeated simulations may lie from these.
FLOOR = {
    60: (3.3, 22.8, -1.8, 11.7, 0.176),
    90: (-2.6, 21.2, 0.1, 6.7, 0.016),
    120: (-3.2, 15.9, -0.1, 2.3, 0.0),
    150: (-3.6, 12.4, -0.2, 1.0, 0.0),
}
AWAY = (5.0, 2.5, 2.0, 1.2, 0.02)
F = np.arange(10, 26) * 40 / 128
SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def phantom():
    frames = [
        simulate_rf(
            SYSTEM,
            SHAPE,
            np.random.default_rng(900 + i),
            attenuation_db_cm_mhz=0.576,
            speed_of_sound=1488.0,
            **PHANTOM,
        )
        for i in range(6)
    ]
    frames = np.stack(frames)
    frames.setflags(write=False)  # one phantom of it serves all tests
    return frames


@cache
def scan(esd, seed, attenuation):
    """RF of uniform tissue; kept, since several tests look at it."""
    return simulate_rf(
        SYSTEM,
        SHAPE,
        np.random.default_rng(seed),
        esd_um=float(esd),
        eac_db=EAC[esd],
        attenuation_db_cm_mhz=attenuation,
    )


@pytest.fixture(scope="module")
def compute(array_maps, phantom):
    """Maps of uniform tissue; kept, too."""

    @cache
    def run(esd, seed, *, whole_width=False, attenuation=0.6, taken_for=None):
        return array_maps(
            scan(esd, seed, attenuation),
            phantom,
            fs_mhz=40.0,
            line_pitch_mm=PITCH,
            reference_speed_of_sound=1488.0,
            attenuation_db_cm_mhz=taken_for or attenuation,
            reference_bsc=BSC,
            window_mm=(2.0, 256 * PITCH) if whole_width else 2.0,
            overlap=(0.5, 0.0),
        )

    yield run
    scan.cache_clear()


def true_line(esd):
    """MBF and SS of the truth."""
    y = 10 * np.log10(GaussianScatterers(esd, EAC[esd])(F) / BSC(F))
    slope, intercept = np.polyfit(F, y, 1)
    return intercept + 5.5 * slope, slope


@pytest.mark.parametrize("esd", FLOOR)
@pytest.mark.parametrize("seed", SEEDS)
def test_two_millimetre_windows_reach_the_floor(compute, esd, seed):
    maps = compute(esd, seed)
    found = (
        np.nanmedian(maps.esd) - esd,
        np.nanstd(maps.esd),
        np.nanmedian(maps.eac) - EAC[esd],
        np.nanstd(maps.eac),
        (~maps.valid).mean(),
    )
    np.testing.assert_array_less(np.abs(np.subtract(found, FLOOR[esd])), AWAY)


@pytest.mark.parametrize("esd", FLOOR)
@pytest.mark.parametrize("seed", SEEDS)
def test_midband_fit_of_small_windows_is_low_by_the_mean_log_of_speckle(
    compute, esd, seed
):
    error = compute(esd, seed).mbf - true_line(esd)[0]
    assert np.nanmean(error) == pytest.approx(-0.65, abs=0.25)
    assert np.nanstd(error) == pytest.approx(0.95, abs=0.15)


@pytest.mark.parametrize("esd", FLOOR)
@pytest.mark.parametrize("seed", SEEDS)
def test_whole_width_windows_recover_the_truth(compute, esd, seed):
    maps = compute(esd, seed, whole_width=True)
    mbf, slope = true_line(esd)
    assert np.nanmedian(maps.mbf) == pytest.approx(mbf, abs=0.25)
    assert np.nanmedian(maps.ss) == pytest.approx(slope, abs=0.25)
    assert np.nanmedian(maps.esd) == pytest.approx(esd, abs=6)
    assert np.nanmedian(maps.eac) == pytest.approx(EAC[esd], abs=2.5)


@pytest.mark.parametrize("attenuation", [0.4, 0.6, 0.9])
@pytest.mark.parametrize("seed", SEEDS)
def test_midband_fit_is_flat_in_depth(compute, attenuation, seed):
    maps = compute(120, seed, whole_width=True, attenuation=attenuation)
    rows = maps.valid[:, 0]
    drift = np.polyfit(maps.depth_mm[rows] / 10, maps.mbf[rows, 0], 1)[0]
    assert abs(drift) < 0.2


@pytest.mark.parametrize(
    ("error", "mbf", "esd"), [(-0.2, -5.5, 27), (-0.1, -2.7, 14), (0.2, 5.5, -49)]
)
def test_a_wrong_attenuation_moves_the_maps_as_stated(compute, error, mbf, esd):
    # Over 3 to 47 mm; the sign and the size are what the documentation says.
    right = compute(120, 5)
    wrong = compute(120, 5, taken_for=0.6 + error)
    assert np.nanmean(wrong.mbf - right.mbf) == pytest.approx(mbf, abs=0.15)
    shift = np.nanmedian(wrong.esd) - np.nanmedian(right.esd)
    assert np.sign(shift) == np.sign(esd)
    assert 0.4 * abs(esd) < abs(shift) < 1.3 * abs(esd)
