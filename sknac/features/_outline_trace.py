"""One closed curve of an outline, whether it was drawn as a polygon or as a mask."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple

import numpy as np

from sknac.cohort import Grid, MaskOutline
from sknac.features._staircase import smooth_staircase

_FEWEST = 5  # samples across; below it a mask has no shape but that of its pixels
_DRAWN = 400  # samples, either way, of an outline that must be drawn to be traced
# A polygon that runs along pixels turns often, and into 0, 45, 90 or 135 degrees.
_MANY_TURNS, _FEW_DIRECTIONS, _SAME = 24, 4, 1e-3
_CROSSED = 0.005  # share of a polygon that may be in loops, as where a hand closes it


class Traced(NamedTuple):
    """A closed curve round the largest piece of an outline, and what it leaves out.

    ``ring`` goes round with a positive area and does not repeat its first point.
    ``other_share`` is the area of further pieces and of holes over that of the largest
    piece, or more where a polygon crosses itself; ``border_share`` is the share of the
    curve along the border of the mask's image; ``n_samples``, how many samples of the
    mask are across (infinite for a polygon); ``stepped``, whether a polygon goes from
    pixel to pixel.
    """

    ring: np.ndarray
    other_share: float = 0.0
    border_share: float = 0.0
    n_samples: float = np.inf
    stepped: bool = False


def trace(outline) -> Traced:
    """Follow the outer edge of an outline's largest piece; holes are filled.

    Parameters
    ----------
    outline : PolygonOutline, MaskOutline or a union of such
        In mm or in pixels.

    Returns
    -------
    Traced
        The curve in the same unit, of shape (n_points, 2): (axial, lateral).

    Raises
    ------
    ValueError
        If a mask is so small that only its pixels have a shape, or a polygon goes
        round twice.
    """
    if isinstance(outline, MaskOutline):
        return _trace_rings(outline.rings(), outline.grid)
    crossed = 0.0
    if hasattr(outline, "vertices"):
        ring = _without_repeats(outline.vertices)
        crossed = _crossed_share(ring)
        if crossed <= _CROSSED:
            return Traced(_turned(ring), stepped=_is_stepped(ring))
    mask, grid = _draw(outline)
    if not mask.any():
        raise ValueError(
            "the core outline runs round twice, so that nothing is inside; draw it anew"
        )
    found = _trace_rings(MaskOutline(mask, grid).rings(), grid)
    # What is told of a drawing's pixels is nobody's.
    return Traced(found.ring, max(found.other_share, crossed))


def signed_area(ring: np.ndarray) -> float:
    """Area of a closed curve by the shoelace formula; its sign tells the sense."""
    # Near the origin the terms keep their digits.
    axial, lateral = (ring - ring[0]).T
    return 0.5 * float(axial @ np.roll(lateral, -1) - lateral @ np.roll(axial, -1))


def _trace_rings(rings, grid):
    """Smooth the largest of the staircases round a mask's pieces and holes."""
    rings = [ring[:-1] for ring in rings]
    areas = np.abs([signed_area(ring) for ring in rings])
    raw, area = rings[int(np.argmax(areas))], areas.max()
    n_samples = np.sqrt(4 / np.pi * area) / max(grid.step)
    if n_samples < _FEWEST:
        raise ValueError(
            f"the core is {n_samples:.2g} samples across, too few for a shape; draw it "
            "on a finer grid, or leave the plane out"
        )
    return Traced(
        _turned(smooth_staircase(raw, max(grid.step))),
        areas.sum() / area - 1.0,
        _border_share(raw, grid),
        n_samples,
    )


def _border_share(ring, grid):
    """Share of a curve that runs along the outer edge of a grid."""
    index = grid.to_index(ring)
    ends = np.stack([index, np.roll(index, -1, axis=0)])
    last = np.subtract(grid.shape, 0.5)
    along = np.isclose(ends, -0.5).all(axis=0) | np.isclose(ends, last).all(axis=0)
    steps = np.hypot(*(np.roll(ring, -1, axis=0) - ring).T)
    return float(steps[along.any(axis=1)].sum() / steps.sum())


def _draw(outline):
    """Draw an outline that is no mask on a grid round it."""
    low, high = outline.box()
    parts = getattr(outline, "parts", ())
    masks = [part for part in parts if isinstance(part, MaskOutline)]
    # Finer than a mask's own pixels, their staircase would pass for a shape.
    steps = [part.grid.step for part in masks]
    step = np.max([*steps, (high - low) / _DRAWN], axis=0)
    shape = np.ceil((high - low) / step).astype(int) + 2
    unit = masks[0].grid.unit if masks else "mm"
    grid = Grid(tuple(shape), tuple(step), tuple(low - step / 2), unit)
    return outline.to_mask(grid), grid


def _without_repeats(vertices):
    """Leave out points that repeat the one before."""
    return vertices[(vertices != np.roll(vertices, 1, axis=0)).any(axis=1)]


def _is_stepped(ring):
    """Tell a polygon that was traced along pixels: many turns, few directions."""
    sides = np.roll(ring, -1, axis=0) - ring
    # Both senses of a direction are one; those of the diagonals are two.
    angles = np.arctan2(sides[:, 0], sides[:, 1]) % np.pi
    turns = np.abs(np.sin(angles - np.roll(angles, 1))) > _SAME
    distinct = np.unique(np.round(np.mod(angles + _SAME, np.pi) / (10 * _SAME)))
    return bool(turns.sum() >= _MANY_TURNS and len(distinct) <= _FEW_DIRECTIONS)


def _crossed_share(ring):
    """Share of a polygon's area that it goes round twice, or the other way.

    Along a row the sum of crossings, up 1 and down -1, is how often the polygon winds
    round the point: always 0 or 1, or 0 or -1, unless it crosses itself.
    """
    ends = np.roll(ring, -1, axis=0)
    low, high = ring[:, 0].min(), ring[:, 0].max()
    rows = low + (np.arange(_DRAWN) + 0.5) / _DRAWN * (high - low)
    first, last = (
        np.searchsorted(rows, outer(ring[:, 0], ends[:, 0]))
        for outer in (np.minimum, np.maximum)
    )
    side = np.repeat(np.arange(len(ring)), last - first)
    row = np.arange(len(side)) + (last - np.cumsum(last - first))[side]
    start, stop = ring[side], ends[side]
    along = (rows[row] - start[:, 0]) / (stop[:, 0] - start[:, 0])
    lateral = start[:, 1] + along * (stop[:, 1] - start[:, 1])
    order = np.lexsort((lateral, row))
    winding = np.sign(stop[:, 0] - start[:, 0])[order].cumsum().round()[:-1]
    # A row ends with a winding of 0, so what lies between rows does not count.
    length = np.diff(lateral[order])
    once = max(length[winding == 1].sum(), length[winding == -1].sum())
    return 1 - once / length[winding != 0].sum()


def _turned(ring):
    """Go round a curve so that its area is positive."""
    return ring if signed_area(ring) > 0 else ring[::-1]
