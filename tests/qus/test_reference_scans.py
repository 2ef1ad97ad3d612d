"""All gates of a phantom's scans against their mean."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.cohort import Plane
from sknac.qus._plan import make_plan
from sknac.qus._reference_scans import Scans, uniformity


@pytest.fixture
def plan():
    """Gates of 2 mm, one line wide."""
    plane = Plane.from_rf(np.ones((800, 40)), fs_mhz=40, line_pitch_mm=0.2)
    return make_plan(plane, band_mhz=(3, 8), window_mm=(2.0, 0.2), overlap=(0.5, 0))


def test_level_is_one_on_average(rng, plan):
    scans = Scans([rng.normal(size=(800, 40)) for _ in range(3)], plan)
    np.testing.assert_allclose(scans.level.mean(axis=1), 1, atol=1e-5)
    assert scans.valid_share == 1.0
    assert scans.frames_alike == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("factor", [1e-20, 1e20])
def test_unit_of_the_samples_does_not_matter(rng, plan, factor):
    frames = list(rng.normal(size=(2, 800, 40)))
    one, other = Scans(frames, plan), Scans([factor * f for f in frames], plan)
    np.testing.assert_allclose(one.level, other.level, rtol=1e-4)
    assert one.spread_db == pytest.approx(other.spread_db, abs=1e-3)


def test_spread_is_the_difference_of_levels(rng, plan):
    rf = rng.normal(size=(800, 40))
    assert Scans([rf, 2 * rf], plan).spread_db == pytest.approx(20 * np.log10(2), 1e-3)


def test_dead_lines_are_left_out_of_levels(rng, plan):
    rf = rng.normal(size=(800, 40))
    rf[:, :8] = 0.0
    scans = Scans([rf], plan)
    assert scans.valid_share == pytest.approx(32 / 40)
    assert np.isnan(scans.level[:, :8]).all()
    np.testing.assert_allclose(scans.level[:, 8:].mean(axis=1), 1, atol=1e-5)


def test_blocks_are_held_against_their_depths_median():
    level = np.ones((16, 100))
    level[8:12, 40:60] = 4.0
    depth = np.arange(16.0)
    deviation, grid, largest, worst = uniformity(level, depth >= 0, depth, 0.2)
    assert deviation.shape == (4, 5)
    assert largest == pytest.approx(10 * np.log10(4))
    assert worst == pytest.approx((9.5, 9.9))
    assert (*grid.step, *grid.origin) == pytest.approx((4.0, 4.0, 1.5, 1.9))
    unusable, *_, elsewhere = uniformity(level, depth < 8, depth, 0.2)
    np.testing.assert_array_equal(unusable, deviation)
    assert elsewhere != worst
