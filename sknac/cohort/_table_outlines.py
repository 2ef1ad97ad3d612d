"""Outline files of a cohort table, brought into the scan's coordinates."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from pathlib import Path

import numpy as np
import pandas as pd

from sknac.cohort._geometry import Grid
from sknac.cohort._handles import ArrayRef
from sknac.cohort._outlines import MaskOutline, PolygonOutline
from sknac.exceptions import SknacFormatError

_UNITS = ("px_bmode", "samples", "mm")


def take_number(row, column, default=None, *, positive=False):
    """Take a number from a row whose empty values were dropped."""
    if column not in row:
        return default
    try:
        number = float(row[column])
    except (TypeError, ValueError):
        raise ValueError(
            f"column {column}: must be a number, got {row[column]!r}"
        ) from None
    if not math.isfinite(number) or (positive and number <= 0):
        kind = "positive" if positive else "finite"
        raise ValueError(f"column {column}: the number must be {kind}, got {number:g}")
    return number


def read_outline(row, grid, base):
    """Read the outline that a table row names, or None where it names none.

    ``grid`` is the plane's own. Errors name the column.
    """
    if "outline" not in row:
        return None
    units = row.get("outline_units")
    if units not in _UNITS:
        raise ValueError(
            f"column outline_units: must be one of {', '.join(_UNITS)}, got {units!r}"
        )
    path = base / str(row["outline"])
    if not path.is_file():
        raise ValueError(f"column outline: {path}: no such file; correct the path")
    drawn_on = _drawn_on(row, units, grid)
    vertices = _polygon(path, units)
    if vertices is not None:
        in_mm = units == "mm"
        return PolygonOutline(vertices if in_mm else drawn_on.to_points(vertices))
    if units == "mm":
        raise ValueError("column outline_units: a mask must be in pixels, got mm")
    mask = ArrayRef.from_file(path)
    if mask.ndim != 2:
        raise ValueError(
            f"column outline: {path.name} has shape {mask.shape}; a mask has two "
            "dimensions, a polygon is (n, 2)"
        )
    return MaskOutline(mask, _mask_grid(drawn_on, mask.shape, row, path))


def _drawn_on(row, units, grid):
    """Settle the grid whose pixels the outline's numbers count."""
    is_rf = row["kind"] == "rf"
    if units == "mm" and grid.unit == "px":
        raise ValueError(
            "column outline_units: mm needs spacing_axial_mm and lateral; give both"
        )
    if units == "samples" and row["kind"] == "bmode":
        raise ValueError(
            "column outline_units: samples is for RF and maps; use px_bmode"
        )
    if units == "px_bmode" and row["kind"] == "maps":
        raise ValueError(
            "column outline_units: px_bmode does not say where maps lie in the B-mode "
            "image; use samples for the maps' own pixels, or mm"
        )
    if units != "px_bmode" or not is_rf:
        return grid
    names = ("spacing_axial_mm", "spacing_lateral_mm")
    for name in names:
        if name not in row:
            raise ValueError(
                f"column {name}: the value is missing; an outline in px_bmode needs "
                "the B-mode image's pixel size"
            )
    spacing = tuple(take_number(row, name, positive=True) for name in names)
    first = [take_number(row, f"outline_{side}", 0.0) for side in ("row0", "column0")]
    origin = np.subtract(grid.origin, np.multiply(first, spacing))
    # The image's size is not known here and not needed for a polygon.
    return Grid((1, 1), spacing, tuple(origin.tolist()))


def _mask_grid(drawn_on, shape, row, path):
    """Give the mask its place; on the plane's own grid it must fit."""
    if row["kind"] == "rf" and row["outline_units"] == "px_bmode":
        return Grid(shape, drawn_on.step, drawn_on.origin, drawn_on.unit)
    if shape != drawn_on.shape:
        raise ValueError(
            f"column outline: mask {path.name} must be of the image's size, "
            f"{drawn_on.shape[0]}x{drawn_on.shape[1]}, got {shape[0]}x{shape[1]}"
        )
    return drawn_on


def _polygon(path: Path, units):
    """Read vertices, or return None where the file is a mask."""
    if path.suffix.lower() == ".csv":
        return _csv_polygon(path, units)
    if path.suffix.lower() == ".npy":
        handle = ArrayRef.from_file(path)
        if handle.dtype.kind != "b" and handle.ndim == 2 and handle.shape[1] == 2:
            return handle.load()
    return None


def _csv_polygon(path, units):
    """Read vertices from a CSV whose column names say what they are."""
    names = ["axial", "lateral"] if units == "mm" else ["row", "column"]
    try:
        table = pd.read_csv(path)
        vertices = table[names].to_numpy(dtype=float)
    except KeyError:
        raise SknacFormatError(
            path, f"an outline in {units} must have columns {names}, got {list(table)}"
        ) from None
    except (ValueError, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise SknacFormatError(
            path, f"the file must be a table of vertices: {error}"
        ) from error
    return vertices
