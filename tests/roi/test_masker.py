"""Core, and core with margin, of maps."""

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import Grid, MaskOutline, Plane, PolygonOutline, Study
from sknac.exceptions import CohortError
from sknac.roi import ROIMasker

_SPACING = (0.1, 0.25)


@pytest.fixture
def plane():
    """A 40 x 40 mm map whose core is a 10 x 10 mm square; values are row numbers."""
    rows = np.arange(400.0)[:, None] * np.ones(160)
    square = [(15, 15), (15, 25), (25, 25), (25, 15)]
    return Plane(
        rows[None], "maps", _SPACING, core=PolygonOutline(square), channels=("mbf",)
    )


def _area_mm2(plane):
    """Area of the finite samples."""
    return np.isfinite(plane.load()[0]).sum() * np.prod(_SPACING)


def test_core_keeps_the_area_of_the_square(plane):
    core = ROIMasker(region="core").transform_plane(plane)
    assert _area_mm2(core) == pytest.approx(100.0, rel=0.02)


def test_margin_adds_the_area_of_a_rounded_frame(plane):
    """10 x 10 square grown by 5: 100 + 4 * 50 + pi 25."""
    both = ROIMasker(region="core+margin", margin_mm=5.0).transform_plane(plane)
    assert _area_mm2(both) == pytest.approx(300.0 + 25.0 * np.pi, rel=0.02)


def test_frame_keeps_everything(plane):
    assert ROIMasker(region="frame").transform_plane(plane) is plane


def test_values_stay_at_their_place(plane):
    core = ROIMasker(region="core").transform_plane(plane)
    top = core.grid.to_points([[0, 0]])[0, 0]
    assert np.nanmin(core.load()) == pytest.approx(top / _SPACING[0])
    assert np.array_equal(core.core_mask(), np.isfinite(core.load()[0]))


def test_roi_tells_the_outside_from_the_invalid(plane):
    holed = plane.load().copy()
    holed[0, 200, 80] = np.nan
    core = ROIMasker(region="core").transform_plane(plane.replace(image=holed))
    inside = core.roi.to_mask(core.grid)
    assert np.isnan(core.load()[0][inside]).sum() == 1
    assert np.isnan(core.load()[0][~inside]).all()


def test_mask_outline_gives_the_same_core_as_the_polygon(plane):
    grid = Grid((800, 640), (0.05, 0.0625), (-0.025, -0.09375))
    mask = MaskOutline(plane.core.to_mask(grid), grid)
    from_mask = ROIMasker(region="core").transform_plane(plane.replace(core=mask))
    from_polygon = ROIMasker(region="core").transform_plane(plane)
    assert _area_mm2(from_mask) == pytest.approx(_area_mm2(from_polygon), rel=0.02)


def test_missing_core_is_named(plane):
    X = pd.DataFrame({"us_pre": [Study([plane.replace(core=None)])]}, index=["P017"])
    with pytest.raises(CohortError, match="row P017, column us_pre, plane 0"):
        ROIMasker().fit_transform(X)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_bmode_keeps_its_grey_levels_inside(plane, dtype):
    grey = (np.arange(400 * 160).reshape(400, 160) % 251).astype(dtype)
    image = Plane(grey, "bmode", _SPACING, core=plane.core)
    for region in ("core", "core+margin"):
        masker = ROIMasker(region=region)
        kept, of_maps = (masker.transform_plane(one) for one in (image, plane))
        assert kept.kind == "bmode"
        assert kept.image.dtype == (dtype if np.dtype(dtype).kind == "f" else "f4")
        assert kept.roi == of_maps.roi
        assert kept.grid == of_maps.grid
        inside = kept.roi.to_mask(image.grid)
        levels = kept.load()[kept.roi.to_mask(kept.grid)]
        np.testing.assert_array_equal(levels, grey[inside])
        assert np.isnan(kept.load()[~kept.roi.to_mask(kept.grid)]).all()
    assert ROIMasker(region="frame").transform_plane(image) is image


def test_rf_is_refused_with_the_mend():
    rf = Plane.from_rf(np.zeros((40, 8)), fs_mhz=40, line_pitch_mm=0.2)
    with pytest.raises(ValueError, match="put a QUSMapper before"):
        ROIMasker().transform_plane(rf)


def test_margin_without_spacing_is_refused(plane):
    core = PolygonOutline([(100, 50), (100, 90), (200, 90)])
    pixels = plane.replace(core=None).replace(spacing_mm=None).replace(core=core)
    with pytest.raises(ValueError, match="spacing_mm, which is unknown"):
        ROIMasker().transform_plane(pixels)


def _square(rows, columns):
    """A rectangular core in mm."""
    (top, bottom), (left, right) = rows, columns
    return PolygonOutline([(top, left), (top, right), (bottom, right), (bottom, left)])


def _frame(*planes):
    """A cohort of one patient."""
    return pd.DataFrame({"us_pre": [Study(planes)]}, index=["P1"])


def test_margin_beyond_the_frame_is_reported(plane):
    """A 10 x 10 core 2 mm from the first line; a margin of 5 mm.

    Beyond the frame lie 3 x 10 mm beside the core and, of both rounded corners,
    the part farther out than 2 mm: the integral of sqrt(25 - x^2) from 2 to 5.
    """
    near = plane.replace(core=_square((15, 25), (2, 12)))
    corner = 12.5 * np.pi / 2 - (np.sqrt(21) + 12.5 * np.arcsin(0.4))
    expected = (30 + 2 * corner) / (200 + 25 * np.pi)
    masker = ROIMasker().fit(_frame(plane, near))
    assert masker.cut_["margin_cut"][0] == 0.0
    assert masker.cut_["margin_cut"][1] == pytest.approx(expected, abs=0.02)
    assert masker.cut_["core_cut"].tolist() == [0.0, 0.0]
    assert masker.cut_.iloc[1, :3].tolist() == [0, "pre", 1]
    kept = _area_mm2(masker.transform_plane(near))
    whole = _area_mm2(masker.transform_plane(plane))
    assert kept / whole == pytest.approx(1 - expected * 278.5 / 378.5, abs=0.01)


