"""Tumour outlines: polygons and masks in the scan's coordinates."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from sknac.cohort._geometry import Grid
from sknac.cohort._handles import ArrayRef, InMemoryArray
from sknac.cohort._mask_rule import draw_inside, find_rule
from sknac.exceptions import SknacFormatError
from sknac.utils._handle import Handle, digest_of
from sknac.utils._warnings import warn_user

_FARTHEST = 1e9  # farther out, areas lose all their digits


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
                f"vertices must be of shape (n >= 3, 2), got {vertices.shape}"
            )
        if not (np.abs(vertices) <= _FARTHEST).all():  # NaN is not
            raise ValueError(
                f"vertices of an outline must be finite and within {_FARTHEST:g}"
            )
        if _area(vertices) == 0:
            raise ValueError(
                "the outline has no area; its vertices must not lie on a line"
            )
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
        part, bits = _drawn(self, grid)
        mask = np.zeros(grid.shape, dtype=bool)
        shape = mask[part].shape
        mask[part] = np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape)
        return mask

    def box(self) -> np.ndarray:
        """Find the outline's outermost coordinates.

        Returns
        -------
        ndarray of shape (2, 2)
            Lowest and highest (axial, lateral).
        """
        return np.stack([self.vertices.min(axis=0), self.vertices.max(axis=0)])

    def rings(self) -> list[np.ndarray]:
        """List closed curves round the tumour, to be drawn.

        Returns
        -------
        list of ndarray of shape (n_points, 2)
            (axial, lateral); the last point of each is its first.
        """
        return [np.vstack([self.vertices, self.vertices[:1]])]

    def _check_on(self, grid: Grid) -> np.ndarray:
        """Return a box that holds the outline; the grid may be in any unit."""
        return self.box()

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
        Which pixels are inside the tumour. Those of type bool are taken as they are. Of
        numbers, 0 is outside and the one other value inside; where there are more
        than two, as after a JPEG, those above half of the largest are inside.
    grid : Grid
        Where the mask's pixels lie.
    labels : tuple of int, default=()
        Values that are inside, where the mask holds several labels.

    Raises
    ------
    ValueError
        If the mask does not fit its grid, is empty, has NaN or negative values, or
        several labels and none of them named, or is an image.
    SknacFormatError
        If that is so in a file, which it names.

    Warns
    -----
    UserWarning
        If the mask has more than two values, or covers more than three quarters of
        the image or touches its four borders, so that it may be inverted.

    Notes
    -----
    A file of numbers is read once to settle which values are inside; what is kept is
    its handle.

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
    labels: tuple[int, ...] = ()
    above: float = field(default=0.0, init=False, repr=False)
    digest: str = field(init=False, repr=False)

    def __post_init__(self):
        given = isinstance(self.mask, Handle)
        mask = self.mask if given else InMemoryArray(self.mask)
        if mask.shape != self.grid.shape:
            raise ValueError(
                f"mask {mask.shape} does not fit its grid {self.grid.shape}; give the "
                "grid that it was drawn on"
            )
        labels = _whole(self.labels)
        above = 0.0
        if labels or mask.dtype.kind != "b":
            above = judge_mask(mask, labels)
        if not given and mask.dtype.kind != "b":
            mask = InMemoryArray(draw_inside(mask.load(), labels, above))
            labels, above = (), 0.0
        settled = {"mask": mask, "labels": labels, "above": above}
        # Rules that later versions know count where one of them was needed.
        later = [repr(rule) for rule in (labels, above) if rule]
        digest = digest_of("mask", mask.digest, _written(self.grid), *later)
        for name, value in {**settled, "digest": digest}.items():
            object.__setattr__(self, name, value)

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
        self._check_on(grid)
        mask = self._inside()
        if grid == self.grid:
            return mask
        rows, row_ok = self.grid.nearest(grid.axial, 0)
        columns, column_ok = self.grid.nearest(grid.lateral, 1)
        return mask[np.ix_(rows, columns)] & row_ok[:, None] & column_ok

    def box(self) -> np.ndarray:
        """Find the outer edges of the tumour's pixels.

        Returns
        -------
        ndarray of shape (2, 2)
            Lowest and highest (axial, lateral).

        Raises
        ------
        ValueError
            If the mask has no pixel of the tumour.
        """
        found = np.argwhere(self._inside())
        if not len(found):
            raise ValueError("the mask is empty and has no box; draw it anew")
        return self.grid.to_points([found.min(axis=0) - 0.5, found.max(axis=0) + 0.5])

    def rings(self) -> list[np.ndarray]:
        """List closed curves round the tumour, to be drawn.

        Returns
        -------
        list of ndarray of shape (n_points, 2)
            (axial, lateral), half-way between pixels inside and outside.
        """
        from contourpy import contour_generator

        mask = np.pad(self._inside(), 1).astype(float)
        lines = contour_generator(z=mask).lines(0.5)
        return [self.grid.to_points(line[:, ::-1] - 1) for line in lines]

    def _with_mask(self, mask):
        """Return the same outline with another handle to the same content."""
        moved = copy.copy(self)
        object.__setattr__(moved, "mask", mask)
        return moved

    def _inside(self):
        """Read the mask by its rule."""
        return draw_inside(self.mask.load(), self.labels, self.above)

    def _check_on(self, grid: Grid) -> np.ndarray:
        """Refuse a grid in another unit; return a box, without reading the mask."""
        if grid.unit != self.grid.unit:
            raise ValueError(
                f"the mask is in {self.grid.unit}, the image in {grid.unit}; give both "
                "a spacing, or none"
            )
        return self.grid.to_points([[0, 0], np.subtract(self.grid.shape, 1)])

    def __eq__(self, other):
        return isinstance(other, MaskOutline) and self.digest == other.digest

    def __hash__(self):
        return hash(self.digest)


def _whole(labels):
    """Check labels, or one, as whole numbers."""
    labels = np.atleast_1d(labels)
    if labels.size and labels.dtype.kind not in "iu":
        raise ValueError(f"labels must be whole numbers, got {labels.tolist()}")
    return tuple(labels.tolist())


def judge_mask(mask, labels=()):
    """Find the threshold of a mask by the rule; errors and warnings name its file."""
    path = getattr(mask, "path", None)
    try:
        above, remarks = find_rule(mask.load(), labels)
    except SknacFormatError:
        raise
    except ValueError as error:
        if path is None:
            raise
        raise SknacFormatError(path, str(error)) from error
    for remark in remarks:
        name = "" if path is None else f"{Path(path).name}: "
        warn_user(f"{name}{remark}")
    return above


def _area(vertices):
    """Area of a polygon by the shoelace formula."""
    axial, lateral = vertices.T
    return 0.5 * abs(
        np.dot(axial, np.roll(lateral, -1)) - np.dot(lateral, np.roll(axial, -1))
    )


# A DLR fit asks for the mask of each core a dozen times. Bits of the outline's box are
# a few kB, so that the masks of a large cohort stay below 100 MB.
@lru_cache(maxsize=4096)
def _drawn(outline, grid):
    """Draw a polygon once: the part of the grid that its box covers, and its bits."""
    spans = []
    for low, high, size in zip(*grid.to_index(outline.box()), grid.shape, strict=True):
        start, stop = np.clip([np.floor(low), np.ceil(high) + 1], 0, size).astype(int)
        spans.append(slice(int(start), int(stop)))
    mask = np.zeros([span.stop - span.start for span in spans], dtype=bool)
    rows, lateral = grid.axial[spans[0]], grid.lateral[spans[1]]
    ends = zip(outline.vertices, np.roll(outline.vertices, -1, axis=0), strict=True)
    for start, stop in ends:
        crossed = np.flatnonzero((rows >= start[0]) != (rows >= stop[0]))
        if crossed.size:
            share = (rows[crossed] - start[0]) / (stop[0] - start[0])
            crossing = start[1] + share * (stop[1] - start[1])
            mask[crossed] ^= lateral >= crossing[:, None]
    return tuple(spans), np.packbits(mask)


def _written(grid):
    """Write a grid as digests do; the step in pixels counts where it is not one."""
    text = (
        f"Grid(shape={grid.shape}, spacing_mm={grid.spacing_mm}, "
        f"origin_mm={grid.origin})"
    )
    resampled = grid.unit == "px" and grid.step != (1.0, 1.0)
    return f"{text} {grid.step}" if resampled else text
