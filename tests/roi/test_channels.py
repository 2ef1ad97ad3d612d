"""Core and margin as further channels of a plane."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from sknac.cohort import Grid, MaskOutline, Plane, PolygonOutline, Study
from sknac.datasets import make_bmode_cohort
from sknac.exceptions import CohortError
from sknac.inspection import grad_cam, prediction_difference
from sknac.nets import PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import RegionChannels, ROICropper, ROIMasker

_SPACING = (0.1, 0.25)
_SQUARE = [(15, 15), (15, 25), (25, 25), (25, 15)]


def plane(kind="bmode", corners=_SQUARE, spacing=_SPACING):
    """A 40 x 40 mm image, or two maps, with a core of 10 x 10 mm.

    Without a spacing 160 x 160 pixels; 4 are a millimetre.
    """
    n_axial, scale = (160, 4) if spacing is None else (400, 1)
    image = np.arange(n_axial * 160).reshape(n_axial, 160) % 251
    core = PolygonOutline(np.multiply(corners, scale))
    if kind == "bmode":
        return Plane(image.astype(np.uint8), kind, spacing, core=core)
    maps = np.stack([image, -image]).astype(np.float64)
    return Plane(maps, kind, spacing, core=core, channels=("mbf", "esd"))


def frame(*planes):
    """A cohort of one patient."""
    return pd.DataFrame({"us_pre": [Study(planes)]}, index=["P1"])


def areas(found, per_mm2=40):
    return {
        name: mask.sum() / per_mm2
        for name, mask in zip(found.channels, found.load(), strict=True)
    }


@pytest.mark.parametrize("kind", ["bmode", "maps"])
def test_masks_stand_behind_the_image_and_have_its_areas(kind):
    """A square of 10 mm grown by 5: 4 x 50 beside it, a disc of 5 in the corners."""
    given = plane(kind)
    found = RegionChannels().transform_plane(given)
    names = ("mbf", "esd") if kind == "maps" else ("bmode",)
    assert found.kind == "maps"
    assert found.channels == (*names, "core", "margin")
    np.testing.assert_array_equal(found.load()[: len(names)].squeeze(), given.load())
    assert found.image.dtype == (np.float64 if kind == "maps" else np.float32)
    assert areas(found)["core"] == pytest.approx(100, rel=0.02)
    assert areas(found)["margin"] == pytest.approx(200 + 25 * np.pi, rel=0.02)
    assert set(np.unique(found.load()[-2:])) == {0, 1}
    assert not (found.load()[-1] * found.load()[-2]).any()


@pytest.mark.parametrize("regions", ["core", ("core",), ["margin"]])
def test_one_region_alone(regions):
    found = RegionChannels(regions=regions, margin_mm=2.0).transform_plane(plane())
    both = RegionChannels(margin_mm=2.0).transform_plane(plane())
    name = regions if isinstance(regions, str) else regions[0]
    assert found.channels == ("bmode", name)
    at = both.channels.index(name)
    np.testing.assert_array_equal(found.load()[1], both.load()[at])


def test_margin_as_a_share_needs_no_spacing():
    """The equivalent diameter of 10 x 10 is 11.28; a share of .4433 is 5."""
    step = RegionChannels(margin_share=5 / np.sqrt(400 / np.pi))
    found = step.transform_plane(plane())
    expected = RegionChannels(margin_mm=5.0).transform_plane(plane())
    assert areas(found)["margin"] == pytest.approx(areas(expected)["margin"], 0.02)
    pixels = step.transform_plane(plane(spacing=None))
    assert areas(pixels, 16)["margin"] == pytest.approx(278.5, rel=0.02)
    with pytest.raises(CohortError, match=r"row P1, .*, or take margin_share.*=None"):
        RegionChannels().fit_transform(frame(plane(spacing=None)))


def test_core_beyond_the_frame_has_its_whole_margin_inside():
    """Of a core that ends 2 mm beyond the last line: 2 x 50 and half a disc."""
    last = 159 * 0.25 + 0.125
    beyond = [(15, last - 8), (15, last + 2), (25, last + 2), (25, last - 8)]
    found = RegionChannels().transform_plane(plane(corners=beyond))
    assert areas(found)["core"] == pytest.approx(80, rel=0.02)
    expected = 2 * 8 * 5 + 50 + 12.5 * np.pi
    assert areas(found)["margin"] == pytest.approx(expected, rel=0.02)
    share = RegionChannels(margin_share=0.2).transform_plane(plane(corners=beyond))
    whole = RegionChannels(margin_share=0.2).transform_plane(plane())
    strip = share.load()[2, :150, -8] > 0
    assert strip.sum() == (whole.load()[2, :150, 80] > 0).sum()


def test_outline_follows_crop_and_mask():
    given = plane()
    whole = RegionChannels().transform_plane(given)
    for step in (ROICropper(border_share=0.3), ROIMasker(margin_mm=2.0)):
        crop = step.transform_plane(given)
        found = RegionChannels().transform_plane(crop)
        at = np.round(whole.grid.to_index([crop.origin_mm])[0]).astype(int)
        rows, columns = (
            slice(a, a + n) for a, n in zip(at, crop.grid.shape, strict=True)
        )
        np.testing.assert_array_equal(found.load()[1:], whole.load()[1:, rows, columns])
    as_mask = given.replace(core=MaskOutline(given.core_mask(), given.grid))
    again = RegionChannels().transform_plane(as_mask)
    np.testing.assert_array_equal(again.load(), whole.load())


@pytest.mark.parametrize("keep_aspect", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_masks_come_out_of_resizer_and_scaler_as_shares(keep_aspect, masked):
    steps = [ROIMasker(margin_mm=2.0)] if masked else []
    resizer = PlaneResizer(image_size=(37, 41), keep_aspect=keep_aspect)
    steps += [RegionChannels(), resizer, MapScaler()]
    found = make_pipeline(*steps).fit_transform(frame(plane(), plane()))
    scaled = found["us_pre"].iloc[0].planes[0]
    image, core, margin = scaled.load()
    assert {core.min(), core.max(), margin.min()} == {0, 1}
    assert margin.max() == 1
    assert image.min() == 0
    assert image.max() == 1
    unit = np.prod(scaled.spacing_mm)
    assert core.sum() * unit == pytest.approx(100, rel=0.02)
    grown = (80 + 4 * np.pi) if masked else (200 + 25 * np.pi)
    assert margin.sum() * unit == pytest.approx(grown, rel=0.1 if masked else 0.02)


def test_what_cannot_be_marked_is_refused_with_its_place():
    twice = make_pipeline(RegionChannels(), RegionChannels())
    with pytest.raises(CohortError, match="plane 0: the plane has a channel 'core' al"):
        twice.fit_transform(frame(plane()))
    with pytest.raises(CohortError, match=r"row P1, .*no core outline"):
        RegionChannels().fit_transform(frame(plane().replace(core=None)))
    with pytest.raises(CohortError, match=r"row P1, .*the margin holds no sample"):
        RegionChannels(margin_mm=0.01).fit_transform(frame(plane()))
    with pytest.raises(ValueError, match="regions must be 'core', 'margin' or"):
        RegionChannels(regions=["rim"]).fit(frame(plane()))
    with pytest.raises(CohortError, match="RegionChannels comes later"):
        make_pipeline(RegionChannels(), ROICropper()).fit(frame(plane()))


def test_network_its_heat_map_and_its_differences():
    cohort = make_bmode_cohort(n_patients=4, image_size=(96, 96), random_state=0)
    X = cohort.X[["us_pre"]]
    model = make_pipeline(
        ROICropper(),
        RegionChannels(margin_mm=2.0),
        PlaneResizer(image_size=32),
        MapScaler(),
        PlaneFeatureNet(
            module="ran_tiny", max_epochs=1, validation_fraction=None, random_state=0
        ),
    ).fit(X, cohort.y)
    assert model[-1].channels_ == ("bmode", "core", "margin")
    probabilities = model.predict_proba(X)
    assert np.isfinite(probabilities).all()
    plane = X["us_pre"].iloc[0].planes[0]
    heat = grad_cam(model, X.iloc[:1])["us_pre"].iloc[0].planes[0]
    assert heat.grid == plane.grid
    lost = prediction_difference(
        model, X.iloc[:1], channels="bmode", patch=16, stride=16
    )
    assert lost["us_pre"].iloc[0].planes[0].channels == ("bmode",)
    other = np.full(plane.grid.shape, False)
    other[10:30, 60:90] = True
    moved = X.copy()
    outline = MaskOutline(other, Grid(plane.grid.shape, plane.spacing_mm))
    moved.iloc[0, 0] = Study([plane.replace(core=outline)])
    assert (model.predict_proba(moved)[0] != probabilities[0]).all()
