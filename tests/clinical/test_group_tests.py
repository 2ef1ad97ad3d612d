"""Tests between groups agree with R."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy import stats

from sknac.clinical._group_tests import (
    categorical_test,
    choose_numeric,
    expected_counts,
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
        want, got = numeric_case["values"][name], numeric_test(*groups, name=name)
        found = got.statistic, got.df, got.pvalue
        assert found == close((want["t"], want["df"], want["p"]), rel=1e-9)


def test_mann_whitney_equals_r(numeric_case, data):
    groups = two_groups(numeric_case, data)
    want = numeric_case["values"]["mann_whitney"]
    got = numeric_test(*groups, name="mann-whitney")
    assert got.statistic == close(want["U_of_group_1"], rel=1e-12)
    assert got.pvalue == close(want["p_normal_continuity"], rel=1e-9)
    if want["p_exact"] is None:
        with pytest.raises(ValueError, match="does not allow ties"):
            numeric_test(*groups, name="mann-whitney-exact")
    else:
        exact = numeric_test(*groups, name="mann-whitney-exact")
        assert exact.pvalue == close(want["p_exact"], rel=1e-9)


def test_chi_squares_equal_r(categorical_case, counts_of):
    counts, v = counts_of(categorical_case), categorical_case["values"]
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
    assert choose_numeric(normal, rng.normal(size=60) + 3, alpha=0.05)[0] == "student"
    skewed, why = choose_numeric(np.exp(2 * normal), normal, alpha=0.05)
    assert skewed == "mann-whitney"
    assert "Shapiro-Wilk" in why
    wide, why = choose_numeric(5 * rng.normal(size=60), normal, alpha=0.05)
    assert wide == "mann-whitney"
    assert "Brown-Forsythe" in why
    assert choose_numeric(normal[:2], normal, alpha=0.05)[0] == "mann-whitney"
    assert choose_numeric(np.ones(9), normal, alpha=0.05)[0] == "mann-whitney"


def test_variances_are_compared_by_distances_from_the_median(rng):
    # Brown and Forsythe: analysis of variance of the distances from the medians.
    first, second = 3 * rng.normal(size=60), rng.normal(size=60)
    gaps = [abs(x - np.median(x)) for x in (first, second)]
    want = f"Brown-Forsythe p = {stats.f_oneway(*gaps).pvalue:.2g}"
    assert choose_numeric(first, second, alpha=0.05) == ("mann-whitney", want)


@pytest.mark.parametrize(
    ("counts", "name", "message"),
    [
        ([[1, 2], [3, 4], [5, 6]], "yates", "two by two"),
        (np.full((6, 2), 5000), "fisher", "too many tables"),
    ],
)
def test_tests_that_do_not_fit_are_refused(counts, name, message):
    with pytest.raises(ValueError, match=message):
        categorical_test(counts, name)


# R's PlantGrowth: dried weight of plants under a control and two treatments.
PLANTS = [
    [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
    [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
    [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
]


@pytest.mark.parametrize(
    ("name", "statistic", "pvalue"),
    [  # as R prints summary(aov()), oneway.test() and kruskal.test()
        ("anova", 4.846, 0.01591),
        ("welch-anova", 5.181, 0.01739),
        ("kruskal-wallis", 7.9882, 0.01842),
    ],
)
def test_three_groups_are_compared_as_in_r(name, statistic, pvalue):
    found = numeric_test(*map(np.array, PLANTS), name=name)
    assert (found.name, found.df) == (name, 2)
    assert found.statistic == close(statistic, abs=6e-4)
    assert found.pvalue == close(pvalue, abs=6e-6)


def test_two_groups_are_the_limit_of_more(rng):
    first, second = rng.normal(size=(2, 20))
    student = numeric_test(first, second, name="student")
    anova = numeric_test(first, second, name="anova")
    assert anova.statistic == close(student.statistic**2)
    assert anova.pvalue == close(student.pvalue)
    welch = numeric_test(first, 3 * second, name="welch").pvalue
    assert numeric_test(first, 3 * second, name="welch-anova").pvalue == close(welch)


def test_rule_of_more_groups_is_that_of_two(rng):
    groups = [*rng.normal(size=(2, 60)), rng.normal(size=40) + 2]
    assert choose_numeric(*groups, alpha=0.05)[0] == "anova"
    skewed = choose_numeric(*groups, rng.exponential(size=40), alpha=0.05)
    assert skewed[0] == "kruskal-wallis"
    assert skewed[1].startswith("Shapiro-Wilk p = ")
    assert choose_numeric(*groups, 5 * groups[0], alpha=0.05)[0] == "kruskal-wallis"


@pytest.mark.parametrize("name", ["student", "welch", "mann-whitney"])
def test_tests_of_two_groups_refuse_more(name):
    with pytest.raises(ValueError, match="compares two groups, got 3; take '"):
        numeric_test(*map(np.array, PLANTS), name=name)


def test_groups_without_spread_have_no_test():
    flat = [np.ones(5)] * 3
    assert np.isnan(numeric_test(*flat, name="kruskal-wallis").pvalue)
    assert np.isnan(numeric_test(*flat, name="anova").pvalue)
    with pytest.raises(ValueError, match="group 3 has none; take 'kruskal-wallis'"):
        numeric_test(*map(np.array, PLANTS[:2]), np.ones(4), name="welch-anova")
