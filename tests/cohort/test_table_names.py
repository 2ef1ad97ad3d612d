"""Names that a person, or a spreadsheet, takes for others."""

# SPDX-License-Identifier: BSD-3-Clause

import re

import numpy as np
import pandas as pd
import pytest

from sknac.cohort._table_names import check_names, same_to_people
from sknac.cohort._table_read import Rows
from sknac.exceptions import CohortError

ROW = {"patient_id": "P1", "visit": "pre", "path": "a.png", "kind": "bmode"}


def check(*changes):
    """Check a table of rows that differ from the good one."""
    frame = pd.DataFrame([ROW | change for change in changes])
    check_names(Rows(frame, None, None, None))


def test_a_good_table_passes():
    check({}, {"visit": "post2", "grade": 2, "birads": "4a", "height": 170})
    check({"patient_id": 1}, {"patient_id": 2}, {"patient_id": 12})
    check({"patient_id": "1-1"}, {"patient_id": "11"}, {"patient_id": "2012-1"})


@pytest.mark.parametrize(
    ("column", "meant"),
    [
        ("Patient_ID", "patient_id"),
        ("patient id", "patient_id"),
        ("patient", "patient_id"),
        ("spacing_axial", "spacing_axial_mm"),
        ("spacing_axial_cm", "spacing_axial_mm"),
        ("spacing_latteral_mm", "spacing_lateral_mm"),
        ("fs_hz", "fs_mhz"),
        ("fs", "fs_mhz"),
        ("Outline", "outline"),
        ("outline-units", "outline_units"),
        ("gain", "gain_db"),
        ("start_depth", "start_depth_mm"),
        ("chanels", "channels"),
        ("pixel_spacing", "spacing_axial_mm and spacing_lateral_mm"),
        ("Pixel size mm", "spacing_axial_mm and spacing_lateral_mm"),
        ("sampling rate", "fs_mhz"),
        ("sampling_frequency_hz", "fs_mhz"),
        ("pitch_mm", "line_pitch_mm"),
        ("mask", "outline"),
        ("ROI", "outline"),
        ("segmentation", "outline"),
    ],
)
def test_misspelt_columns_are_named(column, meant):
    with pytest.raises(
        CohortError, match=f"column '{column}', which is nearly {meant};"
    ):
        check({column: 1})


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("patient_id", "P1", "p1"),
        ("patient_id", "P 1", "P1"),
        ("patient_id", "P_1", "P-1"),
        ("patient_id", "7", "007"),
        ("patient_id", "P\u00a01", "P 1"),
        ("patient_id", 1, "1"),
        ("patient_id", "M\u00fcller", "Mu\u0308ller"),
        ("patient_id", "P1", "\uff30\uff11"),
        ("patient_id", "P1", "\u04201"),
        ("visit", "pre", "Pre"),
        ("visit", "post2", "post 2"),
        ("visit", 1, "1"),
    ],
)
def test_names_that_differ_by_blanks_or_case_are_refused(column, one, other):
    said = f"row 0 and row 1, column {column}: {one!r} and {other!r} are nearly one"
    with pytest.raises(CohortError, match=re.escape(said)):
        check({column: one}, {column: other})


@pytest.mark.parametrize("column", ["patient_id", "visit"])
def test_blank_names_are_missing(column):
    with pytest.raises(CohortError, match=f"column {column}: the value is blank; fill"):
        check({column: " "})


def test_visits_that_pandas_has_made_floats_are_refused():
    with pytest.raises(
        CohortError, match="a visit must be text or a whole number, got"
    ):
        check({"visit": 1.0})
    check({"visit": 1})


@pytest.mark.parametrize("column", ["patient_id", "visit"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("P\u200b1", "holds the invisible character U+200B; delete it"),
        ("P\0001", "holds the control character U+0000; delete it"),
        ("P\ud8001", "holds half of a character, U+D800; delete it"),
        ("x" * 10_000, "has 10000 characters, and 256 are the most; shorten it"),
        (["P1"], "got list; write text or a whole number"),
        (True, "got bool; write text or a whole number"),
        (np.array(["P1"]), "got ndarray; write text or a whole number"),
    ],
)
def test_odd_names_are_refused_in_few_words(column, name, said):
    with pytest.raises(CohortError) as caught:
        check({}, {column: name})
    assert str(caught.value).startswith(f"row 1, column {column}: ")
    assert said in str(caught.value)
    assert len(str(caught.value)) < 150
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("a\0.png", "holds the control character U+0000; delete it"),
        ("\udcff.png", "holds half of a character, U+DCFF; delete it"),
        ("x" * 5_000, "has 5000 characters, and 4096 are the most; shorten it"),
        ({"a": 1}, "got dict; write text or a number"),
    ],
)
def test_odd_cells_are_refused(cell, said):
    for column in ("path", "outline", "probe"):
        with pytest.raises(CohortError, match=re.escape(said)):
            check({}, {column: cell})
    check({"path": "a\u200b \u00e4.png"})  # a file may be named so


def test_all_names_that_are_wrong_are_listed():
    with pytest.raises(CohortError) as caught:
        check({}, {"patient_id": "P1 "}, {"patient_id": "p1", "visit": "us_x"})
    lines = str(caught.value).split("\n")
    assert [line[:26] for line in lines[:3]] == [
        "row 1, column patient_id: ",
        "row 0 and row 2, column pa",
        "row 2, column visit: 'us_x",
    ]
    assert lines[3].startswith("3 errors in all; correct")


@pytest.mark.parametrize("column", ["patient_id", "visit"])
def test_blanks_around_a_name_are_refused(column):
    with pytest.raises(CohortError, match=f"column {column}: 'a ' has blanks"):
        check({column: "a "})


@pytest.mark.parametrize(
    ("name", "made"),
    [
        (12.0, "a number with a decimal"),
        (np.float64(7), "a number with a decimal"),
        ("12.0", "a number with a decimal"),
        ("1.2E+11", "a rounded number"),
        ("1,2E+11", "a rounded number"),
        (pd.Timestamp("2012-01-02"), "a date"),
        ("2012-01-02 00:00:00", "a date"),
    ],
)
def test_ids_that_a_spreadsheet_has_changed_are_refused(name, made):
    with pytest.raises(CohortError, match=f"row 0, column patient_id: .* is {made}"):
        check({"patient_id": name})


@pytest.mark.parametrize("name", ["2-Jan", "12.Mai", "Mär-04", "Dez 12", "01.02.2024"])
def test_ids_among_which_some_are_dates_are_refused(name):
    with pytest.raises(CohortError, match=f"row 1, .* '{name}' looks like the date"):
        check({}, {"patient_id": name})


def test_ids_that_all_look_alike_are_a_scheme():
    check({"patient_id": "MAR-01"}, {"patient_id": "MAR-02"})
    check({"patient_id": "ABC-01"}, {"patient_id": "1.2.3"}, {"patient_id": "1-2"})


def test_lost_leading_zeros_are_said():
    with pytest.warns(UserWarning, match="patient 7 is a number and its file 007/"):
        check({"patient_id": 7, "path": "007/a.png"})
    check({"patient_id": 7, "path": "7/a_01.png"})
    check({"patient_id": "7", "path": "007/a.png"})


def test_names_that_people_tell_apart_stay_apart():
    names = ["P1", "P2", "P10", "P100", "1.1", "11", "1-1", "A1", "post2", "post4"]
    assert len({same_to_people(name) for name in names}) == len(names)
