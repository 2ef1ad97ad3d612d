"""Block by block, the spectra are those of one window at a time."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace

import numpy as np
import pytest

from sknac.cohort import Plane
from sknac.qus._plan import make_plan
from sknac.qus._spectrum import (
    Scratch,
    axial_sums,
    block_rows,
    box_sum,
    for_blocks,
    pairs_of,
    window_power,
    windows_of,
)


@pytest.fixture
def plan():
    plane = Plane.from_rf(np.ones((300, 16)), fs_mhz=40.0, line_pitch_mm=0.25)
    return make_plan(plane, band_mhz=(3, 8), window_mm=(2.0, 1.0), overlap=0.5)


@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 13])
@pytest.mark.parametrize("hop", [1, 3])
def test_box_sum_is_the_plain_sum(rng, length, hop):
    values = rng.normal(size=(4, 5, 30))
    windows = np.lib.stride_tricks.sliding_window_view(values, length, axis=-1)
    expected = windows.sum(axis=-1)[..., ::hop]
    np.testing.assert_allclose(box_sum(values, length, hop), expected, atol=1e-12)


def test_box_sum_lets_no_nan_travel():
    values = np.ones(20)
    values[5] = np.nan
    at = np.arange(17)
    np.testing.assert_array_equal(
        np.isnan(box_sum(values, 4, 1)), (at >= 2) & (at <= 5)
    )


@pytest.mark.parametrize("n_jobs", [1, 2, 3])
@pytest.mark.parametrize("n_rows", [1, 7, 24])
def test_every_row_is_worked_on_once(n_jobs, n_rows):
    seen = []
    for_blocks(n_rows, 5, lambda a, b, scratch: seen.extend(range(a, b)), n_jobs)
    assert sorted(seen) == list(range(n_rows))


def test_an_error_in_a_thread_reaches_the_caller():
    def task(first, last, scratch):
        raise ValueError(f"block {first}")

    with pytest.raises(ValueError, match="block"):
        for_blocks(20, 1, task, 2)


def power_of(rf, plan):
    """Power of all windows at once, and of one after the other."""
    dft = plan.dft_matrix(rf.dtype)
    n_rows, n_columns = plan.n_rows(len(rf)), plan.n_columns(rf.shape[1])
    windows = windows_of(rf, plan, (0, n_rows))
    power = window_power(windows, pairs_of(dft), plan, Scratch())
    expected = np.empty((n_rows, plan.freqs_mhz.size, n_columns))
    for row, column in np.ndindex(n_rows, n_columns):
        cut = rf[row * plan.hop_samples :][: plan.n_samples]
        cut = cut[:, column * plan.hop_lines :][:, : plan.n_lines]
        real, imaginary = np.split(dft @ cut, 2)
        expected[row, :, column] = (real**2 + imaginary**2).sum(axis=1)
    return power, expected


@pytest.mark.parametrize("n_lines", [1, 2, 4, 9, 15, 16])
@pytest.mark.parametrize("hop_lines", [1, 3])
def test_window_power_is_that_of_each_window(rng, plan, n_lines, hop_lines):
    plan = replace(plan, n_lines=n_lines, hop_lines=hop_lines, hop_samples=5)
    power, expected = power_of(rng.normal(size=(300, 16)), plan)
    np.testing.assert_allclose(power, expected, rtol=1e-10)


def test_window_power_lets_no_nan_travel_from_row_to_row(rng, plan):
    rf = rng.normal(size=(300, 16))
    rf[200:, 1] = rf[:60, 14] = np.nan
    power, expected = power_of(rf, plan)
    np.testing.assert_array_equal(np.isnan(power), np.isnan(expected))
    assert 0 < np.isnan(power).mean() < 1


def test_blocks_fit_into_the_cache_but_hold_a_row(plan):
    rows = block_rows(plan, 256, np.float32)
    assert rows * 2 * plan.freqs_mhz.size * 256 * 4 <= 1 << 20
    assert block_rows(plan, 10**7, np.float32) == 1


@pytest.mark.parametrize("length", [1, 5, 8, 13, 30])
@pytest.mark.parametrize("hop", [1, 3, 5])
def test_axial_sums_are_the_plain_sums(rng, length, hop):
    values = rng.integers(0, 9, size=(47, 4))
    hop = min(hop, length)
    windows = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)
    expected = windows.sum(axis=-1)[::hop]
    np.testing.assert_array_equal(axial_sums(values, length, hop), expected)
