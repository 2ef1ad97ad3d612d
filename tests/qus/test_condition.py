"""Offsets are removed; clipped, dead and non-finite windows are marked."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus import PowerLaw

SETTINGS = {
    "fs_mhz": 40.0,
    "line_pitch_mm": 0.25,
    "attenuation_db_cm_mhz": 0.6,
    "reference_bsc": PowerLaw(bsc_1mhz=1e-6, exponent=3),
    "overlap": (0.5, 0.95),
}


@pytest.fixture
def echoes(rng, simulate_rf):
    """Tissue and phantom of 800 samples x 30 lines, some 1000 counts."""
    law = PowerLaw(bsc_1mhz=1e-6, exponent=3)
    scans = [simulate_rf(rng, bsc=law, n_samples=800, n_lines=30) for _ in range(2)]
    return [np.round(scan / scan.std() * 1000) for scan in scans]


def windows_holding(maps, sample, line):
    """Mark the windows of 104 samples x 8 lines that hold a sample."""
    tops = np.arange(maps.valid.shape[0]) * 52
    lefts = np.arange(maps.valid.shape[1])
    rows = (tops <= sample) & (sample < tops + 104)
    return rows[:, None] & ((lefts <= line) & (line < lefts + 8))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_offset_that_grows_with_depth_changes_nothing(array_maps, echoes, dtype):
    rf, phantom = echoes
    depth = np.arange(800)[:, None]
    per_line = np.linspace(-3e3, 3e3, 30)
    # Thirty times the echoes: the taper alone does not keep it out of the band.
    offset = -3e4 * (1 - np.exp(-depth / 400)) + per_line
    plain = array_maps(rf, phantom, dtype=dtype, **SETTINGS)
    moved = array_maps(rf + offset, phantom, dtype=dtype, **SETTINGS)
    np.testing.assert_allclose(moved.mbf, plain.mbf, atol=0.02)
    np.testing.assert_allclose(moved.ss, plain.ss, atol=0.02)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nonfinite_sample_spoils_its_own_windows_only(array_maps, echoes, bad):
    rf, phantom = echoes
    clean = array_maps(rf, phantom, **SETTINGS)
    spoiled = rf.copy()
    spoiled[300, 12] = bad
    maps = array_maps(spoiled, phantom, **SETTINGS)
    hit = windows_holding(maps, 300, 12)
    assert np.isnan(maps.mbf[hit]).all()
    assert maps.invalid_counts["nonfinite"] == hit.sum()
    np.testing.assert_allclose(maps.mbf[~hit], clean.mbf[~hit], atol=1e-3)


def test_saturated_sample_at_the_converters_limit(array_maps, echoes):
    rf, phantom = (scan.astype(np.int16) for scan in echoes)
    rf[400, 20] = 32767
    maps = array_maps(rf, phantom, **SETTINGS)
    hit = windows_holding(maps, 400, 20)
    assert not maps.valid[hit].any()
    assert np.isnan(maps.mbf[hit]).all()
    assert maps.invalid_counts["saturated"] == hit.sum()


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_clipping_below_the_types_limit_is_seen_by_its_plateau(
    array_maps, echoes, dtype
):
    rf, phantom = (scan.astype(dtype) for scan in echoes)
    rf[400:404, 20] = 8191
    maps = array_maps(rf, phantom, **SETTINGS)
    hit = windows_holding(maps, 400, 20) | windows_holding(maps, 403, 20)
    assert maps.invalid_counts["saturated"] == hit.sum()


def test_single_peaks_are_not_clipping(array_maps, echoes):
    rf, phantom = (scan.astype(np.int16) for scan in echoes)
    assert "saturated" not in array_maps(rf, phantom, **SETTINGS).invalid_counts


@pytest.mark.parametrize("level", [0, -60])
def test_dead_line_is_marked(array_maps, echoes, level):
    rf, phantom = echoes
    rf[:, 3] = level
    maps = array_maps(rf, phantom, **SETTINGS)
    expected = maps.valid.shape[0] * 4  # windows that begin at lines 0 to 3
    assert maps.invalid_counts["dead_line"] == expected
    assert np.isnan(maps.mbf[:, :4]).all()
    assert np.isfinite(maps.mbf[:, 4:]).all()


def test_line_dead_below_some_depth_is_marked_there(array_maps, echoes):
    rf, phantom = echoes
    rf[500:, :] = 0
    maps = array_maps(rf, phantom, **SETTINGS)
    np.testing.assert_array_equal(np.isnan(maps.mbf[:, 0]), np.arange(14) * 52 >= 500)


def test_frame_of_zeros_has_no_valid_window(array_maps, echoes):
    with pytest.warns(UserWarning, match="no window is valid"):
        maps = array_maps(np.zeros((800, 30)), echoes[1], **SETTINGS)
    assert not maps.valid.any()
    assert sum(maps.invalid_counts.values()) == maps.valid.size


def test_counts_name_each_invalid_window_once(array_maps, echoes):
    rf, phantom = echoes
    rf[300, 12] = np.nan
    rf[:, 12] = np.where(np.isnan(rf[:, 12]), np.nan, 0)
    maps = array_maps(rf, phantom, **SETTINGS)
    assert sum(maps.invalid_counts.values()) == (~maps.valid).sum()


def test_dead_reference_lines_are_left_out_of_the_mean(array_maps, echoes):
    rf, phantom = echoes
    with_dead = np.hstack([phantom, np.zeros((800, 5))])
    expected = array_maps(rf, phantom, **SETTINGS)
    got = array_maps(rf, with_dead, **SETTINGS)
    np.testing.assert_allclose(got.mbf, expected.mbf, atol=1e-3)


def test_depth_without_reference_is_marked(array_maps, echoes):
    rf, phantom = echoes
    phantom[:104] = 0
    maps = array_maps(rf, phantom, **SETTINGS)
    assert np.isnan(maps.mbf[0]).all()
    assert maps.invalid_counts["reference"] == maps.valid.shape[1]
