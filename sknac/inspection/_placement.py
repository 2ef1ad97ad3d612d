"""Putting a network's coarse maps back onto the grids of a cohort's planes."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sknac.cohort import Grid, MaskOutline, Plane
from sknac.cohort.planes import list_planes, put_planes
from sknac.exceptions import CohortError
from sknac.nets.split import SplitModel


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
        values = self.area.resized(heat.shape).sample(heat, plane.grid)
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
        rows, _ = self.area.nearest(plane.grid.axial, 0)
        columns, _ = self.area.nearest(plane.grid.lateral, 1)
        return self._maps(values[:, rows[:, None], columns], plane, channels)

    def _maps(self, values, plane, channels):
        """Make maps on a plane's grid, NaN where the network saw nothing of it."""
        seen = np.all([part.covers(plane.grid) for part in self.kept], axis=0)
        if self.roi is not None:
            seen &= self.roi.to_mask(plane.grid)
        image = np.where(seen, values, np.nan).astype(np.float32)
        grid = plane.grid
        return Plane(
            image,
            "maps",
            spacing_mm=grid.spacing_mm,
            origin_mm=grid.origin,
            step_px=plane.step_px,
            core=plane.core,
            channels=channels,
        )


def follow(model: SplitModel, X) -> tuple[object, list | None]:
    """Make the network's images and note what of each plane they show.

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
    for at, before in zip(now, found, strict=True):
        if at.plane.grid.unit != before.plane.grid.unit:
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
