"""One geometry for B-mode pixels, RF samples and map windows."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Grid:
    """A regular grid of samples in the scan plane.

    The scan's coordinates are axial (depth below the probe) and lateral
    (distance from the first line), both in mm. B-mode pixels, RF samples and
    QUS windows of one scan are grids in the same coordinates, so that a point
    goes from one to the other through mm: ``rf.to_index(bmode.to_mm(points))``.

    Parameters
    ----------
    shape : tuple of (int, int)
        (n_axial, n_lateral) samples.
    spacing_mm : tuple of (float, float) or None
        (axial, lateral) distance of neighbouring samples in mm. None where it
        is unknown; then the unit of every coordinate is the pixel.
    origin_mm : tuple of (float, float), default=(0.0, 0.0)
        (axial, lateral) position of the centre of sample (0, 0).

    Raises
    ------
    ValueError
        If a side is not a positive whole number, or spacing or origin are not
        finite.

    Examples
    --------
    >>> from sknac.cohort import Grid
    >>> bmode = Grid((400, 380), spacing_mm=(0.1, 0.1))
    >>> rf = Grid((2078, 128), spacing_mm=(0.01925, 0.3))
    >>> rf.to_index(bmode.to_mm([[77, 60]])).round(6).tolist()
    [[400.0, 20.0]]
    """

    shape: tuple[int, int]
    spacing_mm: tuple[float, float] | None
    origin_mm: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self):
        shape = tuple(self.shape)
        if len(shape) != 2 or any(int(side) != side or side < 1 for side in shape):
            raise ValueError(
                f"shape must be two positive whole numbers, got {self.shape}"
            )
        object.__setattr__(self, "shape", tuple(int(side) for side in shape))
        if self.spacing_mm is not None:
            spacing = _pair("spacing_mm", self.spacing_mm)
            if min(spacing) <= 0:
                raise ValueError(f"spacing_mm must be positive, got {spacing}")
            object.__setattr__(self, "spacing_mm", spacing)
        object.__setattr__(self, "origin_mm", _pair("origin_mm", self.origin_mm))

    @property
    def unit(self) -> str:
        """Unit of the coordinates, ``"mm"`` or ``"px"``."""
        return "px" if self.spacing_mm is None else "mm"

    @property
    def step(self) -> tuple[float, float]:
        """Distance of neighbouring samples in `unit`."""
        return (1.0, 1.0) if self.spacing_mm is None else self.spacing_mm

    @property
    def axial_mm(self) -> np.ndarray:
        """Axial coordinate of each row, shape (n_axial,)."""
        return self.origin_mm[0] + self.step[0] * np.arange(self.shape[0])

    @property
    def lateral_mm(self) -> np.ndarray:
        """Lateral coordinate of each column, shape (n_lateral,)."""
        return self.origin_mm[1] + self.step[1] * np.arange(self.shape[1])

    def to_mm(self, index_points) -> np.ndarray:
        """Turn (row, column) indices into coordinates.

        Parameters
        ----------
        index_points : array-like of shape (n_points, 2)
            Axial, lateral indices; fractions lie between samples.

        Returns
        -------
        ndarray of shape (n_points, 2)
            Axial, lateral coordinates in `unit`.
        """
        return np.asarray(index_points, float) * self.step + np.asarray(self.origin_mm)

    def to_index(self, points_mm) -> np.ndarray:
        """Turn coordinates into (row, column) indices, fractions kept.

        Parameters
        ----------
        points_mm : array-like of shape (n_points, 2)
            Axial, lateral coordinates in `unit`.

        Returns
        -------
        ndarray of shape (n_points, 2)
            Axial, lateral indices; they may lie outside the grid.
        """
        return (np.asarray(points_mm, float) - self.origin_mm) / self.step

    def crop(self, rows: slice, columns: slice) -> "Grid":
        """Return the grid of a part, at the same place in the scan.

        Parameters
        ----------
        rows, columns : slice
            Part of the grid with explicit start and stop, step 1.

        Returns
        -------
        Grid
            The part.
        """
        origin = self.to_mm([[rows.start, columns.start]])[0]
        shape = (rows.stop - rows.start, columns.stop - columns.start)
        return Grid(shape, self.spacing_mm, tuple(origin.tolist()))


def _pair(name, values):
    """Check two finite numbers and return them as plain floats."""
    pair = tuple(float(value) for value in values)
    if len(pair) != 2 or not np.isfinite(pair).all():
        raise ValueError(f"{name} must be two finite numbers, got {values}")
    return pair
