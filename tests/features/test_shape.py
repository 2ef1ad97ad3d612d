"""Shape against closed forms: ellipse, rectangle and L."""

import numpy as np
import pytest
from scipy.special import ellipe

from sknac.cohort import Grid, MaskOutline, PolygonOutline
from sknac.features._outline_trace import trace
from sknac.features._shape import SHAPES, SIZES, Curve

_ANGLES = np.linspace(0, 2 * np.pi, 1440, endpoint=False)
ELLIPSE = np.stack([10 + 5 * np.sin(_ANGLES), 12 + 8 * np.cos(_ANGLES)], axis=1)
RECTANGLE = np.array([(3.0, 4), (3, 16), (11, 16), (11, 4)])
ELL = np.array([(3.0, 4), (3, 16), (7, 16), (7, 10), (11, 10), (11, 4)])
_AROUND = 32 * ellipe(1 - 25 / 64)

# Of the L (12 x 4 on 6 x 4 mm): centroid 3.33 and 5 from its corner; second moments
# by adding the two rectangles', principal axes of the sum.
_LL = (48 * (4**2 / 12 + (4 / 3) ** 2) + 24 * (4**2 / 12 + (8 / 3) ** 2)) / 72
_WW = (48 * (12**2 / 12 + 1) + 24 * (6**2 / 12 + 4)) / 72
_LW = (48 * (4 / 3) * 1 + 24 * (8 / 3) * 2) / -72
_MEAN, _HALF = (_LL + _WW) / 2, np.hypot((_WW - _LL) / 2, _LW)

TRUTH = {
    "ellipse": (
        ELLIPSE,
        {
            "area_mm2": 40 * np.pi,
            "perimeter_mm": _AROUND,
            "equivalent_diameter_mm": 2 * np.sqrt(40),
            "height_mm": 10,
            "width_mm": 16,
            "longest_diameter_mm": 16,
            "height_width_ratio": 5 / 8,
            "axis_ratio": 5 / 8,
            "eccentricity": np.sqrt(1 - 25 / 64),
            "circularity": 160 * np.pi**2 / _AROUND**2,
            "solidity": 1,
            "convexity": 1,
            "extent": np.pi / 4,
        },
    ),
    "rectangle": (
        RECTANGLE,
        {
            "area_mm2": 96,
            "perimeter_mm": 40,
            "height_mm": 8,
            "width_mm": 12,
            "longest_diameter_mm": np.sqrt(208),
            "axis_ratio": 2 / 3,
            "circularity": 4 * np.pi * 96 / 1600,
            "solidity": 1,
            "convexity": 1,
            "extent": 1,
        },
    ),
    "L": (
        ELL,
        {
            "area_mm2": 72,
            "perimeter_mm": 40,
            "longest_diameter_mm": np.sqrt(208),
            "axis_ratio": np.sqrt((_MEAN - _HALF) / (_MEAN + _HALF)),
            "solidity": 72 / 84,
            "convexity": (12 + 4 + np.hypot(4, 6) + 6 + 8) / 40,
            "extent": 0.75,
            "orientation_deg": np.degrees(np.arctan2(-2 * _LW, _WW - _LL)) / 2,
        },
    ),
}


def numbers(outline):
    curve = Curve(trace(outline).ring)
    return {name: float(of(curve)) for name, of in {**SIZES, **SHAPES}.items()}


@pytest.mark.parametrize("name", TRUTH)
@pytest.mark.parametrize("step", [None, (0.2, 0.2), (0.1, 0.2), (0.02, 0.2)])
def test_numbers_are_those_of_the_closed_form(name, step):
    points, truth = TRUTH[name]
    outline, within = PolygonOutline(points), 1e-4
    if step is not None:
        grid = Grid((int(22 / step[0]), int(26 / step[1])), step, (0.005, 0.11))
        outline, within = MaskOutline(outline.to_mask(grid), grid), 0.01
    found = numbers(outline)
    for descriptor, exact in truth.items():
        assert found[descriptor] == pytest.approx(exact, rel=within), descriptor
    assert found["n_concavities"] == (name == "L")


def test_polygons_and_masks_agree_on_lobulated_outlines():
    rng = np.random.default_rng(0)
    for n_lobes in (3, 5, 8):
        shape = 1 + rng.uniform(0.08, 0.2) * np.cos(
            n_lobes * _ANGLES + rng.uniform(0, 6)
        )
        points = np.stack([9 * np.sin(_ANGLES), 6 * np.cos(_ANGLES)], axis=1)
        drawn = PolygonOutline(15 + points * shape[:, None])
        grid = Grid((375, 200), (0.08, 0.15))
        polygon, mask = numbers(drawn), numbers(MaskOutline(drawn.to_mask(grid), grid))
        assert polygon["n_concavities"] == mask["n_concavities"]
        for name in set(polygon) - {"n_concavities", "circularity", "orientation_deg"}:
            assert mask[name] == pytest.approx(polygon[name], rel=0.01), name
        assert mask["circularity"] == pytest.approx(polygon["circularity"], rel=0.02)


def test_lobes_are_counted_and_shape_does_not_depend_on_the_size():
    radius = 1 + 0.25 * np.cos(7 * _ANGLES)
    star = np.stack([np.sin(_ANGLES), np.cos(_ANGLES)], axis=1) * radius[:, None]
    small, large = (numbers(PolygonOutline(star * size + 40)) for size in (2.0, 30.0))
    assert small["n_concavities"] == 7
    for name in set(SHAPES) - {"orientation_deg", "eccentricity"}:  # round
        assert large[name] == pytest.approx(small[name], rel=1e-6)


def test_radius_varies_by_its_sd_along_the_curve():
    """Along a square's side of 2 the radius is sqrt(1 + t^2)."""
    square = PolygonOutline([(0, 0), (0, 2), (2, 2), (2, 0)])
    radius = np.sqrt(1 + np.linspace(0, 1, 200_001) ** 2)
    exact = radius.std() / np.sqrt(2)
    assert numbers(square)["radial_sd"] == pytest.approx(exact, rel=1e-3)


def test_taller_than_wide_and_upright_are_told():
    tall = numbers(PolygonOutline(ELLIPSE[:, ::-1]))
    assert tall["height_width_ratio"] == pytest.approx(1.6, rel=1e-4)
    assert tall["orientation_deg"] == pytest.approx(90, abs=1e-3)
    c, s = np.cos(np.pi / 6), np.sin(np.pi / 6)
    for turn in ([[c, -s], [s, c]], [[c, s], [-s, c]]):
        oblique = numbers(PolygonOutline((ELLIPSE - 10) @ turn))
        assert oblique["orientation_deg"] == pytest.approx(30, abs=1e-3)


def test_slivers_and_places_far_away_keep_their_digits():
    for height, offset in ((1e-3, 0.0), (5.0, 1e7), (1e-2, -1e5)):
        box = np.array([(0, 0), (0, 9), (height, 9), (height, 0)]) + offset
        found = numbers(PolygonOutline(box))
        assert found["height_mm"] == pytest.approx(height, rel=1e-5)
        assert found["solidity"] == pytest.approx(1, rel=1e-6)
        assert found["axis_ratio"] == pytest.approx(height / 9, rel=1e-4)
        assert found["n_concavities"] == 0
