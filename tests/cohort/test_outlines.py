"""Outlines on grids, against closed forms and matplotlib."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sknac.cohort import ArrayRef, Grid, InMemoryArray, MaskOutline, PolygonOutline
from sknac.cohort._outlines import _drawn, _written
from sknac.exceptions import SknacFormatError
from sknac.utils._handle import digest_of

GRID = Grid((60, 40), (0.11, 0.27), (1.0, -2.0))


def star(radii, centre=(4.0, 3.0)):
    """A star-shaped polygon: one radius for each of equal angles."""
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False) + 0.1234
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.asarray(centre) + np.asarray(radii)[:, None] * circle


def ellipse(axial, lateral, centre=(0.0, 0.0), n=720):
    """Vertices of an ellipse of these half axes."""
    return np.asarray(centre) + (axial, lateral) * star(np.ones(n), (0, 0))


@settings(max_examples=60)
@given(radii=st.lists(st.floats(0.2, 4.0), min_size=3, max_size=12))
def test_polygon_mask_agrees_with_matplotlib(radii):
    from matplotlib.path import Path

    vertices = star(radii)
    rows, columns = np.meshgrid(GRID.axial, GRID.lateral, indexing="ij")
    points = np.stack([rows.ravel(), columns.ravel()], axis=1)
    closed = Path(np.vstack([vertices, vertices[:1]]), closed=True)
    inside = closed.contains_points(points).reshape(GRID.shape)
    mask = PolygonOutline(vertices).to_mask(GRID)
    # Only samples on an edge, within rounding, may fall on either side.
    edge = closed.contains_points(points, radius=1e-9) ^ closed.contains_points(
        points, radius=-1e-9
    )
    np.testing.assert_array_equal(
        mask | edge.reshape(GRID.shape), inside | edge.reshape(GRID.shape)
    )


def test_rectangle_covers_the_samples_counted_by_hand():
    # Axial 2 to 4 mm at 0.5 mm from 0: rows 4 to 7; lateral 1 to 3.5 mm at 0.25
    # mm from -1: columns 8 to 17 (the far edge belongs to the next sample).
    grid = Grid((20, 30), (0.5, 0.25), (0.0, -1.0))
    mask = PolygonOutline([(2, 1), (4, 1), (4, 3.5), (2, 3.5)]).to_mask(grid)
    expected = np.zeros((20, 30), bool)
    expected[4:8, 8:18] = True
    np.testing.assert_array_equal(mask, expected)
    assert mask.dtype == bool


@pytest.mark.parametrize("spacing", [(0.02, 0.02), (0.01, 0.08), (0.09, 0.01)])
def test_mask_area_is_that_of_the_ellipse(spacing):
    shape = tuple(int(12 / step) for step in spacing)
    grid = Grid(shape, spacing, (-6.0, -6.0))
    mask = PolygonOutline(ellipse(5.0, 2.0, (0.3, -0.2))).to_mask(grid)
    assert mask.sum() * spacing[0] * spacing[1] == pytest.approx(10 * np.pi, rel=5e-3)


def test_mask_centroid_and_extent_tell_axial_from_lateral():
    grid = Grid((120, 80), (0.1, 0.2), (0.0, 0.0))
    mask = PolygonOutline(ellipse(1.0, 4.0, (5.0, 9.0))).to_mask(grid)
    rows, columns = np.nonzero(mask)
    np.testing.assert_allclose(grid.axial[rows].mean(), 5.0, atol=0.05)
    np.testing.assert_allclose(grid.lateral[columns].mean(), 9.0, atol=0.05)
    assert np.ptp(grid.axial[rows]) < 2.01
    assert np.ptp(grid.lateral[columns]) > 7.5


def test_hole_of_a_self_crossing_polygon_is_outside():
    # A pentagram: even-odd leaves its middle out.
    corners = star(np.ones(5), (0, 0))[[0, 2, 4, 1, 3]]
    grid = Grid((201, 201), (0.01, 0.01), (-1.0, -1.0))
    mask = PolygonOutline(corners).to_mask(grid)
    assert not mask[100, 100]
    # Inner corners lie at cos 72 / cos 36 of the circumradius 1.
    inner = np.cos(np.pi / 2.5) / np.cos(np.pi / 5)
    whole = 5 * inner * np.sin(np.pi / 5)
    middle = 2.5 * inner**2 * np.sin(np.pi / 2.5)
    assert mask.sum() * 1e-4 == pytest.approx(whole - middle, rel=0.01)


def test_neighbouring_polygons_share_no_sample():
    left = PolygonOutline([(0, 0), (5, 0), (5, 2), (0, 2)]).to_mask(
        Grid((6, 6), (1, 1), unit="px")
    )
    right = PolygonOutline([(0, 2), (5, 2), (5, 5), (0, 5)]).to_mask(
        Grid((6, 6), (1, 1), unit="px")
    )
    assert not (left & right).any()
    assert (left | right).sum() == 25


def test_direction_start_and_closure_do_not_matter():
    vertices = star([1, 2, 3, 2, 1, 3])
    mask = PolygonOutline(vertices).to_mask(GRID)
    for same in (vertices[::-1], np.roll(vertices, 2, 0), [*vertices, vertices[0]]):
        np.testing.assert_array_equal(PolygonOutline(same).to_mask(GRID), mask)


@pytest.mark.parametrize(
    ("vertices", "message"),
    [
        ([(0, 0), (1, 1)], r"shape \(n >= 3, 2\), got \(2, 2\)"),
        ([(0, 0, 0)] * 3, r"got \(3, 3\)"),
        ([0, 1, 2], r"got \(3,\)"),
        ([(0, 0), (1, np.nan), (1, 0)], "must be finite"),
        ([(0, 0), (1, 1), (2, 2)], "no area"),
    ],
)
def test_impossible_polygons_are_refused(vertices, message):
    with pytest.raises(ValueError, match=message):
        PolygonOutline(vertices)


def test_polygon_is_immutable_and_known_by_its_vertices():
    source = star([1, 2, 3])
    outline = PolygonOutline(source)
    again = pickle.loads(pickle.dumps(outline))
    source[:] = 0
    assert again == outline
    assert hash(again) == hash(outline)
    assert outline != PolygonOutline(star([1, 2, 3.1]))
    with pytest.raises(ValueError, match="read-only"):
        outline.vertices[0] = 0


@pytest.fixture
def mask():
    """A mask of 2 x 3 pixels with an asymmetric shape."""
    return np.array([[True, False, False], [True, True, False]])


def test_mask_on_its_own_grid_is_itself(mask):
    grid = Grid((2, 3), (0.7, 0.3), (5.0, 1.0))
    np.testing.assert_array_equal(MaskOutline(mask, grid).to_mask(grid), mask)


def test_mask_on_a_finer_anisotropic_grid_repeats_its_pixels(mask):
    # Pixels of 1.0 x 0.6 mm; fine samples at quarter depth and half width, placed
    # at the middle of their share of the coarse pixel.
    outline = MaskOutline(mask, Grid((2, 3), (1.0, 0.6), (10.0, 4.0)))
    fine = Grid((8, 6), (0.25, 0.3), (10.0 - 0.375, 4.0 - 0.15))
    np.testing.assert_array_equal(
        outline.to_mask(fine), mask.repeat(4, axis=0).repeat(2, axis=1)
    )


def test_mask_ends_half_a_pixel_beyond_its_last_centre():
    outline = MaskOutline(np.ones((2, 2), bool), Grid((2, 2), (1.0, 2.0)))
    wide = Grid((40, 60), (0.1, 0.2), (-0.96, -1.92))
    rows, columns = np.nonzero(outline.to_mask(wide))
    assert wide.axial[rows.min()] == pytest.approx(-0.46)
    assert wide.axial[rows.max()] == pytest.approx(1.44)
    assert wide.lateral[columns.min()] == pytest.approx(-0.92)
    assert wide.lateral[columns.max()] == pytest.approx(2.88)


def test_mask_from_a_file_equals_that_in_memory_in_what_it_draws(tmp_path, mask):
    np.save(tmp_path / "mask.npy", mask.astype("uint8") * 255)
    grid = Grid((2, 3), (1.0, 0.6))
    outline = MaskOutline(ArrayRef.from_file(tmp_path / "mask.npy"), grid)
    np.testing.assert_array_equal(outline.to_mask(grid), mask)
    again = pickle.loads(pickle.dumps(outline))
    assert again == outline
    assert hash(again) == hash(outline)


def test_mask_digest_goes_by_content_and_place(mask):
    outline = MaskOutline(mask, Grid((2, 3), (1.0, 0.6)))
    assert outline == MaskOutline(InMemoryArray(mask), Grid((2, 3), (1.0, 0.6)))
    assert outline != MaskOutline(~mask, Grid((2, 3), (1.0, 0.6)))
    assert outline != MaskOutline(mask, Grid((2, 3), (1.0, 0.7)))


def test_mask_that_does_not_fit_its_grid_is_refused(mask):
    with pytest.raises(
        ValueError, match=r"mask \(2, 3\) does not fit its grid \(3, 2\)"
    ):
        MaskOutline(mask, Grid((3, 2), (1.0, 1.0)))


def test_mask_is_not_drawn_on_a_grid_of_another_unit(mask):
    outline = MaskOutline(mask, Grid((2, 3), (1, 1), unit="px"))
    with pytest.raises(
        ValueError, match="the mask is in px, the image in mm; give bot"
    ):
        outline.to_mask(Grid((2, 3), (1.0, 0.6)))


def test_box_holds_the_outline():
    polygon = PolygonOutline([(1, 5), (4, 2), (3, 7)])
    assert polygon.box().tolist() == [[1, 2], [4, 7]]
    mask = np.zeros((6, 5), bool)
    mask[2:4, 1] = True
    outline = MaskOutline(mask, Grid((6, 5), (0.5, 2.0), (10.0, 0.0)))
    assert outline.box().tolist() == [[10.75, 1.0], [11.75, 3.0]]
    with pytest.raises(ValueError, match="the mask is empty"):
        MaskOutline(mask & False, outline.grid).box()


def test_rings_close_and_hold_the_area_of_the_mask():
    grid = Grid((40, 30), (0.5, 0.25), (3.0, -1.0))
    polygon = PolygonOutline([(8, 0), (8, 4), (14, 4), (14, 0)])
    mask = MaskOutline(polygon.to_mask(grid), grid)
    for outline in (polygon, mask):
        (ring,) = outline.rings()
        np.testing.assert_array_equal(ring[0], ring[-1])
        inside = PolygonOutline(ring[:-1]).to_mask(grid)
        np.testing.assert_array_equal(inside, polygon.to_mask(grid))


def test_mask_at_the_edge_has_closed_rings():
    (ring,) = MaskOutline(np.ones((3, 2), bool), Grid((3, 2), (1, 1))).rings()
    np.testing.assert_array_equal(ring[0], ring[-1])
    np.testing.assert_allclose(ring.min(axis=0), [-0.5, -0.5])


def test_a_polygon_is_drawn_once_per_grid():
    outline = PolygonOutline([(1.25, 5), (4, 2.5), (3, 7)])
    grid = Grid((9, 8), (0.5, 1.0))
    before = _drawn.cache_info().misses
    first = outline.to_mask(grid)
    first[:] = True  # each call hands out a mask of its own
    again = pickle.loads(pickle.dumps(outline)).to_mask(Grid((9, 8), (0.5, 1.0)))
    assert not again.all()
    assert _drawn.cache_info().misses == before + 1
    outline.to_mask(grid.crop(slice(0, 4), slice(0, 4)))
    assert _drawn.cache_info().misses == before + 2


def saved_jpeg(folder, mask, name="mask.jpg", **settings):
    """Write a mask as JPEG, as a student does."""
    Image.fromarray(np.where(mask, 255, 0).astype("uint8")).save(
        folder / name, **settings
    )
    return ArrayRef.from_file(folder / name)


def square(shape=(40, 60)):
    """A square of 10 x 10 pixels, of no block of 8 x 8."""
    mask = np.zeros(shape, bool)
    mask[13:23, 17:27] = True
    return mask


def test_every_use_of_a_jpeg_mask_sees_the_square_that_was_drawn(tmp_path):
    handle = saved_jpeg(tmp_path, square())
    assert np.count_nonzero(handle.load()) > 150
    with pytest.warns(UserWarning, match=r"mask.jpg: .* the 100 pixels above half"):
        outline = MaskOutline(handle, Grid((40, 60), (1, 1)))
    np.testing.assert_array_equal(outline.to_mask(outline.grid), square())
    fine = Grid((80, 120), (0.5, 0.5), (-0.25, -0.25))
    assert outline.to_mask(fine).sum() == 400
    assert outline.box().tolist() == [[12.5, 16.5], [22.5, 26.5]]
    (ring,) = outline.rings()
    assert PolygonOutline(ring[:-1]).to_mask(outline.grid).sum() == 100


def test_a_mask_is_judged_once_and_pickles_with_its_rule(tmp_path):
    with pytest.warns(UserWarning, match="more than two values"):
        outline = MaskOutline(saved_jpeg(tmp_path, square()), Grid((40, 60), (1, 1)))
    again = pickle.loads(pickle.dumps(outline))  # warnings are errors here
    assert again == outline
    assert again.to_mask(again.grid).sum() == 100
    assert len(pickle.dumps(outline)) < 1500


def test_labels_choose_and_tell_outlines_apart(tmp_path):
    labels = np.zeros((20, 30), "uint8")
    labels[3:8, 4:9], labels[10:12, 10:20] = 1, 3
    np.save(tmp_path / "labels.npy", labels)
    handle, grid = ArrayRef.from_file(tmp_path / "labels.npy"), Grid((20, 30), (1, 1))
    core, both = MaskOutline(handle, grid, (1,)), MaskOutline(handle, grid, (1, 3))
    assert core.to_mask(grid).sum() == 25
    assert both.to_mask(grid).sum() == 45
    assert core != both
    assert MaskOutline(labels, grid, 1).to_mask(grid).sum() == 25


@pytest.mark.parametrize("labels", [1.5, "1;3", True, [1, None]])
def test_labels_are_whole_numbers(labels):
    with pytest.raises(ValueError, match="labels must be whole numbers, got"):
        MaskOutline(square(), Grid((40, 60), (1, 1)), labels)


def test_digests_of_two_valued_masks_are_those_of_earlier_versions():
    # regression: what version 0.1 gave, under which maps are stored.
    mask = np.diag([0, 255, 255, 0]).astype("uint8")
    grid = Grid((4, 4), (1.0, 1.0))
    assert MaskOutline(mask, grid).digest == "2370a5c1b24670f002c2164d6d2cb880"
    assert (
        MaskOutline(InMemoryArray(mask), grid).digest
        == "b92fd472b77ee7a5f505a5f3e3c5cbb1"
    )


def test_a_mask_that_is_read_otherwise_than_before_has_another_digest(tmp_path):
    # Maps of the 167 pixels that earlier versions saw are not those of the 100.
    handle, grid = saved_jpeg(tmp_path, square()), Grid((40, 60), (1, 1))
    with pytest.warns(UserWarning, match="more than two values"):
        outline = MaskOutline(handle, grid)
    assert outline.digest != digest_of("mask", handle.digest, _written(grid))
    two_valued = InMemoryArray(square().astype("uint8"))
    expected = digest_of("mask", two_valued.digest, _written(grid))
    assert MaskOutline(two_valued, grid).digest == expected


def test_an_unreadable_mask_names_its_file(tmp_path):
    np.save(tmp_path / "none.npy", np.zeros((4, 4), "uint8"))
    handle = ArrayRef.from_file(tmp_path / "none.npy")
    with pytest.raises(SknacFormatError, match=r"none.npy: the mask is empty"):
        MaskOutline(handle, Grid((4, 4), (1, 1)))
    with pytest.raises(ValueError, match=r"^the mask is empty; draw it anew"):
        MaskOutline(np.zeros((4, 4)), Grid((4, 4), (1, 1)))
