"""I-SPY 1: tumour sizes at four times of neoadjuvant chemotherapy; no images."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

import pandas as pd
from sklearn.utils import Bunch

from sknac.datasets._public import (
    PublicSet,
    codes,
    left_out_table,
    numbers,
    read_set_table,
)
from sknac.exceptions import SknacFormatError

_SET = PublicSet(
    name="I-SPY 1 (ACRIN 6657), clinical data",
    holds="a table with one row a patient and the columns SUBJECTID, age, ERpos, "
    "PgRpos, HR Pos, Her2MostPos, 'MRI LD Baseline', 'MRI LD 1-3dAC', 'MRI LD "
    "InterReg', 'MRI LD PreSurg', RFS, rfs_ind, PCR and RCBClass",
    doi="10.7937/K9/TCIA.2016.HdHpgJLK",
    licence="as stated at doi:10.7937/K9/TCIA.2016.HdHpgJLK",
    citation="Newitt D, Hylton N. Multi-center breast DCE-MRI data and segmentations "
    "from patients in the I-SPY 1/ACRIN 6657 trials. The Cancer Imaging Archive, 2016. "
    "doi:10.7937/K9/TCIA.2016.HdHpgJLK",
)
# Column of the file -> (our name, lowest and highest value).
_SIZES = {
    "MRI LD Baseline": "ld_baseline_mm",
    "MRI LD 1-3dAC": "ld_early_mm",
    "MRI LD InterReg": "ld_inter_regimen_mm",
    "MRI LD PreSurg": "ld_presurgery_mm",
}
_FLAGS = {"ERpos": "er", "PgRpos": "pr", "HR Pos": "hr", "Her2MostPos": "her2"}
_OUTCOMES = {"PCR": (0, 1), "RCBClass": (0, 1, 2, 3), "rfs_ind": (0, 1)}
_LARGEST_MM = 250
# The trial took tumours of 3 cm and more: a median below this is not in mm.
_LEAST_MEDIAN_MM = 15
_PCR, _NO_PCR = "pCR", "no pCR"
_DESCR = """\
{n_read} patients of a trial of neoadjuvant chemotherapy; {n_patients} of them have a
recorded pathologic response ({n_pcr} pCR) and are in X and y, the others in `table` and
`left_out`. No images.

Longest diameter on MRI in mm at four times: before chemotherapy, 1 to 3 days after its
first cycle, between the regimens (anthracycline and taxane), and before surgery. A
blank is missing; 0 is a tumour no longer seen. Recurrence-free survival in days from
the start of chemotherapy; an event is a progression or death. RCB is the class of
residual cancer burden. Outcomes are not in X.
"""


def load_ispy1(csv: str | os.PathLike) -> Bunch:
    """Load the clinical data of I-SPY 1, sizes and outcome of chemotherapy.

    Parameters
    ----------
    csv : str or path-like
        The table, one row a patient, as ``.csv`` or ``.xlsx``.

    Returns
    -------
    Bunch
        `X` : DataFrame of shape (n_patients, 9)
            Index "1001" and so on: `age` (years), `er`, `pr`, `hr`, `her2` (0, 1 or
            missing), and the longest diameter on MRI in mm, `ld_baseline_mm`,
            `ld_early_mm`, `ld_inter_regimen_mm`, `ld_presurgery_mm`.
        `y` : Series of shape (n_patients,)
            "pCR" or "no pCR".
        `target_names`, `pos_label` : list of str, str
            Both classes; "pCR".
        `survival` : DataFrame of shape (n_patients, 2)
            Recurrence-free survival: `time_days` and `event`.
        `rcb` : Series of shape (n_patients,)
            Class of residual cancer burden, 0 to 3 or missing.
        `clinical` : list of str
            Columns of X.
        `table` : DataFrame of shape (n_read, n_columns)
            The file's own columns, of all patients, with `patient_id` as index.
        `left_out` : DataFrame of shape (n_left_out, 2)
            `name` and `why`: patients without a recorded pathologic response.
        `licence`, `citation`, `doi`, `DESCR` : str
            Terms, what to cite, and what was read, in words.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    SknacFormatError
        If the table is not that of the set, lists a patient twice, or sizes are not mm.

    Notes
    -----
    Columns are described at doi:10.7937/K9/TCIA.2016.HdHpgJLK.

    References
    ----------
    Newitt D, Hylton N. Multi-center breast DCE-MRI data and segmentations from patients
    in the I-SPY 1/ACRIN 6657 trials. The Cancer Imaging Archive, 2016.

    Examples
    --------
    >>> from sknac.datasets import load_ispy1
    >>> load_ispy1("nowhere.csv")
    Traceback (most recent call last):
    ...
    FileNotFoundError: nowhere.csv: no such file; I-SPY 1 (ACRIN 6657), clinical ...
    """
    path = Path(csv)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; {_SET.described}")
    columns = ("SUBJECTID", "age", *_FLAGS, *_SIZES, *_OUTCOMES, "RFS")
    table = _read(path, columns)
    outcome = {
        column: codes(path, table, column, legal) for column, legal in _OUTCOMES.items()
    }
    known = outcome["PCR"].notna()
    X = _predictors(path, table)[known]
    y = outcome["PCR"][known].map({1.0: _PCR, 0.0: _NO_PCR}).rename("label")
    days = numbers(path, table, "RFS", 0, 9999, hint="survival is in days")
    event = outcome["rfs_ind"].map({1.0: True, 0.0: False})
    survival = pd.DataFrame({"time_days": days, "event": event})[known]
    return _SET.bunch(
        X=X,
        y=y,
        target_names=[_NO_PCR, _PCR],
        pos_label=_PCR,
        survival=survival,
        rcb=outcome["RCBClass"][known].rename("rcb"),
        clinical=list(X),
        table=table,
        left_out=left_out_table(
            [(name, "no pathologic response recorded") for name in table.index[~known]]
        ),
        descr=_DESCR.format(
            n_read=len(table), n_patients=len(X), n_pcr=(y == _PCR).sum()
        ),
    )


def _read(path, columns):
    """Read the table, patients as its index."""
    table = read_set_table(path, _SET, columns, texts=("SUBJECTID",))
    names = table["SUBJECTID"].str.strip()
    wrong = table.index[names.isna() | names.duplicated()]
    if len(wrong):
        raise SknacFormatError(
            path,
            f"line {wrong[0] + 2}, column SUBJECTID: must be filled in and once in the "
            f"table, got {names[wrong[0]]!r}",
        )
    return table.set_index(pd.Index(names, name="patient_id")).drop(columns="SUBJECTID")


def _predictors(path, table):
    """Take what is known before surgery: age, receptors and sizes."""
    X = pd.DataFrame({"age": numbers(path, table, "age", 15, 110)})
    for column, name in _FLAGS.items():
        X[name] = codes(path, table, column, (0, 1))
    for column, name in _SIZES.items():
        X[name] = numbers(path, table, column, 0, _LARGEST_MM, hint="sizes are in mm")
    median = X["ld_baseline_mm"].median()
    if median < _LEAST_MEDIAN_MM:
        raise SknacFormatError(
            path,
            f"column 'MRI LD Baseline': half are below {median:g}; sizes must be in "
            "mm, these look like cm",
        )
    return X
