"""A CSV with one row per plane becomes a cohort frame."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import warnings
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from sknac.cohort._handles import ArrayRef
from sknac.cohort._records import Plane, Study
from sknac.cohort._table_outlines import read_outline, take_number
from sknac.cohort.planes import as_column
from sknac.exceptions import CohortError, SknacFormatError
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
            (n, 2)) or a mask (image or 2-D ``.npy``). Units are ``px_bmode``
            (B-mode and RF rows), ``samples`` (the pixels of an RF or maps row's
            own array) or ``mm``; a mask cannot be in mm.
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
        If a value is missing or contradictory, naming row and column, or a file
        and frame is listed twice at one visit of a patient.
    SknacFormatError
        If a file is damaged.

    Warns
    -----
    UserWarning
        If the clinical table has patients without a plane; they are left out.

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
    _check_columns(table, rows)
    planes = [_plane(place, row, base) for place, row in _places(table, rows)]
    _check_listed_once(table, rows, planes)
    cohort = _clinical_columns(rows, clinical)
    for visit in _visits(rows):
        studies = {}
        for patient, at, plane in zip(
            rows["patient_id"], rows["visit"], planes, strict=True
        ):
            if at == visit:
                studies.setdefault(patient, []).append(plane)
        cells = [_study(patient, visit, studies) for patient in cohort.index]
        cohort[f"us_{visit}"] = as_column(cells, cohort.index)
    return cohort


def _study(patient, visit, studies):
    """Gather a patient's planes at a visit, or None where there are none."""
    if patient not in studies:
        return None
    with _named(f"patient {patient}, visit {visit}", "kind"):
        return Study(studies[patient])


def _read_table(table, root):
    """Read the table and settle where its relative paths start."""
    if isinstance(table, pd.DataFrame):
        return table.reset_index(drop=True), Path(root or ".")
    texts = ("patient_id", "visit", "path", "kind", "outline", "reference")
    types = dict.fromkeys(texts, str)
    rows = pd.read_csv(table, dtype=types)
    return rows, Path(root) if root is not None else Path(table).parent


def _places(table, rows):
    """Pair each row with the words that name it in an error."""
    for number, row in rows.iterrows():
        where = _where(table, number)
        yield f"{where} (patient {row['patient_id']})", row.dropna()


def _where(table, number):
    """Name a row as the user finds it: by position, or by line of the file."""
    if isinstance(table, pd.DataFrame):
        return f"row {number}"
    return f"{Path(table).name} line {number + 2}"


def _check_columns(table, rows):
    """Refuse a table that lacks a required column or a value in it."""
    for column in _REQUIRED:
        if column not in rows:
            raise CohortError(
                f"the table has no column {column}; it needs {', '.join(_REQUIRED)}"
            )
        empty = rows.index[rows[column].isna()]
        if len(empty):
            where = _where(table, empty[0])
            raise CohortError(
                f"{where}, column {column}: the value is missing; fill it in"
            )
    prefixed = rows.index[rows["visit"].astype(str).str.startswith("us_")]
    if len(prefixed):
        visit = rows["visit"][prefixed[0]]
        raise CohortError(
            f"{_where(table, prefixed[0])}, column visit: {visit!r} would become "
            f"us_{visit}; write {str(visit).removeprefix('us_')!r}"
        )
    if len(rows) == 0:
        raise CohortError("the table has no row; list a plane in each")


def _check_listed_once(table, rows, planes):
    """Refuse a file and frame that a visit lists twice: it would count double."""
    seen = {}
    for number, plane in zip(rows.index, planes, strict=True):
        row, image = rows.loc[number], plane.image
        frame = 0 if image.frame is None and plane.kind != "maps" else image.frame
        visit = row["patient_id"], row["visit"]
        first = seen.setdefault((*visit, os.path.realpath(image.path), frame), number)
        if first != number:
            raise CohortError(
                f"{_where(table, first)} and {_where(table, number)} (patient "
                f"{visit[0]}, visit {visit[1]}), column path: both list "
                f"{row['path']}{'' if image.frame is None else f', frame {frame}'}; "
                "keep one of them"
            )


def _visits(rows):
    """List the visits: pre, post2, post4, then others as they appear."""
    visits = rows["visit"].drop_duplicates().tolist()
    return sorted(visits, key=lambda visit: _VISIT_ORDER.get(visit, 3))


@contextmanager
def _named(place, column):
    """Raise errors again with their row, and their column unless they say it."""
    try:
        yield
    except SknacFormatError as error:
        cause = f"{error.cause} ({place}, column {column})"
        raise SknacFormatError(error.path, cause) from error
    except (ValueError, FileNotFoundError) as error:
        said = str(error)
        if not said.startswith("column "):
            said = f"column {column}: {said}"
        raise CohortError(f"{place}, {said}") from error


