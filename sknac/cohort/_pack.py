"""A cohort in one file for a colleague: plain arrays and JSON, no pickle."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd

from sknac.cohort._duplicates import check_duplicates
from sknac.cohort._frame import checked_columns
from sknac.cohort._geometry import Grid
from sknac.cohort._handles import ArrayRef, InMemoryArray
from sknac.cohort._outline_union import OutlineUnion, parts_of, unite
from sknac.cohort._outlines import MaskOutline, PolygonOutline
from sknac.cohort._records import Plane, Study
from sknac.cohort.planes import as_column, has_study, list_planes
from sknac.exceptions import CohortError, SknacFormatError
from sknac.utils._atomic import whole_file
from sknac.utils._progress import tracked

_SUFFIX = ".cohort"
_FORMAT = "sknac cohort 1"
_MAX_JSON_BYTES = 500_000_000
_PLAIN = (bool, int, float, str, type(None))
_HANDLES = ("image", "core", "roi")


def pack_cohort(X: pd.DataFrame, file: str | os.PathLike) -> Path:
    """Write a cohort frame with its pixels into one file.

    Parameters
    ----------
    X : DataFrame of shape (n_patients, n_columns)
        A cohort frame; its clinical columns are packed too.
    file : str or path-like
        The new file; its name ends in ``.cohort``.

    Returns
    -------
    Path
        The file. `cohort_from_table` reads it back.

    Raises
    ------
    CohortError
        If a file of the cohort is gone or changed, or a column holds other things
        than numbers, text, categories and dates.
    FileExistsError
        If there is such a file.

    See Also
    --------
    relocate : The same cohort where its files lie elsewhere.

    Notes
    -----
    The file is a zip of ``.npy`` arrays and one JSON text, which hold nothing that
    could be run: it is safe to open from a stranger. It has the patients' names as the
    frame's index has them, and no path, file name or header. An image that is there
    more than once is packed once. Read back, every plane has its samples, place and
    settings; its `digest` is new, for it names the new file, and `pixel_digest` is as
    it was.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from sknac.cohort import cohort_from_table, pack_cohort
    >>> from sknac.datasets import make_bmode_cohort
    >>> X = make_bmode_cohort(n_patients=4, random_state=0).X
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> file = pack_cohort(X, folder / "study.cohort")
    >>> cohort_from_table(file).shape == X.shape
    True
    """
    file = Path(file)
    if file.suffix != _SUFFIX:
        raise ValueError(f"the name of the file must end in {_SUFFIX}, got {file.name}")
    if not file.parent.is_dir():
        raise FileNotFoundError(f"{file.parent}: no such folder; make it first")
    if file.exists():
        raise FileExistsError(f"{file} is there already; delete it or name another")
    visits = checked_columns(X)
    if not all(isinstance(name, str) for name in X.columns):
        raise CohortError(f"the names of columns must be text, got {list(X.columns)}")
    text = {
        "format": _FORMAT,
        "index": _packed(X.index.to_series(), "the index"),
        "columns": [
            _packed(X[name], f"column {name}")
            if name not in visits
            else {"name": name, "visits": _studies(X[name])}
            for name in X
        ],
    }
    deflated = {"compression": zipfile.ZIP_DEFLATED, "compresslevel": 1}
    with whole_file(file) as part, zipfile.ZipFile(part, "w", **deflated) as pack:
        _write_pixels(pack, X, visits)
        pack.writestr("cohort.json", json.dumps(text))
    return file


def _write_pixels(pack, X, visits):
    """Write each array of the planes once."""
    written = set()
    for at in tracked(list_planes(X, visits), "packing pixels"):
        with at.named() as plane:
            masks = (*parts_of(plane.core), *parts_of(plane.roi))
            drawn = [_drawn(m) for m in masks if isinstance(m, MaskOutline)]
            for handle in (plane.image, *drawn):
                if handle.pixel_digest not in written:
                    written.add(handle.pixel_digest)
                    name = f"pixels/{handle.pixel_digest}.npy"
                    with pack.open(name, "w", force_zip64=True) as file:
                        array = np.ascontiguousarray(handle.load())
                        np.lib.format.write_array(file, array, (1, 0), False)


def _packed(column, place):
    """Write a plain column as its type and values."""
    values, dtype, extra = column, str(column.dtype), {}
    if isinstance(column.dtype, pd.CategoricalDtype):
        extra = {
            "categories": _plain(column.cat.categories, place),
            "ordered": bool(column.cat.ordered),
        }
        values, dtype = column.cat.codes, "category"
    elif column.dtype.kind == "M":
        values = column.astype(str).where(column.notna(), None)
    return {
        "name": column.name,
        "dtype": dtype,
        "values": _plain(values.astype(object), place),
        **extra,
    }


def _plain(values, place):
    """List values that JSON can hold."""
    plain = [None if v is pd.NA or v is pd.NaT else v for v in values]
    plain = [v.item() if isinstance(v, np.generic) else v for v in plain]
    wrong = [type(v).__name__ for v in plain if not isinstance(v, _PLAIN)]
    if wrong:
        raise CohortError(
            f"{place} holds {wrong[0]}, which cannot be packed; make it numbers or text"
        )
    return plain


def _studies(column):
    """Write a column of visits."""
    return [
        [_plane(plane) for plane in cell.planes] if has_study(cell) else None
        for cell in column
    ]


def _plane(plane):
    """Write a plane's fields; its arrays by the digest of their pixels."""
    out = {f.name: getattr(plane, f.name) for f in fields(plane) if f.init}
    out["image"] = plane.image.pixel_digest
    for name in ("core", "roi"):
        out[name] = _outline(out[name])
    return out


