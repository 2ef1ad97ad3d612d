"""Putting a network's coarse maps back onto the grids of a cohort's planes."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sknac.cohort import Grid, MaskOutline, Plane
from sknac.cohort.planes import list_planes, put_planes
from sknac.exceptions import CohortError
from sknac.inspection._pipeline import SplitModel
from sknac.preprocessing._resample import resized_grid

# How far beyond an edge a sample still counts as on it, in pixels.
_ROUNDING = 1e-6


def resample(values: np.ndarray, area: Grid, grid: Grid) -> np.ndarray:
    """Interpolate a map that covers an area at the samples of another grid.

    Bilinear between the centres of the map's cells, and constant from the outer
    centres to the edge; for ``grid = area`` that is torch's ``interpolate`` with
    ``align_corners=False``.

    Parameters
    ----------
    values : ndarray of shape (height, width)
        The map.
    area : Grid
        Samples of the image that the map covers, however many cells it has.
    grid : Grid
        Where values are asked for, in the coordinates of `area`.

    Returns
    -------
    ndarray of float32 of shape ``grid.shape``
        NaN outside the area.
    """
    cells = resized_grid(area, values.shape)
    rows, row_ok = _between(grid.axial_mm, cells, 0)
    columns, column_ok = _between(grid.lateral_mm, cells, 1)
    result = _along(_along(values, rows).T, columns).T
    inside = row_ok[:, None] & column_ok[None, :]
    return np.where(inside, result, np.nan).astype(np.float32)


def _between(coordinates, cells, axis):
    """Lower cell, upper cell and the upper's share at coordinates; which are inside."""
    n = cells.shape[axis]
    index = (coordinates - cells.origin_mm[axis]) / cells.step[axis]
    inside = (index >= -0.5 - _ROUNDING) & (index <= n - 0.5 + _ROUNDING)
    index = np.clip(index, 0, n - 1)
    lower = np.floor(index).astype(int)
    return (lower, np.minimum(lower + 1, n - 1), index - lower), inside


def _nearest(coordinates, cells, axis):
    """Number of the nearest cell at coordinates."""
    index = (coordinates - cells.origin_mm[axis]) / cells.step[axis]
    return np.clip(np.floor(index + 0.5), 0, cells.shape[axis] - 1).astype(int)


def _in_units(plane):
    """Grid of a plane as the views count: one in pixels has a spacing of 1."""
    return Grid(plane.grid.shape, plane.grid.step, plane.origin_mm)


def _along(values, where):
    """Interpolate along the first axis."""
    lower, upper, share = where
    return values[lower] * (1 - share)[:, None] + values[upper] * share[:, None]


@dataclass(frozen=True)
class View:
    """What of a plane the network saw, in the coordinates of X.

    Parameters
    ----------
    area : Grid
        Samples of the network's image.
    kept : tuple of Grid
        The grids that the plane went through: what lies outside one was cut off, and
        padding that came later shows nothing of it.
    roi : MaskOutline or None
        Region outside which the image was blanked.
    """

    area: Grid
    kept: tuple[Grid, ...]
    roi: MaskOutline | None

    def show(self, heat: np.ndarray, plane: Plane) -> Plane:
        """Interpolate a heat map at the samples of a plane; NaN where nothing was seen.

        Parameters
        ----------
        heat : ndarray of shape (height, width)
            A map that covers the network's image.
        plane : Plane
            The plane of X.

        Returns
        -------
        Plane
            The map, on the plane's grid and with its core.
        """
        values = resample(heat, self.area, _in_units(plane))
        return self._maps(values[None], plane, ("grad_cam",))

    def repeat(
        self, values: np.ndarray, plane: Plane, channels: tuple[str, ...]
    ) -> Plane:
        """Give each sample of a plane the value of the nearest of the network's pixels.

        Parameters
        ----------
        values : ndarray of shape (n_channels, height, width)
            A value per channel and pixel of the network's image.
        plane : Plane
            The plane of X.
        channels : tuple of str
            Names of the maps.

        Returns
        -------
        Plane
            The maps, on the plane's grid and with its core; NaN where nothing was seen.
        """
        grid = _in_units(plane)
        rows = _nearest(grid.axial_mm, self.area, 0)
        columns = _nearest(grid.lateral_mm, self.area, 1)
        return self._maps(values[:, rows[:, None], columns], plane, channels)

    def _maps(self, values, plane, channels):
        """Make maps on a plane's grid, NaN where the network saw nothing of it."""
        grid = _in_units(plane)
        seen = np.ones(grid.shape, bool)
        for part in self.kept:
            _, rows = _between(grid.axial_mm, part, 0)
            _, columns = _between(grid.lateral_mm, part, 1)
            seen &= rows[:, None] & columns
        if self.roi is not None:
            seen &= self.roi.to_mask(grid)
        return Plane(
            np.where(seen, values, np.nan).astype(np.float32),
            "maps",
            spacing_mm=plane.spacing_mm,
            origin_mm=plane.origin_mm,
            core=plane.core,
            channels=channels,
        )


