"""Columns that belong to patients, from the table of planes and a second one."""

# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd

from sknac.cohort._table_names import PLANE_COLUMNS, check_patients, nearest
from sknac.cohort._table_read import COMMA, Rows, read_rows
from sknac.exceptions import CohortError
from sknac.utils._warnings import warn_user


def clinical_columns(rows: Rows, clinical=None) -> pd.DataFrame:
    """Gather the columns that belong to patients, one row each."""
    frame = rows.frame
    own = frame.drop(columns=[c for c in PLANE_COLUMNS if c in frame])
    for column in own:
        try:
            values = own[column].groupby(frame["patient_id"]).nunique(dropna=False)
        except TypeError as error:  # of what cannot be compared
            raise CohortError(
                f"column {column} must hold numbers, text or dates to be clinical, got "
                f"{type(own[column].iloc[0]).__name__}"
            ) from error
        different = values > 1
        if different.any():
            raise CohortError(
                f"patient {different.idxmax()}, column {column}: differs between the "
                "patient's planes; a clinical column must be constant for a patient"
            )
    cohort = own.assign(patient_id=frame["patient_id"]).drop_duplicates("patient_id")
    cohort = cohort.set_index("patient_id")
    if clinical is not None:
        cohort = cohort.join(_second_table(clinical, cohort))
    _tell_comma_texts(cohort)
    for column in cohort:
        if str(column).startswith("us_"):
            raise CohortError(
                f"clinical column {column}: us_ is for visits; give it another name"
            )
    return cohort


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
    lost = cohort.index[~cohort.index.isin(table.index)]
    if len(lost):
        raise CohortError(
            f"clinical table: patient {lost[0]} has no row; "
            + _mend_of_lost(lost[0], cohort.index, table.index)
        )
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
        if not table.columns.is_unique:
            twice = table.columns[table.columns.duplicated()][0]
            raise CohortError(f"the clinical table has two columns {twice}; keep one")
    else:
        rows = read_rows(clinical)
        if "patient_id" not in rows.frame:
            raise CohortError(
                "the clinical table has no column patient_id; it has "
                f"{', '.join(map(str, rows.frame.columns))}"
            )
        check_patients(rows.frame["patient_id"].dropna(), rows)
        table = rows.frame.set_index("patient_id")
    if not table.index.is_unique:
        twice = table.index[table.index.duplicated()][0]
        raise CohortError(
            f"clinical table: patient {twice} has more than one row; keep one"
        )
    return table


def _mend_of_lost(patient, planes, clinical):
    """Say why a patient of the planes is not found in the clinical table."""
    kinds = [
        sorted({type(name).__name__ for name in index.tolist()})
        for index in (planes, clinical)
    ]
    if kinds[0] != kinds[1]:
        return (
            f"patient_id is {' and '.join(kinds[0])} in the table of planes but "
            f"{' and '.join(kinds[1])} in the clinical table: read both as text "
            '(dtype={"patient_id": str})'
        )
    near = nearest(patient, clinical)
    if near is not None:
        return f"it has {near!r}, which is nearly {patient!r}: write both alike"
    return "add it, or leave out the planes"
