"""Arithmetic on masks: growing by a distance, boxes round them, what a frame cuts."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from sknac.utils._bounds import likely_unit
from sknac.utils._room import check_room


def grow_mask(
    mask: np.ndarray, spacing_mm: tuple[float, float], margin_mm: float
) -> np.ndarray:
    """Grow a mask by a physical distance on an anisotropic grid.

    A sample is added if its centre lies no farther than the margin from the centre of
    a sample of the mask, by the exact Euclidean distance transform.
    """
    if margin_mm < 0:
        raise ValueError(f"margin_mm must be 0 or more, got {margin_mm}")
    distance = ndimage.distance_transform_edt(~mask, sampling=spacing_mm)
    return distance <= margin_mm


def bounding_box(mask: np.ndarray) -> tuple[slice, slice]:
    """Find the rows and columns of the smallest box that holds a mask."""
    if not mask.any():
        raise ValueError("the mask is empty and has no box; draw it anew")
    spans = []
    for axis in (1, 0):
        hit = np.flatnonzero(mask.any(axis=axis))
        spans.append(slice(int(hit[0]), int(hit[-1]) + 1))
    return tuple(spans)


def widen_box(
    box: tuple[slice, slice],
    border: tuple[float, float],
    shape: tuple[int, int],
    *,
    square_steps: tuple[float, float] | None = None,
) -> tuple[slice, slice]:
    """Widen a box by a border in samples; optionally make it square.

    ``square_steps`` are the axial and lateral sizes of a sample; with them the
    shorter side is widened until both are equally long. The box is moved, then
    cut, to stay inside ``shape``.
    """
    sides = [
        span.stop - span.start + 2 * b for span, b in zip(box, border, strict=True)
    ]
    if square_steps is not None:
        longest = max(
            side * step for side, step in zip(sides, square_steps, strict=True)
        )
        sides = [longest / step for step in square_steps]
    spans = []
    for span, side, size in zip(box, sides, shape, strict=True):
        length = round(min(side, size))
        start = round((span.start + span.stop - length) / 2)
        start = min(max(start, 0), size - length)
        spans.append(slice(start, start + length))
    return tuple(spans)


@dataclass(frozen=True)
class Region:
    """A core and its margin on a grid that may reach beyond the frame's.

    ``rows`` and ``columns`` count the frame's samples and may be negative.
    """

    core: np.ndarray
    grown: np.ndarray
    rows: slice
    columns: slice
    shape: tuple  # of the frame

    @property
    def in_frame(self):
        """The region on the whole frame."""
        mask = np.zeros(self.shape, dtype=bool)
        mask[self._frame_part] = self.grown[self._own_part]
        return mask

    @property
    def core_cut(self):
        """Share of the core that lies beyond the frame."""
        return self._cut(self.core)

    @property
    def margin_cut(self):
        """Share of the margin that lies beyond the frame."""
        return self._cut(self.grown & ~self.core)

    def _cut(self, mask):
        """Share of a mask beyond the frame; 0 where there is none of it."""
        whole, kept = np.count_nonzero(mask), np.count_nonzero(mask[self._own_part])
        return 1 - kept / whole if whole else 0.0

    @property
    def _frame_part(self):
        """Part of the frame that the region's grid covers."""
        return tuple(
            slice(min(max(span.start, 0), size), min(max(span.stop, 0), size))
            for span, size in zip((self.rows, self.columns), self.shape, strict=True)
        )

    @property
    def _own_part(self):
        """The same part of the region's grid."""
        return tuple(
            slice(part.start - span.start, part.stop - span.start)
            for part, span in zip(
                self._frame_part, (self.rows, self.columns), strict=True
            )
        )


def draw_region(core, grid, margin: float) -> Region:
    """Draw a core outline and its margin, also where they leave the frame.

    What lies farther out than the frame is large is not drawn.
    """
    rows, columns = region_span(core, grid, margin)
    # The mask, the distance of each sample and the indices of the nearest inside.
    n_samples = (rows.stop - rows.start) * (columns.stop - columns.start)
    check_room(
        f"a margin of {margin:g} round the core, {rows.stop - rows.start} x "
        f"{columns.stop - columns.start} samples,",
        24 * n_samples,
        likely_unit("margin_mm", margin, "mm", (0.5, 20)),
    )
    local = grid.crop(rows, columns)
    drawn = core.to_mask(local)
    grown = drawn
    if margin > 0 and drawn.any():
        grown = grow_mask(drawn, grid.step, margin)
    return Region(drawn, grown, rows, columns, grid.shape)


def margin_of(plane, margin_mm: float, margin_share: float | None, mend: str) -> float:
    """Thickness of a plane's margin in its own unit.

    A share is one of the equivalent diameter of the whole core, also of what lies
    beyond the frame; it goes before the millimetres, which need a spacing.
    """
    if margin_share is not None:
        core = draw_region(plane.core, plane.grid, 0.0).core
        area = np.count_nonzero(core) * np.prod(plane.grid.step)
        return float(margin_share * np.sqrt(4 / np.pi * area))
    if plane.spacing_mm is None:
        raise ValueError(
            "margin_mm needs spacing_mm, which is unknown for this plane; give it, "
            f"{mend}"
        )
    return margin_mm


def region_span(core, grid, margin):
    """Rows and columns of a grid, continued, that hold a core and its margin."""
    spans = []
    for (low, high), step, size in zip(
        np.transpose(grid.to_index(core.box())), grid.step, grid.shape, strict=True
    ):
        # Farther than the frame is large nothing is drawn.
        reach = np.ceil(min(margin / step, 2 * size)) + 1
        start = np.clip(np.floor(low) - reach, -size, 2 * size - 1)
        stop = np.clip(np.ceil(high) + reach + 1, start + 1, 2 * size)
        spans.append(slice(int(start), int(stop)))
    return tuple(spans)
