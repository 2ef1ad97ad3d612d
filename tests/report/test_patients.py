"""Sections on the patients: counts, characteristics, what is missing."""

# SPDX-License-Identifier: BSD-3-Clause

from html import unescape

import numpy as np
import pandas as pd
import pytest

from sknac.clinical import PatientFlow, baseline_table
from sknac.clinical._group_tests import CATEGORICAL_TESTS, NUMERIC_TESTS
from sknac.datasets import make_bmode_cohort
from sknac.report._patients import _TEST_NAMES, describable


def results_of(report):
    """Return the numbers of a report's only system."""
    return report.to_dict()["systems"][0]["results"]


@pytest.fixture
def scored(study, new):
    """A report of one score on the test patients."""
    return new().add_predictions("x", study.y, study.X["dlr4"], pos_label="response")


def test_patients_are_counted_by_cohort_and_class(study, results):
    found = results["patients"]
    assert found["test"]["n"], found["training"]["n"] == (40, 80)
    assert found["test"]["response"] == (study.y == "response").sum()
    assert results["flow"]["analysed"] == 120


def test_how_many_were_enrolled_is_not_made_up(study, new, results, monkeypatch):
    words = []
    monkeypatch.setattr(
        "matplotlib.backends.backend_agg.FigureCanvasAgg.print_png",
        lambda canvas, stream, **_: (
            words.extend(text.get_text() for text in canvas.figure.axes[0].texts),
            stream.write(bytes(32)),
        ),
    )
    assert results["flow"]["enrolled"] is None
    report = new().add_predictions(
        "x", study.y, None, pos_label="response", decisions=study.y
    )
    report.to_html()
    assert "Analysed (n = 40)" in words
    assert not any("Enrolled" in text for text in words)
    words.clear()
    counts = study.y.value_counts().to_dict()
    report.add_flow("x", PatientFlow({"test": counts}, excluded={"moved away": 3}))
    report.to_html()
    assert "Enrolled (n = 43)" in words
    assert report.to_dict()["systems"][0]["results"]["flow"]["enrolled"] == 43


def test_baseline_is_that_of_baseline_table(study, results):
    expected = baseline_table(study.X, study.y)
    found = results["baseline"]["test"]
    assert [row["pvalue"] for row in found["tests"]] == pytest.approx(
        expected.tests["pvalue"].tolist()
    )
    assert found["group_sizes"] == expected.group_sizes


def test_skewed_numbers_are_reported_as_medians(study, scored):
    ki67 = np.tile(2.0 ** np.arange(10), 4)
    page = scored.add_characteristics("x", study.X.assign(ki67=ki67)).to_html()
    assert "median [quartiles]" in page
    part = ki67[(study.y == study.y.iloc[0]).to_numpy()]
    middle, low, high = np.quantile(part, [0.5, 0.25, 0.75])
    assert f"{middle:.1f} [{low:.1f}, {high:.1f}]" in page


def test_text_that_may_name_patients_is_left_out(study, scored):
    X = study.X.assign(name=[f"Mrs {i}" for i in range(40)])
    page = scored.add_characteristics("x", X).to_html()
    assert "Mrs 1" not in page
    assert "Column name is left out: text with more than 12 different values." in page


def test_a_class_without_values_leaves_a_column_out():
    X = pd.DataFrame({"a": [1.0, 2.0, np.nan, np.nan], "b": [1, 2, 3, 4]})
    columns, skipped = describable(X, pd.Series(["r", "r", "n", "n"]))
    assert columns == ["b"]
    assert skipped == {"a": "one class has no value"}


def test_missing_values_are_counted_by_column(study, scored):
    X = study.X.copy()
    X.iloc[:3, X.columns.get_loc("age")] = np.nan
    report = scored.add_characteristics("x", X)
    assert results_of(report)["missing"]["test"] == {
        "dlr2": 0,
        "dlr4": 0,
        "age": 3,
        "her2": 0,
        "subtype": 0,
    }
    assert "3 (7.5%)" in report.to_html()


