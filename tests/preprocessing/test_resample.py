"""Resampling with gaps."""

import numpy as np
import pytest

from sknac.cohort import Grid
from sknac.preprocessing._resample import (
    resize_image,
    resize_region,
    resize_with_gaps,
)


def test_a_linear_ramp_stays_linear():
    """Away from the edges a bilinear resampling keeps a plane exactly."""
    rows, columns = np.mgrid[0:40, 0:60].astype(float)
    grid = Grid((40, 60), (0.1, 0.2))
    small = resize_image(2 * rows + 3 * columns, (20, 15))
    new = grid.resized((20, 15))
    old_index = grid.to_index(new.to_points([[10, 7]]))[0]
    assert small[10, 7] == pytest.approx(2 * old_index[0] + 3 * old_index[1], rel=1e-5)


def test_gaps_do_not_spread():
    """A constant with holes stays that constant wherever it is valid."""
    rng = np.random.default_rng(0)
    image = np.where(rng.random((64, 64)) < 0.2, np.nan, 7.0)
    (resized,) = resize_with_gaps([image], np.ones((64, 64), bool), (16, 16))
    assert np.isfinite(resized).mean() > 0.95
    assert resized[np.isfinite(resized)] == pytest.approx(7.0)


def test_a_hole_wider_than_a_pixel_stays_a_hole():
    image = np.ones((64, 64))
    image[16:48, 16:48] = np.nan
    (resized,) = resize_with_gaps([image], np.ones((64, 64), bool), (16, 16))
    assert np.isnan(resized[6:10, 6:10]).all()
    assert np.isfinite(resized[:3]).all()


def test_region_keeps_its_share_of_the_area():
    rows, columns = np.mgrid[0:200, 0:200]
    disc = np.hypot(rows - 99.5, columns - 99.5) < 60
    region = resize_region(disc, (50, 50)) >= 0.5
    assert region.mean() == pytest.approx(disc.mean(), rel=0.02)


def test_outside_values_do_not_leak_in():
    region = np.zeros((32, 32), bool)
    region[8:24, 8:24] = True
    image = np.where(region, 1.0, 1e6)
    (resized,) = resize_with_gaps([image], region, (16, 16))
    new_region = resize_region(region, (16, 16)) >= 0.5
    assert resized[new_region] == pytest.approx(1.0)
    assert np.isnan(resized[~new_region]).all()


def test_maps_of_one_region_are_resized_as_each_alone():
    """Maps with the same gaps share their weights, others have their own."""
    rng = np.random.default_rng(0)
    images = rng.random((4, 40, 30))
    images[0, 3:9, 4:7] = images[1, 3:9, 4:7] = images[3, 20:30, 1:9] = np.nan
    region = np.zeros((40, 30), bool)
    region[2:35, 1:28] = True
    alone = [resize_with_gaps([image], region, (25, 60))[0] for image in images]
    assert np.array_equal(
        resize_with_gaps(images, region, (25, 60)), alone, equal_nan=True
    )
