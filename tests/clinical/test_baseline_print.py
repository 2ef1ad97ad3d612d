"""Printed baseline tables: means or medians, missing values, labels, differences."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from sknac.clinical import baseline_table


@pytest.fixture
def three_groups(rng):
    """Give a skewed, an even and a coded column of three groups."""
    by = np.repeat(["a", "b", "c"], 20)
    table = {
        "ki67": rng.exponential(30, 60),
        "age": np.tile(norm.ppf(np.arange(1, 21) / 21), 3),
    }
    table["er"] = rng.integers(0, 2, 60)
    return pd.DataFrame(table), by


def test_skewed_numbers_are_printed_as_medians(three_groups):
    found = baseline_table(*three_groups)
    assert found.tests["summary"].tolist() == ["median", "mean", "count"]
    frame = found.formatted()
    values = three_groups[0]["ki67"][:20].quantile([0.5, 0.25, 0.75])
    want = "{:.1f} [{:.1f}, {:.1f}]".format(*values)
    assert frame.loc[("ki67", ""), "a (n=20)"] == want
    assert "±" in frame.loc[("age", ""), "a (n=20)"]


@pytest.mark.parametrize(
    ("test", "summary"),
    [("anova", "mean"), ("kruskal-wallis", "median"), ("welch-anova", "mean")],
)
def test_the_test_asked_for_decides_the_summary(three_groups, test, summary):
    found = baseline_table(*three_groups, tests={"ki67": test})
    assert found.tests.loc["ki67", "summary"] == summary


def test_missing_values_have_a_row_by_group(three_groups):
    X, by = three_groups
    X.loc[[0, 1, 40], "age"], X["er"] = np.nan, X["er"].astype(float)
    X.loc[25, "er"] = np.nan
    found = baseline_table(X, by)
    assert found.missing.loc["age"].tolist() == [2, 0, 1]
    frame = found.formatted(smd=True)
    assert frame.loc[("age", "(missing)")].tolist() == ["2", "0", "1", "", "", ""]
    assert frame.loc[("er", "(missing)")].tolist()[:3] == ["0", "1", "0"]
    assert ("ki67", "(missing)") not in frame.index
    numbers = found.to_frame().reset_index()
    counted = numbers[(numbers["characteristic"] == "er") & (numbers["level"] == 1)]
    assert counted["missing"].tolist() == [0, 1, 0]


def test_a_level_may_be_called_missing():
    X = pd.DataFrame({"er": ["(missing)", "pos", None, "pos"] * 3})
    frame = baseline_table(X, ["a", "b", "b"] * 4).formatted()
    assert frame.index.get_level_values("level").tolist().count("(missing)") == 2


def test_labels_are_what_is_read(three_groups):
    labels = {"er": "ER status", ("er", 1): "positive", "age": "Age, years"}
    frame = baseline_table(*three_groups).formatted(labels=labels)
    assert ("ER status", "positive") in frame.index
    assert ("Age, years", "") in frame.index


@pytest.mark.parametrize("name", ["stage", ("er", 7), ("age", 1)])
def test_labels_of_what_is_not_there_are_refused(three_groups, name):
    with pytest.raises(ValueError, match="which must be a column or a"):
        baseline_table(*three_groups).formatted(labels={name: "x"})


def test_differences_are_printed_where_asked(three_groups):
    found = baseline_table(*three_groups)
    assert "SMD" not in found.formatted()
    smd = found.tests.loc["age", "smd"]
    printed = found.formatted(smd=True).loc[("age", ""), "SMD"]
    assert printed.replace("\N{MINUS SIGN}", "-") == f"{smd:.2f}"


@pytest.mark.parametrize(
    "others", [{}, {"er": [0, 1] * 6}, {"site": ["a", "b"] * 6, "er": [1.0, 2.0] * 6}]
)
def test_flags_are_printed_as_categories(others):
    y = np.repeat(["a", "b"], 6)
    X = pd.DataFrame({"her2": [True, False, False] * 4, **others})
    frame = baseline_table(X, y).formatted()
    assert frame.loc["her2"].index.tolist() == [False, True]
    assert frame["a (n=6)"].tolist()[:2] == ["4 (66.7%)", "2 (33.3%)"]
