"""Baseline tables summarise, test, and name the test."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.clinical import baseline_table

close = pytest.approx


def test_summaries_and_tests_equal_r(numeric_case, data):
    v, table = numeric_case["values"], data(numeric_case["data"])
    name, group = v["variable"], table[v["group_column"]].astype(str)
    found = baseline_table(table, group, columns=[name], tests={name: "student"})
    assert found.tests.loc[name, "pvalue"] == close(v["student"]["p"], rel=1e-9)
    for key in ("group_1", "group_2"):
        want = v[key.replace("group", "summary")]
        row = found.numeric.loc[name, v[key]]
        keys = ["n", "mean", "sd", "median", "q25", "q75"]
        keys_of_r = ["n", "mean", "sd", "median", "q25_type7", "q75_type7"]
        want = [want[key] for key in keys_of_r]
        assert row[keys].tolist() == close(want, rel=1e-9)


def test_every_row_names_its_test_and_why(cohort):
    X, y = cohort
    found = baseline_table(X, y, tests={"er": "fisher"})
    assert found.tests["test"].to_dict() == {
        "age": "mann-whitney",
        "er": "fisher",
        "her2": "pearson",
        "grade": "pearson",
    }
    assert found.tests.loc["age", "reason"].startswith("Brown-Forsythe p = ")
    assert found.tests.loc["er", "reason"] == "asked for"
    assert (found.to_frame()["test"] != "").all()


def test_printed_table_is_that_of_the_paper():
    # HER2 in the training cohort of the DLRP paper (Table 2).
    her2 = np.repeat([1, 0, 1, 0], [38, 27, 16, 45])
    y = np.repeat(["response", "non-response"], [65, 61])
    frame = baseline_table(pd.DataFrame({"her2": her2}), y).formatted()
    assert frame.columns.tolist() == [
        "non-response (n=61)",
        "response (n=65)",
        "p",
        "test",
    ]
    row = frame.loc[("her2", 1)]
    assert row.tolist() == ["16 (26.2%)", "38 (58.5%)", "< 0.001", "pearson"]


def test_numbers_behind_the_printed_table_are_there_too(cohort):
    X, y = cohort
    frame = baseline_table(X, y, columns=["age", "er"]).to_frame()
    old = X["age"][y == "response"]
    row = frame.loc[("age", "", "response")]
    assert row[["n", "mean", "sd"]].tolist() == close([len(old), old.mean(), old.std()])
    positive = frame.loc[("er", 1, "response")]
    assert positive["share"] == close((X["er"][y == "response"] == 1).mean())
    assert positive["count"] == positive["share"] * positive["n"]


def test_numbers_and_categories_are_printed_side_by_side():
    X = pd.DataFrame({"age": [40.0, 50, 60, 45], "her2": [1, 0, 1, 1]})
    frame = baseline_table(X, list("aabb"), tests={"age": "welch"}).formatted()
    assert frame.iloc[:, :2].to_numpy().tolist() == [
        ["45.0 ± 7.1", "52.5 ± 10.6"],
        ["1 (50.0%)", "0 (0.0%)"],
        ["1 (50.0%)", "2 (100.0%)"],
    ]


def test_one_column_may_be_named_alone(cohort):
    X, y = cohort
    assert baseline_table(X, y, columns="age").tests.index.tolist() == ["age"]


def test_missing_values_are_left_out_and_counted(cohort):
    X, y = cohort
    X = X.astype({"age": float, "her2": float})
    X.iloc[:7, 0], X.iloc[3:5, 2] = np.nan, np.nan
    found = baseline_table(X, y)
    assert found.tests.loc[["age", "her2"], "missing"].tolist() == [7, 2]
    assert found.tests.loc[["age", "her2"], "n"].tolist() == [113, 118]
    assert found.counts.loc["her2"].to_numpy().sum() == 118


def test_numbers_with_two_values_are_categories_unless_told(cohort):
    X, y = cohort
    assert baseline_table(X, y).tests.loc["er", "kind"] == "categorical"
    told = baseline_table(X, y, tests={"er": "mann-whitney"})
    assert told.tests.loc["er", "kind"] == "numeric"
    coded = X.assign(grade=X["grade"].str[1].astype(int))
    plain = baseline_table(coded, y)
    assert plain.tests.loc["grade", "kind"] == "numeric"
    named = baseline_table(coded, y, categorical=["grade", "er", "her2"])
    assert named.tests.loc["grade", "kind"] == "categorical"
    assert baseline_table(coded, y, categorical=[]).tests.loc["er", "kind"] == "numeric"


def test_thin_cells_and_undefined_tests_are_noted():
    X = pd.DataFrame({"rare": [1, *[0] * 19], "one": ["a"] * 20, "flat": 3.0})
    asked = {"flat": "student", "rare": "pearson"}
    found = baseline_table(X, [0, 1] * 10, tests=asked)
    notes = found.tests["note"].to_dict()
    assert notes["rare"] == "expected count below 5"
    assert notes["one"] == "one level or one group only: the test is undefined"
    assert notes["flat"] == "no spread: the test is undefined"
    assert found.tests.loc[["one", "flat"], "pvalue"].isna().all()
    assert found.formatted().loc[("one", "a"), "p"] == "\N{EN DASH}"


def test_images_are_no_characteristics(cohort):
    X, y = cohort
    X = X.assign(us_pre=[(1, 2)] * len(X))
    assert "us_pre" not in baseline_table(X, y).tests.index


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"by": np.zeros(120)}, "by must hold two groups"),
        ({"by": np.linspace(0, 1, 120)}, "by must name groups, got 120 distinct"),
        ({"by": ["a", "b", "c"] * 40, "tests": {"age": "welch"}}, "'age': 'welch' com"),
        ({"by": [None, *[1] * 119]}, "by holds missing values"),
        ({"by": [0, 1]}, "inconsistent numbers of samples"),
        ({"columns": ["stage"]}, "no column stage"),
        ({"tests": {"age": "t"}}, "is unknown"),
        ({"tests": {"grade": "student"}}, "needs numbers"),
        ({"tests": {"grade": "yates"}}, "column 'grade': 'yates' corrects"),
        ({"columns": ["er"], "tests": {"age": "welch"}}, "must be in columns"),
        ({"alpha": 1.5}, "alpha"),
    ],
)
def test_bad_input_is_named(cohort, change, message):
    X, y = cohort
    with pytest.raises(ValueError, match=message):
        baseline_table(X, **({"by": y} | change))


def test_group_without_values_is_named(cohort):
    X, y = cohort
    X = X.assign(age=X["age"].where(y == "response"))
    with pytest.raises(ValueError, match="'age' has no value in one group"):
        baseline_table(X, y)
    with pytest.raises(ValueError, match="hold no value"):
        baseline_table(X.assign(age=np.nan), y, columns=["age"])


def test_repr_is_short(cohort):
    text = repr(baseline_table(*cohort))
    assert text.startswith("BaselineTable(4 characteristics, n=120 patients; ")


@pytest.fixture
def coded():
    """Give numbers: a flag, a grade of three levels and an age."""
    table = {"er": [0, 1] * 6, "grade": [1, 2, 3] * 4, "age": range(40, 52)}
    return pd.DataFrame(table), ["R", "N", "N", "R"] * 3


@pytest.mark.parametrize("named", ["grade", ["grade"], np.array(["grade"])])
def test_named_categories_leave_the_rule_to_the_others(coded, named):
    kinds = baseline_table(*coded, categorical=named).tests["kind"]
    assert kinds.tolist() == ["categorical", "categorical", "numeric"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"categorical": ["gradee"]}, "X has no column gradee"),
        ({"categorical": "Grade"}, "X has no column Grade"),
        ({"categorical": ["er"], "columns": ["age"]}, "categorical names 'er', which"),
        ({"tests": {"er": "fisher"}, "columns": ["age"]}, "tests names 'er', which"),
        (
            {"categorical": ["grade"], "tests": {"grade": "student"}},
            "categorical names 'grade' but tests asks for 'student'",
        ),
    ],
)
def test_names_that_are_not_compared_are_refused(coded, change, message):
    with pytest.raises(ValueError, match=message):
        baseline_table(*coded, **change)


@pytest.mark.parametrize(
    "by", [["R", "r"] * 4, ["R", "R "] * 4, ["nan", "R"] * 4, ["", "R"] * 4]
)
def test_groups_that_may_be_one_or_none_are_said(by):
    with pytest.warns(UserWarning, match=r"label.? of by"):
        baseline_table(pd.DataFrame({"age": range(8)}), by)


@pytest.mark.parametrize("how", [{"categorical": ["er"]}, {"tests": {"er": "fisher"}}])
def test_levels_of_named_categories_that_may_be_one_are_said(how):
    X = pd.DataFrame({"er": ["pos", "neg", "Pos", "neg"] * 2})
    with pytest.warns(UserWarning, match="two labels of column 'er' may be one"):
        baseline_table(X, ["a", "b"] * 4, **how)


@pytest.mark.parametrize(
    "values", [2**60 + np.arange(8), np.arange(8) + 1j, pd.array([2**60] * 8) - 1]
)
def test_numbers_that_floats_cannot_hold_are_refused(values):
    with pytest.raises(ValueError, match=r"column 'age' (must be|holds whole) numbers"):
        baseline_table(
            pd.DataFrame({"age": values}), ["a", "b"] * 4, tests={"age": "student"}
        )


@pytest.mark.parametrize("n", [12, 20, 40])
def test_thin_tables_are_compared_exactly(n):
    # One of n: Fisher's p is 1 whatever group it falls in, Pearson's is about .3.
    X = pd.DataFrame({"rare": [1, *[0] * (n - 1)]})
    row = baseline_table(X, [0, 1] * (n // 2)).tests.loc["rare"]
    assert (row["test"], row["note"]) == ("fisher", "")
    assert row["reason"] == "expected count below 5"
    assert row["pvalue"] == close(1)
    paper = baseline_table(X, [0, 1] * (n // 2), least_expected=0).tests.loc["rare"]
    assert (paper["test"], paper["note"]) == ("pearson", "expected count below 5")


def test_where_tables_are_too_many_pearson_stays_and_says_so(rng, monkeypatch):
    monkeypatch.setattr("sknac.clinical._fisher.MOST_TABLES", 1000)
    X = pd.DataFrame({"site": rng.choice(list("abcdefgh"), 150)})
    row = baseline_table(X, rng.choice(list("uvwxyz"), 150)).tests.loc["site"]
    assert row["test"] == "pearson"
    assert "too many tables for Fisher's test" in row["note"]


# Table 2 of the DLRP paper, both cohorts: counts by level of response and
# non-response, and the p that is printed.
DLRP_TRAINING = {
    "er": ([[24, 38], [41, 23]], 0.004),
    "pr": ([[17, 30], [48, 31]], 0.008),
    "ki67": ([[51, 41], [14, 20]], 0.155),
    "her2": ([[38, 16], [27, 45]], 0.0),
    "subtype": ([[12, 32], [12, 8], [26, 8], [15, 13]], 0.0),
}
DLRP_VALIDATION = {
    "pr": ([[7, 10], [14, 11]], 0.346),
    "ki67": ([[19, 15], [2, 6]], 0.116),
    "her2": ([[12, 7], [9, 14]], 0.121),
}


@pytest.mark.parametrize(
    ("counts", "settings"),
    [(DLRP_TRAINING, {}), (DLRP_VALIDATION, {"least_expected": 0})],
)
def test_table_2_of_the_paper_is_the_default_table(counts, settings):
    y = np.repeat(["R", "N"], np.sum(counts["her2"][0], axis=0))
    X = pd.DataFrame(
        {
            name: np.concatenate([np.repeat(range(len(c)), c) for c in np.transpose(t)])
            for name, (t, _) in counts.items()
        }
    )
    found = baseline_table(
        X, y, categorical=["subtype"] if "subtype" in X else None, **settings
    )
    assert (found.tests["test"] == "pearson").all()
    want = [p for _, p in counts.values()]
    assert found.tests["pvalue"].round(3).tolist() == want


def test_groups_may_be_three(cohort):
    X, _ = cohort
    by = np.repeat(["a", "b", "c"], 40)
    found = baseline_table(X, by)
    assert found.tests["test"].tolist() == ["anova", *["pearson"] * 3]
    assert found.tests.loc["grade", "df"] == 4
    assert found.formatted().columns.tolist()[:3] == [f"{g} (n=40)" for g in "abc"]
    er = X["er"].where(by != "c")
    note = baseline_table(pd.DataFrame({"er": er}), by).tests.loc["er", "note"]
    assert note == "no value in group 'c': the test is undefined"
