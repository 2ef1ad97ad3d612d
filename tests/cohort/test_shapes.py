"""Shapes of annotation tools: where their pixels lie, and what is no shape."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest

from sknac.cohort import Grid, PolygonOutline
from sknac.cohort._shapes import check_size, ellipse, polygon, rectangle, short

GRID = Grid((40, 60), (1, 1))


def n_pixels(points):
    """How many pixels' centres lie inside."""
    return int(PolygonOutline(polygon(points)).to_mask(GRID).sum())


def test_corners_of_pixels_enclose_whole_pixels(square):
    points = [(17, 13), (27, 13), (27, 23), (17, 23)]
    outline = PolygonOutline(polygon(points))
    np.testing.assert_array_equal(outline.to_mask(GRID), square)
    assert n_pixels([(0, 0), (60, 0), (60, 40), (0, 40)]) == 40 * 60
    assert polygon(points)[0].tolist() == [12.5, 16.5]


def test_an_ellipse_holds_the_centres_of_its_pixels():
    rows, columns = np.mgrid[:40, :60] + 0.5
    inside = ((columns - 30.2) / 20) ** 2 + ((rows - 20.3) / 12) ** 2 < 1
    assert n_pixels(ellipse(30.2, 20.3, 20, 12)) == inside.sum()


def test_shapes_turn_clockwise_about_their_centre():
    upright = rectangle(20, 10, 40, 20)
    assert n_pixels(rectangle(20, 10, 40, 20, 180)) == n_pixels(upright) == 200
    turned = np.array(rectangle(20, 10, 40, 20, 90))
    np.testing.assert_allclose(turned.min(axis=0), [25, 5])
    np.testing.assert_allclose(turned[0], [35, 5])  # the upper left is on the right
    np.testing.assert_allclose(ellipse(5, 6, 3, 1, 90)[0], (5, 9))


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([(0, 0), (1, 1)], "three points or more, got 2"),
        ([(0, 0), (1, 1), (2,)], "must be pairs"),
        ([(0, 0), (1, 1), (2, math.nan)], "must be a number, got nan"),
        ([(0, 0), (1, 1), (2, math.inf)], "must be a number, got inf"),
        ([(0, 0), (1, 1), (2, 10**400)], "must be a number, got 1000"),
        ([(0, 0), (1, 1), (2, True)], "must be a number, got True"),
        ([(0, 0), (1, 1), (2, "3")], "must be a number, got '3'"),
        ([(0, 0), (1, 1), None], "must be pairs"),
        ("text", "must be pairs"),
        (None, "must be pairs"),
    ],
)
def test_what_is_no_polygon_is_refused(points, message):
    with pytest.raises(ValueError, match=message):
        polygon(points)


@pytest.mark.parametrize(
    "size", [(0, 5), (-1, 5), (5, 2.0), (5, None), ("5", 5), (True, 5), (10**9, 10**9)]
)
def test_what_is_no_size_of_an_image_is_refused(size):
    with pytest.raises(ValueError, match=r"height and width must|is claimed"):
        check_size(*size)
    assert check_size(40, 60) == (40, 60)


def test_long_values_are_cut_in_errors():
    assert len(short("x" * 1000)) == 40
    assert short([1, 2]) == "[1, 2]"
