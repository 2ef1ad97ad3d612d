"""Tests of one characteristic between groups, each with its name."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from scipy import stats

from sknac.clinical._fisher import fisher_exact

# Tests of two groups, and what takes their place with more.
TWO_GROUPS = {
    "student": "anova",
    "welch": "welch-anova",
    "mann-whitney": "kruskal-wallis",
    "mann-whitney-exact": "kruskal-wallis",
}
NUMERIC_TESTS = (*TWO_GROUPS, "anova", "welch-anova", "kruskal-wallis")
RANK_TESTS = ("mann-whitney", "mann-whitney-exact", "kruskal-wallis")
# How the reason begins where numbers depart from normality.
SKEWED = "Shapiro-Wilk p = "
CATEGORICAL_TESTS = ("pearson", "yates", "likelihood-ratio", "fisher")


@dataclass(frozen=True)
class GroupTest:
    """A test: its name, statistic, degrees of freedom and two-sided p-value."""

    name: str
    statistic: float
    df: float
    pvalue: float


def choose_numeric(*groups, alpha):
    """Return the test of means or of ranks by the stated rule, and the reason."""
    means, ranks = "student", "mann-whitney"
    if len(groups) > 2:
        means, ranks = TWO_GROUPS[means], TWO_GROUPS[ranks]
    for number, values in enumerate(groups, start=1):
        if len(values) < 3:
            return ranks, f"group {number} has {len(values)} values"
    if any(np.ptp(values) == 0 for values in groups):
        return ranks, "a group has no spread"
    normal = min(float(stats.shapiro(values).pvalue) for values in groups)
    if normal < alpha:
        return ranks, f"{SKEWED}{normal:.2g}"
    equal = float(stats.levene(*groups, center="median").pvalue)
    if equal < alpha:
        return ranks, f"Brown-Forsythe p = {equal:.2g}"
    return means, "normal, equal variances"


def numeric_test(*groups, name):
    """Compare a number between groups."""
    if name in TWO_GROUPS and len(groups) != 2:
        raise ValueError(
            f"{name!r} compares two groups, got {len(groups)}; take "
            f"{TWO_GROUPS[name]!r}"
        )
    if name in RANK_TESTS:
        return _ranks(groups, name)
    if all(np.ptp(values) == 0 for values in groups):
        return GroupTest(name, np.nan, np.nan, np.nan)
    if name in ("student", "welch"):
        found = stats.ttest_ind(*groups, equal_var=name == "student")
        return GroupTest(name, *map(float, (found.statistic, found.df, found.pvalue)))
    return _analysis_of_variance(groups, name)


def _ranks(groups, name):
    """Compare the ranks of two or more groups."""
    values = np.concatenate(groups)
    if name == "kruskal-wallis":
        if np.ptp(values) == 0:
            return GroupTest(name, np.nan, np.nan, np.nan)
        found = stats.kruskal(*groups)
        df = float(len(groups) - 1)
        return GroupTest(name, float(found.statistic), df, float(found.pvalue))
    exact = name == "mann-whitney-exact"
    if exact and len(np.unique(values)) < len(values):
        raise ValueError(
            "'mann-whitney-exact' does not allow ties; take 'mann-whitney', the normal "
            "approximation with continuity and tie correction"
        )
    method = "exact" if exact else "asymptotic"
    found = stats.mannwhitneyu(*groups, method=method)
    return GroupTest(name, float(found.statistic), np.nan, float(found.pvalue))


def _analysis_of_variance(groups, name):
    """Compare means; Welch's form does not take the variances for equal."""
    welch = name == "welch-anova"
    for number, values in enumerate(groups, start=1):
        if welch and (len(values) < 2 or np.ptp(values) == 0):
            raise ValueError(
                f"{name!r} needs a spread in every group, and group {number} has none; "
                "take 'kruskal-wallis'"
            )
    from statsmodels.stats.oneway import anova_oneway

    found = anova_oneway(list(groups), use_var="unequal" if welch else "equal")
    df = float(len(groups) - 1)
    return GroupTest(name, float(found.statistic), df, float(found.pvalue))


def categorical_test(counts, name):
    """Compare shares between groups; counts (n_levels, n_groups) without empty rows."""
    counts = np.asarray(counts)
    if min(counts.shape) < 2:
        return GroupTest(name, np.nan, 0.0, np.nan)
    if name == "fisher":
        return GroupTest(name, np.nan, np.nan, fisher_exact(counts))
    if name == "yates" and counts.shape != (2, 2):
        raise ValueError("'yates' corrects tables of two by two only; take 'pearson'")
    ratio = "log-likelihood" if name == "likelihood-ratio" else None
    found = stats.chi2_contingency(counts, correction=name == "yates", lambda_=ratio)
    return GroupTest(name, float(found.statistic), found.dof, float(found.pvalue))


def expected_counts(counts):
    """Return the least expected count of a table."""
    return float(stats.contingency.expected_freq(counts).min())
