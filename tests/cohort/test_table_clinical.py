"""The second table: its patients are those of the planes."""

# SPDX-License-Identifier: BSD-3-Clause

import re

import pandas as pd
import pytest

from sknac.cohort._table_clinical import clinical_columns
from sknac.cohort._table_read import Rows
from sknac.exceptions import CohortError

PLANES = Rows(
    pd.DataFrame({"patient_id": ["01", "02"], "visit": "pre", "er": [1, 0]}),
    None,
    None,
    None,
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("c.csv", "patient_id;ki67\n02;12,5\n01;20,5\n"),
        ("c.csv", "patient_id,ki67\n01,20.5\n02,12.5\n"),
    ],
)
def test_clinical_table_is_read_in_every_dialect(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    cohort = clinical_columns(PLANES, tmp_path / name)
    assert cohort["ki67"].tolist() == [20.5, 12.5]


def test_clinical_table_may_name_patients_in_its_index():
    table = pd.DataFrame({"ki67": [2, 1]}, index=["02", "01"])
    assert clinical_columns(PLANES, table)["ki67"].tolist() == [1, 2]


def test_clinical_columns_of_lists_are_refused():
    rows = Rows(PLANES.frame.assign(note=[[1], [2]]), None, None, None)
    with pytest.raises(
        CohortError, match=r"column note must hold numbers, .* got list"
    ):
        clinical_columns(rows)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"er": [1, 0]}, "column er is in both tables; keep it in one"),
        ({"note": [{}, 1]}, "column note must hold numbers, text or dates"),
        ({"note": ["a\0", "b"]}, "row 0, column note: 'a\\x00' holds the control"),
        ({"us_pre": [1, 2]}, "us_ is for visits; give it another name"),
        ({0: [1, 2]}, "the clinical table has a column 0: its name must be text"),
    ],
)
def test_columns_of_a_clinical_table_are_single_values(table, said):
    with pytest.raises(CohortError, match=re.escape(said)):
        clinical_columns(PLANES, pd.DataFrame(table, index=["01", "02"]))


def test_all_patients_that_a_clinical_table_lacks_are_listed(tmp_path):
    (tmp_path / "c.csv").write_text("patient_id,ki67\n03,1\n001,2\n")
    with pytest.raises(CohortError) as caught:
        clinical_columns(PLANES, tmp_path / "c.csv")
    one, other, last = str(caught.value).split("\n")
    assert one.startswith("c.csv: clinical table: patient 01 has no row; it has '001'")
    assert other.startswith("clinical table: patient 02 has no row; add it")
    assert last.startswith("2 errors in all")


def test_numbers_with_commas_that_are_texts_are_told():
    table = pd.DataFrame({"patient_id": ["01", "02"], "ki67": ["12,5", None]})
    with pytest.warns(UserWarning, match="column ki67 holds text such as '12,5'"):
        clinical_columns(PLANES, table)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"patient_id": ["1", "02"]}, "it has '1', which is nearly '01': write both"),
        ({"patient_id": [1, 2]}, "is str in the table of planes but int in the clinic"),
        (
            {"patient_id": ["01", "01 "]},
            "column patient_id: '01 ' has blanks",
        ),
        ({"patient_id": [1.0, 2.0]}, "1.0 is a number with a decimal"),
        ({"Patient": ["01", "02"], "x": [1, 2]}, "patient 01 has no row"),
    ],
)
def test_clinical_tables_of_other_patients_say_why(table, said):
    with pytest.raises(CohortError, match=re.escape(said)):
        clinical_columns(PLANES, pd.DataFrame(table))


@pytest.mark.parametrize("column", ["side", "view"])
def test_a_column_that_tells_planes_apart_is_one_error(column):
    table = pd.DataFrame({"patient_id": [f"P{i // 2}" for i in range(60)]})
    table[column] = ["l", "r"] * 30
    with pytest.raises(CohortError) as caught:
        clinical_columns(Rows(table.assign(visit="pre"), None, None, None))
    said = str(caught.value)
    assert said.startswith(f"column {column}: differs between the planes of 30 of 30")
    assert "name it plane ({plane} in the pattern" in said
    assert "\n" not in said


def test_few_patients_of_many_whose_values_differ_are_named():
    table = pd.DataFrame({"patient_id": [f"P{i // 2}" for i in range(60)], "er": 1})
    table.loc[[1, 7, 9], "er"] = 0
    with pytest.raises(CohortError) as caught:
        clinical_columns(Rows(table.assign(visit="pre"), None, None, None))
    lines = str(caught.value).split("\n")
    assert [line.split(",")[0] for line in lines[:-1]] == [
        "patient P0",
        "patient P3",
        "patient P4",
    ]


@pytest.mark.parametrize(
    ("ids", "zeros"), [([1, 2], ".str.zfill(2)"), ([11, 12], None)]
)
def test_ids_of_another_kind_are_one_error_that_tells_lost_zeros(ids, zeros):
    table = pd.DataFrame({"patient_id": ids, "ki67": [1, 2]})
    with pytest.raises(CohortError, match=r"01 has no row \(2 such patients") as caught:
        clinical_columns(PLANES, table)
    said = str(caught.value)
    assert ("leading zeros" in said) == (zeros is not None)
    assert (zeros or "read both as text") in said
    assert "\n" not in said


def test_zeros_that_all_ids_have_lost_are_one_error():
    ids = [f"{k:04d}" for k in (7, 24, 107, 1024)]
    rows = Rows(pd.DataFrame({"patient_id": ids, "visit": "pre"}), None, None, None)
    table = pd.DataFrame({"patient_id": ["7", "24", "107", "1024"], "er": 1})
    with pytest.raises(CohortError) as caught:
        clinical_columns(rows, table)
    assert str(caught.value) == (
        "clinical table: patient 0007 has no row (3 such patients); its ids have lost "
        "leading zeros: write them (.str.zfill(4))"
    )
