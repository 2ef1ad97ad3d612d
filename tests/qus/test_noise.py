"""Windows near the noise floor are invalid; where no floor can be known, none is."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus import PowerLaw

LAW = PowerLaw(bsc_1mhz=1e-6, exponent=3)
SETTINGS = {
    "fs_mhz": 40.0,
    "line_pitch_mm": 0.25,
    "attenuation_db_cm_mhz": 0.6,
    "channels": ("mbf",),
    "overlap": (0.5, 0.9),
}


@pytest.fixture
def echoes(rng, simulate_rf):
    """Tissue and phantom without noise, 1000 counts RMS, 1600 samples x 30 lines."""
    scans = [simulate_rf(rng, bsc=LAW, n_samples=1600, n_lines=30) for _ in "ab"]
    return [1000 * scan / scan.std() for scan in scans]


def fade(rf, first):
    """Take the echoes away below a sample: an end of penetration."""
    return rf * (np.arange(len(rf)) < first)[:, None]


def rows_below(maps, sample):
    """Windows of 104 samples that lie below, or above, a sample wholly."""
    tops = np.arange(maps.valid.shape[0]) * 52
    return tops >= sample, tops + 104 <= sample


def test_depths_where_the_reference_is_noise_are_invalid(array_maps, rng, echoes):
    rf, phantom = echoes
    noise = rng.normal(size=(2, *rf.shape))
    maps = array_maps(rf + noise[0], fade(phantom, 900) + noise[1], **SETTINGS)
    below, above = rows_below(maps, 900)
    assert np.isnan(maps.mbf[below]).all()
    assert maps.valid[above].all()
    assert set(maps.invalid_counts) == {"reference_low_snr"}
    assert maps.invalid_counts["reference_low_snr"] >= below.sum() * maps.mbf.shape[1]


def test_part_of_the_scan_that_is_noise_is_invalid(array_maps, rng, echoes):
    rf, phantom = echoes
    noise = rng.normal(size=(2, *rf.shape))
    rf = rf.copy()
    rf[900:, :15] = 0  # a shadow under half of the lines
    maps = array_maps(rf + noise[0], phantom + noise[1], **SETTINGS)
    below, above = rows_below(maps, 900)
    assert not maps.valid[below][:, :8].any()
    assert maps.valid[below][:, 15:].all()
    assert maps.valid[above].all()
    assert set(maps.invalid_counts) == {"low_snr"}


@pytest.mark.parametrize("level", [1.0, 5.0])
def test_snr_is_that_of_the_poorest_quarter_of_the_band(array_maps, rng, level):
    # White noise in the band over white noise of known level above it.
    def scan():
        f = np.fft.rfftfreq(4000, 1 / 40)[:, None]
        gain = np.where(f < 9, np.where(f > 6.0, 100, 1000), level)
        return np.fft.irfft(
            np.fft.rfft(rng.normal(size=(4000, 60)), axis=0) * gain, axis=0
        )

    settings = SETTINGS | {"window_mm": (2.0, 60 * 0.25), "min_snr_db": -100.0}
    maps = array_maps(scan(), scan(), **settings)
    expected = 20 * np.log10(100 / level)
    assert np.median(maps.snr_db) == pytest.approx(expected, abs=0.5)


def test_noise_gain_over_depth_is_followed(array_maps, rng, echoes):
    # The amplifier lifts noise and echoes alike: the ratio is what counts.
    gain = 10 ** (np.linspace(0, 40, 1600) / 20)[:, None]
    rf, phantom = ((s + rng.normal(size=s.shape)) for s in echoes)
    flat = array_maps(rf, phantom, **SETTINGS)
    lifted = array_maps(gain * rf, gain * phantom, **SETTINGS)
    np.testing.assert_allclose(lifted.snr_db, flat.snr_db, atol=1.5)


@pytest.mark.filterwarnings("ignore:.*no tissue is so far from a phantom")
def test_limit_can_be_set_and_switched_off(array_maps, rng, echoes):
    rf, phantom = (scan + 3 * rng.normal(size=scan.shape) for scan in echoes)
    snr = array_maps(rf, phantom, **SETTINGS).snr_db
    limit = float(np.median(snr))
    maps = array_maps(rf, phantom, min_snr_db=limit, **SETTINGS)
    reference = maps.invalid_counts.get("reference_low_snr", 0)
    assert maps.invalid_counts["low_snr"] + reference >= (snr < limit).sum()
    off = array_maps(fade(rf, 0) + 1e-9 * rf, phantom, min_snr_db=None, **SETTINGS)
    assert off.valid.all()
    assert off.snr_db is None


def test_floor_is_unknown_where_echoes_fill_the_spectrum(array_maps, rng):
    rf, phantom = rng.normal(size=(2, 600, 20))
    maps = array_maps(rf, phantom, **SETTINGS)
    assert maps.valid.all()
    assert maps.snr_db is None


def test_floor_is_unknown_where_the_band_ends_at_nyquist(array_maps, echoes):
    rf, phantom = echoes
    maps = array_maps(rf, phantom, band_mhz=(3.0, 19.5), **SETTINGS)
    assert maps.snr_db is None


def test_noise_free_simulations_are_left_alone(array_maps, echoes):
    assert array_maps(*echoes, **SETTINGS).valid.all()
