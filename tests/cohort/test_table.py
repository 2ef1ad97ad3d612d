"""Tables of planes become cohort frames."""

# SPDX-License-Identifier: BSD-3-Clause

import re
import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator

from sknac.cohort import Plane, check_cohort, cohort_from_table
from sknac.exceptions import CohortError, SknacFormatError
from sknac.io import _ultrasonix


@pytest.fixture
def folder(tmp_path):
    """A folder with one file of each kind."""
    fields = [16, 2, 6, 8, 16, *[0] * 9, 10_000_000, 40_000_000, 0, 0, 0]
    samples = np.arange(96, dtype="<i2")
    (tmp_path / "scan.rf").write_bytes(struct.pack("<19i", *fields) + samples.tobytes())
    np.save(tmp_path / "scan.npy", samples[:48].reshape(8, 6))
    np.save(tmp_path / "maps.npy", np.zeros((2, 8, 6)))
    (tmp_path / "cut.rf").write_bytes(b"cut")
    (tmp_path / "core.csv").write_text("row,column\n1,1\n6,1\n6,4\n")
    return tmp_path


BMODE = {"patient_id": "P1", "visit": "pre", "path": "scan.npy", "kind": "bmode"}
RF = {**BMODE, "path": "scan.rf", "kind": "rf", "frame": 1, "line_pitch_mm": 0.2}
MAPS = {**BMODE, "path": "maps.npy", "kind": "maps", "channels": "mbf;esd"}


def build(folder, *rows, **settings):
    """Read these rows as a table; few files serve many patients."""
    settings = {"duplicates": "ignore"} | settings
    return cohort_from_table(pd.DataFrame(rows), root=folder, **settings)


def test_rf_row_becomes_its_plane(folder):
    row = {**RF, "start_depth_mm": 2.0, "focus_mm": 20, "reference": "phantom"}
    plane = build(folder, row).at["P1", "us_pre"].planes[0]
    samples = np.arange(48, 96, dtype="int16").reshape(6, 8).T
    assert plane.fs_mhz == 40.0  # from the header
    assert plane.spacing_mm == pytest.approx((0.01925, 0.2))
    assert (plane.origin_mm, plane.focus_mm) == ((2.0, 0.0), 20.0)
    assert plane.reference == "phantom"
    np.testing.assert_array_equal(plane.load(), samples)


def test_speed_of_sound_enters_the_axial_spacing(folder):
    plane = build(folder, {**RF, "speed_of_sound": 1480}).iat[0, 0].planes[0]
    assert plane.spacing_mm[0] == pytest.approx(0.0185)
    assert plane.speed_of_sound == 1480.0


def test_bmode_row_becomes_its_plane(folder):
    row = {**BMODE, "spacing_axial_mm": 0.1, "spacing_lateral_mm": 0.3}
    plane = build(folder, row).iat[0, 0].planes[0]
    assert (plane.kind, plane.spacing_mm) == ("bmode", (0.1, 0.3))
    assert build(folder, BMODE).iat[0, 0].planes[0].spacing_mm is None


def test_maps_row_becomes_its_plane(folder):
    plane = build(folder, MAPS).iat[0, 0].planes[0]
    assert plane == Plane(plane.image, "maps", channels=("mbf", "esd"))


def test_planes_gather_by_patient_and_visit_in_the_order_of_the_rows(folder):
    rows = [
        {**RF, "patient_id": "P2", "visit": "post2", "frame": 1},
        {**RF, "patient_id": "P1", "visit": "post4", "frame": 0},
        {**RF, "patient_id": "P2", "visit": "baseline", "frame": 0},
        {**RF, "patient_id": "P2", "visit": "post2", "frame": 0},
        {**RF, "patient_id": "P1", "visit": "pre", "frame": 0},
    ]
    X = build(folder, *rows)
    assert X.index.tolist() == ["P2", "P1"]
    assert X.index.name == "patient_id"
    assert X.columns.tolist() == ["us_pre", "us_post2", "us_post4", "us_baseline"]
    frames = [plane.image.frame for plane in X.at["P2", "us_post2"].planes]
    assert frames == [1, 0]
    assert X.at["P1", "us_post2"] is None
    assert X.at["P2", "us_pre"] is None


def test_csv_and_frame_give_the_same_cohort(folder):
    table = pd.DataFrame(
        [{**RF, "patient_id": "007", "er": 1}, {**RF, "patient_id": "12", "er": 0}]
    )
    table.to_csv(folder / "planes.csv", index=False)
    X = cohort_from_table(folder / "planes.csv", duplicates="ignore")
    pd.testing.assert_frame_equal(X, build(folder, *table.to_dict("records")))
    assert X.index.tolist() == ["007", "12"]


