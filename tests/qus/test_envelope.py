"""Envelope statistics against distributions whose parameters are known."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.signal import hilbert
from scipy.special import gamma, psi

from sknac.cohort import Plane
from sknac.qus import EnvelopeMapper
from sknac.qus._envelope import (
    ENVELOPE_CHANNELS,
    _unlike_speckle,
    envelope_maps,
    hilbert_power,
    independent_samples,
    nakagami_m,
    window_sums,
)
from sknac.qus._envelope_job import make_envelope_job

SPACING = (0.02, 0.2)  # windows of 2 mm hold 100 x 10 samples


def maps_of(image, *, window_mm=2.0, overlap=0.5, **plane):
    """Maps by name of an envelope, and what is doubtful."""
    plane = Plane(np.asarray(image), "envelope", SPACING, **plane)
    plan = plan_of(plane, window_mm, overlap)
    return envelope_maps(plane, plan, ENVELOPE_CHANNELS)[:2]


def plan_of(plane, window_mm=2.0, overlap=0.5):
    settings = {"window_mm": window_mm, "overlap": overlap}
    return make_envelope_job(plane, ENVELOPE_CHANNELS, **settings).plan


def nakagami(rng, m, omega=1.0, shape=(1200, 120)):
    return np.sqrt(rng.gamma(m, omega / m, size=shape))


def exact_m(y):
    """Solve ln m - psi(m) = y."""
    return brentq(lambda m: np.log(m) - psi(m) - y, 1e-3, 1e3)


@pytest.mark.parametrize("m", [0.06, 0.1, 0.3, 0.5, 1, 2, 5, 20, 100])
def test_greenwood_and_durand_solve_the_likelihood(m):
    assert nakagami_m(np.log(m) - psi(m)) == pytest.approx(m, rel=3e-4)


@pytest.mark.parametrize("y", [0.0, -0.1, 17.5, np.nan, np.inf])
def test_m_beyond_the_approximation_is_unknown(y):
    with np.errstate(all="ignore"):
        assert np.isnan(nakagami_m(np.float64(y)))


@pytest.mark.parametrize("m", [0.5, 1.0, 2.0])
def test_nakagami_amplitudes_have_their_m_and_omega(rng, m):
    maps, _ = maps_of(nakagami(rng, m, omega=7.0))
    assert np.mean(maps["nakagami_m"]) == pytest.approx(m, rel=0.02)
    power = np.mean(10 ** (maps["nakagami_omega"].astype(float) / 10))
    assert power == pytest.approx(7.0, rel=0.02)


def test_speckle_has_m_1_and_snr_1_91(rng):
    real, imaginary = rng.normal(size=(2, 1200, 120))
    maps, doubts = maps_of(np.hypot(real, imaginary))
    assert np.mean(maps["nakagami_m"]) == pytest.approx(1.0, rel=0.02)
    snr = np.mean(maps["envelope_snr"])
    assert snr == pytest.approx(np.sqrt(np.pi / (4 - np.pi)), rel=0.02)
    assert doubts == []


@pytest.mark.parametrize("shape", [1.0, 2.0, 5.0])
def test_k_distributed_amplitudes_have_their_likeliest_m_and_snr(rng, shape):
    size = (2000, 200)
    power = rng.gamma(shape, 1 / shape, size=size) * rng.exponential(size=size)
    maps, _ = maps_of(np.sqrt(power), window_mm=8.0)
    # ln<A^2> - <ln A^2> of a product of a gamma and an exponential variable.
    m = exact_m(np.log(shape) - psi(shape) - psi(1))
    mean = gamma(1.5) * gamma(shape + 0.5) / (gamma(shape) * np.sqrt(shape))
    assert np.mean(maps["nakagami_m"]) == pytest.approx(m, rel=0.02)
    snr = mean / np.sqrt(1 - mean**2)
    assert np.mean(maps["envelope_snr"]) == pytest.approx(snr, rel=0.02)


@pytest.mark.parametrize("unit", [1e-30, 1e-12, 1e-3, 1e6, 1e30])
@pytest.mark.parametrize("kind", ["rf", "envelope"])
def test_the_unit_of_amplitude_moves_omega_alone(simulate_rf, rng, kind, unit):
    rf = simulate_rf(rng, bsc=lambda f: f**3, n_samples=400, n_lines=24)
    image = rf if kind == "rf" else np.abs(hilbert(rf, axis=0))
    geometry = {"spacing_mm": (1540 / 80e3, 0.2), "fs_mhz": 40.0}
    step = EnvelopeMapper(overlap=0.5)
    plain, other = (
        step.transform_plane(Plane(image * scale, kind, **geometry)).load()
        for scale in (1.0, unit)
    )
    np.testing.assert_allclose(other[::2], plain[::2], rtol=2e-4)
    np.testing.assert_allclose(other[1] - plain[1], 20 * np.log10(unit), atol=1e-3)


def test_windows_are_those_of_a_plain_loop(rng):
    image = nakagami(rng, 1.0, shape=(260, 26))
    maps, _ = maps_of(image, overlap=(0.7, 0.4))
    m, omega, snr = [], [], []
    for top in range(0, 161, 30):
        for left in range(0, 17, 6):
            a = image[top : top + 100, left : left + 10]
            power = np.mean(a**2)
            m.append(exact_m(np.log(power) - np.mean(np.log(a**2))))
            omega.append(10 * np.log10(power))
            snr.append(a.mean() / a.std())
    for name, expected in zip(ENVELOPE_CHANNELS, (m, omega, snr), strict=True):
        np.testing.assert_allclose(maps[name].ravel(), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("n", [200, 243, 301])
def test_power_is_that_of_the_analytic_signal(rng, n):
    rf = rng.normal(size=(n, 70)).astype(np.float32)
    n_fft = {200: 200, 243: 243, 301: 320}[n]
    expected = np.abs(hilbert(rf.astype(float), n_fft, axis=0)[:n]) ** 2
    np.testing.assert_allclose(hilbert_power(rf), expected, rtol=1e-3, atol=1e-4)


def test_sums_of_a_window_are_plain_sums(rng):
    values = rng.integers(0, 99, (130, 20)).astype(np.float32)
    plane = Plane(values, "envelope", SPACING)
    plan = plan_of(plane, (0.74, 1.0), 0.7)
    blocks = np.lib.stride_tricks.sliding_window_view(values, (37, 5))
    blocks = blocks[:: plan.hop_samples, :: plan.hop_lines]
    np.testing.assert_array_equal(window_sums(values, plan), blocks.sum(axis=(2, 3)))


@pytest.mark.parametrize(
    ("spoil", "cells"),
    [
        (lambda a: a.__setitem__((30, 3), np.nan), 1),
        (lambda a: a.__setitem__((30, 3), np.inf), 1),
        (lambda a: a.__setitem__((slice(30, 34), 3), a.max()), 1),
        (lambda a: a.__setitem__((slice(0, 110), 3), 0.5), 1),
        (lambda a: a.__setitem__((slice(0, 100), slice(0, 10)), 0.0), 1),
    ],
    ids=["NaN", "infinite", "clipped", "a still line", "silent"],
)
def test_unusable_windows_are_nan_in_every_map(rng, spoil, cells):
    image = nakagami(rng, 1.0, shape=(300, 30))
    spoil(image)
    maps, _ = maps_of(image, overlap=0.0)
    for values in maps.values():
        assert np.isnan(values).sum() == cells
        assert np.isnan(values[0, 0])


def test_amplitudes_of_few_digits_keep_their_m(rng):
    image = np.round(nakagami(rng, 1.0) * 3).astype(np.uint8)
    assert 0.02 < np.mean(image == 0) < 0.05
    maps, doubts = maps_of(image)
    assert np.nanmean(maps["nakagami_m"]) == pytest.approx(1.0, rel=0.03)
    assert doubts == []


def test_m_of_many_zeros_is_unknown_and_the_rest_is_not(rng):
    image = np.round(nakagami(rng, 1.0)).astype(np.uint16)
    assert np.mean(image == 0) > 0.1
    maps, _ = maps_of(image)
    assert np.isnan(maps["nakagami_m"]).all()
    assert np.isfinite(maps["envelope_snr"]).all()
    assert np.isfinite(maps["nakagami_omega"]).all()


@pytest.mark.parametrize("beam_lines", [1.0, 3.0])
def test_independent_samples_tell_the_spread_of_m(simulate_rf, beam_lines):
    rf = simulate_rf(
        np.random.default_rng(1),
        bsc=lambda f: f**3,
        n_samples=1600,
        n_lines=160,
        beam_lines=beam_lines,
    )
    plane = Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=0.2)
    plan = plan_of(plane)
    found = independent_samples(hilbert_power(rf.astype(np.float32)), plan)
    m = envelope_maps(plane, plan, ["nakagami_m"])[0]["nakagami_m"]
    # At m = 1 the variance of independent samples is 1.55 / n.
    assert 0.8 < found / (1.55 / m.var()) < 1.7


def test_few_independent_samples_are_said(simulate_rf, rng):
    rf = simulate_rf(rng, bsc=lambda f: f**3, n_samples=900, n_lines=64, beam_lines=3.0)
    plane = Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=0.2)
    for window_mm, said in ((0.6, True), (2.0, False)):
        plan = plan_of(plane, window_mm)
        doubts = envelope_maps(plane, plan, ["nakagami_m"]).doubts
        assert any("independent samples" in text for text in doubts) == said


def tissue(rng):
    """Speckle under a beam and regions of 20 dB of range."""
    a = np.hypot(*rng.normal(size=(2, 1200, 120)))
    depth, across = np.ogrid[:1200, :120]
    return a * 10 ** (np.sin(depth / 150) / 2 + np.cos(across / 20) / 2)


def image_of(a, range_db, levels=255):
    """Log-compress an envelope."""
    decibels = np.clip(20 * np.log10(a / a.max()), -range_db, 0)
    return np.round((decibels / range_db + 1) * levels)


@pytest.mark.parametrize("range_db", [30, 40, 60, 80])
def test_a_log_compressed_image_is_no_envelope(rng, range_db):
    image = image_of(tissue(rng), range_db)
    with pytest.raises(ValueError, match=r"look log-compressed.*; give the envelope"):
        maps_of(image.astype(np.uint8))
    _, doubts = maps_of(image.astype(np.float32))
    assert "log-compressed" in doubts[0]


def test_decibels_of_dark_and_bright_regions_are_no_envelope(rng):
    decibels = 20 * np.log10(np.hypot(*rng.normal(size=(2, 1200, 120))))
    decibels += np.where(np.arange(1200) < 720, 8, 25)[:, None]
    _, doubts = maps_of(np.maximum(decibels, 0.5))
    assert "their SD grows as the mean to the power 0." in doubts[0]


@pytest.mark.parametrize(("power", "noise", "n_said"), [(1, 0.3, 0), (0.2, 0.15, 300)])
def test_few_windows_are_not_taken_for_an_image_by_chance(rng, power, noise, n_said):
    """120 windows of which four share their samples, SD by their mean's power."""
    said = slopes = 0
    for _ in range(300):
        ln_mean, other = rng.normal(size=(2, 30)) * [[0.6], [noise]]
        ln_sd = power * ln_mean + other - 0.6
        mean, sd = np.repeat(np.exp([ln_mean, ln_sd]), 4, axis=1)
        said += bool(_unlike_speckle(mean, mean / sd, alike=4))
        slopes += np.polyfit(np.log(mean), np.log(sd), 1)[0] < 0.8
    assert slopes >= 5  # what a slope without its error would say
    assert said == pytest.approx(n_said, rel=0.02)


@pytest.mark.parametrize("levels", [60, 255, 4000])
def test_a_linear_envelope_of_any_digits_is_one(rng, levels):
    a = tissue(rng)
    a = np.minimum(np.round(a / np.quantile(a, 0.999) * levels), levels)
    assert maps_of(a.astype(np.uint8 if levels < 256 else np.uint16))[1] == []


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.full((300, 30), -1.0), "must be 0 or more, got -1; give RF"),
        (np.full((300, 30), np.nan), "NaN only; give another"),
        (np.ones((300, 30), bool), "must be integers or floats, got bool"),
    ],
)
def test_what_is_no_envelope_is_refused(image, said):
    with pytest.raises(ValueError, match=said):
        maps_of(image)
