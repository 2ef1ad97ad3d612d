"""Standardised mean differences between groups of patients."""

# SPDX-License-Identifier: BSD-3-Clause

from itertools import combinations

import numpy as np


def of_numbers(groups):
    """Return the standardised difference of a number: the largest of all pairs."""
    means, variances = zip(*((x.mean(), _variance(x)) for x in groups), strict=True)
    return _largest(
        _ratio(means[b] - means[a], (variances[a] + variances[b]) / 2)
        for a, b in combinations(range(len(groups)), 2)
    )


def of_counts(counts):
    """Return that of a category from its counts (n_levels, n_groups).

    For two levels it is that of the last one, for more Yang and Dalton's, which has
    no sign and is the same whichever level is left out.
    """
    counts = np.asarray(counts, dtype=float)
    if not counts.sum(axis=0).all():
        return np.nan
    shares = counts / counts.sum(axis=0)
    pairs = combinations(shares.T, 2)
    return _largest(_of_shares(a, b) for a, b in pairs)


def _variance(values):
    """Return the variance of a sample; NaN of a single value, 0 of equal ones."""
    if len(values) < 2:
        return np.nan
    return values.var(ddof=1) if np.ptp(values) else 0.0


def _of_shares(first, second):
    """Return the difference of two groups from their shares of each level."""
    if len(first) == 2:
        spread = (first * (1 - first) + second * (1 - second)) / 2
        return _ratio(second[1] - first[1], spread[1])
    there = (first > 0) | (second > 0)
    first, second = first[there][1:], second[there][1:]
    gap = second - first
    spread = sum(np.diag(p) - np.outer(p, p) for p in (first, second)) / 2
    solved, *_ = np.linalg.lstsq(spread, gap, rcond=1e-10)
    if not np.allclose(spread @ solved, gap, atol=1e-9):
        return np.inf  # levels that part the groups entirely
    return float(np.sqrt(max(gap @ solved, 0.0)))


def _ratio(gap, variance):
    """Return the difference over the spread; 0 or infinite where there is none."""
    if variance == 0:
        return float(np.copysign(np.inf, gap)) if gap else 0.0
    return float(gap / np.sqrt(variance))


def _largest(differences):
    """Return the largest difference in size, with its sign; NaN if any is."""
    differences = np.array(list(differences))
    if np.isnan(differences).any():
        return np.nan
    return float(differences[np.argmax(np.abs(differences))])
