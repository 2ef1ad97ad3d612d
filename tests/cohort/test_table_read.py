"""Tables in the dialects of spreadsheets, and frames of other libraries."""

# SPDX-License-Identifier: BSD-3-Clause

import datetime
import os
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sknac.cohort import cohort_from_table
from sknac.cohort._table_read import read_rows
from sknac.exceptions import CohortError, SknacFormatError

HEADER = ["patient_id", "visit", "path", "kind", "line_pitch_mm", "age", "note"]
ROWS = [["007", "pre", "a.rf", "rf", "0.148", "50", ""]]
ROWS += [["012", "pre", "b.rf", "rf", "0.3", "61", "left"]]


def text(separator=",", decimal=".", rows=ROWS, header=HEADER):
    """Write a table as text in some dialect."""
    lines = [header]
    for row in rows:
        lines.append([c if c.endswith("rf") else c.replace(".", decimal) for c in row])
    return "\n".join(separator.join(line) for line in lines) + "\n"


LINES = text().splitlines()


@pytest.fixture
def read(tmp_path):
    def read(content, name="planes.csv"):
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
        return read_rows(tmp_path / name)

    return read


def check(rows):
    """Hold a table to what it says in every dialect."""
    assert list(rows.frame.columns) == HEADER
    assert rows.frame["patient_id"].tolist() == ["007", "012"]
    assert rows.frame["line_pitch_mm"].tolist() == [0.148, 0.3]
    assert rows.frame["age"].tolist() == [50, 61]
    assert rows.frame["note"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    "content",
    [
        text(),
        text(";"),
        text(";", ","),
        text("\t", ","),
        text("|"),
        text().encode("utf-8-sig"),
        text("\t").encode("utf-16"),
        "sep=;\n" + text(";", ","),
        text().replace("\n", "\r\n"),
        text().replace("\n", "\n\n") + ",,,,,,\n",
        text().replace("0.148", '" 0.148"').replace("patient_id", " patient_id "),
        text(rows=[["", *r] for r in ROWS])
        .replace(",007", "007")
        .replace(",012", "012"),
        "\n".join(f"{a},{b}" for a, b in zip(["", 0, 1], LINES, strict=True)) + "\n",
    ],
)
def test_csv_is_read_in_every_dialect(read, content):
    check(read(content))


def test_lines_are_counted_as_an_editor_does(read):
    rows = read(text().replace("left", '"left\nupper"').replace("\n012", "\n\n\n012"))
    assert rows.lines == [2, 5]
    assert rows.where(1) == "planes.csv line 5"
    sep = read("sep=,\n" + text())
    assert sep.lines == [3, 4]


def test_windows_text_is_read_and_said(tmp_path):
    content = text().replace("left", "Rücken").encode("cp1252")
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.warns(UserWarning, match="not UTF-8 and is read as Windows-1252"):
        frame = read_rows(tmp_path / "a.csv").frame
    assert frame["note"][1] == "Rücken"