def test_the_table_given_is_not_changed(folder):
    table = pd.DataFrame([RF, MAPS | {"visit": "post2"}])
    before = table.copy()
    cohort_from_table(table, root=folder)
    pd.testing.assert_frame_equal(table, before)


def test_clinical_columns_come_from_both_tables(folder):
    clinical = pd.DataFrame({"patient_id": ["P2", "P1"], "ki67": [20, 10]})
    rows = [{**RF, "age": 50}, {**RF, "frame": 0, "age": 50}]
    rows += [{**RF, "patient_id": "P2", "age": 60}]
    X = build(folder, *rows, clinical=clinical)
    assert X.columns.tolist() == ["age", "ki67", "us_pre"]
    assert X[["age", "ki67"]].to_numpy().tolist() == [[50, 10], [60, 20]]


def test_patients_of_the_clinical_table_without_a_plane_are_counted(folder):
    clinical = pd.DataFrame({"patient_id": ["P7", "P1", "P8"], "ki67": [5, 10, 20]})
    with pytest.warns(UserWarning, match="2 of the .* 3 patients .* first is P7") as w:
        X = build(folder, BMODE, clinical=clinical)
    assert X.index.tolist() == ["P1"]
    assert w[0].filename == __file__


@pytest.mark.parametrize(("here", "there"), [(1, "1"), ("1", 1)])
def test_patients_of_another_type_in_the_clinical_table_are_said_to_be(
    folder, here, there
):
    row, kinds = (
        {**BMODE, "patient_id": here},
        [type(v).__name__ for v in (here, there)],
    )
    clinical = pd.DataFrame({"patient_id": [there], "ki67": [5]})
    with pytest.raises(CohortError, match=f"is {kinds[0]} in .* but {kinds[1]} in the"):
        build(folder, row, clinical=clinical)


@pytest.mark.parametrize(
    ("row", "again", "what"),
    [
        (RF, RF, "both list scan.rf, frame 1"),
        (BMODE, {**BMODE, "path": "./scan.npy"}, "both list ./scan.npy;"),
        (BMODE, {**BMODE, "frame": 0}, "both list scan.npy, frame 0;"),
        (MAPS, {**MAPS, "channels": "a;b"}, "both list maps.npy;"),
    ],
)
def test_image_listed_twice_at_a_visit_names_both_rows(folder, row, again, what):
    other = {**row, "visit": "post2"}
    place = r"^row 0 and row 2 \(patient P1, visit pre\), column path: "
    with pytest.raises(CohortError, match=place + re.escape(what)):
        build(folder, row, other, again)
    assert build(folder, row, other).shape == (1, 2)


def test_clinical_csv_keeps_leading_zeros(folder):
    (folder / "clinical.csv").write_text("patient_id,age\n007,50\n")
    row = {**BMODE, "patient_id": "007"}
    X = build(folder, row, clinical=folder / "clinical.csv")
    assert X.at["007", "age"] == 50


PLACE = "row 1 (patient P9), column "
BAD_ROWS = [
    (
        RF,
        {"kind": "RF"},
        "kind: the kind must be rf, envelope, bmode or maps",
    ),
    (RF, {"path": "absent.rf"}, "path: "),
    (RF, {"path": "scan.dcm"}, "path"),
    (RF, {"frame": None}, "frame: the value is missing; name one of scan.rf's 2"),
    (RF, {"frame": 2}, "frame: the value must be 0 to 1 in scan.rf, got 2"),
    (RF, {"frame": 0.5}, "frame: the value must be 0 to 1 in scan.rf, got 0.5"),
    (RF, {"frame": -1}, "frame: the value must be 0 to 1 in scan.rf, got -1"),
    (RF, {"frame": "first"}, "frame: must be a number, got 'first'"),
    (RF, {"line_pitch_mm": None}, "line_pitch_mm: the value is missing and RF files"),
    (RF, {"line_pitch_mm": "0,2"}, "line_pitch_mm: must be a number, got '0,2'"),
    (RF, {"line_pitch_mm": 0}, "line_pitch_mm: the number must be positive, got 0"),
    (RF, {"fs_mhz": 50}, "fs_mhz: 50.0 MHz contradicts the file's header, 40.0 MHz"),
    (RF, {"fs_mhz": -40}, "fs_mhz: the number must be positive, got -40"),
    (RF, {"path": "scan.npy", "frame": 0}, "fs_mhz: the value is missing and not in"),
    (
        RF,
        {"path": "maps.npy", "frame": None, "fs_mhz": 40},
        "frame: the value is missing; name one of maps.npy's 2, or write kind maps",
    ),
    (RF, {"speed_of_sound": 1.54}, "speed_of_sound: speed_of_sound must be 1000 to"),
    (RF, {"line_pitch_mm": 148}, "line_pitch_mm: line_pitch_mm must be 0.005 to 5 mm"),
    (RF, {"focus_mm": 0.02}, "focus_mm: focus_mm must be 0.5 to 300 mm, got 0.02"),
    (RF, {"speed_of_sound": 0}, "speed_of_sound: the number must be positive, got 0"),
    (
        RF,
        {"start_depth_mm": "inf"},
        "start_depth_mm: the number must be finite, got inf",
    ),
    (RF, {"focus_mm": "deep"}, "focus_mm: must be a number, got 'deep'"),
    (BMODE, {"spacing_axial_mm": 0.1}, "spacing_lateral_mm: the value is missing"),
    (BMODE, {"spacing_lateral_mm": 0.1}, "spacing_axial_mm: the value is missing"),
    (
        BMODE,
        {"spacing_axial_mm": -0.1, "spacing_lateral_mm": 0.1},
        "spacing_axial_mm: the number must be positive, got -0.1",
    ),
    (MAPS, {"channels": None}, "channels: 0 names for 2 maps; separate them by semi"),
    (MAPS, {"channels": "mbf,esd"}, "channels: 1 names for 2 maps"),
    (MAPS, {"kind": "bmode"}, "frame: the value is missing; name one of maps.npy's"),
    (BMODE, {"outline": "core.csv"}, "outline_units: the value is missing; write"),
]


