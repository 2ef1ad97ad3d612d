"""What the loaders of public sets share."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.datasets import _public as public
from sknac.exceptions import SknacFormatError

SET = public.PublicSet("A set", "a.csv and Images", "10.1/x", "CC BY 4.0", "Doe 2020")


def table_file(folder, text):
    path = folder / "a.csv"
    path.write_text(text)
    return path


def test_bunch_says_terms_and_what_was_read():
    made = SET.bunch(X=1, descr="Ten images.")
    assert made.licence == "CC BY 4.0"
    assert made.DESCR.startswith("A set\n-----\nTen images.")
    assert "Cite: Doe 2020" in made.DESCR


def test_error_names_what_the_folder_must_hold_and_where_it_is_described(tmp_path):
    said = r"no a\.csv; A set must hold a\.csv and Images \(described at doi:10\.1/x\)"
    with pytest.raises(FileNotFoundError, match=said):
        public.open_folder(tmp_path, SET, ["a.csv", "Images"])


def test_a_set_one_folder_deeper_is_pointed_at(tmp_path):
    (tmp_path / "inner").mkdir()
    table_file(tmp_path / "inner", "x\n1\n")
    with pytest.raises(FileNotFoundError, match=r"one folder deeper; give .*inner$"):
        public.open_folder(tmp_path, SET, ["a.csv"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x|y\n1|2\n", r"no column 'x', it has \['x\|y'\]; A set must hold"),
        ("", "the table cannot be read"),
        ("x,y\n", "the table has no row"),
        ("x,y\n1,2,3\n4,5,6\n", "rows have more fields than the first has names"),
        ('x,y\n"1,2\n', "the table cannot be read"),
        ("x,y\n1,2\n1,2,3,4\n", "the table cannot be read"),
    ],
)
def test_another_table_is_one_named_error(tmp_path, text, said):
    path = table_file(tmp_path, text)
    with pytest.raises(SknacFormatError, match=said):
        public.read_set_table(path, SET, ["x", "y"])


def test_a_table_of_bytes_is_one_named_error(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04" + bytes(range(256)))
    with pytest.raises(SknacFormatError, match="the table cannot be read"):
        public.read_set_table(path, SET, ["x"])


def test_a_workbook_is_read_as_its_csv(tmp_path):
    pytest.importorskip("openpyxl")
    table = pd.DataFrame({"x": ["007", "8"], "y": [0.5, 1.5]})
    table.to_excel(tmp_path / "a.xlsx", index=False)
    table.to_csv(tmp_path / "a.csv", index=False)
    read = [
        public.read_set_table(tmp_path / name, SET, ["x", "y"], texts=["x"])
        for name in ("a.csv", "a.xlsx")
    ]
    pd.testing.assert_frame_equal(*read)
    assert read[0]["x"].tolist() == ["007", "8"]


@pytest.mark.parametrize("text", ["x;y\n007;0,5\n8;1,5\n", "x;y\n007;0.5\n8;1.5\n"])
def test_semicolons_and_decimal_commas_are_read(tmp_path, text):
    path = table_file(tmp_path, text)
    table = public.read_set_table(path, SET, ["x", "y"], texts=["x"])
    assert table["x"].tolist() == ["007", "8"]
    assert public.numbers(path, table, "y", 0, 10).tolist() == [0.5, 1.5]


def test_numbers_out_of_bounds_name_line_and_hint():
    table = pd.DataFrame({"x": [1.0, np.nan, 12.0]})
    said = "line 4, column x: must be a number of 0 to 10, got .*12.0.*; in cm"
    with pytest.raises(SknacFormatError, match=said):
        public.numbers("a.csv", table, "x", 0, 10, hint="in cm")


@pytest.mark.parametrize("value", ["1,5", "many", "-"])
def test_a_number_that_is_none_is_refused_not_missing(value):
    table = pd.DataFrame({"x": ["1", value]})
    with pytest.raises(SknacFormatError, match="line 3, column x: must be a number"):
        public.numbers("a.csv", table, "x", 0, 10)


def test_missing_numbers_stay_missing():
    table = pd.DataFrame({"x": ["1", None, "2.5"]})
    values = public.numbers("a.csv", table, "x", 0, 10)
    np.testing.assert_array_equal(values, [1, np.nan, 2.5])


def test_a_code_between_the_codes_is_refused():
    table = pd.DataFrame({"x": [0, 0.5, None]}, index=["a", "b", "c"])
    with pytest.raises(SknacFormatError, match="patient b, column x: must be one of"):
        public.codes("a.csv", table, "x", (0, 1))


def test_names_are_ordered_as_people_do():
    names = pd.Series(["b (10)", "b (2)", "a (3)"])
    ordered = names.sort_values(key=public.natural)
    assert ordered.tolist() == ["a (3)", "b (2)", "b (10)"]
