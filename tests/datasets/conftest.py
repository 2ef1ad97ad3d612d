"""Cohorts shared by the tests, and a plain spectral loop to judge RF with."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import cache

import numpy as np
import pytest
from PIL import Image

from sknac.datasets import make_bmode_cohort, make_rf_cohort
from sknac.datasets._rf_physics import RFSystem, simulate_rf

PHANTOM = {
    "esd_um": 30.0,
    "eac_db": 52.0,
    "attenuation_db_cm_mhz": 0.576,
    "speed_of_sound": 1488.0,
}


@pytest.fixture(scope="session")
def rf_cohort():
    """Eight patients of small RF planes."""
    return make_rf_cohort(8, n_planes=(1, 2), depth_mm=18, width_mm=16, random_state=3)


@pytest.fixture(scope="session")
def bmode_cohort():
    """Sixteen patients of B-mode images at three visits, some missing."""
    return make_bmode_cohort(16, n_planes=(1, 2), missing_rate=0.25, random_state=3)


@pytest.fixture(scope="session")
def system():
    """A scanner with a beam of even width, as the accuracy floor supposes."""
    return RFSystem(focus_mm=20.0, beam_spread=0.0)


@pytest.fixture(scope="session")
def phantom(system):
    """Frames of the reference phantom, (n_frames, n_samples, n_lines), 40 mm."""
    rng = np.random.default_rng(100)
    frames = [simulate_rf(system, (2080, 160), rng, **PHANTOM) for _ in range(8)]
    return np.stack(frames).astype(float)


@pytest.fixture(scope="session")
def plain_spectra():
    """Power spectra by the textbook: one Hann window, one line, one FFT at a time."""

    def spectra(frame, start, n, fs_mhz=40.0, n_fft=256, band_mhz=(3.0, 8.0)):
        taper = np.hanning(n)
        taper /= np.sqrt(np.mean(taper**2))
        freqs = np.arange(n_fft // 2 + 1) * fs_mhz / n_fft
        band = (freqs >= band_mhz[0]) & (freqs <= band_mhz[1])
        power = []
        for line in frame.T:
            bins = np.fft.rfft(taper * line[start : start + n], n_fft)
            power.append(np.abs(bins[band]) ** 2 / n)
        return freqs[band], np.array(power)

    return spectra


@pytest.fixture(scope="session")
def wide_estimates(plain_spectra, phantom):
    """Spectral slope, mid-band fit, ESD and EAC of whole-width windows, by depth.

    Written from the definitions of the reference phantom method; it shares no line
    with the simulator or with `sknac.qus`.
    """

    def bsc_phantom(freqs):
        ka = 2 * np.pi * freqs * 1e6 / 148800.0 * 15e-4
        return 4 / 9 * ka**4 * 15e-4**2 * 10**5.2 * np.exp(-0.827 * ka**2)

    def mean_power(frames, start, n):
        freqs, powers = zip(*(plain_spectra(f, start, n) for f in frames), strict=True)
        return freqs[0], np.concatenate(powers).mean(0)

    @cache
    def reference_at(start, n):
        return mean_power(phantom, start, n)[1]

    def estimates(frames, alpha, starts=range(200, 1900, 104), n=104):
        rows = []
        for start in starts:
            depth = (start + (n - 1) / 2) / 40e6 * 154000 / 2
            freqs, power = mean_power(frames, start, n)
            ratio = power / reference_at(start, n)
            loss = depth * alpha - depth * 1488 / 1540 * 0.576
            y = 10 * np.log10(ratio) + 2 * loss * freqs
            slope, intercept = np.polyfit(freqs, y, 1)
            bsc = 10 ** (y / 10) * bsc_phantom(freqs)
            m, b = np.polyfit(freqs**2, np.log(bsc / freqs**4), 1)
            k1 = 2 * np.pi * 1e6 / 154000
            a = np.sqrt(-m / (0.827 * k1**2))
            eac = 10 * np.log10(np.exp(b) / (4 / 9 * k1**4 * a**6))
            rows.append([depth, slope, intercept + 5.5 * slope, 2e4 * a, eac])
        return np.array(rows).T

    return estimates


@pytest.fixture
def save_image():
    """Write an image of its own pixels; equal seeds make equal pixels."""

    def save(path, seed, shape=(24, 32)):
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype="uint8")
        Image.fromarray(pixels).save(path)

    return save


@pytest.fixture
def save_mask():
    """Write a mask whose tumour is the given rows and columns."""

    def save(path, rows=slice(6, 12), columns=slice(8, 18), shape=(24, 32)):
        path.parent.mkdir(parents=True, exist_ok=True)
        mask = np.zeros(shape, dtype="uint8")
        mask[rows, columns] = 255
        Image.fromarray(mask).save(path)

    return save
