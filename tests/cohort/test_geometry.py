"""Grids: index to points and back, B-mode pixel to RF sample."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sknac.cohort import Grid

SIDE = st.integers(1, 5000)
STEP = st.floats(1e-3, 10.0)
ORIGIN = st.floats(-100.0, 100.0)
GRIDS = st.builds(
    Grid,
    st.tuples(SIDE, SIDE),
    st.tuples(STEP, STEP),
    st.tuples(ORIGIN, ORIGIN),
    st.sampled_from(["mm", "px"]),
)
POINTS = st.lists(
    st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=1, max_size=5
)


@given(grid=GRIDS, points=POINTS)
def test_index_to_points_and_back_is_the_identity(grid, points):
    back = grid.to_index(grid.to_points(points))
    # Origins up to 100 over steps down to 1e-3 cost 5 of 16 digits.
    np.testing.assert_allclose(back, points, rtol=1e-9, atol=1e-9)


@given(grid=GRIDS)
def test_coordinates_of_rows_and_columns_agree_with_to_points(grid):
    last = grid.to_points([[grid.shape[0] - 1, grid.shape[1] - 1]])[0]
    np.testing.assert_allclose([grid.axial[-1], grid.lateral[-1]], last)
    assert (grid.axial[0], grid.lateral[0]) == grid.origin
    assert (len(grid.axial), len(grid.lateral)) == grid.shape


def test_bmode_pixel_goes_to_the_rf_sample_computed_by_hand():
    # B-mode: pixel (row 120, column 30), 0.0770 mm deep and 0.1480 mm wide, row 0
    # at 2 mm depth, column 0 at -1.48 mm: depth 2 + 9.24 = 11.24 mm, lateral
    # -1.48 + 4.44 = 2.96 mm. RF: 40 MHz at 1540 m/s, 0.01925 mm a sample from
    # 1.615 mm, pitch 0.2 mm: sample 9.625 / 0.01925 = 500, line 14.8.
    bmode = Grid((400, 300), (0.0770, 0.1480), (2.0, -1.48))
    rf = Grid((2000, 128), (0.01925, 0.2), (1.615, 0.0))
    mm = bmode.to_points([[120, 30]])
    np.testing.assert_allclose(mm, [[11.24, 2.96]])
    np.testing.assert_allclose(rf.to_index(mm), [[500.0, 14.8]])


def test_axial_comes_first_everywhere():
    grid = Grid((7, 3), (2.0, 5.0), (1.0, 10.0))
    assert grid.axial.tolist() == [1, 3, 5, 7, 9, 11, 13]
    assert grid.lateral.tolist() == [10, 15, 20]
    assert grid.to_points([[1, 0], [0, 1]]).tolist() == [[3, 10], [1, 15]]
    assert grid.to_index([[3, 10], [1, 15]]).tolist() == [[1, 0], [0, 1]]


def test_without_spacing_the_unit_is_the_pixel():
    grid = Grid((4, 3), (1, 1), unit="px")
    assert (grid.unit, grid.step, grid.spacing_mm) == ("px", (1.0, 1.0), None)
    assert grid.to_points([[2, 1]]).tolist() == [[2, 1]]
    assert Grid((4, 3), (1, 1)).unit == "mm"


def test_crop_stays_at_its_place():
    grid = Grid((10, 8), (0.5, 2.0), (3.0, -1.0))
    part = grid.crop(slice(2, 6), slice(1, 4))
    assert part.shape == (4, 3)
    np.testing.assert_allclose(part.axial, grid.axial[2:6])
    np.testing.assert_allclose(part.lateral, grid.lateral[1:4])


def test_numbers_of_any_type_make_equal_grids():
    numpy_made = Grid(np.array([4, 3]), np.float32([0.5, 1]), np.array([0, 2]))
    assert numpy_made == Grid((4, 3), (0.5, 1.0), (0.0, 2.0))
    assert repr(numpy_made) == repr(Grid((4, 3), (0.5, 1.0), (0.0, 2.0)))


def test_resized_grid_covers_the_same_area():
    grid = Grid((40, 60), (0.1, 0.2), (5.0, 1.0), "px")
    new = grid.resized((8, 8))
    edges = ([[-0.5, -0.5]], [[39.5, 59.5]]), ([[-0.5, -0.5]], [[7.5, 7.5]])
    for old_edge, new_edge in zip(*edges, strict=True):
        assert new.to_points(new_edge) == pytest.approx(grid.to_points(old_edge))
    assert new.unit == "px"
    assert new.covers(grid).all()
    assert grid.covers(new).all()


def test_nearest_sample_and_whether_there_is_one():
    grid = Grid((3, 2), (2.0, 1.0), (10.0, 0.0))  # rows at 10, 12, 14
    index, inside = grid.nearest([8.9, 9.0, 11.0, 12.9, 14.9, 15.0], 0)
    assert index.tolist() == [0, 0, 1, 1, 2, 2]
    assert inside.tolist() == [False, True, True, True, True, False]


@given(grid=GRIDS)
def test_a_plane_of_values_is_interpolated_exactly(grid):
    small = Grid((6, 5), grid.step, grid.origin, grid.unit)
    values = 3.0 * np.arange(6)[:, None] - np.arange(5)
    fine = small.crop(slice(1, 5), slice(1, 4)).resized((9, 7))
    points = np.stack(np.meshgrid(fine.axial, fine.lateral, indexing="ij"), axis=-1)
    row, column = np.moveaxis(small.to_index(points), -1, 0)
    np.testing.assert_allclose(
        small.sample(values, fine), 3 * row - column, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (((0, 3), (1, 1)), "two positive whole numbers"),
        (((3,), (1, 1)), "two positive whole numbers"),
        (((3, 3, 3), (1, 1)), "two positive whole numbers"),
        (((3, 2.5), (1, 1)), r"two positive whole numbers, got \(3, 2.5\)"),
        ((3, (1, 1)), "two positive whole numbers, got 3"),
        ((("3", 3), (1, 1)), "two positive whole numbers"),
        (((3, 3), 0.2), "two finite numbers, got 0.2"),
        (((3, 3), (None, 0.2)), "two finite numbers"),
        (((3, 3), "ab"), "two finite numbers, got 'ab'"),
        (((3, 3), (0.0, 1.0)), r"step \(spacing_mm\) must be positive"),
        (((3, 3), (1.0, -1.0)), r"step \(spacing_mm\) must be positive"),
        (((3, 3), (np.nan, 1.0)), r"step \(spacing_mm\) must be two finite numbers"),
        (((3, 3), (1.0, 1.0, 1.0)), r"step \(spacing_mm\) must be two finite numbers"),
        (
            ((3, 3), (1.0, 1.0), (np.inf, 0.0)),
            r"origin \(origin_mm\) must be two finite numbers",
        ),
        (((3, 3), (1.0, 1.0), (0, 0), "cm"), "unit must be one of .*, got 'cm'"),
    ],
)
def test_impossible_grids_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Grid(*settings)
