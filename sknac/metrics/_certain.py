"""Intervals where the data show no spread and would claim certainty.

One rule for all. Where everything turned out one way, as with an area of 1 or a
rate of 0, the interval is Clopper-Pearson's of all or none of so many patients (or
pairs of patients) that are independent. Where no such rule is known it is NaN.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import numpy as np

from sknac.metrics._proportions import proportion_ci
from sknac.metrics._results import MetricInterval
from sknac.utils._warnings import warn_undefined

RULE = "clopper-pearson"
NO_SPREAD = "has no spread between patients"
ONE_PATIENT = "All rows are of one patient; what needs several to vary is NaN"
# Of a number's size; sums in another order differ by less.
ROUNDING = 1e-12
# Weight, value (0 or 1) and independent trials of each rate in a sum of rates.
Certain = Sequence[tuple[float, float, int]]


def disjoint_pairs(positive: np.ndarray, units: np.ndarray | None) -> int:
    """Return how many pairs of a positive and a negative row share no patient."""
    units = np.arange(positive.size) if units is None else units
    with_pos, with_neg = (np.unique(units[rows]) for rows in (positive, ~positive))
    return min(with_pos.size, with_neg.size, np.unique(units).size // 2)


def all_or_none(
    certain: Certain, confidence_level: float, constant: float = 0.0
) -> tuple[float, float]:
    """Bound a sum of rates, each all or none of its trials, by Bonferroni's level.

    Without any trial the bounds are NaN.
    """
    if not all(trials for *_, trials in certain):
        return np.nan, np.nan
    level = 1 - (1 - confidence_level) / len(certain)
    low = high = constant
    for share, rate, trials in certain:
        count = trials if rate > 0.5 else 0
        bound = proportion_ci(count, trials, method=RULE, confidence_level=level)
        low, high = low + share * bound.low, high + share * bound.high
    return float(low), float(high)


def has_no_width(low: float, high: float) -> bool:
    """Tell whether bounds are one number but for rounding."""
    return high - low <= ROUNDING * max(abs(low), abs(high))


def widen(
    found: MetricInterval, certain: Certain | None = None, constant: float = 0.0
) -> MetricInterval:
    """Replace an interval of width zero by the rule's, or by NaN, with a warning."""
    if not has_no_width(found.low, found.high):
        return found
    what = f"{found.metric} {NO_SPREAD}"
    if not certain or not all(trials for *_, trials in certain):
        warn_undefined(f"{what}; its interval is NaN")
        return found.replace(low=np.nan, high=np.nan)
    low, high = all_or_none(certain, found.confidence_level, constant)
    trials = " and ".join(str(n) for *_, n in certain)
    warn_undefined(f"{what}; its interval is {RULE}'s of all or none of {trials}")
    return found.replace(low=low, high=high, method=RULE)
