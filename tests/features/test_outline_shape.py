"""Shapes of outlines as one row per patient."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.cohort import Grid, MaskOutline, Plane, PolygonOutline, Study
from sknac.exceptions import CohortError
from sknac.features import OutlineShape
from sknac.roi import RegionChannels, ROICropper
from sknac.testing import make_check_cohort

_ANGLES = np.linspace(0, 2 * np.pi, 90, endpoint=False)


def lesion(radius=5.0, lobes=0.0, spacing=(0.2, 0.2), shape=(100, 100), **settings):
    """A B-mode plane with a dark tumour of so large lobes at 10 mm, or 50 pixels."""
    r = radius * (1 + lobes * np.cos(5 * _ANGLES))
    points = 10 + np.stack([r * np.sin(_ANGLES), r * np.cos(_ANGLES)], axis=1)
    core = PolygonOutline(points if spacing else points * 5)
    plane = Plane(np.zeros(shape), "bmode", spacing, core=core)
    image = np.where(plane.core_mask(), 40, 90).astype(np.uint8)
    return plane.replace(**{"image": image, **settings})


def frame(*visits):
    """A cohort of one visit; a patient each."""
    index = [f"P{i}" for i in range(len(visits))]
    cells = [Study(visit if isinstance(visit, list) else [visit]) for visit in visits]
    return pd.DataFrame({"us_pre": pd.Series(cells, index=index, dtype=object)})


def shape_of(*visits, **settings):
    step = OutlineShape(**settings).set_output(transform="pandas")
    return step.fit_transform(frame(*visits)).rename(columns=lambda n: n[8:])


def test_sizes_are_there_where_the_spacing_is_known():
    found = shape_of(lesion(5.0), lesion(3.0))
    assert found["equivalent_diameter_mm"].tolist() == pytest.approx([10, 6], rel=1e-3)
    assert found["circularity"].to_numpy() == pytest.approx(1, rel=2e-3)
    pixels = shape_of(lesion(5.0, spacing=None), lesion(3.0, spacing=None))
    assert [name for name in pixels if name.endswith(("_mm", "_mm2"))] == []
    pixels = pixels.drop(columns="orientation_deg")  # a circle has none
    pd.testing.assert_frame_equal(pixels, found[pixels.columns])


def test_plane_without_spacing_among_others_is_named():
    visits = [lesion(), [lesion(), lesion(spacing=None)]]
    place = "row P1, column us_pre, plane 1: "
    with pytest.raises(CohortError, match=f"{place}the plane has no spacing_mm, and"):
        OutlineShape().fit(frame(*visits))
    with pytest.raises(CohortError, match=f"{place}sizes in mm need spacing_mm"):
        OutlineShape(descriptors=["area_mm2"]).fit(frame(*visits))
    step = OutlineShape().fit(frame(lesion()))
    with pytest.raises(CohortError, match=r"row P0, .*: sizes in mm need spacing_mm"):
        step.transform(frame(lesion(spacing=None)))
    named = shape_of(*visits, descriptors=["solidity"])
    assert named["solidity"].to_numpy() == pytest.approx(1, rel=1e-3)
    scale_free = OutlineShape().fit(frame(lesion(spacing=None)))
    assert np.isfinite(scale_free.transform(frame(lesion()))).all()


def test_row_is_the_mean_the_highest_or_that_of_the_largest_plane():
    planes = [lesion(3.0), lesion(5.0, lobes=0.2), lesion(4.0)]
    names = ["area_mm2", "solidity"]
    each = shape_of(*planes, descriptors=names).to_numpy()
    for reduce, expected in {
        "mean": each.mean(axis=0),
        "max": each.max(axis=0),
        "largest": each[1],
    }.items():
        found = shape_of(planes, descriptors=names, reduce=reduce).to_numpy()[0]
        np.testing.assert_allclose(found, expected)


def test_cropping_and_the_frame_change_no_shape():
    whole = lesion(5.0, lobes=0.2)
    beyond = whole.replace(image=whole.load()[:60, :55])
    crop = ROICropper(border_share=0.1).transform_plane(whole)
    expected = shape_of(whole)
    for plane in (beyond, crop):
        pd.testing.assert_frame_equal(shape_of(plane), expected)


def as_mask(plane, *holes):
    mask = plane.core_mask()
    for hole in holes:
        mask[hole] = ~mask[hole]
    return plane.replace(core=MaskOutline(mask, plane.grid))


def traced_along_pixels(plane):
    """As an annotation tool exports a mask: its contour, point by point."""
    ring = as_mask(plane).core.rings()[0]
    return plane.replace(core=PolygonOutline(ring))


@pytest.mark.parametrize(
    ("plane", "what"),
    [
        (as_mask(lesion(), np.s_[45:52, 45:52]), "have several pieces, holes or"),
        (as_mask(lesion(), np.s_[2:10, 2:10]), "have several pieces, holes or"),
        (as_mask(lesion(5.0, shape=(60, 100))), "run along the border of the image"),
        (as_mask(lesion(1.0)), "are a few samples across"),
        (traced_along_pixels(lesion()), "are polygons that run from pixel to pixel"),
    ],
)
def test_outlines_whose_shape_is_in_doubt_are_said(plane, what):
    X = frame(lesion(), plane)
    message = f"1 of 2 outlines {what}.*, the first is row P1, column us_pre, plane 0"
    with pytest.warns(UserWarning, match=message):
        found = OutlineShape().fit_transform(X)
    assert np.isfinite(found).all()


def test_hole_is_filled():
    names = ["area_mm2", "solidity"]
    whole = shape_of(as_mask(lesion()), descriptors=names)
    with pytest.warns(UserWarning, match="largest piece with its holes filled"):
        holed = shape_of(as_mask(lesion(), np.s_[45:52, 45:52]), descriptors=names)
    pd.testing.assert_frame_equal(holed, whole)


def test_outline_that_is_missing_or_too_small_is_named():
    bare = lesion().replace(core=None)
    with pytest.raises(CohortError, match=r"row P1, .* no core outline; give it one"):
        OutlineShape().fit(frame(lesion(), bare))
    tiny = as_mask(lesion(0.3))
    step = OutlineShape().fit(frame(tiny))
    with pytest.raises(CohortError, match=r"row P0, .* too few for a shape; draw"):
        step.transform(frame(tiny))


def test_image_at_the_edge_in_mm_and_as_a_share():
    names = ["margin_contrast", "margin_sharpness"]
    by_mm = shape_of(lesion(), descriptors=names, margin_mm=2.0)
    assert by_mm["margin_contrast"].item() == -50
    by_share = shape_of(lesion(), descriptors=names, margin_share=0.2)
    pd.testing.assert_frame_equal(by_mm, by_share, rtol=0.01)
    pixels = shape_of(lesion(spacing=None), descriptors=names, margin_share=0.2)
    pd.testing.assert_frame_equal(pixels, by_share, rtol=1e-3)
    with pytest.raises(CohortError, match=r"row P0, .* or take margin_share"):
        shape_of(lesion(spacing=None), descriptors=names)


@pytest.mark.parametrize("pieces", ["one", "two", "cut by the frame"])
def test_the_margin_is_that_of_region_channels(pieces):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 200, (60, 90)).astype("uint8")
    core = np.zeros(image.shape, dtype=bool)
    core[20:45, 10:40] = True
    if pieces == "two":
        core[30:40, 60:75] = True
    core = MaskOutline(core, Grid(image.shape, (0.1, 0.2)))
    if pieces == "cut by the frame":
        core = PolygonOutline([(-1.0, -2.0), (-1.0, 8.0), (4.0, 8.0), (4.0, -2.0)])
    plane = Plane(image, "bmode", (0.1, 0.2), core=core)
    shown = RegionChannels(margin_share=0.3).transform_plane(plane).load()
    grey, inside, margin = shown[0], shown[1] > 0, shown[2] > 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of several pieces
        found = shape_of(plane, descriptors="margin_contrast", margin_share=0.3)
    by_hand = grey[inside].mean(dtype=float) - grey[margin].mean(dtype=float)
    assert found["margin_contrast"].item() == pytest.approx(by_hand)


def test_a_map_that_an_image_has_not_is_refused():
    contrast = {"descriptors": "margin_contrast", "margin_mm": 2.0}
    named = shape_of(lesion(), channel="bmode", **contrast)
    pd.testing.assert_frame_equal(named, shape_of(lesion(), **contrast))
    with pytest.raises(CohortError, match=r"channel must be one of .*got 'mbf'"):
        shape_of(lesion(), channel="mbf", **contrast)


def test_map_is_named():
    maps = np.stack([lesion().load(), 2.0 * lesion().load()])
    plane = lesion(kind="maps", image=maps, channels=("mbf", "esd"))
    found = shape_of(plane, descriptors=["margin_contrast"], channel="esd")
    assert found["margin_contrast"].item() == -100
    for channel in (None, "eac"):
        with pytest.raises(CohortError, match=r"channel must be one of \('mbf', 'esd"):
            shape_of(plane, descriptors=["margin_contrast"], channel=channel)
    X, _ = make_check_cohort("rf")
    with pytest.raises(CohortError, match="descriptors of the image need B-mode or"):
        OutlineShape(descriptors=["margin_contrast"]).fit(X)


@pytest.mark.parametrize("names", [["roundness"], ["extent", "extent"], []])
def test_unknown_descriptors_are_refused_in_fit(names):
    with pytest.raises(ValueError, match="descriptors must be different names out of"):
        OutlineShape(descriptors=names).fit(frame(lesion()))


def test_lobed_tumours_are_told_in_a_searched_pipeline():
    rng = np.random.default_rng(0)
    y = np.arange(24) % 2
    X = frame(*(lesion(rng.uniform(3, 6), 0.05 + 0.1 * one) for one in y))
    model = make_pipeline(OutlineShape(), StandardScaler(), LogisticRegression())
    grid = {"outlineshape__descriptors": [None, ["solidity", "convexity"]]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_score_ == 1.0


def test_rf_and_maps_have_the_shape_of_their_outline():
    grid = Grid((400, 50), (0.05, 0.4))
    core = lesion().core
    rf = Plane.from_rf(np.zeros(grid.shape), fs_mhz=15.4, line_pitch_mm=0.4, core=core)
    pd.testing.assert_frame_equal(shape_of(rf), shape_of(lesion()))
