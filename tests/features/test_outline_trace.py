"""Polygons, masks and unions become one closed curve."""

import numpy as np
import pytest

from sknac.cohort import Grid, MaskOutline, PolygonOutline
from sknac.cohort._outline_union import unite
from sknac.features._outline_trace import signed_area, trace

SQUARE = np.array([(2.0, 2), (2, 12), (12, 12), (12, 2)])


def mask_of(*shapes, step=(0.1, 0.2), side=20):
    """A mask of rectangles (top, bottom, left, right) in mm; later ones cut out."""
    grid = Grid((int(side / step[0]), int(side / step[1])), step)
    mask = np.zeros(grid.shape, dtype=bool)
    for top, bottom, left, right, value in shapes:
        rows = (grid.axial >= top) & (grid.axial < bottom)
        mask[np.ix_(rows, (grid.lateral >= left) & (grid.lateral < right))] = value
    return MaskOutline(mask, grid)


@pytest.mark.parametrize("points", [SQUARE, SQUARE[::-1], np.roll(SQUARE, 2, axis=0)])
@pytest.mark.parametrize("closed", [False, True])
def test_polygon_is_taken_as_it_is_whatever_its_sense_and_start(points, closed):
    points = np.vstack([points, points[:1]]) if closed else points
    found = trace(PolygonOutline(points))
    assert signed_area(found.ring) == pytest.approx(100)
    assert len(found.ring) == 4
    assert found[1:] == (0.0, 0.0, np.inf, False)


def test_sizes_of_ends_far_from_the_origin_keep_their_digits():
    assert abs(signed_area(SQUARE + 1e6)) == pytest.approx(100, rel=1e-9)


def test_mask_with_specks_and_holes_is_its_largest_piece_filled():
    outline = mask_of((2, 12, 2, 12, True), (5, 7, 5, 8, False), (15, 18, 15, 17, True))
    found = trace(outline)
    assert signed_area(found.ring) == pytest.approx(100, rel=0.01)
    assert found.other_share == pytest.approx((6 + 6) / 100, rel=0.05)
    assert found.n_samples == pytest.approx(np.sqrt(400 / np.pi) / 0.2, rel=0.01)


def test_mask_that_its_image_cuts_is_noted():
    found = trace(mask_of((12, 30, 5, 15, True)))
    assert found.border_share == pytest.approx(10 / 36, rel=0.02)
    assert trace(mask_of((2, 12, 2, 12, True))).border_share == 0


def test_polygon_that_crosses_itself_is_what_the_even_odd_rule_calls_inside():
    """Two triangles that meet in a point, of areas 16 and 4, and a star with a hole."""
    bow = PolygonOutline([(0, 0), (0, 8), (6, 2), (6, 6)])
    found = trace(bow)
    assert signed_area(found.ring) == pytest.approx(16, rel=0.02)
    assert found.other_share == pytest.approx(4 / 16, rel=0.02)
    star = [(np.sin(a), np.cos(a)) for a in 4 / 5 * np.pi * np.arange(5)]
    with_hole = trace(PolygonOutline(10 * np.array(star)))
    assert with_hole.other_share > 0.1
    with pytest.raises(ValueError, match="the core outline runs round twice, so that"):
        trace(PolygonOutline(np.vstack([SQUARE, SQUARE])))


def test_polygon_with_a_loop_the_other_way_and_a_part_gone_round_twice():
    """Areas of 4 each, so that the shoelace formula alone sees nothing."""
    back = [(0, 0), (0, -2), (-2, -2), (-2, 0), (0, 0)]
    twice = [(2, 2), (2, 4), (4, 4), (4, 2), (2, 2)]
    outer = [(0, 0), (0, 10), (10, 10), (10, 0)]
    for sense in (1, -1):
        points = np.array([*twice, *outer[:1], *back[::-sense], *outer], dtype=float)
        assert trace(PolygonOutline(points)).other_share > 0.03


def test_small_loop_where_a_hand_closes_the_curve_changes_nothing():
    angles = np.linspace(0, 2 * np.pi + 0.05, 200)
    radius = np.linspace(5, 5.02, 200)
    curve = np.stack([np.sin(angles), np.cos(angles)], axis=1) * radius[:, None]
    found = trace(PolygonOutline(curve))
    assert len(found.ring) == 200
    assert signed_area(found.ring) == pytest.approx(25 * np.pi, rel=0.02)


@pytest.mark.parametrize("second", ["polygon", "mask"])
def test_union_is_one_curve(second):
    """Two squares of 100 mm2 that share 25; the mask has pixels of 0.2 mm."""
    other = PolygonOutline(SQUARE + 5)
    if second == "mask":
        grid = Grid((100, 100), (0.2, 0.2), (0.1, 0.1))
        other = MaskOutline(other.to_mask(grid), grid)
    found = trace(unite([PolygonOutline(SQUARE), other]))
    assert signed_area(found.ring) == pytest.approx(175, rel=0.01)
    sides = np.hypot(*(np.roll(found.ring, -1, axis=0) - found.ring).T)
    assert sides.sum() == pytest.approx(60, rel=0.01)
    assert found.other_share == 0


def test_mask_of_a_few_pixels_is_refused():
    with pytest.raises(ValueError, match=r"the core is 3.3 samples across, too few"):
        trace(mask_of((2, 2.6, 2, 2.6, True), step=(0.2, 0.2)))


def test_polygon_along_pixels_is_told_from_one_that_was_drawn():
    """Edges of pixels, centres of pixels with diagonals, also where collinear points
    are left out; not a box, an L or a curve."""
    grid = Grid((80, 60), (0.1, 0.3))
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    curve = np.stack([4 + 3 * np.sin(angles), 9 + 7 * np.cos(angles)], axis=1)
    drawn = PolygonOutline(curve)
    half_level = MaskOutline(drawn.to_mask(grid), grid).rings()[0]
    edges = np.repeat(half_level[:-1], 2, axis=0)
    edges[1::2, 0] = np.roll(half_level[:-1, 0], -1)  # first down, then across
    assert trace(PolygonOutline(half_level)).stepped
    assert trace(PolygonOutline(edges)).stepped
    before, after = (edges - np.roll(edges, n, axis=0) for n in (1, -1))
    bends = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > 1e-9
    assert bends.sum() < 0.9 * len(edges)
    assert trace(PolygonOutline(edges[bends])).stepped
    ell = [(0, 0), (0, 12), (4, 12), (4, 6), (8, 6), (8, 0)]
    for points in (curve, SQUARE, ell, np.linspace(SQUARE, np.roll(SQUARE, -1, 0), 9)):
        points = np.asarray(points)
        if points.ndim == 3:  # many points on four sides
            points = np.concatenate(np.swapaxes(points, 0, 1))
        assert not trace(PolygonOutline(points)).stepped
