"""Columns that belong to patients, from the table of planes and a second one."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

import numpy as np
import pandas as pd

from sknac.cohort._table_errors import Faults, naming
from sknac.cohort._table_names import (
    PLANE_COLUMNS,
    check_patients,
    listed,
    nearest,
    wrong_cell,
)
from sknac.cohort._table_read import COMMA, Rows, check_header, read_rows
from sknac.exceptions import CohortError
from sknac.utils._warnings import warn_user


def clinical_columns(rows: Rows, clinical=None) -> pd.DataFrame:
    """Gather the columns that belong to patients, one row each."""
    with naming(rows.name):
        cohort = _own_columns(rows)
    if clinical is not None:
        is_file = isinstance(clinical, str | os.PathLike)
        with naming(Path(clinical).name if is_file else None):
            second = _second_table(clinical, cohort)
            _check_no_visit(second)
        cohort = cohort.join(second)
    _tell_comma_texts(cohort)
    return cohort


def _own_columns(rows):
    """Take the clinical columns of the table of planes, which are one of a patient."""
    frame, faults = rows.frame, Faults()
    own = frame.drop(columns=[c for c in PLANE_COLUMNS if c in frame])
    patients, first = pd.factorize(frame["patient_id"])
    at_first = np.unique(patients, return_index=True)[1]
    for column in own:
        if not _is_plain(own[column], rows, faults):
            continue
        codes = pd.factorize(own[column], use_na_sentinel=False)[0]
        odd = np.unique(patients[codes != codes[at_first][patients]])
        n_several = int((np.bincount(patients) > 1).sum())
        if len(odd) > 2 and 2 * len(odd) > n_several:
            faults.note_fault(_of_planes(column, len(odd), n_several, first[odd[0]]))
            continue
        for patient in odd:
            faults.note_fault(
                f"patient {first[patient]}, column {column}: differs between the "
                "patient's planes; a clinical column must be constant for a patient"
            )
    faults.raise_found()
    _check_no_visit(own)
    cohort = own.assign(patient_id=frame["patient_id"]).drop_duplicates("patient_id")
    return cohort.set_index("patient_id")


def _of_planes(column, n_odd, n_several, first):
    """Say that a column is none of patients, once for all of them."""
    return (
        f"column {column}: differs between the planes of {n_odd} of {n_several} "
        f"patients with several, the first is {first}, and so tells planes apart; "
        "leave it out, or name it plane ({plane} in the pattern of a folder)"
    )


def _check_no_visit(table):
    """Refuse a clinical column that is named as visits are."""
    for column in table:
        if str(column).startswith("us_"):
            raise CohortError(
                f"clinical column {column}: us_ is for visits; give it another name"
            )


def _is_plain(values, rows, faults):
    """Tell whether a column holds single values that a page can show; note if not."""
    if values.dtype.kind in "biufMm":
        return True
    cells = values.tolist()
    odd = [cell for cell in cells if not pd.api.types.is_scalar(cell)]
    if odd:
        faults.note_fault(
            f"column {values.name} must hold numbers, text or dates to be clinical, "
            f"got {type(odd[0]).__name__}"
        )
        return False
    found = len(faults.found)
    for number, cell in enumerate(cells):
        if isinstance(cell, str) and (odd := wrong_cell(cell)):
            place = f"{rows.where(number)}, column {values.name}"
            faults.note_fault(f"{place}: {odd[0]}; {odd[1]}")
    return len(faults.found) == found


def _tell_comma_texts(cohort):
    """Warn of numbers with decimal commas that were read as texts."""
    for name in cohort:
        texts = [value for value in cohort[name].dropna() if isinstance(value, str)]
        if texts and all(COMMA.fullmatch(text.strip()) for text in texts):
            warn_user(
                f"column {name} holds text such as {texts[0]!r}, numbers with a "
                'decimal comma; read the table with decimal=",", or give its file'
            )


def _second_table(clinical, cohort):
    """Read the clinical table and check that it fits the patients."""
    table = _by_patient(clinical)
    faults = Faults()
    lost = cohort.index[~cohort.index.isin(table.index)]
    if len(lost) and (mend := _mend_of_kinds(cohort.index, table.index)):
        n = f" ({len(lost)} such patients)" if len(lost) > 1 else ""
        raise CohortError(f"clinical table: patient {lost[0]} has no row{n}; {mend}")
    for patient in lost:
        mend = _mend_of_lost(patient, table.index)
        faults.note_fault(f"clinical table: patient {patient} has no row; {mend}")
    faults.raise_found()
    unseen = table.index[~table.index.isin(cohort.index)]
    if len(unseen):
        warn_user(
            f"{len(unseen)} of the clinical table's {len(table)} patients have no "
            f"plane and are left out; the first is {unseen[0]}"
        )
    both = cohort.columns.intersection(table.columns)
    if len(both):
        raise CohortError(f"column {both[0]} is in both tables; keep it in one")
    return table


def _by_patient(clinical):
    """Read the clinical table, indexed by patients who have one row each."""
    if isinstance(clinical, pd.DataFrame) and "patient_id" not in clinical:
        table = clinical  # its index names the patients
        check_header("the clinical table", list(table.columns))
        rows = Rows(table, None, None, Path())
        names = pd.Series(table.index.to_flat_index())
    else:
        rows = read_rows(clinical)
        if "patient_id" not in rows.frame:
            raise CohortError(
                "the clinical table has no column patient_id; it has "
                f"{listed(rows.frame.columns)}"
            )
        table, names = None, rows.frame["patient_id"]
    faults = Faults()
    check_patients(names.dropna(), rows, faults)
    for column in rows.frame:
        if column != "patient_id":
            _is_plain(rows.frame[column], rows, faults)
    faults.raise_found()
    table = rows.frame.set_index("patient_id") if table is None else table
    if not table.index.is_unique:
        twice = table.index[table.index.duplicated()][0]
        raise CohortError(
            f"clinical table: patient {twice} has more than one row; keep one"
        )
    return table


def _mend_of_kinds(planes, clinical):
    """Say what parts the ids of two tables as a whole, or None: kind, lost zeros."""
    kinds = [
        sorted({type(name).__name__ for name in index.tolist()})
        for index in (planes, clinical)
    ]
    width = _lost_width(planes, clinical)
    if kinds[0] == kinds[1]:
        if width is None or (~planes.isin(clinical)).sum() <= 2:
            return None
        return f"its ids have lost leading zeros: write them (.str.zfill({width}))"
    return (
        f"patient_id is {' and '.join(kinds[0])} in the table of planes but "
        f"{' and '.join(kinds[1])} in the clinical table: read both as text "
        '(dtype={"patient_id": str})'
        + (f", with leading zeros (.str.zfill({width}))" if width else "")
    )


def _lost_width(planes, clinical):
    """Length of the planes' ids where others lack their leading zeros, or None."""
    names, others = ([str(name) for name in ids] for ids in (planes, clinical))
    widths = {len(name) for name in names}
    if len(widths) != 1 or not all(name.isdigit() for name in names):
        return None
    width, lost = widths.pop(), set(names) - set(others)
    return width if lost & {other.zfill(width) for other in others} else None


def _mend_of_lost(patient, clinical):
    """Say why a patient of the planes is not found in the clinical table."""
    near = nearest(patient, clinical)
    if near is not None:
        return f"it has {near!r}, which is nearly {patient!r}: write both alike"
    return "add it, or leave out the planes"