def test_workbook_is_read_as_it_is_seen(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.create_sheet("empty")
    sheet = book.active
    sheet.append(HEADER)
    sheet.append(["007", "pre", "a.rf", "rf", 0.148, 50, None])
    sheet.append([12, "pre", "b.rf", "rf", 0.3, 61.0, "left"])
    sheet["A3"].number_format = "000"
    book.save(tmp_path / "a.xlsx")
    check(read_rows(tmp_path / "a.xlsx"))
    book["empty"].append(["x"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(SknacFormatError, match="has the sheets Sheet, empty; save"):
        read_rows(tmp_path / "a.xlsx")


def test_ids_that_a_workbook_made_dates_are_refused(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(HEADER[:4])
    book.active.append([datetime.datetime(2012, 1, 2), "pre", "a.npy", "bmode"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(CohortError, match="'2012-01-02 00:00:00' is a date, as spread"):
        cohort_from_table(tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    "table",
    [
        pl.DataFrame({"patient_id": ["007"], "visit": ["pre"], "note": [None]}),
        pl.DataFrame({"patient_id": ["007"], "visit": ["pre"]}).to_arrow(),
        pd.DataFrame({"patient_id": ["007"], "visit": ["pre"]}).set_index("patient_id"),
    ],
)
def test_frames_of_other_libraries_and_indices_are_read(table):
    rows = read_rows(table)
    assert rows.frame["patient_id"].tolist() == ["007"]
    assert rows.where(0) == "row 0"


def test_empty_texts_are_empty_cells(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((40, 30), "uint8"))
    row = {"patient_id": "P1", "visit": "pre", "path": "a.npy", "kind": "bmode"}
    empty = dict.fromkeys(
        ["variable", "frame", "outline", "outline_units", "spacing_axial_mm", "probe"],
        "",
    )
    X = cohort_from_table(pd.DataFrame([row | empty]), root=tmp_path)
    plane = X.iat[0, 0].planes[0]
    assert (plane.spacing_mm, plane.core, plane.probe) == (None, None, None)


BAD = [
    (text(";", ",").replace("0,3", "0.3"), "'0,148' has a decimal comma, and '0.3' in"),
    (
        text(";", ",").replace("50", "50.5"),
        "'0,148' has a decimal comma, and '50",
    ),
    (text(";").replace("0.148", "1,540").replace("0.3", "2"), "'1,540' may have a dec"),
    (text().replace("age", "visit"), "planes.csv has two columns visit; keep one"),
    (text().replace("age", ""), "planes.csv has a column without a name; name it"),
    (text().replace("left", "left,upper"), "line 3 has 8 fields, the header 7; quote"),
    (text().replace("left", '"left'), "line 3 is no line of a table"),
    (text().replace("age", "a\rge"), "has 7 fields, the header 6; quote a field"),
    ("", "the table has no row"),
    ("\n ;\n", "the table has no row"),
    (b"PK\3\4rest", "not a text file; an Excel workbook must end in .xlsx"),
    (b"\x00\x01\x02", "not a text file"),
    (text().encode() + b"\x81\n", "neither UTF-8 nor Windows-1252"),
    (b"\xff\xfe\x00", "damaged UTF-16 text"),
]


@pytest.mark.parametrize(("content", "said"), BAD)
def test_tables_that_can_be_read_in_two_ways_are_refused(read, content, said):
    with pytest.raises((CohortError, SknacFormatError)) as caught:
        read(content)
    assert re.search(said.replace(".", r"\."), str(caught.value))


@pytest.mark.parametrize("name", ["a.xls", "a.ods", "a.parquet", "a.csv.gz"])
def test_other_tables_are_named(read, name):
    with pytest.raises(SknacFormatError, match=r"is not one of \.csv, \.tsv"):
        read(b"abc", name)


def test_damaged_workbooks_and_bombs_are_format_errors(read, tmp_path):
    import zipfile

    with pytest.raises(SknacFormatError, match="damaged workbook"):
        read(b"PK\3\4nothing", "a.xlsx")
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/sheet.xml", bytes(210_000_000), compresslevel=1)
    with pytest.raises(SknacFormatError, match="larger than any table"):
        read_rows(tmp_path / "b.xlsx")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (0, "has a column 0: its name must be text, got int"),
        (("a", "b"), "its name must be text, got tuple"),
        (None, "has a column without a name; name it"),
        (np.nan, "has a column without a name; name it"),
        (pd.NA, "has a column without a name; name it"),
        ("a\0", "which holds the control character U+0000; delete it"),
        ("x" * 10_000, "xx..., which has 10000 characters, and 256 are the most"),
    ],
)
def test_columns_that_nothing_can_be_named_by_are_refused(name, said):
    frame = pd.DataFrame([["P1", 1]])
    frame.columns = pd.Index(["patient_id", name], dtype=object, tupleize_cols=False)
    with pytest.raises(CohortError) as caught:
        read_rows(frame)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 200


def test_what_pandas_shifts_is_refused(tmp_path):
    content = text(rows=[[f"P{r[0]}", *r[1:6], "x", ""] for r in ROWS])
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(CohortError, match=r"pandas shifts .* index_col=False"):
        read_rows(pd.read_csv(tmp_path / "a.csv"))
    frame = pd.read_csv(tmp_path / "a.csv", index_col=False)
    assert read_rows(frame.set_axis(["x", "y"])).frame["visit"].tolist() == ["pre"] * 2


def test_a_table_without_an_end_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    for path in (tmp_path / "a.csv", tmp_path, "/dev/zero"):
        with pytest.raises(SknacFormatError, match="pipe or device is no table; give"):
            cohort_from_table(path)


def test_what_is_no_table_is_named():
    with pytest.raises(CohortError, match=r"must be a DataFrame or the path .* dict"):
        read_rows({"patient_id": ["a"]})
    twice = pd.DataFrame([[1, 2]], columns=["visit", "visit"])
    with pytest.raises(CohortError, match="the table has two columns visit"):
        read_rows(twice)


def test_a_semicolon_table_is_a_cohort(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6000).reshape(100, 60))
    (tmp_path / "t.csv").write_text(
        "patient_id;visit;path;kind;spacing_axial_mm;spacing_lateral_mm;ki67\n"
        "01;pre;a.npy;bmode;0,15;0,2;12,5\n"
    )
    X = cohort_from_table(tmp_path / "t.csv")
    assert X.at["01", "ki67"] == 12.5
    assert X.at["01", "us_pre"].planes[0].spacing_mm == (0.15, 0.2)
