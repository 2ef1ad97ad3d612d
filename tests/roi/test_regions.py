"""Arithmetic on masks."""

import numpy as np
import pytest

from sknac.roi._regions import bounding_box, grow_mask, widen_box


def test_margin_is_measured_in_mm_on_an_anisotropic_grid():
    """Against the distance of every pair of samples, written out."""
    rng = np.random.default_rng(0)
    mask = rng.random((13, 9)) > 0.9
    spacing = (0.3, 1.1)
    points = np.argwhere(np.ones_like(mask)) * spacing
    core = np.argwhere(mask) * spacing
    distance = np.linalg.norm(points[:, None] - core[None], axis=-1).min(axis=1)
    expected = (distance <= 1.25).reshape(mask.shape)
    assert np.array_equal(grow_mask(mask, spacing, 1.25), expected)


def test_grown_disc_has_the_area_of_a_larger_disc():
    step = 0.1
    axial, lateral = np.mgrid[-15:15:step, -15:15:step]
    disc = np.hypot(axial, lateral) <= 5.0
    area = grow_mask(disc, (step, step), 5.0).sum() * step**2
    assert area == pytest.approx(np.pi * 10.0**2, rel=0.01)


def test_no_margin_keeps_the_mask():
    mask = np.eye(5, dtype=bool)
    assert np.array_equal(grow_mask(mask, (1.0, 1.0), 0.0), mask)


def test_negative_margin_is_refused():
    with pytest.raises(ValueError, match="margin_mm must be 0 or more"):
        grow_mask(np.eye(3, dtype=bool), (1.0, 1.0), -1.0)


def test_bounding_box_of_an_empty_mask_is_refused():
    with pytest.raises(ValueError, match="empty"):
        bounding_box(np.zeros((3, 3), dtype=bool))


def test_bounding_box_is_tight():
    mask = np.zeros((9, 8), dtype=bool)
    mask[2, 5] = mask[6, 3] = True
    assert bounding_box(mask) == (slice(2, 7), slice(3, 6))


def test_widened_box_moves_inwards_at_the_edge():
    box = (slice(0, 4), slice(10, 20))
    assert widen_box(box, (2, 2), (30, 21)) == (slice(0, 8), slice(7, 21))


def test_square_box_is_square_in_mm():
    box = (slice(40, 60), slice(40, 60))
    rows, columns = widen_box(box, (0, 0), (100, 100), square_steps=(0.1, 0.4))
    height, width = rows.stop - rows.start, columns.stop - columns.start
    assert (height, width) == (80, 20)
    assert height * 0.1 == pytest.approx(width * 0.4)


def test_box_larger_than_the_image_is_the_image():
    box = (slice(1, 9), slice(1, 9))
    assert widen_box(box, (20, 20), (10, 10)) == (slice(0, 10), slice(0, 10))


def test_a_border_without_end_is_the_whole_image():
    box = (slice(2, 4), slice(3, 5))
    whole = (slice(0, 9), slice(0, 8))
    assert widen_box(box, (np.inf, np.inf), (9, 8)) == whole
    assert widen_box(box, (1e308, 1.0), (9, 8), square_steps=(1e-3, 1e-3)) == whole
