"""The curve behind a mask's staircase has the length of what was drawn."""

import numpy as np
import pytest
from scipy.special import ellipe

from sknac.cohort import Grid, MaskOutline, PolygonOutline
from sknac.features._staircase import smooth_staircase

_ANGLES = np.linspace(0, 2 * np.pi, 1000, endpoint=False)


def length(ring):
    return np.hypot(*(np.roll(ring, -1, axis=0) - ring).T).sum()


def staircase(points, step, shape=None):
    """Half-level contour of a mask of a polygon, and its smooth curve."""
    low, high = points.min(axis=0) - 2, points.max(axis=0) + 2
    shape = tuple(np.ceil((high - low) / step).astype(int))
    grid = Grid(shape, step, tuple(low))
    raw = MaskOutline(PolygonOutline(points).to_mask(grid), grid).rings()[0][:-1]
    return raw, smooth_staircase(raw, max(step))


def turned(points, angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.asarray(points) @ [[c, -s], [s, c]]


@pytest.mark.parametrize("step", [(0.3, 0.3), (0.1, 0.3), (0.02, 0.3)])
@pytest.mark.parametrize("angle", [0.0, 0.4, 1.1])
def test_length_of_an_ellipse(step, angle):
    points = np.stack([5 * np.sin(_ANGLES), 8 * np.cos(_ANGLES)], axis=1)
    exact = 4 * 8 * ellipe(1 - (5 / 8) ** 2)
    raw, smooth = staircase(turned(points, angle), step)
    assert length(raw) > 1.04 * exact
    assert length(smooth) == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("step", [(0.2, 0.2), (0.08, 0.2), (0.02, 0.2)])
@pytest.mark.parametrize("angle", [0.0, 0.4, 1.1])
def test_corners_stay_sharp(step, angle):
    """A rectangle and an L: smoothed all round they are 2 % too short."""
    rectangle = [(0, 0), (0, 12), (8, 12), (8, 0)]
    ell = [(0, 0), (0, 12), (4, 12), (4, 6), (8, 6), (8, 0)]
    for points in (rectangle, ell):
        points = turned(points, angle)
        _, smooth = staircase(points, step)
        assert length(smooth) == pytest.approx(40, rel=0.01)
        # A curve through every corner, also the one that turns inwards.
        for corner in points:
            assert np.hypot(*(smooth - corner).T).min() < max(step)


def test_lobes_are_no_corners():
    radius = 10 * (1 + 0.15 * np.cos(7 * _ANGLES))
    points = np.stack([np.sin(_ANGLES), np.cos(_ANGLES)], axis=1) * radius[:, None]
    for angle in (0.0, 0.3):
        _, smooth = staircase(turned(points, angle), (0.2, 0.3))
        assert length(smooth) == pytest.approx(length(points), rel=0.01)


def test_a_handful_of_points_stays_as_it_is():
    square = np.array([(0.0, 0.5), (0.5, 1.0), (1.0, 0.5), (0.5, 0.0)])
    assert np.isfinite(smooth_staircase(square, 1.0)).all()
