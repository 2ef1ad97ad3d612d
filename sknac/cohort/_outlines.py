"""Tumour outlines: polygons and masks in the scan's coordinates."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, field

import numpy as np

from sknac.cohort._geometry import Grid
from sknac.cohort._handles import ArrayRef, InMemoryArray
from sknac.utils._handle import Handle, digest_of


@dataclass(frozen=True, eq=False)
class PolygonOutline:
    """A closed polygon.

    Parameters
    ----------
    vertices : array-like of shape (n_vertices, 2)
        (axial, lateral) in mm, or in pixels where the plane has no spacing. The
        last vertex need not repeat the first.

    Raises
    ------
    ValueError
        If there are fewer than three vertices, one is not finite, or the
        polygon has no area.

    Examples
    --------
    >>> from sknac.cohort import Grid, PolygonOutline
    >>> square = PolygonOutline([(1, 1), (1, 3), (3, 3), (3, 1)])
    >>> int(square.to_mask(Grid((8, 8), (0.5, 0.5))).sum())
    16
    """

    vertices: np.ndarray
    digest: str = field(init=False, repr=False)

    def __post_init__(self):
        vertices = np.array(self.vertices, dtype=float)
        if vertices.ndim != 2 or vertices.shape[1] != 2 or len(vertices) < 3:
            raise ValueError(
                f"an outline needs vertices of shape (n >= 3, 2), got {vertices.shape}"
            )
        if not np.isfinite(vertices).all():
            raise ValueError("an outline's vertices must be finite")
        if _area(vertices) == 0:
            raise ValueError("the outline has no area: its vertices lie on a line")
        vertices.setflags(write=False)
        object.__setattr__(self, "vertices", vertices)
        object.__setattr__(self, "digest", digest_of("polygon", vertices.tobytes()))

    def to_mask(self, grid: Grid) -> np.ndarray:
        """Mark the samples whose centres lie inside (even-odd rule).

        Parameters
        ----------
        grid : Grid
            Where to draw.

        Returns
        -------
        ndarray of bool of shape (n_axial, n_lateral)
            True inside.
        """
        rows = grid.axial_mm
        lateral = grid.lateral_mm[None, :]
        mask = np.zeros(grid.shape, dtype=bool)
        for start, stop in zip(
            self.vertices, np.roll(self.vertices, -1, axis=0), strict=True
        ):
            crossed = np.flatnonzero((rows >= start[0]) != (rows >= stop[0]))
            if crossed.size:
                share = (rows[crossed] - start[0]) / (stop[0] - start[0])
                crossing = start[1] + share * (stop[1] - start[1])
                mask[crossed] ^= lateral >= crossing[:, None]
        return mask

    def __eq__(self, other):
        return isinstance(other, PolygonOutline) and self.digest == other.digest

    def __hash__(self):
        return hash(self.digest)

    def __repr__(self):
        return f"PolygonOutline({len(self.vertices)} vertices)"

    def __reduce__(self):
        return PolygonOutline, (self.vertices,)


@dataclass(frozen=True, eq=False)
class MaskOutline:
    """A mask on a grid of its own.

    Parameters
    ----------
    mask : ArrayRef, InMemoryArray or array-like of shape (n_axial, n_lateral)
        Non-zero inside the tumour.
    grid : Grid
        Where the mask's pixels lie.

    Raises
    ------
    ValueError
        If the mask does not fit its grid.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.cohort import Grid, MaskOutline
    >>> outline = MaskOutline(np.eye(4, dtype=bool), Grid((4, 4), (1.0, 1.0)))
    >>> int(outline.to_mask(Grid((8, 8), (0.5, 0.5), (-0.25, -0.25))).sum())
    16
    """

    mask: ArrayRef | InMemoryArray
    grid: Grid
    digest: str = field(init=False, repr=False)

    def __post_init__(self):
        mask = self.mask
        if not isinstance(mask, Handle):
            mask = InMemoryArray(np.asarray(mask) != 0)
            object.__setattr__(self, "mask", mask)
        if mask.shape != self.grid.shape:
            raise ValueError(
                f"mask {mask.shape} does not fit its grid {self.grid.shape}"
            )
        object.__setattr__(self, "digest", digest_of("mask", mask.digest, self.grid))

    def to_mask(self, grid: Grid) -> np.ndarray:
        """Take at each sample of another grid the nearest pixel of the mask.

        Parameters
        ----------
        grid : Grid
            Where to draw.

        Returns
        -------
        ndarray of bool of shape (n_axial, n_lateral)
            True inside; False beyond the mask's own grid.

        Raises
        ------
        ValueError
            If one grid is in mm and the other in pixels.
        """
        if grid.unit != self.grid.unit:
            raise ValueError(
                f"the mask is in {self.grid.unit}, the grid in {grid.unit}: give both "
                "a spacing, or none"
            )
        mask = self.mask.load() != 0
        if grid == self.grid:
            return mask
        rows, row_ok = _nearest(grid.axial_mm, self.grid, 0)
        columns, column_ok = _nearest(grid.lateral_mm, self.grid, 1)
        inside = row_ok[:, None] & column_ok[None, :]
        return mask[np.ix_(rows, columns)] & inside

    def __eq__(self, other):
        return isinstance(other, MaskOutline) and self.digest == other.digest

    def __hash__(self):
        return hash(self.digest)


def _area(vertices):
    """Area of a polygon by the shoelace formula."""
    axial, lateral = vertices.T
    return 0.5 * abs(
        np.dot(axial, np.roll(lateral, -1)) - np.dot(lateral, np.roll(axial, -1))
    )


def _nearest(coordinates, grid, axis):
    """Nearest index along one axis of a grid, and whether it lies on the grid."""
    origin, step = grid.origin_mm[axis], grid.step[axis]
    # Half a pixel up is the next pixel, so that no centre counts twice.
    index = np.floor((coordinates - origin) / step + 0.5).astype(int)
    inside = (index >= 0) & (index < grid.shape[axis])
    return np.clip(index, 0, grid.shape[axis] - 1), inside