def test_missing_visits_are_counted(new):
    cohort = make_bmode_cohort(n_patients=8, random_state=0)
    X = cohort.X.copy()
    X.at[X.index[2], "us_post4"] = None
    report = new().add_predictions("x", cohort.y, np.arange(8.0), pos_label="response")
    missing = results_of(report.add_characteristics("x", X))["missing"]["test"]
    assert (missing["us_pre"], missing["us_post4"]) == (0, 1)


def test_flow_given_is_shown(scored):
    flow = PatientFlow({"all": {"response": 20, "non-response": 20}}, {"no surgery": 3})
    assert results_of(scored.add_flow("x", flow))["flow"]["excluded"] == {
        "no surgery": 3
    }


def test_flow_that_does_not_add_up_is_refused(scored):
    flow = PatientFlow({"all": {"response": 20, "non-response": 19}})
    with pytest.raises(ValueError, match="39 patients analysed, the system has 40"):
        scored.add_flow("x", flow)


def test_every_test_of_a_baseline_table_is_written_out():
    assert set(_TEST_NAMES) == {*NUMERIC_TESTS, *CATEGORICAL_TESTS}


@pytest.mark.parametrize(
    ("flags", "labels", "said"),
    [
        ([0, 1], {}, "after her2 are codes of the data; labels={('her2', 1): '...'}"),
        ([0, 1], {"her2": "HER2", ("her2", 0): "no"}, "after HER2 are codes"),
        ([1.0, 2.0], {}, "labels={('her2', 2.0): '...'}"),
        ([0, 1], {("her2", 0): "negative", ("her2", 1): "positive"}, None),
        ([False, True], {}, None),
        (["negative", "positive"], {}, None),
    ],
)
def test_numbers_that_nobody_named_are_called_codes(new, study, flags, labels, said):
    X = pd.DataFrame({"her2": flags * 20, "age": np.arange(40.0)}, study.y.index)
    report = new(labels=labels).add_predictions(
        "x", study.y, study.X["dlr2"], pos_label="response"
    )
    html = unescape(report.add_characteristics("x", X).to_html())
    assert "age are codes" not in html
    assert ("are codes of the data" in html) == (said is not None)
    assert said is None or said in html


@pytest.mark.parametrize(
    ("columns", "missing", "said"),
    [
        (["a"], (), "No value is missing in 1 column."),
        (["a", "b"], (), "No value is missing in 2 columns."),
        (["a", "b"], ("a",), "The other column is complete."),
        (["a", "b", "c"], ("a",), "The other 2 columns are complete."),
    ],
)
def test_one_column_is_no_columns(scored, study, columns, missing, said):
    X = pd.DataFrame({name: np.arange(40.0) for name in columns}, index=study.y.index)
    X.loc[X.index[0], list(missing)] = np.nan
    assert said in scored.add_characteristics("x", X).to_html()


def test_one_event_and_one_patient_are_spoken_of_as_one(new):
    y = ["response", "response", "non-response", "response"]
    decided = ["response", "response", "non-response", "response"]
    report = new().add_predictions(
        "x", y, None, decisions=decided, pos_label="response"
    )
    html = report.add_survival("x", [3, 4, 2, 5], [0, 1, 1, 0]).to_html()
    assert "1 of 1 with non-response recognised" in html
    assert "non-response: 1 event in 1 patient." in html
    assert "response: 1 event in 3 patients." in html


@pytest.mark.parametrize("labels", [("y", "n"), ("n", "y"), ("All", "n")])
def test_no_class_takes_the_place_of_the_total(labels, new):
    y = [labels[0]] * 3 + [labels[1]] * 2
    report = new().add_predictions("x", y, np.arange(5.0), pos_label=labels[0])
    counts = results_of(report)["patients"]["test"]
    assert counts[labels[0]], counts[labels[1]] == (3, 2)
    assert sorted(counts.values()) == [2, 3, 5]
    section = report.to_html().split("Patients by cohort and true class")[1]
    assert "<td>3</td><td>2</td><td>5</td>" in section