@pytest.mark.parametrize(("good", "change", "message"), BAD_ROWS)
def test_bad_rows_name_row_patient_column_and_mend(folder, good, change, message):
    (folder / "scan.dcm").write_bytes(b"")
    with pytest.raises((CohortError, SknacFormatError)) as caught:
        build(folder, good, {**good, "patient_id": "P9", **change})
    said = str(caught.value)
    assert PLACE + message in said


def test_visit_with_the_prefix_of_its_column_is_refused(folder):
    with pytest.raises(CohortError, match="'us_pre' would become us_us_pre; write"):
        build(folder, RF, {**RF, "visit": "us_pre"})


def test_errors_of_a_csv_name_its_line(folder):
    pd.DataFrame([RF, {**RF, "line_pitch_mm": None}]).to_csv(folder / "a.csv")
    with pytest.raises(
        CohortError, match=r"^a\.csv line 3 \(patient P1\), column line_"
    ):
        cohort_from_table(folder / "a.csv")
    pd.DataFrame([RF, {**RF, "visit": None}]).to_csv(folder / "a.csv")
    with pytest.raises(CohortError, match=r"^a\.csv line 3, column visit: the value"):
        cohort_from_table(folder / "a.csv")


def test_a_header_is_read_once_for_its_row(folder, monkeypatch):
    looked_at, read_info = [], _ultrasonix.read_info

    def counted(path):
        looked_at.append(path)
        return read_info(path)

    monkeypatch.setattr(_ultrasonix, "read_info", counted)
    build(folder, RF, {**RF, "frame": 0})
    assert looked_at == [str(folder / "scan.rf")] * 2


def test_damaged_file_is_a_format_error_that_names_the_row(folder):
    with pytest.raises(SknacFormatError) as caught:
        build(folder, {**RF, "path": "cut.rf"})
    assert caught.value.path == str(folder / "cut.rf")
    assert (
        "cut off: 3 bytes in all; copy the file again (row 0 (patient P1), column path)"
        in str(caught.value)
    )


@pytest.mark.parametrize("written", ["sub\\scan.NPY", " sub/scan.NPY", "sub/SCAN.npy"])
def test_a_path_that_is_nearly_there_is_named(folder, written):
    (folder / "sub").mkdir()
    (folder / "scan.npy").rename(folder / "sub" / "scan.NPY")
    said = f"column path: there is no {written!r}, but 'sub/scan.NPY'; write that"
    with pytest.raises(CohortError, match=re.escape(said)):
        build(folder, {**BMODE, "path": written})


def test_errors_of_all_rows_come_at_once(folder):
    rows = [{**RF, "path": name} for name in ("none.rf", "cut.rf", "x" * 3_000)]
    with pytest.raises(CohortError) as caught:
        build(folder, RF, *rows)
    lines = str(caught.value).split("\n")
    assert ["none.rf" in lines[0], "cut.rf" in lines[1]] == [True, True]
    assert "row 3 (patient P1), column path: File name too long; check" in lines[2]
    assert lines[3].startswith("3 errors in all; correct these rows")


ODD = ["", " ", "P1 ", "inf", "1,5", "9" * 300, "a\0", "\u200b", '"', "/"]
CELLS = st.one_of(st.text(max_size=4), st.sampled_from(ODD))
CHANGES = st.tuples(st.integers(0, 2), st.integers(0, 7), CELLS)