def _outline(outline):
    """Write an outline: its vertices, or its mask's digest and grid."""
    if outline is None:
        return None
    if isinstance(outline, OutlineUnion):
        return {"parts": [_outline(part) for part in outline.parts]}
    if isinstance(outline, PolygonOutline):
        return {"vertices": outline.vertices.tolist()}
    grid = {name: getattr(outline.grid, name) for name in ("step", "origin", "unit")}
    return {"mask": _drawn(outline).pixel_digest, "grid": grid}


def _drawn(outline):
    """Draw a mask on its own grid, whatever file and rule it comes from."""
    return InMemoryArray(outline.to_mask(outline.grid))


def is_pack(table: object) -> bool:
    """Tell whether a table is the path of a packed cohort."""
    return isinstance(table, str | os.PathLike) and Path(table).suffix == _SUFFIX


def read_pack(file: str | os.PathLike, *, duplicates: str = "warn") -> pd.DataFrame:
    """Read a packed cohort; its pixels are read when they are asked for."""
    path = Path(os.path.abspath(file))
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; check the path")
    try:
        with zipfile.ZipFile(path) as pack:
            member = pack.getinfo("cohort.json")
            if member.file_size > _MAX_JSON_BYTES:
                raise ValueError(f"its table must be small, got {member.file_size} B")
            text = json.loads(pack.read(member))
        if text["format"] != _FORMAT:
            raise ValueError(f"its format must be {_FORMAT}, got {text['format']!r}")
        X = _frame(path, text)
    except SknacFormatError:
        raise
    except Exception as error:  # zip, JSON, key, type, value errors: any is damage
        cause = str(error) or type(error).__name__
        raise SknacFormatError(
            path, f"damaged packed cohort: {cause}; ask for it again"
        ) from error
    check_duplicates(X, duplicates)
    return X


def _frame(path, text):
    """Build the cohort frame of a packed cohort's text."""
    index = text["index"]
    index = pd.Index(_unpacked(index), name=index["name"])
    columns = {}
    for column in text["columns"]:
        if "visits" not in column:
            columns[column["name"]] = _unpacked(column).set_axis(index)
            continue
        cells = [
            None if planes is None else Study([_read_plane(path, p) for p in planes])
            for planes in column["visits"]
        ]
        columns[column["name"]] = as_column(cells, index)
    return pd.DataFrame(columns, index=index)


def _unpacked(column):
    """Build a plain column."""
    if column["dtype"] == "category":
        return pd.Series(
            pd.Categorical.from_codes(
                column["values"], column["categories"], ordered=column["ordered"]
            )
        )
    return pd.Series(column["values"], dtype=column["dtype"])


def _read_plane(path, packed):
    """Build a plane with handles to its arrays in the file."""
    given = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in packed.items()
        if name not in _HANDLES
    }
    given["tgc"] = tuple(map(tuple, packed["tgc"]))
    return Plane(
        ArrayRef.from_file(path, variable=packed["image"]),
        **given,
        **{name: _read_outline(path, packed[name]) for name in ("core", "roi")},
    )


def _read_outline(path, packed):
    """Build an outline."""
    if packed is None:
        return None
    if "parts" in packed:
        return unite([_read_outline(path, part) for part in packed["parts"]])
    if "vertices" in packed:
        return PolygonOutline(packed["vertices"])
    mask = ArrayRef.from_file(path, variable=packed["mask"])
    grid = {k: v if k == "unit" else tuple(v) for k, v in packed["grid"].items()}
    return MaskOutline(mask, Grid(mask.shape, **grid))