def follow(model: SplitModel, X) -> tuple[object, dict | None]:
    """Make the network's images and note what of each plane they show.

    Where the spacing is unknown, a resized image counts its own pixels and no longer
    says where in the old ones it lay. The steps are then run once more on planes that
    are given a spacing of 1, in which a pixel is one unit long throughout.

    Parameters
    ----------
    model : SplitModel
        The fitted parts.
    X : DataFrame of shape (n_patients, n_columns), or arrays
        Patients.

    Returns
    -------
    images : DataFrame of shape (n_patients, n_columns), or arrays
        What the network sees.
    views : list of View or None
        One for each plane of X, in the order of `list_planes`; None for arrays.

    Raises
    ------
    CohortError
        If a step adds or drops planes, or drops their spacing.
    """
    if not isinstance(X, pd.DataFrame):
        return model.images(X), None
    columns = [column for column in model.columns if column in X]
    planes = [at.plane for at in list_planes(X, columns)]
    if all(plane.spacing_mm is not None for plane in planes):
        return _followed(model, X, columns)
    images = model.images(X)  # refuses what the network would refuse
    in_units = put_planes(X, columns, [_with_unit_spacing(plane) for plane in planes])
    return images, _followed(model, in_units, columns)[1]


def _followed(model, X, columns):
    """Run the steps on planes with a spacing, and note each plane's grids."""
    found = list_planes(X, columns)
    trails = [[] for _ in found]
    for frame in model.frames(X):
        now = list_planes(frame, columns)
        _check_same_planes(found, now)
        for trail, at in zip(trails, now, strict=True):
            trail.append(at.plane.grid)
    views = [
        View(grids[-1], tuple(grids), at.plane.roi)
        for grids, at in zip(trails, now, strict=True)
    ]
    return frame, views


def _check_same_planes(found, now):
    """Refuse steps after which a plane cannot be found again."""
    changed = {at[1:] for at in found} ^ {at[1:] for at in now}
    for at in [*found, *now]:
        if at[1:] in changed:
            raise CohortError(
                f"{at.place}: a step before the network adds or drops planes, so that "
                "maps cannot be put back; pass the part of the pipeline after it"
            )
    for at in now:
        if at.plane.spacing_mm is None:
            raise CohortError(
                f"{at.place}: a step before the network drops spacing_mm, so that "
                "maps cannot be put back; keep it there"
            )


def as_cohort(model, X: pd.DataFrame, views, items, maps) -> pd.DataFrame:
    """Put the maps of all items onto the grids of X's planes.

    Parameters
    ----------
    model : SplitModel
        The fitted parts.
    X : DataFrame of shape (n_patients, n_columns)
        Cohort frame.
    views : list of View
        From `follow`: one for each plane, in the order of `list_planes`.
    items : Items
        The network's items.
    maps : list of list of ndarray of shape (height, width)
        Per item the map of each visit.

    Returns
    -------
    DataFrame of shape (n_patients, n_visits)
        As `grad_cam` returns it.
    """
    by_row = [[] for _ in range(len(X))]
    for row, visits in zip(items.rows, maps, strict=True):
        by_row[row].append(visits)
    found = list_planes(X, model.columns)
    planes = []
    for at, view in zip(found, views, strict=True):
        visit = model.columns.index(at.column)
        n_planes = X[at.column].iloc[at.row].n_planes
        # Of n planes that are paired with more, the first is in pairs 0, n, 2n, ...
        heats = [visits[visit] for visits in by_row[at.row][at.number :: n_planes]]
        planes.append(view.show(np.mean(heats, axis=0), at.plane))
    return put_planes(X[[*model.columns]], model.columns, planes)


def _with_unit_spacing(plane: Plane) -> Plane:
    """Give a plane without spacing one of 1, with the same coordinates."""
    if plane.spacing_mm is not None:
        return plane
    outlines = {
        name: _unit_mask(getattr(plane, name))
        for name in ("core", "roi")
        if isinstance(getattr(plane, name), MaskOutline)
    }
    return plane.replace(spacing_mm=(1.0, 1.0), **outlines)


def _unit_mask(outline):
    """Give a mask in pixels a spacing of 1."""
    grid = outline.grid
    return MaskOutline(outline.mask, Grid(grid.shape, (1.0, 1.0), grid.origin_mm))
