"""Tests between groups agree with R."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sknac.clinical._group_tests import (
    categorical_test,
    choose_numeric,
    expected_counts,
    fisher_exact,
    numeric_test,
)

close = pytest.approx


def two_groups(case, data):
    """Return the numbers of the two groups of a case."""
    v, table = case["values"], data(case["data"])
    group = table[v["group_column"]].astype(str)
    return [table.loc[group == v[k], v["variable"]] for k in ("group_1", "group_2")]


def test_students_and_welchs_t_equal_r(numeric_case, data):
    groups = two_groups(numeric_case, data)
    for name in ("student", "welch"):
        want, got = numeric_case["values"][name], numeric_test(*groups, name)
        found = got.statistic, got.df, got.pvalue
        assert found == close((want["t"], want["df"], want["p"]), rel=1e-9)


def test_mann_whitney_equals_r(numeric_case, data):
    groups = two_groups(numeric_case, data)
    want = numeric_case["values"]["mann_whitney"]
    got = numeric_test(*groups, "mann-whitney")
    assert got.statistic == close(want["U_of_group_1"], rel=1e-12)
    assert got.pvalue == close(want["p_normal_continuity"], rel=1e-9)
    if want["p_exact"] is None:
        with pytest.raises(ValueError, match="does not allow ties"):
            numeric_test(*groups, "mann-whitney-exact")
    else:
        exact = numeric_test(*groups, "mann-whitney-exact")
        assert exact.pvalue == close(want["p_exact"], rel=1e-9)


def counts_of(case, data):
    """Return the table of a case, made from the data where it has any."""
    v = case["values"]
    if case["data"] is None:
        return np.array(v["counts"])
    table = data(case["data"])
    found = pd.crosstab(table[v["row_variable"]], table[v["column_variable"]])
    assert found.to_numpy().tolist() == v["counts"]
    return found.to_numpy()


def test_chi_squares_equal_r(categorical_case, data):
    counts, v = counts_of(categorical_case, data), categorical_case["values"]
    pearson = categorical_test(counts, "pearson")
    found = pearson.statistic, pearson.df, pearson.pvalue
    want = v["pearson"]
    assert found == close((want["chisq"], want["df"], want["p"]), rel=1e-9, abs=1e-15)
    assert expected_counts(counts) == close(want["min_expected"], rel=1e-9)
    ratio, want = categorical_test(counts, "likelihood-ratio"), v["likelihood_ratio"]
    found = ratio.statistic, ratio.pvalue
    assert found == close((want["G"], want["p"]), rel=1e-9, abs=1e-15)
    if "yates" in v:
        yates, want = categorical_test(counts, "yates"), v["yates"]
        found = yates.statistic, yates.pvalue
        assert found == close((want["chisq"], want["p"]), rel=1e-9, abs=1e-15)


def test_fishers_exact_test_equals_r(categorical_case, data):
    counts, want = counts_of(categorical_case, data), categorical_case["values"]
    assert fisher_exact(counts) == close(want["fisher_p"], rel=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_fishers_exact_test_equals_scipy(cells):
    counts = np.reshape(cells, (2, 2)) + np.eye(2, dtype=int)
    want = stats.fisher_exact(counts).pvalue
    assert fisher_exact(counts) == close(want, rel=1e-9)


# Table 2 of the DLRP paper: counts by response, the printed p, and which chi-square
# rounds to it; the paper uses two. Its p of age and of volume changes cannot be
# made from the printed means and SDs.
DLRP_TABLE_2 = {
    "ER, training": ([[24, 38], [41, 23]], 0.004, "pearson"),
    "PR, training": ([[17, 30], [48, 31]], 0.008, "pearson"),
    "Ki67, training": ([[51, 41], [14, 20]], 0.155, "pearson"),
    "HER2, training": ([[38, 16], [27, 45]], 0.0, "pearson"),
    "subtype, training": ([[12, 32], [12, 8], [26, 8], [15, 13]], 0.0, "pearson"),
    "ER, validation": ([[8, 18], [13, 3]], 0.001, "likelihood-ratio"),
    "PR, validation": ([[7, 10], [14, 11]], 0.346, "pearson"),
    "Ki67, validation": ([[19, 15], [2, 6]], 0.116, "pearson"),
    "HER2, validation": ([[12, 7], [9, 14]], 0.121, "pearson"),
    "subtype, validation": (
        [[6, 13], [4, 5], [8, 2], [3, 1]],
        0.054,
        "likelihood-ratio",
    ),
}


@pytest.mark.parametrize("row", DLRP_TABLE_2)
def test_table_2_of_the_dlrp_paper(row):
    counts, printed, name = DLRP_TABLE_2[row]
    assert round(categorical_test(counts, name).pvalue, 3) == printed


def test_rule_takes_student_only_for_normal_equal_groups(rng):
    normal = rng.normal(size=60)
    assert choose_numeric(normal, rng.normal(size=60) + 3, 0.05)[0] == "student"
    skewed, why = choose_numeric(np.exp(2 * normal), normal, 0.05)
    assert skewed == "mann-whitney"
    assert "Shapiro-Wilk" in why
    wide, why = choose_numeric(5 * rng.normal(size=60), normal, 0.05)
    assert wide == "mann-whitney"
    assert "Brown-Forsythe" in why
    assert choose_numeric(normal[:2], normal, 0.05)[0] == "mann-whitney"
    assert choose_numeric(np.ones(9), normal, 0.05)[0] == "mann-whitney"


def test_variances_are_compared_by_distances_from_the_median(rng):
    # Brown and Forsythe: analysis of variance of the distances from the medians.
    first, second = 3 * rng.normal(size=60), rng.normal(size=60)
    gaps = [abs(x - np.median(x)) for x in (first, second)]
    want = f"Brown-Forsythe p = {stats.f_oneway(*gaps).pvalue:.2g}"
    assert choose_numeric(first, second, 0.05) == ("mann-whitney", want)


@pytest.mark.parametrize(
    ("counts", "name", "message"),
    [
        ([[1, 2], [3, 4], [5, 6]], "yates", "two by two"),
        (np.ones((3, 3), int), "fisher", "two groups or two levels"),
        (np.full((6, 2), 5000), "fisher", "too many tables"),
    ],
)
def test_tests_that_do_not_fit_are_refused(counts, name, message):
    with pytest.raises(ValueError, match=message):
        categorical_test(counts, name)
