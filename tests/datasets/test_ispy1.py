"""The clinical data of I-SPY 1, from a table in its layout."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.datasets import load_ispy1
from sknac.exceptions import SknacFormatError

COLUMNS = [
    *("SUBJECTID", "age", "ERpos", "PgRpos", "HR Pos", "Her2MostPos"),
    *("MRI LD Baseline", "MRI LD 1-3dAC", "MRI LD InterReg", "MRI LD PreSurg"),
    *("RFS", "rfs_ind", "PCR", "RCBClass"),
]
ROWS = [
    ["1001", 38.7, 1, 0, 1, 0, 88, 78, 30, 14, 751, 1, 0, 2],
    ["1003", 49.8, None, 1, 1, 0, 50, None, 54, 0, 2387, 0, 1, None],
    ["1004", 48.3, 0, 0, 0, None, 91, 90, 99, 43, 2436, 0, None, None],
]


@pytest.fixture
def write(tmp_path):
    def save(rows=ROWS, columns=COLUMNS):
        path = tmp_path / "ispy1.csv"
        pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
        return path

    return save


def changed(row, column, value):
    rows = [list(each) for each in ROWS]
    rows[row][COLUMNS.index(column)] = value
    return rows


def test_sizes_receptors_and_response_are_read(write):
    made = load_ispy1(write())
    assert made.X.index.tolist() == ["1001", "1003"]
    assert made.X.loc["1001"].tolist() == [38.7, 1, 0, 1, 0, 88, 78, 30, 14]
    assert made.y.to_dict() == {"1001": "no pCR", "1003": "pCR"}
    assert made.target_names == ["no pCR", "pCR"]
    assert made.pos_label == "pCR"


def test_a_blank_is_missing_and_zero_a_size(write):
    row = load_ispy1(write()).X.loc["1003"]
    assert np.isnan(row["er"])
    assert np.isnan(row["ld_early_mm"])
    assert row["ld_presurgery_mm"] == 0


def test_patients_without_a_response_are_left_out_and_said(write):
    made = load_ispy1(write())
    assert made.left_out["name"].tolist() == ["1004"]
    assert made.table.index.tolist() == ["1001", "1003", "1004"]


def test_outcomes_travel_beside_X(write):
    made = load_ispy1(write())
    assert made.survival.to_dict("list") == {
        "time_days": [751, 2387],
        "event": [True, False],
    }
    assert made.survival["event"].dtype == bool
    assert made.rcb.iloc[0] == 2
    assert not {"RFS", "PCR", "RCBClass", "rcb"} & set(made.X)


def test_an_unknown_event_is_missing_not_false(write):
    event = load_ispy1(write(changed(1, "rfs_ind", None))).survival["event"]
    assert event.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("row", "column", "value", "said"),
    [
        (1, "PCR", 2, "patient 1003, column PCR: must be a number of 0 to 1"),
        (1, "PCR", 0.5, "patient 1003, column PCR: must be one of 0, 1"),
        (0, "ERpos", "pos", "patient 1001, column ERpos: must be a number"),
        (0, "RCBClass", 4, "column RCBClass: must be a number of 0 to 3"),
        (0, "MRI LD PreSurg", 880, "patient 1001, column MRI LD PreSurg.*in mm"),
        (0, "age", 387, "patient 1001, column age: must be a number of 15 to 110"),
        (0, "RFS", -751, "column RFS: must be a number of 0 to 9999"),
        (
            1,
            "SUBJECTID",
            "1001",
            "line 3, column SUBJECTID: must be filled in and once",
        ),
        (1, "SUBJECTID", None, "line 3, column SUBJECTID: must be filled in and once"),
    ],
)
def test_values_that_cannot_be_name_patient_and_column(write, row, column, value, said):
    with pytest.raises(SknacFormatError, match=said):
        load_ispy1(write(changed(row, column, value)))


def test_sizes_in_cm_are_refused(write):
    sizes = slice(COLUMNS.index("MRI LD Baseline"), COLUMNS.index("RFS"))
    rows = [list(each) for each in ROWS]
    for each in rows:
        each[sizes] = [size and size / 10 for size in each[sizes]]
    with pytest.raises(SknacFormatError, match="must be in mm, these look like cm"):
        load_ispy1(write(rows))


def test_a_table_without_a_column_says_what_it_must_have(write):
    columns = [name.replace("PCR", "pcr") for name in COLUMNS]
    with pytest.raises(SknacFormatError, match=r"no column 'PCR'.*I-SPY 1"):
        load_ispy1(write(columns=columns))
