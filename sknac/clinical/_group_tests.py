"""Tests of one characteristic between groups, each with its name."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import gammaln

NUMERIC_TESTS = ("student", "welch", "mann-whitney", "mann-whitney-exact")
CATEGORICAL_TESTS = ("pearson", "yates", "likelihood-ratio", "fisher")
# Fisher's test lists all tables with the observed margins; this many at most.
MOST_TABLES = 10**7


@dataclass(frozen=True)
class GroupTest:
    """A test: its name, statistic, degrees of freedom and two-sided p-value."""

    name: str
    statistic: float
    df: float
    pvalue: float


def choose_numeric(first, second, alpha):
    """Return Student or Mann-Whitney by the stated rule, and the reason."""
    for number, values in enumerate((first, second), start=1):
        if len(values) < 3:
            return "mann-whitney", f"group {number} has {len(values)} values"
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return "mann-whitney", "a group has no spread"
    normal = [float(stats.shapiro(values).pvalue) for values in (first, second)]
    if min(normal) < alpha:
        return "mann-whitney", f"Shapiro-Wilk p = {min(normal):.2g}"
    equal = float(stats.levene(first, second, center="median").pvalue)
    if equal < alpha:
        return "mann-whitney", f"Brown-Forsythe p = {equal:.2g}"
    return "student", "normal, equal variances"


def numeric_test(first, second, name):
    """Compare a number between two groups."""
    if name in ("student", "welch"):
        if np.ptp(first) == 0 and np.ptp(second) == 0:
            return GroupTest(name, np.nan, np.nan, np.nan)
        found = stats.ttest_ind(first, second, equal_var=name == "student")
        return GroupTest(name, *map(float, (found.statistic, found.df, found.pvalue)))
    exact = name == "mann-whitney-exact"
    if exact and len(np.unique([*first, *second])) < len(first) + len(second):
        raise ValueError(
            "'mann-whitney-exact' does not allow ties; take 'mann-whitney', the normal "
            "approximation with continuity and tie correction"
        )
    method = "exact" if exact else "asymptotic"
    found = stats.mannwhitneyu(first, second, method=method)
    return GroupTest(name, float(found.statistic), np.nan, float(found.pvalue))


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


def fisher_exact(counts):
    """Return Fisher's two-sided p-value of a table with two columns, by listing.

    The sum over all tables with the same margins that are no likelier than the
    observed one.
    """
    counts = np.asarray(counts)
    if counts.shape[1] != 2:
        counts = counts.T
    if counts.shape[1] != 2:
        raise ValueError("'fisher' needs two groups or two levels; take 'pearson'")
    sizes, drawn = counts.sum(axis=1), int(counts[:, 0].sum())
    sizes = sizes[np.argsort(sizes)]  # the largest row follows from the others
    if np.prod(sizes[:-1] + 1.0) > MOST_TABLES:
        raise ValueError("'fisher' would list too many tables; take 'pearson'")
    grid = np.meshgrid(*(np.arange(n + 1) for n in sizes[:-1]), indexing="ij")
    rest = drawn - sum(grid)
    possible = (rest >= 0) & (rest <= sizes[-1])
    cells = [g[possible] for g in grid] + [rest[possible]]
    log = sum(_log_choose(n, k) for n, k in zip(sizes, cells, strict=True))
    log -= _log_choose(sizes.sum(), drawn)
    observed = sum(_log_choose(row.sum(), row[0]) for row in counts)
    observed -= _log_choose(sizes.sum(), drawn)
    return float(min(np.exp(log[log <= observed + 1e-7]).sum(), 1.0))


def expected_counts(counts):
    """Return the least expected count of a table."""
    return float(stats.contingency.expected_freq(counts).min())


def _log_choose(n, k):
    """Return the logarithm of the binomial coefficient."""
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