def _plane(place, row, base):
    """Build the plane of one row; errors name the row and the column."""
    builders = {"rf": _rf_plane, "bmode": _image_plane, "maps": _image_plane}
    with _named(place, "kind"):
        if row["kind"] not in builders:
            raise ValueError(f"the kind must be rf, bmode or maps, got {row['kind']!r}")
    with _named(place, "path"):
        info = read_info(os.path.abspath(base / str(row["path"])))
        image = ArrayRef.from_info(info, _frame(row, info))
    with _named(place, "kind"):
        plane = builders[row["kind"]](row, image, info)
        plane = plane.replace(
            focus_mm=take_number(row, "focus_mm"), reference=row.get("reference")
        )
    with _named(place, "outline"):
        return plane.replace(core=read_outline(row, plane.grid, base))


def _frame(row, info):
    """Read the number of a row's frame."""
    name, n_frames = Path(info.path).name, info.n_frames
    frame = take_number(row, "frame")
    if frame is None and n_frames > 1 and info.format == "ultrasonix":
        raise ValueError(
            f"column frame: the value is missing; name one of {name}'s {n_frames}"
        )
    if frame is not None and not (frame.is_integer() and 0 <= frame < n_frames):
        raise ValueError(
            f"column frame: the value must be 0 to {n_frames - 1} in {name}, got "
            f"{frame:g}"
        )
    return None if frame is None else int(frame)


def _rf_plane(row, image, info):
    """Build an RF plane; its sampling frequency may come from the header."""
    stated = take_number(row, "fs_mhz", positive=True)
    header = info.fs_mhz
    if stated and header and abs(stated - header) > _FS_TOLERANCE_MHZ:
        raise ValueError(
            f"column fs_mhz: {stated} MHz contradicts the file's header, "
            f"{header} MHz; correct one of them"
        )
    if (stated or header) is None:
        raise ValueError(
            "column fs_mhz: the value is missing and not in the file; give it"
        )
    if "line_pitch_mm" not in row:
        raise ValueError(
            "column line_pitch_mm: the value is missing and RF files do not have it; "
            "the probe's data sheet does"
        )
    return Plane.from_rf(
        image,
        fs_mhz=stated or header,
        line_pitch_mm=take_number(row, "line_pitch_mm", positive=True),
        start_depth_mm=take_number(row, "start_depth_mm", 0.0),
        speed_of_sound=take_number(row, "speed_of_sound", 1540.0, positive=True),
    )


def _image_plane(row, image, _):
    """Build a B-mode or maps plane; its spacing may be unknown."""
    axial, lateral = (
        take_number(row, f"spacing_{side}_mm", positive=True)
        for side in ("axial", "lateral")
    )
    if (axial is None) != (lateral is None):
        missing = "axial" if axial is None else "lateral"
        raise ValueError(
            f"column spacing_{missing}_mm: the value is missing; give both or neither"
        )
    channels = tuple(str(row["channels"]).split(";")) if "channels" in row else ()
    if row["kind"] == "maps" and image.ndim == 3 and len(channels) != image.shape[0]:
        raise ValueError(
            f"column channels: {len(channels)} names for {image.shape[0]} maps; "
            "separate them by semicolons"
        )
    return Plane(
        image,
        row["kind"],
        spacing_mm=None if axial is None else (axial, lateral),
        origin_mm=(take_number(row, "start_depth_mm", 0.0), 0.0),
        channels=channels,
    )


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
    if clinical is not None:
        cohort = cohort.join(_second_table(clinical, cohort))
    for column in cohort:
        if str(column).startswith("us_"):
            raise CohortError(
                f"clinical column {column}: us_ is for visits; give it another name"
            )
    return cohort


def _second_table(clinical, cohort):
    """Read the clinical table and check that it fits the patients."""
    if not isinstance(clinical, pd.DataFrame):
        clinical = pd.read_csv(clinical, dtype={"patient_id": str})
    if "patient_id" in clinical:
        clinical = clinical.set_index("patient_id")
    if not clinical.index.is_unique:
        twice = clinical.index[clinical.index.duplicated()][0]
        raise CohortError(
            f"clinical table: patient {twice} has more than one row; keep one"
        )
    lost = cohort.index[~cohort.index.isin(clinical.index)]
    if len(lost):
        raise CohortError(
            f"clinical table: patient {lost[0]} has no row; "
            + _other_type(cohort.index, clinical.index)
        )
    unseen = clinical.index[~clinical.index.isin(cohort.index)]
    if len(unseen):
        warnings.warn(
            f"{len(unseen)} of the clinical table's {len(clinical)} patients have no "
            f"plane and are left out; the first is {unseen[0]}",
            UserWarning,
            stacklevel=4,
        )
    both = cohort.columns.intersection(clinical.columns)
    if len(both):
        raise CohortError(f"column {both[0]} is in both tables; keep it in one")
    return clinical


def _other_type(planes, clinical):
    """Say so where patients are numbers in one table and texts in the other."""
    kinds = [
        sorted({type(patient).__name__ for patient in index.tolist()})
        for index in (planes, clinical)
    ]
    if kinds[0] == kinds[1]:
        return "add it, or leave out the planes"
    return (
        f"patient_id is {' and '.join(kinds[0])} in the table of planes but "
        f"{' and '.join(kinds[1])} in the clinical table: read both as text "
        '(dtype={"patient_id": str})'
    )
