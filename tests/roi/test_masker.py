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
    top = core.grid.to_mm([[0, 0]])[0, 0]
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


def test_bmode_is_refused_with_the_mend():
    plane = Plane(np.zeros((8, 8), np.uint8), "bmode")
    with pytest.raises(ValueError, match="put a QUSMapper before it"):
        ROIMasker().transform_plane(plane)


def test_margin_without_spacing_is_refused(plane):
    core = PolygonOutline([(100, 50), (100, 90), (200, 90)])
    pixels = plane.replace(core=None).replace(spacing_mm=None).replace(core=core)
    with pytest.raises(ValueError, match="spacing_mm, which is unknown"):
        ROIMasker().transform_plane(pixels)
