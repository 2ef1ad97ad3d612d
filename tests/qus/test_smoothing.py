"""The taper's smoothing of steep spectra, and its removal."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import Plane, Study
from sknac.datasets._rf_physics import RFSystem, simulate_rf
from sknac.qus import (
    GaussianScatterers,
    QUSMapper,
    ReferencePhantom,
    SpectralOptions,
    qus_maps,
)
from sknac.qus._plan import make_plan
from sknac.qus._smoothing import TaperSmoothing, taper_variance

SHAPE = (2500, 128)
SYSTEM = RFSystem(focus_mm=20.0, noise_counts=0.0)
TISSUE = GaussianScatterers(90.0, 30.0)
BEADS = GaussianScatterers(30.0, 52.0, speed_of_sound=1488.0)
QUIET = {"min_snr_db": None, "guards": False}


def scan(seed, attenuation, esd_um=90.0, eac_db=30.0, shape=SHAPE, **settings):
    rng = np.random.default_rng(seed)
    tissue = {"esd_um": esd_um, "eac_db": eac_db, "quantise": False, **settings}
    rf = simulate_rf(SYSTEM, shape, rng, attenuation_db_cm_mhz=attenuation, **tissue)
    return Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=0.234)


def phantom(n=6, shape=SHAPE):
    settings = {"esd_um": 30.0, "eac_db": 52.0, "speed_of_sound": 1488.0}
    return ReferencePhantom(
        [scan(900 + s, 0.576, shape=shape, **settings) for s in range(n)],
        attenuation_db_cm_mhz=0.576,
        speed_of_sound=1488.0,
        bsc=BEADS,
    )


def plan(taper="hann", band_mhz=(3.0, 8.0)):
    plane = Plane.from_rf(np.ones((400, 20)), fs_mhz=40.0, line_pitch_mm=0.25)
    settings = {"window_mm": 2.0, "overlap": 0.5, "taper": taper}
    return make_plan(plane, band_mhz=band_mhz, **settings)


def test_variance_is_that_of_the_tapers_spectrum():
    n, fs = plan().n_samples, 40.0
    power = np.abs(np.fft.fft(np.hanning(n), 1 << 16)) ** 2
    f = np.fft.fftfreq(power.size, 1 / fs)
    expected = np.sum(f**2 * power) / power.sum()
    assert taper_variance(plan()) == pytest.approx(expected, rel=1e-3)
    # Of a continuous Hann taper of length T it is 1 / (3 T^2).
    assert taper_variance(plan()) == pytest.approx((fs / n) ** 2 / 3, rel=0.03)


def test_smoothed_gaussian_spectra_get_their_ratio_back():
    # Gaussians stay Gaussians: measured and true log spectra are known in closed form.
    windows = plan()
    f, v = windows.freqs_mhz, taper_variance(windows)

    def smoothed(centre, width):
        return -((f - centre) ** 2) / (2 * (width**2 + v))

    width, shift = 1.6, -0.6
    scan, reference = smoothed(5.5 + shift, width), smoothed(5.5, width)
    true = (2 * shift * (f - 5.5) - shift**2) / (2 * width**2)
    block = np.repeat(scan[None, :, None], 3, axis=2)
    TaperSmoothing(windows, reference[None], np.dtype(float)).remove(block, slice(0, 1))
    before, after = scan - reference - true, block[0, :, 1] - reference - true
    assert abs(np.polyfit(f, after, 1)[0]) < 0.1 * abs(np.polyfit(f, before, 1)[0])
    assert np.abs(after).max() < 0.1 * np.abs(before).max()


def test_deep_attenuating_tissue_is_freed_of_its_bias():
    reference, errors = phantom(), {}
    for corrected in (False, True):
        options = SpectralOptions(correct_taper=corrected, **QUIET)
        for seed in range(6):
            maps = qus_maps(
                scan(seed, 0.9),
                reference,
                attenuation_db_cm_mhz=0.9,
                window_mm=(2.0, 29.8),
                overlap=(0.5, 0.0),
                channels=("ss", "esd", "bsc"),
                options=options,
            )
            deep = (maps.depth_mm > 32) & (maps.depth_mm < 46)
            f = maps.freqs_mhz
            true = np.polyfit(f, 10 * np.log10(TISSUE(f) / BEADS(f)), 1)[0]
            bsc = 10 * np.log10(maps.bsc[deep].mean(axis=(0, 1)) / TISSUE(f))
            found = maps.ss[deep].mean() - true, np.median(maps.esd[deep]) - 90.0
            errors.setdefault(corrected, []).append((*found, np.polyfit(f, bsc, 1)[0]))
    (ss, esd, tilt), (ss_c, esd_c, tilt_c) = (
        np.mean(errors[corrected], axis=0) for corrected in (False, True)
    )
    assert (ss > 0.08, esd < -2.5, tilt > 0.08) == (True, True, True)
    assert abs(ss_c) < 0.04
    assert abs(esd_c) < 1.5
    assert abs(tilt_c) < 0.04


def test_a_phantom_against_itself_is_left_alone():
    shape = (800, 40)
    reference = phantom(1, shape)
    settings = {"attenuation_db_cm_mhz": 0.576, "overlap": 0.5, "channels": "mbf"}
    plain, corrected = (
        qus_maps(
            reference.acquisitions[0],
            reference,
            window_mm=(2.0, 9.36),
            options=SpectralOptions(correct_taper=correct, **QUIET),
            **settings,
        )
        for correct in (False, True)
    )
    np.testing.assert_allclose(corrected.mbf, plain.mbf, atol=1e-4)


@pytest.mark.parametrize("taper", ["boxcar", ("tukey", 0.0)])
def test_taper_that_ends_in_a_step_is_refused(taper):
    with pytest.raises(ValueError, match="falls to 0 at its ends"):
        taper_variance(plan(taper))


def test_stored_maps_know_whether_they_were_corrected(tmp_path):
    shape = (800, 40)
    X = pd.DataFrame({"us_pre": [Study([scan(1, 0.6, shape=shape)])]}, index=["P"])
    for correct in (False, True, True):
        options = SpectralOptions(correct_taper=correct, **QUIET)
        settings = {"channels": "mbf", "overlap": 0.5, "options": options}
        QUSMapper(
            phantom(1, shape), attenuation_db_cm_mhz=0.6, store=tmp_path, **settings
        ).fit_transform(X)
    assert len(list(tmp_path.glob("??/*.npy"))) == 2
