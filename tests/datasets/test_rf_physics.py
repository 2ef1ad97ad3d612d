"""The RF simulator against closed forms and a plain spectral loop."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import cache

import numpy as np
import pytest
from scipy.signal import hilbert

from sknac.cohort import Plane
from sknac.datasets import _rf_physics
from sknac.datasets._rf_physics import RFSystem, simulate_rf
from sknac.qus import GaussianScatterers, ReferencePhantom, qus_maps

TISSUE = {"esd_um": 110.0, "eac_db": 25.0, "attenuation_db_cm_mhz": 0.7}
GEOMETRY = {"fs_mhz": 40.0, "line_pitch_mm": 0.234}


def gaussian_bsc(freqs_mhz, esd_um, eac_db, speed_of_sound):
    """Backscatter coefficient of a Gaussian form factor, 1/(cm sr)."""
    k = 2 * np.pi * np.asarray(freqs_mhz) * 1e6 / (100 * speed_of_sound)
    a = np.asarray(esd_um) * 0.5e-4
    return (
        4
        / 9
        * k**4
        * a**6
        * 10 ** (np.asarray(eac_db) / 10)
        * np.exp(-0.827 * (k * a) ** 2)
    )


def frames_of(system, n, seed=0, shape=(2080, 160), **tissue):
    rng = np.random.default_rng(seed)
    return [simulate_rf(system, shape, rng, **(TISSUE | tissue)) for _ in range(n)]


def true_line(esd_um, eac_db, band=(3, 8)):
    """Least-squares slope and mid-band value of the true BSC ratio, dB."""
    freqs = np.arange(20, 52) * 40 / 256
    freqs = freqs[(freqs >= band[0]) & (freqs <= band[1])]
    ka, kr = (
        2 * np.pi * freqs * 1e6 / c * a
        for c, a in ((154000, esd_um / 2e4), (148800, 15e-4))
    )
    tissue = ka**4 * (esd_um / 2e4) ** 2 * 10 ** (eac_db / 10) * np.exp(-0.827 * ka**2)
    phantom = kr**4 * 15e-4**2 * 10**5.2 * np.exp(-0.827 * kr**2)
    slope, intercept = np.polyfit(freqs, 10 * np.log10(tissue / phantom), 1)
    return slope, intercept + 5.5 * slope


@pytest.fixture(scope="module")
def uniform(system, wide_estimates):
    """Estimates of uniform tissue; kept, since two tests look at them."""

    @cache
    def estimates(esd_um):
        frames = frames_of(system, 3, seed=int(esd_um), esd_um=esd_um)
        return wide_estimates(frames, 0.7)

    return estimates


@pytest.mark.parametrize("esd_um", [60.0, 90.0, 120.0, 150.0])
def test_whole_width_windows_recover_slope_and_midband(esd_um, uniform):
    _, slope, midband, _, _ = uniform(esd_um)
    true_slope, true_midband = true_line(esd_um, 25.0)
    assert slope.mean() == pytest.approx(true_slope, abs=0.25)
    assert midband.mean() == pytest.approx(true_midband, abs=0.25)


@pytest.mark.parametrize("esd_um", [90.0, 120.0, 150.0])
def test_whole_width_windows_recover_diameter_and_concentration(esd_um, uniform):
    _, _, _, esd, eac = uniform(esd_um)
    assert np.median(esd) == pytest.approx(esd_um, abs=6)
    assert np.median(eac) == pytest.approx(25.0, abs=2.5)


@pytest.mark.parametrize("alpha", [0.4, 0.7, 1.0])
def test_midband_fit_is_flat_in_depth_after_compensation(alpha, system, wide_estimates):
    frames = frames_of(system, 4, seed=7, attenuation_db_cm_mhz=alpha)
    depth, _, midband, _, _ = wide_estimates(frames, alpha)
    assert abs(np.polyfit(depth, midband, 1)[0]) < 0.2


def test_attenuation_is_recovered_from_the_fall_with_depth(system, wide_estimates):
    frames = frames_of(system, 4, seed=8, attenuation_db_cm_mhz=0.8)
    depth, slope, midband, _, _ = wide_estimates(frames, 0.0)
    # Uncompensated, the mid-band falls by 2 alpha 5.5 MHz and the slope by 2 alpha
    # per cm of tissue.
    assert -np.polyfit(depth, midband, 1)[0] / 11 == pytest.approx(0.8, abs=0.03)
    assert -np.polyfit(depth, slope, 1)[0] / 2 == pytest.approx(0.8, abs=0.06)


def test_an_attenuating_layer_dims_what_lies_behind_it(system, wide_estimates):
    alpha = np.full((2080, 160), 0.5)
    alpha[500:1000] = 1.0
    frames = frames_of(system, 4, seed=9, attenuation_db_cm_mhz=alpha)
    starts = [300, 1100, 1300]
    _depth, _, midband, _, _ = wide_estimates(frames, 0.5, starts)
    extra = 2 * 0.5 * 5.5 * (500 * 0.01925 / 10)
    assert np.diff(midband[[0, 1]])[0] == pytest.approx(-extra, abs=0.6)
    assert midband[1:].mean() == pytest.approx(midband[0] - extra, abs=0.5)


@pytest.fixture(scope="module")
def reference(phantom):
    """The phantom with what is known of it."""
    return ReferencePhantom(
        [Plane.from_rf(frame, **GEOMETRY) for frame in phantom],
        attenuation_db_cm_mhz=0.576,
        speed_of_sound=1488.0,
        bsc=GaussianScatterers(30.0, 52.0, 1488.0),
    )


@pytest.mark.parametrize(
    ("esd_um", "bias", "sd", "invalid"),
    [(60, 3.3, 22.8, 0.176), (90, -2.6, 21.2, 0.016), (150, -3.6, 12.4, 0.0)],
)
def test_two_mm_windows_meet_the_accuracy_floor(
    esd_um, bias, sd, invalid, system, reference
):
    # The prototype's figures for a 0.6 mm beam, 2 mm windows, known attenuation.
    got = []
    for frame in frames_of(system, 2, seed=esd_um, esd_um=float(esd_um)):
        plane = Plane.from_rf(frame, **GEOMETRY)
        maps = qus_maps(plane, reference, attenuation_db_cm_mhz=0.7, overlap=0.5)
        got.append(maps.esd)
    got = np.array(got)
    assert np.nanmedian(got) - esd_um == pytest.approx(bias, abs=4)
    assert np.nanstd(got) == pytest.approx(sd, rel=0.15)
    assert np.mean(np.isnan(got)) == pytest.approx(invalid, abs=0.04)


def test_low_rank_spectra_equal_the_exact_ones(system):
    freqs = np.linspace(0.2, 15, 300)
    radius = np.array([[40.0, 50.0, 65.0, 40.0]], np.float32)
    loss = np.array([[0.0, 2.0, 7.0, 7.0]], np.float32)
    weights, curves, code = _rf_physics._local_spectra(
        system, freqs, radius, loss, 1540.0
    )
    got = (weights.T @ curves)[code[0]]
    exact = np.sqrt(gaussian_bsc(freqs, 2 * radius.T, 25.0, 1540.0))
    exact = exact * 10 ** (-loss.T * freqs / 20) * system.response(freqs)
    centre = np.argmin(np.abs(freqs - 5.5))
    exact *= (system.response(5.5) / exact[:, [centre]]) * got[:, [centre]]
    assert len(curves) < 12
    error = np.abs(got - exact).max(axis=1) / exact.max(axis=1)
    assert error.max() < 5e-3


def test_backscatter_agrees_with_the_model_of_sknac_qus():
    freqs = np.linspace(1, 12, 30)
    model = GaussianScatterers(97.0, 31.0, 1500.0)
    np.testing.assert_allclose(
        gaussian_bsc(freqs, 97.0, 31.0, 1500.0), model(freqs), rtol=1e-12
    )


def test_response_is_half_at_3_and_8_mhz():
    system = RFSystem()
    np.testing.assert_allclose(
        system.response(np.array([3.0, 5.5, 8.0])), [0.5, 1, 0.5]
    )


def test_envelope_is_rayleigh_speckle(system):
    frame = frames_of(system, 1, seed=4, attenuation_db_cm_mhz=0.0)[0]
    # One depth at a time: gain and beam are constant along a row.
    envelope = np.abs(hilbert(frame.astype(float), axis=0))[900:1200]
    envelope /= envelope.mean(axis=1, keepdims=True)
    assert 1 / envelope.std() == pytest.approx(1.91, rel=0.06)


def test_echoes_are_strongest_at_the_focus():
    system = RFSystem(focus_mm=20.0, tgc_db_cm=0.0)
    frames = frames_of(system, 3, attenuation_db_cm_mhz=0.0)
    rms = np.sqrt(np.mean(np.square(frames, dtype=float), axis=(0, 2)))
    depth = system.nominal_depth_mm(2080)
    near, focus, far = (rms[np.abs(depth - z) < 1.5].mean() for z in (2, 20, 38))
    # A Lorentzian in power of half-width 20 mm: 1 / sqrt(1 + (18 / 20)**2).
    np.testing.assert_allclose([near / focus, far / focus], 0.743, rtol=0.08)


def test_beam_widens_away_from_the_focus():
    system = RFSystem(focus_mm=20.0)
    frames = np.concatenate(frames_of(system, 4, attenuation_db_cm_mhz=0.2), axis=1)

    def neighbour_correlation(z):
        rows = frames[np.abs(system.nominal_depth_mm(2080) - z) < 1.0].astype(float)
        return np.corrcoef(rows[:, :-3].ravel(), rows[:, 3:].ravel())[0, 1]

    # Correlation of a field under a Gaussian beam of SD s at distance d:
    # exp(-d**2 / (4 s**2)).
    for z in (3.0, 20.0, 37.0):
        sigma = system.beam_fwhm_mm(z) / np.sqrt(8 * np.log(2))
        expected = np.exp(-((3 * 0.234) ** 2) / (4 * sigma**2))
        assert neighbour_correlation(z) == pytest.approx(expected, abs=0.1)


def test_noise_is_that_of_the_receiver_and_its_time_gain():
    system = RFSystem(noise_counts=5.0, tgc_db_cm=3.0)
    frame = frames_of(system, 1, eac_db=-200.0)[0]
    assert frame[:50].std() == pytest.approx(5.0, rel=0.05)
    gain = 10 ** (3.0 * 4.0 / 20)  # 3 dB/cm at 40 mm
    assert frame[-50:].std() == pytest.approx(5.0 * gain, rel=0.05)


def test_frames_use_sixteen_bits_well(system):
    frame = frames_of(system, 1)[0]
    assert frame.dtype == np.int16
    assert 300 < frame.std() < 6000
    assert np.abs(frame.astype(int)).max() < 32767


def test_loud_scatterers_clip_at_full_scale(system):
    frame = frames_of(system, 1, eac_db=60.0, shape=(600, 70))[0]
    assert frame.max() == 32767
    assert frame.min() == -32768


def test_quantising_changes_no_sample_by_more_than_half_a_count(system):
    rough, fine = (
        simulate_rf(
            system, (600, 70), np.random.default_rng(5), quantise=quantise, **TISSUE
        )
        for quantise in (True, False)
    )
    assert fine.dtype == np.float32
    assert np.abs(rough - fine).max() <= 0.5


def test_same_generator_gives_the_same_frame(system):
    one, other = (frames_of(system, 1, seed=6, shape=(600, 70))[0] for _ in range(2))
    np.testing.assert_array_equal(one, other)