@pytest.mark.parametrize("as_mask", [False, True])
def test_core_beyond_the_frame_is_reported_and_grows_into_it(plane, as_mask):
    """A core from 8 mm beyond the last line to 2 mm inside; its margin is inside."""
    last = 159 * 0.25 + 0.125
    core = _square((15, 25), (last - 2, last + 8))
    if as_mask:
        grid = Grid((400, 240), _SPACING)
        core = MaskOutline(core.to_mask(grid), grid)
    masker = ROIMasker(region="core+margin", margin_mm=5.0)
    with pytest.warns(UserWarning, match="1 of 1 .* row P1, column us_pre, plane 0"):
        masker.fit(_frame(plane.replace(core=core)))
    assert masker.cut_["core_cut"][0] == pytest.approx(0.8, abs=0.02)
    kept = masker.transform_plane(plane.replace(core=core))
    # 20 x 2 mm above, in and below the core, 10 x 5 beside it, two quarter discs.
    assert _area_mm2(kept) == pytest.approx(40 + 50 + 12.5 * np.pi, rel=0.03)


def test_margin_grows_from_the_part_of_the_core_outside_the_frame(plane):
    """A long core that dips under the frame: what is near it counts as margin."""
    below = PolygonOutline([(39, 5), (41, 5), (41, 30), (40.5, 30), (40.5, 8), (39, 8)])
    masker = ROIMasker(margin_mm=3.0)
    kept = masker.transform_plane(plane.replace(core=below))
    mask = np.isfinite(kept.load()[0])
    beside = round((25 - kept.grid.lateral[0]) / 0.25)
    # Under column 25 mm the core is 40.5 mm deep: the margin begins at 37.5 mm.
    assert kept.grid.axial[mask[:, beside]].min() == pytest.approx(37.5, abs=0.11)


def test_cut_table_serves_other_frames_and_knows_no_cut_of_the_frame(plane):
    near = plane.replace(core=_square((15, 25), (2, 12)))
    masker = ROIMasker().fit(_frame(plane))
    assert (masker.cut_[["core_cut", "margin_cut"]] == 0).all(axis=None)
    table = masker.cut_table(_frame(near, plane))
    assert table["margin_cut"].gt(0).tolist() == [True, False]
    assert ROIMasker(region="frame").fit(_frame(near)).cut_.shape == (0, 5)


def test_core_that_is_drawn_at_another_scale_is_warned_of(plane):
    huge = _square((30, 3000), (20, 4000))
    with pytest.warns(UserWarning, match="check the outline's unit and the spacing"):
        ROIMasker().fit(_frame(plane.replace(core=huge)))


@pytest.mark.parametrize("region", ["core", "core+margin"])
def test_regions_of_random_outlines_match_pairwise_distances(region):
    """Against the distance to every core sample of a grid twice as large."""
    rng = np.random.default_rng(3)
    for _ in range(5):
        spacing = tuple(rng.uniform(0.2, 0.6, 2))
        corners = rng.uniform(-2, 10, (5, 2))
        grid = Grid((24, 18), spacing, (1.0, 0.5))
        core = PolygonOutline(corners)
        wide = Grid((96, 90), spacing, tuple(grid.to_points([[-36, -36]])[0].tolist()))
        inside = core.to_mask(wide)
        expected = inside
        if region == "core+margin":
            points = wide.to_points(np.argwhere(np.ones_like(inside)))
            near = wide.to_points(np.argwhere(inside))
            gap = np.sqrt(((points[:, None] - near) ** 2).sum(-1)).min(1)
            expected = (gap <= 1.3).reshape(inside.shape)
        expected = expected[36:60, 36:54]
        if not core.to_mask(grid).any():
            continue
        plane = Plane(
            np.ones((1, 24, 18)), "maps", spacing, (1.0, 0.5), core, channels=("a",)
        )
        kept = ROIMasker(region=region, margin_mm=1.3).transform_plane(plane)
        at = np.round(grid.to_index([kept.origin_mm])[0]).astype(int)
        drawn = np.zeros(grid.shape, bool)
        height, width = kept.image.shape[1:]
        drawn[at[0] : at[0] + height, at[1] : at[1] + width] = kept.roi.to_mask(
            kept.grid
        )
        np.testing.assert_array_equal(drawn, expected)


def test_margin_as_a_share_of_the_core_needs_no_spacing(plane):
    """Of 10 x 10 mm the equivalent diameter is 11.28 mm; 0.4433 of it is 5 mm."""
    share = 5 / np.sqrt(400 / np.pi)
    by_share = ROIMasker(margin_share=share).transform_plane(plane)
    assert _area_mm2(by_share) == pytest.approx(300.0 + 25.0 * np.pi, rel=0.02)
    grey = np.ones((160, 160), np.uint8)
    core = _square((60, 100), (60, 100))
    pixels = Plane(grey, "bmode", core=core)
    masker = ROIMasker(margin_share=share).fit(_frame(pixels))
    kept = masker.transform_plane(pixels)
    found = np.isfinite(kept.load()).sum() / 16
    assert found == pytest.approx(300.0 + 25.0 * np.pi, rel=0.02)
    assert (masker.cut_[["core_cut", "margin_cut"]] == 0).all(axis=None)
    with pytest.raises(ValueError, match="or take margin_share or region"):
        ROIMasker().transform_plane(pixels)
