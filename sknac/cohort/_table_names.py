"""Columns, patients and visits that are nearly named like others."""

# SPDX-License-Identifier: BSD-3-Clause

import datetime
import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from sknac.cohort._table_errors import Faults
from sknac.cohort._table_read import Rows
from sknac.exceptions import CohortError
from sknac.utils._names import LONGEST, brief, is_same, same_to_people, why_no_name
from sknac.utils._warnings import warn_user

REQUIRED = ("patient_id", "visit", "path")
NUMBERS = (
    *("frame", "fs_mhz", "line_pitch_mm", "start_depth_mm", "speed_of_sound"),
    *("focus_mm", "spacing_axial_mm", "spacing_lateral_mm", "transmit_mhz", "gain_db"),
    *("outline_row0", "outline_column0"),
)
# What `cohort_from_folder` writes for a person to look at.
SHOWN = ("plane", "size_px", "n_frames")
PLANE_COLUMNS = (
    *REQUIRED,
    *NUMBERS,
    *("kind", "variable", "probe", "channels", "reference"),
    *("outline", "outline_units", "outline_label"),
    *SHOWN,
)
# Other words for what a table says of a plane: a column that is named so would be
# geometry, or outlines, that nobody reads.
_OTHER_WORDS = {
    "spacing_axial_mm and spacing_lateral_mm": (
        *("spacing", "pixel_spacing", "pixelspacing", "pixel_size", "pixelsize"),
    ),
    "fs_mhz": (
        *("sampling_rate", "sampling_frequency", "sampling_freq"),
        *("sample_rate", "sample_frequency"),
    ),
    "line_pitch_mm": ("pitch", "line_spacing", "element_pitch"),
    "outline": (
        *("mask", "mask_path", "mask_file", "segmentation", "contour", "roi"),
        *("outline_path", "outline_file"),
    ),
}
_MEANT = {word: known for known, words in _OTHER_WORDS.items() for word in words}
_UNIT = re.compile(r"_(?:mm|cm|m|um|mhz|khz|hz|db|px|id)$")
_ALIKE = 0.85  # of difflib's ratio
MOST_CHARACTERS = 4096  # of a path, and of a note
_WRITTEN_BY_EXCEL = (
    (re.compile(r"\d+\.0"), "a number with a decimal"),
    (re.compile(r"\d[.,]\d+[eE]\+?\d+"), "a rounded number"),
    (re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\d)?"), "a date"),
)
# What spreadsheets write for 1-2 or 3.4: among other ids they were others once.
_MONTH = "(?:jan|feb|mar|mrz|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)"
_DATE_LIKE = re.compile(
    rf"\d{{1,2}}[-. ]{_MONTH}|{_MONTH}[-. ]\d{{2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}}",
    re.IGNORECASE,
)


def check_names(rows: Rows) -> None:
    """Refuse a table whose columns, patients or visits cannot be told apart for sure.

    Raises
    ------
    CohortError
        If a required column or a value in it is missing, a column or a name is nearly
        another, is what a spreadsheet makes of one, or holds signs that nobody sees.
    """
    frame = rows.frame
    _check_columns(frame)
    if len(frame) == 0:
        raise CohortError("the table has no row; list a plane in each")
    faults = Faults()
    for column in REQUIRED:
        for number in frame[column].isna().to_numpy().nonzero()[0]:
            faults.note_fault(
                f"{rows.where(number)}, column {column}: the value is missing; fill "
                "it in"
            )
    faults.raise_found()
    check_patients(frame["patient_id"], rows, faults)
    _check_visits(frame["visit"], rows, faults)
    _check_cells(frame, rows, faults)
    faults.raise_found()
    _check_lost_zeros(frame)


def _check_columns(frame):
    """Refuse a table without a required column, or with a misspelt one."""
    for column in frame:
        meant = _meant(column)
        if meant is not None:
            raise CohortError(
                f"the table has a column {column!r}, which is nearly {meant}; rename "
                f"it to {meant}, or to something else where it is clinical"
            )
    for column in REQUIRED:
        if column not in frame:
            raise CohortError(
                f"the table has no column {column}; it needs {', '.join(REQUIRED)} and "
                f"has {listed(frame.columns)}"
            )


def listed(names: Iterable[Any], most: int = 30) -> str:
    """List the first of many columns."""
    names = [str(name) for name in names]
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


_BARE = {_UNIT.sub("", known): known for known in PLANE_COLUMNS[::-1]}


def _meant(column):
    """Tell which column was probably meant, or None where the name is clear."""
    if not isinstance(column, str) or column in PLANE_COLUMNS:
        return None
    plain = re.sub(r"[\s\-.]+", "_", column.strip()).lower()
    if plain in PLANE_COLUMNS:
        return plain
    if (known := _BARE.get(_UNIT.sub("", plain))) and known not in SHOWN:
        return known
    if other := _MEANT.get(plain) or _MEANT.get(_UNIT.sub("", plain)):
        return other
    if same := _SAME.get(same_to_people(column)):
        return same
    close = get_close_matches(plain, PLANE_COLUMNS, 1, _ALIKE)
    return close[0] if close else None


_SAME = {same_to_people(known): known for known in PLANE_COLUMNS}


