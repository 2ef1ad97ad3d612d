"""Planes of one size."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from sknac.cohort import Grid, MaskOutline, Plane, PolygonOutline, Study
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROIMasker


def _bmode(spacing):
    """A dark image, 90 x 60, with a bright square 30 x 20 that the core outlines."""
    image = np.zeros((90, 60), np.uint8)
    image[30:60, 20:40] = 200
    corners = np.array([(29.5, 19.5), (29.5, 39.5), (59.5, 39.5), (59.5, 19.5)])
    core = PolygonOutline(corners * (spacing or (1.0, 1.0)))
    return Plane(image, "bmode", spacing, core=core)


@pytest.mark.parametrize("spacing", [(0.1, 0.2), None])
@pytest.mark.parametrize("keep_aspect", [False, True])
def test_core_stays_on_the_tumour(spacing, keep_aspect):
    plane = PlaneResizer(image_size=45, keep_aspect=keep_aspect).transform_plane(
        _bmode(spacing)
    )
    bright = plane.load() > 100
    assert plane.image.shape == (45, 45)
    assert np.mean(bright == plane.core_mask()) > 0.97


def test_kept_aspect_gives_square_pixels():
    plane = PlaneResizer(image_size=45, keep_aspect=True).transform_plane(
        _bmode((0.1, 0.2))
    )
    assert plane.spacing_mm[0] == pytest.approx(plane.spacing_mm[1], rel=0.02)


def test_stretching_is_told_by_the_spacing():
    plane = PlaneResizer(image_size=45).transform_plane(_bmode((0.1, 0.2)))
    assert plane.spacing_mm == pytest.approx((90 * 0.1 / 45, 60 * 0.2 / 45))


def test_padding_of_maps_is_outside_the_region():
    maps = Plane(np.ones((2, 40, 20)), "maps", (1, 1), channels=("mbf", "ss"))
    plane = PlaneResizer(image_size=40, keep_aspect=True).transform_plane(maps)
    inside = plane.roi.to_mask(plane.grid)
    assert inside.mean() == pytest.approx(0.5, abs=0.03)
    assert np.isnan(plane.load()[:, ~inside]).all()
    assert plane.load()[:, inside] == pytest.approx(1.0)


def test_masked_maps_stay_masked():
    core = PolygonOutline([(10, 10), (10, 30), (30, 30)])
    maps = Plane(np.ones((1, 40, 40)), "maps", (1, 1), core=core, channels=("mbf",))
    masked = ROIMasker(region="core").transform_plane(maps)
    plane = PlaneResizer(image_size=16).transform_plane(masked)
    inside = plane.roi.to_mask(plane.grid)
    assert inside.mean() == pytest.approx(0.5, abs=0.1)
    assert np.array_equal(np.isfinite(plane.load()[0]), inside)


def test_rf_is_refused_with_the_mend():
    rf = Plane.from_rf(np.zeros((64, 8)), fs_mhz=40.0, line_pitch_mm=0.3)
    with pytest.raises(ValueError, match="put a QUSMapper before this"):
        PlaneResizer(image_size=8).transform_plane(rf)


def test_maps_without_spacing_keep_their_region_through_scaling():
    region = np.zeros((8, 6), bool)
    region[2:6, 1:5] = True
    image = np.where(region, np.arange(48.0).reshape(8, 6), np.nan)[None]
    grid = Grid((8, 6), (1, 1), unit="px")
    plane = Plane(image, "maps", channels=("mbf",), roi=MaskOutline(region, grid))
    X = pd.DataFrame({"us_pre": [Study([plane])]}, index=["P1"])
    steps = make_pipeline(PlaneResizer(image_size=24), MapScaler(limits=(0, 100)))
    small = steps.fit_transform(X).iat[0, 0].planes[0]
    assert small.roi.grid == small.grid == plane.grid.resized((24, 24))
    inside = small.roi.to_mask(small.grid)
    assert inside.sum() == pytest.approx((4 * 3) * (4 * 4), abs=4)  # the corners
    assert (small.load()[0][~inside] == 0).all()


@pytest.mark.parametrize("spacing", [(0.1, 0.2), None])
def test_height_and_width_may_differ(spacing):
    plane = _bmode(spacing)
    small = PlaneResizer(image_size=(45, 20)).transform_plane(plane)
    assert small.image.shape == (45, 20)
    assert small.grid == plane.grid.resized((45, 20))
    kept = PlaneResizer(image_size=(30, 60), keep_aspect=True).transform_plane(plane)
    assert kept.image.shape == (30, 60)
    assert kept.grid.step[0] == pytest.approx(kept.grid.step[1], rel=0.02)


def test_outline_in_pixels_is_kept_as_it_is():
    plane = _bmode(None)
    small = PlaneResizer(image_size=45).transform_plane(plane)
    assert small.core is plane.core
    assert small.grid.unit == "px"
    assert small.grid.step == pytest.approx((2.0, 60 / 45))


@pytest.mark.parametrize("keep_aspect", [False, True])
def test_masked_image_is_resized_as_a_map_is(keep_aspect):
    """What `ROIMasker` cut out must not spread, and stays outside."""
    image = np.random.default_rng(0).uniform(50, 90, (60, 40))
    core = PolygonOutline([(10, 5), (10, 30), (50, 12)])
    plane = Plane(image, "bmode", (1.0, 1.0), core=core)
    maps = plane.replace(image=image[None], kind="maps", channels=("mbf",))
    masker, resizer = (
        ROIMasker(region="core"),
        PlaneResizer(image_size=20, keep_aspect=keep_aspect),
    )
    found, expected = (
        resizer.transform_plane(masker.transform_plane(one)) for one in (plane, maps)
    )
    assert found.kind == "bmode"
    np.testing.assert_array_equal(found.load(), expected.load()[0])
    assert found.roi == expected.roi
    assert np.isfinite(found.load()).sum() == found.roi.to_mask(found.grid).sum() > 50
