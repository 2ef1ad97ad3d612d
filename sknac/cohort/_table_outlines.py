"""Outline files of a cohort table, brought into the scan's coordinates."""

# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import numpy as np

from sknac.cohort._annotations import SUFFIXES as ANNOTATION_SUFFIXES
from sknac.cohort._annotations import draw_annotation, read_annotation, stem_of
from sknac.cohort._geometry import Grid
from sknac.cohort._handles import ArrayRef
from sknac.cohort._outline_union import unite
from sknac.cohort._outlines import PolygonOutline
from sknac.cohort._plane_checks import check_core
from sknac.cohort._table_masks import (
    as_size,
    is_on_bmode,
    labels_of,
    read_mask,
    take_number,
)
from sknac.cohort._table_vertices import read_vertices
from sknac.exceptions import SknacFormatError
from sknac.utils._warnings import warn_user

_UNITS = ("px_bmode", "samples", "mm")


def read_outline(row, grid, base, image):
    """Read the outline that a table row names, or None where it names none.

    Several files, parted by semicolons, are united. ``grid`` is the plane's own, and
    ``image`` what its file holds. Errors name the column.
    """
    if "outline" not in row:
        return None
    units = row.get("outline_units")
    if units is None:
        raise ValueError(
            "column outline_units: the value is missing; write px_bmode, samples or mm"
        )
    if units not in _UNITS:
        raise ValueError(
            f"column outline_units: must be one of {', '.join(_UNITS)}, got {units!r}"
        )
    drawn_on = _drawn_on(row, units, grid)
    paths, outlines = outline_paths(str(row["outline"]), base), []
    for path in paths:
        outlines.append(_read_one(path, row, units, drawn_on, image))
        check_core(outlines[-1], grid)  # a part that misses would hide in a union
    if labels_of(row) and all(map(_has_no_labels, paths, outlines)):
        raise ValueError(
            f"column outline_label: {paths[0].name} has no labels; leave it empty"
        )
    return unite(outlines)


def outline_paths(text: str, base: Path) -> list[Path]:
    """List the files that a cell names; a name may hold a semicolon itself."""
    names = [text] if _file_of(base / text).is_file() else text.split(";")
    names = [name.strip() for name in names if name.strip()]
    if not names:
        raise ValueError("column outline: no file is named; leave the cell empty")
    if len(set(names)) < len(names):
        raise ValueError(f"column outline: {text} names a file twice; keep one")
    for name in names:
        if not _file_of(base / name).is_file():
            raise ValueError(
                f"column outline: {base / name}: no such file; correct the path"
            )
    return [base / name for name in names]


def _file_of(path):
    """The file of a path that may name an array in it."""
    return Path(str(path).partition("::")[0])


def _has_no_labels(path, outline):
    """Whether an outline is that of a plain list of vertices."""
    is_list = _file_of(path).suffix.lower() not in ANNOTATION_SUFFIXES
    return is_list and isinstance(outline, PolygonOutline)


def _read_one(path, row, units, drawn_on, image):
    """Read the outline of one file, whose suffix tells what it is."""
    if _file_of(path).suffix.lower() in ANNOTATION_SUFFIXES:
        return _annotated(path, row, units, drawn_on)
    vertices = _polygon(path, units)
    if vertices is not None:
        in_mm = units == "mm"
        return PolygonOutline(vertices if in_mm else drawn_on.to_points(vertices))
    if units == "mm":
        raise ValueError("column outline_units: a mask must be in pixels, got mm")
    return read_mask(path, row, drawn_on, image)


def _annotated(path, row, units, drawn_on):
    """Draw what LabelMe, COCO or CVAT files have of a row's image."""
    if units == "mm":
        raise ValueError(f"column outline_units: {path.name} must be in pixels, got mm")
    # The image may have another name there, which file.json::name says.
    file, _, named = str(path).partition("::")
    image = named or str(row["path"])
    annotated = read_annotation(file, image, labels_of(row))
    on_bmode = is_on_bmode(row)
    if not on_bmode and annotated.size != drawn_on.shape:
        raise SknacFormatError(
            file,
            f"must be of the image's size, {as_size(drawn_on.shape)}, got "
            f"{as_size(annotated.size)}; it was not drawn on {Path(image).name} as it "
            "is",
        )
    if annotated.alone and not on_bmode and stem_of(annotated.name) != stem_of(image):
        warn_user(
            f"{Path(file).name}: the outline of {Path(image).name} was drawn on "
            f"{annotated.name!r}; check that it is the same image"
        )
    size = annotated.size
    grid = Grid(size, drawn_on.step, drawn_on.origin, drawn_on.unit)
    return draw_annotation(file, annotated, grid)


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
    if units == "px_bmode" and row["kind"] in ("maps", "envelope"):
        own = "maps" if row["kind"] == "maps" else "an envelope"
        raise ValueError(
            f"column outline_units: px_bmode does not say where {own} lie in the "
            "B-mode image; use samples for its own pixels, or mm"
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


def _polygon(path: Path, units):
    """Read vertices, or return None where the file is a mask."""
    if path.suffix.lower() == ".csv":
        names = ("axial", "lateral") if units == "mm" else ("row", "column")
        return read_vertices(path, names, units)
    if path.suffix.lower() == ".npy":
        handle = ArrayRef.from_file(path)
        if handle.dtype.kind != "b" and handle.ndim == 2 and handle.shape[1] == 2:
            return handle.load()
    return None
