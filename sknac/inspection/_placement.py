"""Putting a network's coarse maps back onto the grids of a cohort's planes."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sknac.cohort import Grid, MaskOutline, Plane, Study, map_planes
from sknac.cohort._mapping import as_column
from sknac.exceptions import CohortError
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


def _along(values, where):
    """Interpolate along the first axis."""
    lower, upper, share = where
    return values[lower] * (1 - share)[:, None] + values[upper] * share[:, None]


def as_cohort(model, X: pd.DataFrame, images, items, maps) -> pd.DataFrame:
    """Put the maps of all items onto the grids of X's planes.

    Parameters
    ----------
    model : SplitModel
        The fitted parts.
    X : DataFrame of shape (n_patients, n_columns)
        Cohort frame.
    images : DataFrame of shape (n_patients, n_columns)
        What the steps before the network made of it.
    items : Items
        The network's items in `images`.
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
    seen = _seen_frame(model, X, images)
    columns = {}
    for visit, column in enumerate(model.net.columns_):
        studies = zip(X.index, X[column], seen[column], by_row, strict=True)
        cells = [
            _as_study(study, other, [heats[visit] for heats in own], (patient, column))
            for patient, study, other, own in studies
        ]
        columns[column] = as_column(cells, X.index)
    return pd.DataFrame(columns, index=X.index)


def _as_study(study, seen, heats, place):
    """Put one patient's maps of one visit onto the planes of its study."""
    place = f"row {place[0]}, column {place[1]}"
    if study.n_planes != seen.n_planes:
        raise CohortError(
            f"{place}: the steps before the network made {seen.n_planes} planes of "
            f"{study.n_planes}; pass the part of the pipeline from there on"
        )
    planes = []
    for i, (plane, other) in enumerate(zip(study.planes, seen.planes, strict=True)):
        if plane.spacing_mm is not None and other.spacing_mm is None:
            raise CohortError(
                f"{place}, plane {i}: a step before the network dropped spacing_mm, so "
                "that its maps cannot be put back; keep it there"
            )
        # Of n planes that are paired with more, the first is in pairs 0, n, 2n, ...
        heat = np.mean(heats[i :: study.n_planes], axis=0)
        planes.append(
            Plane(
                resample(heat, other.grid, plane.grid)[None],
                "maps",
                spacing_mm=plane.spacing_mm,
                origin_mm=plane.origin_mm,
                core=plane.core,
                channels=("grad_cam",),
            )
        )
    return Study(tuple(planes))


def _seen_frame(model, X, images):
    """Find planes whose grids tell where the network's images lie in X.

    Where the spacing is unknown, a resized image counts its own pixels and no longer
    says where in the old ones it lay. The same steps are then run on planes that are
    given a spacing of 1, in which a pixel is one unit long throughout.
    """
    columns = model.net.columns_
    unknown = any(
        plane.spacing_mm is None
        for column in columns
        for study in X[column]
        for plane in study.planes
    )
    if not (unknown and model.before):
        return images
    return model.images(map_planes(X, columns, _with_unit_spacing))


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
