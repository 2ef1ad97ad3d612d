"""Several outlines of one tumour."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pytest

from sknac.cohort import Grid, MaskOutline, Plane, PolygonOutline
from sknac.cohort._outline_union import OutlineUnion, unite

GRID = Grid((40, 60), (1, 1))


def box(row, column, side=10):
    """A square polygon of so many pixels."""
    low, high = np.array([row, column]) - 0.5, np.array([row, column]) + side - 0.5
    return PolygonOutline([low, (low[0], high[1]), high, (high[0], low[1])])


def as_mask(outline):
    """The same as a mask."""
    return MaskOutline(outline.to_mask(GRID), GRID)


@pytest.mark.parametrize("second", [box, lambda *at: as_mask(box(*at))])
def test_a_union_is_what_lies_in_any_part(second):
    union = unite([box(5, 5), second(10, 10)])
    expected = box(5, 5).to_mask(GRID) | box(10, 10).to_mask(GRID)
    np.testing.assert_array_equal(union.to_mask(GRID), expected)
    assert union.to_mask(GRID).sum() == 175
    assert union.box().tolist() == [[4.5, 4.5], [19.5, 19.5]]
    assert len(union.rings()) == 2


def test_one_outline_stays_as_it_is():
    outline = box(5, 5)
    assert unite([outline]) is outline
    assert unite([outline, box(5, 5)]) == outline


def test_digests_go_by_content_not_by_order_or_nesting():
    a, b, c = box(1, 1), box(5, 20), as_mask(box(20, 30))
    union = unite([a, b, c])
    assert union == unite([c, unite([b, a])])
    assert hash(union) == hash(pickle.loads(pickle.dumps(union)))
    assert union != unite([a, b])
    assert unite([a, b]) != a
    assert repr(union) == "OutlineUnion(3 outlines)"


def test_a_plane_takes_a_union_for_its_core():
    union = unite([box(5, 5), box(20, 30)])
    plane = Plane(np.zeros((40, 60), "uint8"), "bmode", core=union)
    assert isinstance(plane.core, OutlineUnion)
    assert plane.core_mask().sum() == 200
    with pytest.raises(ValueError, match="core outline lies outside the 4x4 image"):
        Plane(np.zeros((4, 4), "uint8"), "bmode", core=unite([box(9, 9), box(20, 30)]))


def test_a_union_is_not_drawn_on_a_grid_of_another_unit():
    mask = MaskOutline(np.eye(3, dtype=bool), Grid((3, 3), (1, 1), unit="px"))
    with pytest.raises(ValueError, match="the mask is in px, the image in mm"):
        Plane(
            np.zeros((40, 60), "uint8"),
            "bmode",
            spacing_mm=(1, 1),
            core=unite([box(5, 5), mask]),
        )