def check_patients(patients: pd.Series, rows: Rows, faults: Faults) -> None:
    """Note patients nearly named like others, or by what a spreadsheet made.

    The index of `patients` are the numbers of their rows.
    """
    for number, patient in patients.items():
        made = _made_by_spreadsheet(patient)
        if made:
            faults.note_fault(
                f"{rows.where(number)}, column patient_id: {patient!r} is {made}, as "
                "spreadsheets and pandas make of ids; read the column as text "
                '(dtype={"patient_id": str}) from a file that has them as they were'
            )
    dates = [n for n, p in patients.items() if _DATE_LIKE.fullmatch(str(p))]
    if 0 < len(dates) < len(patients):
        faults.note_fault(
            f"{rows.where(dates[0])}, column patient_id: {patients[dates[0]]!r} "
            "looks like the date that a spreadsheet makes of an id such as 1-2; read "
            "the column as text from a file that has the ids as they were"
        )
    if not faults.found:
        _check_alike(patients, "patient_id", rows, faults)


def _made_by_spreadsheet(name):
    """Tell what became of an id, or None where it is text or a whole number."""
    if isinstance(name, float):
        return "a number with a decimal"
    if isinstance(name, datetime.date | pd.Timestamp):
        return "a date"
    if isinstance(name, str):
        for pattern, made in _WRITTEN_BY_EXCEL:
            if pattern.fullmatch(name):
                return made
    return None


def _check_visits(visits, rows, faults):
    """Note visits nearly named like others, or with the prefix of their column."""
    for number, visit in visits.items():
        if isinstance(visit, float):
            faults.note_fault(
                f"{rows.where(number)}, column visit: a visit must be text or a whole "
                f"number, got {visit!r}"
            )
        elif isinstance(visit, str) and visit.startswith("us_"):
            faults.note_fault(
                f"{rows.where(number)}, column visit: {visit!r} would become "
                f"us_{visit}; write {visit.removeprefix('us_')!r}"
            )
    _check_alike(visits, "visit", rows, faults)


def _check_alike(names, column, rows, faults):
    """Note names that a person reads as one, odd ones, and blanks around a name."""
    seen = {}
    for number, name in names.items():
        if odd := _wrong_name(name):
            place = f"{rows.where(number)}, column {column}"
            faults.note_fault(f"{place}: {odd[0]}; {odd[1]}")
            continue
        first, where = seen.setdefault(same_to_people(name), (name, number))
        if not is_same(first, name):
            faults.note_fault(
                f"{rows.where(where)} and {rows.where(number)}, column {column}: "
                f"{first!r} and {name!r} are nearly one name; write both alike, or "
                "more different"
            )


def _wrong_name(name):
    """Say what is wrong with the name of a patient or visit, and the mend."""
    if isinstance(name, float):
        return None  # of which something else was said
    if isinstance(name, bool | np.bool) or not isinstance(name, str | Integral):
        return f"got {type(name).__name__}", "write text or a whole number"
    text = str(name)
    if not text.strip():
        return "the value is blank", "fill it in"
    if text != text.strip():
        return f"{brief(name)} has blanks around it", f"write {brief(text.strip())}"
    odd = why_no_name(name)
    return odd and (f"{brief(name)} {odd[0]}", odd[1])


def _check_cells(frame, rows, faults):
    """Note cells of what is said of planes that hold several things, or odd signs."""
    named = ("patient_id", "visit")  # of which the same was said
    for column in [name for name in frame if name in PLANE_COLUMNS]:
        if column in named or frame[column].dtype.kind in "biuf":
            continue
        for number, cell in enumerate(frame[column].tolist()):
            if odd := wrong_cell(cell):
                place = f"{rows.where(number)}, column {column}"
                faults.note_fault(f"{place}: {odd[0]}; {odd[1]}")


def wrong_cell(cell: Any) -> tuple[str, str] | None:
    """Say what is wrong with a cell, and the mend; None of one plain value."""
    if isinstance(cell, str):
        if len(cell) <= LONGEST and cell.isprintable():
            return None
        odd = why_no_name("".join(cell.split()), MOST_CHARACTERS, seen=False)
        return odd and (f"{brief(cell)} {odd[0]}", odd[1])
    if pd.api.types.is_scalar(cell) or isinstance(cell, os.PathLike):
        return None
    return f"got {type(cell).__name__}", "write text or a number"


def nearest(name: Any, names: Iterable[Any]) -> Any:
    """Find the name that a person may read as this one, or None."""
    key = same_to_people(name)
    return next((other for other in names if same_to_people(other) == key), None)


def _check_lost_zeros(frame):
    """Warn where numbers as ids have leading zeros in the names of their files."""
    if not pd.api.types.is_integer_dtype(frame["patient_id"]):
        return
    for patient, path in zip(frame["patient_id"], frame["path"], strict=True):
        written = re.findall(r"\d+", str(path))
        longer = [text for text in written if text[0] == "0" and int(text) == patient]
        if longer and patient and str(patient) not in written:
            warn_user(
                f"patient {patient} is a number and its file {path} says {longer[0]}: "
                "leading zeros are lost where ids are read as numbers; read them as "
                'text (dtype={"patient_id": str})'
            )
            return
