"""A CSV with one row per plane becomes a cohort frame."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

import pandas as pd

from sknac.cohort._frame import as_column
from sknac.cohort._handles import ArrayRef
from sknac.cohort._records import Plane, Study
from sknac.cohort._table_outlines import read_outline
from sknac.exceptions import CohortError
from sknac.io import read_info

_REQUIRED = ("patient_id", "visit", "path", "kind")
_PLANE_COLUMNS = (
    *_REQUIRED,
    "frame",
    "fs_mhz",
    "line_pitch_mm",
    "start_depth_mm",
    "speed_of_sound",
    "focus_mm",
    "spacing_axial_mm",
    "spacing_lateral_mm",
    "channels",
    "outline",
    "outline_units",
    "outline_row0",
    "outline_column0",
    "reference",
)
_VISIT_ORDER = {"pre": 0, "post2": 1, "post4": 2}
_FS_TOLERANCE_MHZ = 1e-6


def cohort_from_table(
    table: str | os.PathLike | pd.DataFrame,
    *,
    clinical: str | os.PathLike | pd.DataFrame | None = None,
    root: str | os.PathLike | None = None,
) -> pd.DataFrame:
    """Build a cohort frame from a table with one row per plane.

    Parameters
    ----------
    table : str, path-like or DataFrame
        CSV file or frame with the columns

        ``patient_id``, ``visit``, ``path``, ``kind``
            Required. Visits become columns ``us_<visit>``; kind is ``rf``,
            ``bmode`` or ``maps``.
        ``frame``
            Frame number where a file holds several.
        ``fs_mhz``, ``line_pitch_mm``, ``start_depth_mm``, ``speed_of_sound``
            For RF. Pitch is required; the sampling frequency is taken from the
            file's header where the column is empty and must agree with it where
            it is not; the others default to 0 mm and 1540 m/s.
        ``spacing_axial_mm``, ``spacing_lateral_mm``
            Pixel size of a B-mode image or of maps; both or neither. For RF rows
            it is the pixel size of the B-mode image on which the outline was
            drawn.
        ``outline``, ``outline_units``
            File with the tumour core: a polygon (``.csv`` with columns
            ``row, column``, or ``axial, lateral`` for mm; ``.npy`` of shape
            (n, 2)) or a mask (image or 2-D ``.npy``). Units are ``px_bmode``,
            ``samples`` or ``mm``; a mask cannot be in mm.
        ``outline_row0``, ``outline_column0``
            For RF with ``px_bmode``: the B-mode pixel that shows the first
            sample of the first line; default 0.
        ``focus_mm``, ``reference``, ``channels``
            Depth of focus; name of the reference acquisition; names of the maps,
            separated by semicolons.

        Any other column is clinical and must be constant for a patient.
    clinical : str, path-like or DataFrame, optional
        A second table with one row per patient and a column ``patient_id``.
    root : str or path-like, optional
        Folder that relative paths start from; by default the CSV's folder, or
        the current one.

    Returns
    -------
    DataFrame of shape (n_patients, n_columns)
        The cohort frame, patients in the order of their first row.

    Raises
    ------
    CohortError
        If a value is missing or contradictory, naming row and column.
    SknacFormatError
        If a file is damaged.

    Notes
    -----
    Every file is hashed once, so a file that changes later is noticed. Geometry
    is never guessed: an RF file without its line pitch is an error.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np, pandas as pd
    >>> from sknac.cohort import cohort_from_table
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> np.save(folder / "a.npy", np.zeros((64, 48), dtype="uint8"))
    >>> table = pd.DataFrame({
    ...     "patient_id": ["P1"], "visit": ["pre"], "path": ["a.npy"],
    ...     "kind": ["bmode"], "response": ["non-response"]})
    >>> cohort_from_table(table, root=folder).loc["P1"].tolist()
    ['non-response', Study(1 bmode plane)]
    """
    rows, base = _read_table(table, root)
    _check_columns(rows)
    planes = [_plane(place, row, base) for place, row in _places(table, rows)]
    cohort = _clinical_columns(rows, clinical)
    for visit in _visits(rows):
        studies = {}
        for patient, at, plane in zip(
            rows["patient_id"], rows["visit"], planes, strict=True
        ):
            if at == visit:
                studies.setdefault(patient, []).append(plane)
        cells = [Study(studies[p]) if p in studies else None for p in cohort.index]
        cohort[f"us_{visit}"] = as_column(cells, cohort.index)
    return cohort


def _read_table(table, root):
    """Read the table and settle where its relative paths start."""
    if isinstance(table, pd.DataFrame):
        return table.reset_index(drop=True), Path(root or ".")
    types = {"patient_id": str, "visit": str, "reference": str}
    rows = pd.read_csv(table, dtype=types)
    return rows, Path(root) if root is not None else Path(table).parent


def _places(table, rows):
    """Pair each row with the words that name it in an error."""
    for number, (_, row) in enumerate(rows.iterrows()):
        if isinstance(table, pd.DataFrame):
            where = f"row {number}"
        else:
            where = f"{Path(table).name} line {number + 2}"
        yield f"{where} (patient {row['patient_id']})", row.dropna()


def _check_columns(rows):
    """Refuse a table that lacks a required column or a value in it."""
    for column in _REQUIRED:
        if column not in rows:
            raise CohortError(
                f"the table has no column {column}; it needs {', '.join(_REQUIRED)}"
            )
        empty = rows.index[rows[column].isna()]
        if len(empty):
            raise CohortError(f"row {empty[0]}, column {column}: the value is missing")
    if len(rows) == 0:
        raise CohortError("the table has no row")


def _visits(rows):
    """List the visits: pre, post2, post4, then others as they appear."""
    visits = rows["visit"].drop_duplicates().tolist()
    return sorted(visits, key=lambda visit: _VISIT_ORDER.get(visit, 3))


def _plane(place, row, base):
    """Build the plane of one row; errors name the row."""
    try:
        frame = _number(row, "frame")
        image = ArrayRef.from_file(
            base / row["path"], None if frame is None else int(frame)
        )
        builders = {"rf": _rf_plane, "bmode": _image_plane, "maps": _image_plane}
        if row["kind"] not in builders:
            raise ValueError(f"column kind: {row['kind']!r} is not rf, bmode or maps")
        plane = builders[row["kind"]](row, image)
        return plane.replace(
            core=read_outline(row, plane.grid, base),
            focus_mm=_number(row, "focus_mm"),
            reference=row.get("reference"),
        )
    except FileNotFoundError as error:
        raise CohortError(f"{place}, column path: {error}") from error
    except ValueError as error:
        raise CohortError(f"{place}, {error}") from error


def _rf_plane(row, image):
    """Build an RF plane; its sampling frequency may come from the header."""
    stated, header = _number(row, "fs_mhz"), read_info(image.path).fs_mhz
    if stated and header and abs(stated - header) > _FS_TOLERANCE_MHZ:
        raise ValueError(
            f"column fs_mhz: {stated} MHz contradicts the file's header, "
            f"{header} MHz; correct one of them"
        )
    if (stated or header) is None:
        raise ValueError("column fs_mhz: the value is missing and not in the file")
    if "line_pitch_mm" not in row:
        raise ValueError(
            "column line_pitch_mm: the value is missing and RF files do not have it; "
            "the probe's data sheet does"
        )
    return Plane.from_rf(
        image,
        fs_mhz=stated or header,
        line_pitch_mm=_number(row, "line_pitch_mm"),
        start_depth_mm=_number(row, "start_depth_mm", 0.0),
        speed_of_sound=_number(row, "speed_of_sound", 1540.0),
    )


def _image_plane(row, image):
    """Build a B-mode or maps plane; its spacing may be unknown."""
    axial, lateral = (_number(row, f"spacing_{d}_mm") for d in ("axial", "lateral"))
    if (axial is None) != (lateral is None):
        missing = "axial" if axial is None else "lateral"
        raise ValueError(
            f"column spacing_{missing}_mm: the value is missing, the other is given"
        )
    return Plane(
        image,
        row["kind"],
        spacing_mm=None if axial is None else (axial, lateral),
        origin_mm=(_number(row, "start_depth_mm", 0.0), 0.0),
        channels=tuple(row["channels"].split(";")) if "channels" in row else (),
    )


def _number(row, column, default=None):
    """Take a number from a row whose empty values were dropped."""
    if column not in row:
        return default
    try:
        return float(row[column])
    except ValueError:
        raise ValueError(f"column {column}: {row[column]!r} is not a number") from None


def _clinical_columns(rows, clinical):
    """Gather the columns that belong to patients, one row each."""
    own = rows.drop(columns=[c for c in _PLANE_COLUMNS if c in rows])
    for column in own:
        different = own[column].groupby(rows["patient_id"]).nunique(dropna=False) > 1
        if different.any():
            raise CohortError(
                f"patient {different.idxmax()}, column {column}: differs between the "
                "patient's planes; a clinical column must be constant for a patient"
            )
    cohort = own.assign(patient_id=rows["patient_id"]).drop_duplicates("patient_id")
    cohort = cohort.set_index("patient_id")
    if clinical is None:
        return cohort
    return cohort.join(_second_table(clinical, cohort))


def _second_table(clinical, cohort):
    """Read the clinical table and check that it fits the patients."""
    if not isinstance(clinical, pd.DataFrame):
        clinical = pd.read_csv(clinical, dtype={"patient_id": str})
    if "patient_id" in clinical:
        clinical = clinical.set_index("patient_id")
    if not clinical.index.is_unique:
        twice = clinical.index[clinical.index.duplicated()][0]
        raise CohortError(f"clinical table: patient {twice} has more than one row")
    lost = cohort.index.difference(clinical.index)
    if len(lost):
        raise CohortError(f"clinical table: patient {lost[0]} has no row")
    both = cohort.columns.intersection(clinical.columns)
    if len(both):
        raise CohortError(f"column {both[0]} is in both tables; keep it in one")
    return clinical