@given(
    changes=st.lists(CHANGES, max_size=3),
    encoding=st.sampled_from(["utf-8", "utf-8", "latin-1", "utf-16", "utf-16-le"]),
    separator=st.sampled_from([",", ";", "\t"]),
)
@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_damaged_table_is_read_or_named(folder, changes, encoding, separator):
    header = ["patient_id", "visit", "path", "kind", "frame", "line_pitch_mm", "note"]
    rows = [[f"P{k}", "pre", RF["path"], "rf", "0", "0.3", "x"] for k in range(2)]
    table = [header, *rows]
    for row, column, cell in changes:
        table[row][column : column + 1] = [cell]
    text = "\n".join(separator.join(row) for row in table)
    (folder / "fuzzed.csv").write_bytes(text.encode(encoding, "replace"))
    said = ""
    try:
        X = cohort_from_table(folder / "fuzzed.csv", duplicates="ignore")
        check_cohort(BaseEstimator(), X, reset=True)
    except (CohortError, SknacFormatError) as error:
        said = str(error)
    assert not said or ("fuzzed.csv" in said and ("; " in said or " must " in said))


def test_many_visits_and_columns_are_one_frame(folder):
    # pandas warns where columns are put in one by one, and warnings are errors here.
    rows = [{**RF, "visit": f"v{k}", "frame": k % 2} for k in range(120)]
    rows = [row | {f"c{k}": 1 for k in range(300)} for row in rows]
    assert build(folder, *rows).shape == (1, 420)


def test_mixed_kinds_at_a_visit_name_patient_and_visit(folder):
    with pytest.raises(
        CohortError, match=r"patient P1, visit pre, column kind: .*\['bmode', 'rf'\]"
    ):
        build(folder, RF, BMODE)


@pytest.mark.parametrize("where", [None, "other", "scans"])
def test_files_that_all_lie_elsewhere_are_one_error(folder, where, monkeypatch):
    (folder / "other").mkdir()
    monkeypatch.chdir(folder / "other")
    rows = [{**BMODE, "patient_id": f"P{k}"} for k in range(30)]
    root = None if where is None else folder / where
    with pytest.raises(CohortError, match="name the folder from which") as caught:
        cohort_from_table(pd.DataFrame(rows), root=root)
    said = str(caught.value)
    there = folder / (where or "other")
    assert said.startswith(f"none of the 30 files of column path is in {there}, the")


@pytest.mark.parametrize(
    "change",
    [{"path": "none.npy"}, {"path": "/nowhere/scan.npy"}, {"path": "SCAN.npy"}],
)
def test_one_file_that_is_lost_is_named_by_its_row(folder, change):
    rows = [{**BMODE, "patient_id": f"P{k}"} for k in range(3)]
    with pytest.raises(CohortError, match=r"^row 0 \(patient P0\), column path"):
        build(folder, *({**row, **change} for row in rows[:1]), *rows[1:])


@pytest.mark.parametrize("column", ["patient_id", "visit", "path"])
def test_required_columns_are_named(folder, column):
    without = {key: value for key, value in RF.items() if key != column}
    with pytest.raises(
        CohortError, match=f"the table has no column {column}; it needs"
    ):
        build(folder, without)
    with pytest.raises(
        CohortError, match=f"^row 1, column {column}: the value is miss"
    ):
        build(folder, RF, {**RF, column: None})


def test_empty_table_is_refused():
    with pytest.raises(CohortError, match="the table has no row"):
        cohort_from_table(pd.DataFrame(columns=list(BMODE)))


@pytest.mark.parametrize("second", [51, None])
def test_contradictory_clinical_value_names_patient_and_column(folder, second):
    rows = [{**RF, "patient_id": "P0", "age": 40}, {**RF, "frame": 0, "age": 50}]
    with pytest.raises(CohortError, match=r"^patient P1, column age: differs between"):
        build(folder, *rows, {**RF, "age": second})


@pytest.mark.parametrize(
    ("clinical", "message"),
    [
        ({"patient_id": ["P1", "P1"], "x": [1, 1]}, "patient P1 has more than one row"),
        ({"patient_id": ["P2"], "x": [1]}, "clinical table: patient P1 has no row"),
        (
            {"patient_id": ["P1"], "age": [1]},
            "column age is in both tables; keep it in",
        ),
        ({"patient_id": ["P1"], "us_pre": [1]}, "column us_pre: us_ is for visits"),
    ],
)
def test_contradictory_clinical_tables_are_refused(folder, clinical, message):
    with pytest.raises(CohortError, match=re.escape(message)):
        build(folder, {**BMODE, "age": 50}, clinical=pd.DataFrame(clinical))
