"""Regions of planes for features, against distances and against `ROIMasker`."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from sknac.cohort import MaskOutline, Plane, PolygonOutline
from sknac.features._regions import draw_regions
from sknac.roi import ROIMasker

SPACING = (0.2, 0.5)


def plane_of(kind="bmode", spacing=SPACING, origin=(3.0, -2.0)):
    """A plane whose core is a rectangle of 2 x 3 mm, 4 mm deep and 6 mm across."""
    shape = (60, 40) if kind == "bmode" else (2, 60, 40)
    names = {} if kind == "bmode" else {"channels": ("a", "b")}
    corners = np.array([(4, 6), (4, 9), (6, 9), (6, 6)])
    core = PolygonOutline(np.add(corners, origin))
    return Plane(np.zeros(shape), kind, spacing, origin, core=core, **names)


@pytest.mark.parametrize("kind", ["bmode", "maps"])
@pytest.mark.parametrize("margin_mm", [0.5, 1.0, 5.0])
def test_margin_is_what_lies_no_farther_from_the_core(kind, margin_mm):
    plane = plane_of(kind)
    masks = draw_regions(plane, ["margin", "roi", "core"], margin_mm)
    assert list(masks) == ["margin", "roi", "core"]
    core = plane.core_mask()
    distance = distance_transform_edt(~core, sampling=SPACING)
    expected = (distance <= margin_mm) & ~core
    np.testing.assert_array_equal(masks["margin"], expected)
    np.testing.assert_array_equal(masks["core"], core)
    assert masks["roi"].all()


def test_regions_of_masked_maps_are_those_of_the_frame():
    plane = plane_of("maps")
    whole = draw_regions(plane, ["core", "margin"], 2.0)
    masked = ROIMasker(region="core+margin", margin_mm=2.0).transform_plane(plane)
    parts = draw_regions(masked, ["core", "margin", "roi"], 2.0)
    for name, mask in whole.items():
        assert parts[name].sum() == mask.sum()
    kept = masked.roi.to_mask(masked.grid)
    np.testing.assert_array_equal(parts["core"] | parts["margin"], kept)
    np.testing.assert_array_equal(parts["roi"], kept)


def test_a_thinner_kept_region_cuts_the_margin():
    masked = ROIMasker(margin_mm=1.0).transform_plane(plane_of("maps"))
    parts = draw_regions(masked, ["core", "margin"], 5.0)
    kept = masked.roi.to_mask(masked.grid)
    np.testing.assert_array_equal(parts["core"] | parts["margin"], kept)


def test_a_core_alone_has_no_margin_to_draw():
    whole = plane_of("maps")
    corners = whole.core.vertices[[0, 1, 2]]
    for core, message in (
        (whole.core, "the margin holds no sample of the image"),
        (PolygonOutline(corners), "ROIMasker kept holds nothing of the margin"),
    ):
        masked = ROIMasker(region="core").transform_plane(whole.replace(core=core))
        assert draw_regions(masked, ["core"], 5.0)["core"].any()
        with pytest.raises(ValueError, match=message):
            draw_regions(masked, ["core", "margin"], 5.0)


def test_a_core_that_fills_the_frame_has_no_margin():
    plane = plane_of()
    plane = plane.replace(core=MaskOutline(np.ones((60, 40), bool), plane.grid))
    assert draw_regions(plane, ["core"], 5.0)["core"].all()
    with pytest.raises(ValueError, match="the margin holds no sample of the image"):
        draw_regions(plane, ["margin"], 5.0)


def test_margin_without_spacing_is_a_share_of_the_diameter():
    grid = plane_of(spacing=None).grid
    core = np.hypot(*(np.indices(grid.shape) - [[[30]], [[20]]])) <= 8
    plane = plane_of(spacing=None).replace(core=MaskOutline(core, grid))
    assert draw_regions(plane, ["core"], 5.0)["core"].sum() == core.sum()
    with pytest.raises(ValueError, match=r"margin_mm needs spacing_mm.*margin_share"):
        draw_regions(plane, ["margin"], 5.0)
    margin = draw_regions(plane, ["margin"], 5.0, margin_share=0.25)["margin"]
    diameter = np.sqrt(4 / np.pi * core.sum())
    expected = (distance_transform_edt(~core) <= diameter / 4) & ~core
    np.testing.assert_array_equal(margin, expected)


def test_no_core_is_needed_for_the_region_alone():
    plane = plane_of().replace(core=None)
    assert draw_regions(plane, ["roi"], 5.0)["roi"].all()
    with pytest.raises(ValueError, match="no core outline"):
        draw_regions(plane, ["core"], 5.0)
