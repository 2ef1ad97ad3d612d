"""Differences of the rates of two tests on the same patients."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom, norm

from sknac.metrics._clustered import (
    clustered_rate,
    independent_rows,
    standard_error,
    warn_of_unequal,
)
from sknac.metrics._results import MetricInterval
from sknac.utils._confusion import WHY_UNDEFINED
from sknac.utils._result import Result
from sknac.utils._sample import Sample, check_sample
from sknac.utils._settings import check_confidence_level
from sknac.utils._text import p_equals, typed
from sknac.utils._warnings import warn_undefined

# Sums of signed differences beyond this are normal to every digit that is printed.
_MOST_SIGNED = 5000
_RATES = ("sensitivity", "specificity", "accuracy")


@dataclass(frozen=True, repr=False)
class RateDifference(Result):
    """The difference of one rate of two tests on the same patients.

    Parameters
    ----------
    metric : str
        Name of the rate.
    rate_a, rate_b : float
        The rate of either test.
    estimate : float
        `rate_a - rate_b`.
    low, high : float
        Newcombe's bounds of the difference; NaN where there are no rows.
    se : float
        Standard error of the difference (between patients with `groups`).
    pvalue : float
        McNemar's exact p-value, two-sided.
    only_a, only_b : int
        Rows that one of the tests alone has right.
    method : {"newcombe", "clustered-newcombe"}
        How the interval was made.
    confidence_level : float
        Nominal coverage of the interval, between 0 and 1.
    rows : int
        Rows the rate is made of.
    n, n_pos : int
        Rows and positive rows.
    pos_label : int, float, bool or str
        The positive class.
    n_groups : int or None
        Number of groups (patients) where `groups` was given.

    See Also
    --------
    compare_rates : Makes three of them.

    Examples
    --------
    >>> from sknac.metrics import compare_rates
    >>> y, a, b = [1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 1], [0, 0, 1, 0, 0, 0]
    >>> compare_rates(y, a, b).sensitivity
    sensitivity 1.000 - 0.250 = 0.750 [0.085, 0.954], p = 0.250 (95% newcombe, ...)
    """

    metric: str
    rate_a: float
    rate_b: float
    estimate: float
    low: float
    high: float
    se: float
    pvalue: float
    only_a: int
    only_b: int
    method: str
    confidence_level: float
    rows: int
    n: int
    n_pos: int
    pos_label: Any
    n_groups: int | None = None

    def _line(self) -> str:
        """Write the difference without what it is about."""
        rates = f"{self.rate_a:.3f} - {self.rate_b:.3f}"
        return f"{self.metric} {rates} = {typed(self)}, {p_equals(self.pvalue)}"

    def __repr__(self) -> str:
        return f"{self._line()} ({self._about()})"


@dataclass(frozen=True, repr=False)
class ComparedRates(Result):
    """The rates of two tests on the same patients, compared.

    Parameters
    ----------
    sensitivity, specificity, accuracy : RateDifference
        The difference of each rate with its interval and p-value.

    See Also
    --------
    compare_rates : Makes one.

    Examples
    --------
    >>> from sknac.metrics import compare_rates
    >>> compare_rates([1, 1, 1, 0, 0], [1, 1, 1, 0, 1], [0, 1, 1, 0, 0])
    Rates of a - b (95% newcombe, pos_label=1, n=5 patients, n_pos=3)
      sensitivity 1.000 - 0.667 = 0.333 [-0.291, 0.792], p = 1.000
      specificity 0.500 - 1.000 = -0.500 [-0.905, 0.273], p = 1.000
      accuracy 0.800 - 0.800 = 0.000 [-0.492, 0.492], p = 1.000
    """

    sensitivity: RateDifference
    specificity: RateDifference
    accuracy: RateDifference

    @property
    def differences(self) -> tuple[RateDifference, ...]:
        """The three differences, in the order of the attributes."""
        return tuple(getattr(self, name) for name in _RATES)

    def __repr__(self) -> str:
        about = self.accuracy._about()
        lines = [f"  {found._line()}" for found in self.differences]
        return "\n".join([f"Rates of a - b ({about})", *lines])

    def to_frame(self) -> pd.DataFrame:
        """Return the differences as a table.

        Returns
        -------
        DataFrame of shape (3, 16)
            One row per rate, by its name; one column per field of `RateDifference`.
        """
        rows = pd.concat([found.to_frame() for found in self.differences])
        return rows.set_index("metric")


def compare_rates(
    y_true: Any,
    y_pred_a: Any,
    y_pred_b: Any,
    *,
    pos_label: Any = None,
    confidence_level: float = 0.95,
    groups: Any = None,
) -> ComparedRates:
    """Compare sensitivity, specificity and accuracy of two tests on the same patients.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_pred_a, y_pred_b : array-like of shape (n_samples,)
        Predicted labels of the two tests.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    confidence_level : float, default=0.95
        Coverage of each interval, between 0 and 1.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows.

    Returns
    -------
    ComparedRates
        Differences with intervals and exact p-values. Without rows of a class its
        rate is NaN, with one `UndefinedMetricWarning` naming why.

    Raises
    ------
    ValueError
        If lengths differ, labels are not binary, or `pos_label` is missing or
        unknown.

    See Also
    --------
    confusion_rates : The rates of one test.
    delong_test : Compare two areas.

    Notes
    -----
    The interval is Newcombe's tenth: Wilson's bounds of either rate, joined by their
    correlation. The p-value is McNemar's exact one, that of the binomial distribution
    over the rows which the tests have right one without the other. The two need not
    agree: the interval may leave 0 out where p is just above 0.05.

    With `groups` the bounds are those of `confusion_rates`, the correlation is that
    between patients, and the p-value is that of all ways to exchange the tests within
    whole patients, of which McNemar's is the case of one row each. In simulated
    studies of 10 to 40 patients with 1, 2, 10 or 1, 1, 2, 10 rows each 95 %
    intervals held the truth in 94 % and more, and p fell below 0.05 in 0 to 5 % of
    equal tests (``benchmarks/coverage_by_patient.py``).

    PPV and NPV are not compared: the tests' denominators are different patients.

    References
    ----------
    R. G. Newcombe, "Improved confidence intervals for the difference between binomial
    proportions based on paired data", Statistics in Medicine 17:2635-2650, 1998.
    Q. McNemar, Psychometrika 12:153-157, 1947.

    Examples
    --------
    >>> from sknac.metrics import compare_rates
    >>> y = ["response"] * 6 + ["non-response"] * 6
    >>> a = ["response"] * 5 + ["non-response"] * 7
    >>> b = ["response"] * 3 + ["non-response"] * 7 + ["response"] * 2
    >>> found = compare_rates(y, a, b, pos_label="response")
    >>> round(found.accuracy.estimate, 3), found.accuracy.pvalue
    (0.333, 0.125)
    """
    level = check_confidence_level(confidence_level)
    first = check_sample(y_true, y_pred_a, pos_label=pos_label, groups=groups)
    first.rows.see("y_pred_b", y_pred_b)
    known = {"pos_label": first.pos_label, "interval": False}
    second = check_sample(y_true, y_pred_b, **known)
    rows = dict(zip(_RATES, (first.positive, ~first.positive, None), strict=True))
    found, missing = {}, []
    for name, kept in rows.items():
        kept = np.ones(first.n, dtype=bool) if kept is None else kept
        found[name] = _difference(name, first, second.predicted, kept, level)
        if not kept.any():
            missing.append(f"{name} ({WHY_UNDEFINED[name]})")
    if missing:
        warn_undefined(f"Some rates are undefined; NaN are {', '.join(missing)}")
    return ComparedRates(**found)


def _difference(
    name: str, sample: Sample, other: np.ndarray, kept: np.ndarray, level: float
) -> RateDifference:
    """Compare one rate, over the rows it is made of."""
    a, b = (guess[kept] == sample.positive[kept] for guess in (sample.predicted, other))
    codes = np.arange(sample.n) if sample.codes is None else sample.codes
    _, codes = np.unique(codes[kept], return_inverse=True)
    counts = np.bincount(codes)
    right = [np.bincount(codes, test, counts.size) for test in (a, b)]
    about = {"n": sample.n, "confidence_level": level}
    rates = [clustered_rate(x, counts, metric=name, **about) for x in right]
    low = high = se = pvalue = np.nan
    if counts.size:
        low, high = _newcombe(rates, _correlation(right, counts))
        se = standard_error(right[0] - right[1], counts)
        pvalue = _exchange_test((right[0] - right[1]).astype(int))
    if sample.codes is not None:
        warn_of_unequal({name: counts})
    return RateDifference(
        metric=name,
        rate_a=rates[0].estimate,
        rate_b=rates[1].estimate,
        estimate=rates[0].estimate - rates[1].estimate,
        low=low,
        high=high,
        se=se,
        pvalue=pvalue,
        only_a=int((a & ~b).sum()),
        only_b=int((b & ~a).sum()),
        method="newcombe" if sample.codes is None else "clustered-newcombe",
        confidence_level=level,
        rows=int(counts.sum()),
        **sample.about,
    )


def _correlation(right: list[np.ndarray], rows: np.ndarray) -> float:
    """Return the correlation of two rates, corrected for continuity as Newcombe's."""
    n = rows.sum()
    rates = [x.sum() / n for x in right]
    gaps = [x - rate * rows for x, rate in zip(right, rates, strict=True)]
    spread = np.sqrt((gaps[0] ** 2).sum() * (gaps[1] ** 2).sum())
    if not spread > 0 or any(rate in (0, 1) for rate in rates):
        return 0.0
    found = float((gaps[0] * gaps[1]).sum() / spread)
    if found <= 0:
        return found
    worth = np.sqrt(np.prod([independent_rows(x, rows) for x in right]))
    deviation = np.sqrt(np.prod([rate * (1 - rate) for rate in rates]))
    return max(0.0, found - float(1 / (2 * worth * deviation)))


