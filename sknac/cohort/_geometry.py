"""One geometry for B-mode pixels, RF samples, map windows and resampled images."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np

from sknac.utils._room import check_room
from sknac.utils._settings import as_number

_UNITS = ("mm", "px")
# How far beyond an edge a point still counts as on it, in samples.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Grid:
    """A regular grid of samples in the scan plane.

    The scan's coordinates are axial (depth below the probe) and lateral
    (distance from the first line). B-mode pixels, RF samples and QUS windows of one
    scan are grids in the same coordinates, so that a point goes from one to the
    other: ``rf.to_index(bmode.to_points(indices))``.

    Parameters
    ----------
    shape : tuple of (int, int)
        (n_axial, n_lateral) samples.
    step : tuple of (float, float)
        (axial, lateral) distance of neighbouring samples in `unit`.
    origin : tuple of (float, float), default=(0.0, 0.0)
        (axial, lateral) position of the centre of sample (0, 0) in `unit`.
    unit : {"mm", "px"}, default="mm"
        Unit of every coordinate. ``"px"``, where the spacing is unknown, is the pixel
        of the image as it was read; one that was cropped and resized has another
        origin and step.

    Raises
    ------
    ValueError
        If a side is not a positive whole number, an image of that shape would not
        fit into memory, step or origin are not finite, or there is no such unit.

    Examples
    --------
    >>> from sknac.cohort import Grid
    >>> bmode = Grid((400, 380), step=(0.1, 0.1))
    >>> rf = Grid((2078, 128), step=(0.01925, 0.3))
    >>> rf.to_index(bmode.to_points([[77, 60]])).round(6).tolist()
    [[400.0, 20.0]]
    """

    shape: tuple[int, int]
    step: tuple[float, float]
    origin: tuple[float, float] = (0.0, 0.0)
    unit: str = "mm"

    def __post_init__(self):
        shape = _numbers(self.shape)
        if len(shape) != 2 or any(not side or side % 1 or side < 1 for side in shape):
            raise ValueError(
                f"shape must be two positive whole numbers, got {self.shape!r}"
            )
        if self.unit not in _UNITS:
            raise ValueError(f"unit must be one of {_UNITS}, got {self.unit!r}")
        shape = tuple(int(side) for side in shape)
        check_room(
            f"an image of {shape[0]} x {shape[1]} samples",
            8 * shape[0] * shape[1],
            "take fewer samples, or check the unit of the sizes in mm",
        )
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "step", _pair("step (spacing_mm)", self.step))
        object.__setattr__(self, "origin", _pair("origin (origin_mm)", self.origin))
        if min(self.step) <= 0:
            raise ValueError(f"step (spacing_mm) must be positive, got {self.step}")

    @property
    def spacing_mm(self) -> tuple[float, float] | None:
        """Distance of neighbouring samples in mm; None where it is unknown."""
        return self.step if self.unit == "mm" else None

    @property
    def axial(self) -> np.ndarray:
        """Axial coordinate of each row, shape (n_axial,)."""
        return self.origin[0] + self.step[0] * np.arange(self.shape[0])

    @property
    def lateral(self) -> np.ndarray:
        """Lateral coordinate of each column, shape (n_lateral,)."""
        return self.origin[1] + self.step[1] * np.arange(self.shape[1])

    def to_points(self, indices: Any) -> np.ndarray:
        """Turn (row, column) indices into coordinates.

        Parameters
        ----------
        indices : array-like of shape (n_points, 2)
            Axial, lateral indices; fractions lie between samples.

        Returns
        -------
        ndarray of shape (n_points, 2)
            Axial, lateral coordinates in `unit`.
        """
        return np.asarray(indices, float) * self.step + np.asarray(self.origin)

    def to_index(self, points: Any) -> np.ndarray:
        """Turn coordinates into (row, column) indices, fractions kept.

        Parameters
        ----------
        points : array-like of shape (n_points, 2)
            Axial, lateral coordinates in `unit`.

        Returns
        -------
        ndarray of shape (n_points, 2)
            Axial, lateral indices; they may lie outside the grid.
        """
        return (np.asarray(points, float) - self.origin) / self.step

    def crop(self, rows: slice, columns: slice) -> "Grid":
        """Return the grid of a part, at the same place in the scan.

        Parameters
        ----------
        rows, columns : slice
            Part of the grid with explicit start and stop, step 1. They may reach
            beyond the grid, which is continued.

        Returns
        -------
        Grid
            The part.
        """
        origin = self.to_points([[rows.start, columns.start]])[0]
        shape = (rows.stop - rows.start, columns.stop - columns.start)
        return Grid(shape, self.step, origin, self.unit)

    def resized(self, shape: tuple[int, int]) -> "Grid":
        """Return the grid of so many samples that covers the same area.

        Parameters
        ----------
        shape : tuple of (int, int)
            Its (n_axial, n_lateral) samples.

        Returns
        -------
        Grid
            Another step and origin, the same outer edges.
        """
        sides = zip(self.step, self.shape, shape, strict=True)
        step = [old_step * old / new for old_step, old, new in sides]
        first_edge = np.subtract(self.origin, np.multiply(0.5, self.step))
        return Grid(shape, step, first_edge + np.multiply(0.5, step), self.unit)

    def nearest(self, coordinates: Any, axis: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the nearest row or column at coordinates along one axis.

        Parameters
        ----------
        coordinates : array-like of shape (n_points,)
            Coordinates in `unit`.
        axis : {0, 1}
            Axial or lateral.

        Returns
        -------
        indices : ndarray of int of shape (n_points,)
            The nearest of the grid's; a point half-way belongs to the upper one.
        inside : ndarray of bool of shape (n_points,)
            Whether the point lies on the grid, whose samples have half a step of
            area on each side.
        """
        away = np.asarray(coordinates, float) - self.origin[axis]
        # Half a sample up is the next one, so that no centre counts twice.
        indices = np.floor(away / self.step[axis] + 0.5).astype(int)
        inside = (indices >= 0) & (indices < self.shape[axis])
        return np.clip(indices, 0, self.shape[axis] - 1), inside

    def covers(self, other: "Grid") -> np.ndarray:
        """Tell which samples of another grid lie on this one's area, edges included.

        Parameters
        ----------
        other : Grid
            Samples in the same coordinates.

        Returns
        -------
        ndarray of bool of shape ``other.shape``
            True inside.
        """
        rows, columns = (
            (index >= -0.5 - _ROUNDING) & (index <= side - 0.5 + _ROUNDING)
            for index, side in zip(self._indices_of(other), self.shape, strict=True)
        )
        return rows[:, None] & columns

    def sample(self, values: np.ndarray, other: "Grid") -> np.ndarray:
        """Interpolate an image on this grid at the samples of another.

        Bilinear between the centres of the samples, and constant from the outer
        centres to the edge.

        Parameters
        ----------
        values : ndarray of shape (n_axial, n_lateral)
            The image.
        other : Grid
            Samples in the same coordinates.

        Returns
        -------
        ndarray of float32 of shape ``other.shape``
            NaN outside this grid's area.
        """
        for index in self._indices_of(other):
            index = np.clip(index, 0, len(values) - 1)
            lower = np.floor(index).astype(int)
            upper = np.minimum(lower + 1, len(values) - 1)
            share = (index - lower)[:, None]
            values = (values[lower] * (1 - share) + values[upper] * share).T
        return np.where(self.covers(other), values, np.nan).astype(np.float32)

    def _indices_of(self, other):
        """Row and column indices of another grid's, fractions kept."""
        return [
            (points - origin) / step
            for points, origin, step in zip(
                (other.axial, other.lateral), self.origin, self.step, strict=True
            )
        ]


def _numbers(values):
    """Return what is given as finite numbers, None for each that is none."""
    return [as_number(value) for value in (values if np.iterable(values) else [values])]


def _pair(name, values):
    """Check two finite numbers and return them as plain floats."""
    pair = _numbers(values)
    if len(pair) != 2 or None in pair:
        raise ValueError(f"{name} must be two finite numbers, got {values!r}")
    # The same object where it is as it should be: pickles of planes write it once.
    plain = type(values) is tuple and all(type(value) is float for value in values)
    return values if plain else tuple(map(float, pair))