def _newcombe(rates: list[MetricInterval], correlation: float) -> tuple[float, float]:
    """Return Newcombe's bounds of a difference from those of either rate."""
    a, b = rates
    below, above = (
        (a.estimate - a.low, b.high - b.estimate),
        (
            a.high - a.estimate,
            b.estimate - b.low,
        ),
    )
    gap = a.estimate - b.estimate
    low, high = (
        np.sqrt(x**2 - 2 * correlation * x * y + y**2) for x, y in (below, above)
    )
    return float(gap - low), float(gap + high)


def _exchange_test(differences: np.ndarray) -> float:
    """Return the two-sided chance of patients' differences with random signs."""
    sizes, counts = np.unique(np.abs(differences[differences != 0]), return_counts=True)
    total, reach = abs(int(differences.sum())), int((sizes * counts).sum())
    if not reach:
        return 1.0
    if reach > _MOST_SIGNED and sizes.size > 1:
        z = total / np.sqrt((sizes**2 * counts).sum())
        return float(2 * norm.sf(z))
    chance = np.ones(1)
    for size, count in zip(sizes, counts, strict=True):
        signed = np.zeros(2 * size * count + 1)
        signed[:: 2 * size] = binom.pmf(np.arange(count + 1), count, 0.5)
        chance = np.convolve(chance, signed)
    sums = np.abs(np.arange(-reach, reach + 1))
    return float(min(1.0, chance[sums >= total].sum()))
