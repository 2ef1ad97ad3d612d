"""Binomial intervals of proportions and of the rates of a decision."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sknac.metrics._clustered import clustered_rates
from sknac.metrics._ratios import ratios_of_cells, ratios_of_patients
from sknac.metrics._results import MetricInterval
from sknac.utils._confusion import (
    CELLS,
    RATES,
    WHY_UNDEFINED,
    cell_counts,
    rate_terms,
)
from sknac.utils._result import Result
from sknac.utils._sample import Sample, check_sample
from sknac.utils._settings import check_confidence_level, check_option, check_whole
from sknac.utils._text import typed
from sknac.utils._warnings import warn_undefined

_STATSMODELS = {"wilson": "wilson", "clopper-pearson": "beta", "wald": "normal"}


def proportion_ci(
    count: int, total: int, *, method: str = "wilson", confidence_level: float = 0.95
) -> MetricInterval:
    """Estimate a proportion; NaN, with a warning, for no trials."""
    count, total = check_whole(count, "count", 0), check_whole(total, "total", 0)
    if count > total:
        raise ValueError(f"count must lie between 0 and total={total}, got {count}")
    check_option(method, "method", _STATSMODELS)
    confidence_level = check_confidence_level(confidence_level)
    if total == 0:
        warn_undefined("There are no trials; the proportion is undefined (NaN)")
    return _interval("proportion", count, total, method, confidence_level, n=total)


@dataclass(frozen=True, repr=False)
class ConfusionRates(Result):
    """The rates of a two-class decision with their intervals.

    Parameters
    ----------
    tp, fn, fp, tn : int
        Counts of true and false, positive and negative decisions.
    pos_label : int, float, bool or str
        The positive class.
    sensitivity, specificity, ppv, npv, accuracy : MetricInterval
        Each rate with its interval.
    ratios : tuple of MetricInterval
        "lr_positive", sensitivity / (1 - specificity), "lr_negative", (1 - sensitivity)
        / specificity, and "odds_ratio", their quotient, with intervals.

    See Also
    --------
    confusion_rates : Make one from labels.
    rates_from_counts : Make one from counts.

    Examples
    --------
    >>> from sknac.metrics import rates_from_counts
    >>> rates_from_counts(tp=15, fn=6, fp=2, tn=19, pos_label="response")
    TP 15, FN 6, FP 2, TN 19 (95% wilson, pos_label='response', n=42 patients, ...)
      sensitivity 0.714 [0.500, 0.862]
      specificity 0.905 [0.711, 0.973]
      ppv 0.882 [0.657, 0.967]
      npv 0.760 [0.566, 0.885]
      accuracy 0.810 [0.667, 0.900]
    >>> rates_from_counts(tp=15, fn=6, fp=2, tn=19, pos_label="response").ratios[0]
    lr_positive 7.500 [1.953, 28.807] (95% log, pos_label='response', ...)
    """

    tp: int
    fn: int
    fp: int
    tn: int
    pos_label: Any
    sensitivity: MetricInterval
    specificity: MetricInterval
    ppv: MetricInterval
    npv: MetricInterval
    accuracy: MetricInterval
    ratios: tuple[MetricInterval, ...] = ()

    @property
    def rates(self) -> tuple[MetricInterval, ...]:
        """The five rates, in the order of the attributes."""
        return tuple(getattr(self, name) for name in RATES)

    def __repr__(self) -> str:
        cells = ", ".join(f"{c.upper()} {getattr(self, c)}" for c in CELLS)
        lines = [f"{cells} ({self.accuracy.replace(total=None)._about()})"]
        return "\n".join(lines + [f"  {r.metric} {typed(r)}" for r in self.rates])

    def to_frame(self) -> pd.DataFrame:
        """Return the rates as a table.

        Returns
        -------
        DataFrame of shape (5, 8)
            One row per rate: estimate, low, high, count, total, method,
            confidence_level, pos_label.
        """
        columns = ["estimate", "low", "high", "count", "total", "method"]
        columns += ["confidence_level", "pos_label"]
        table = pd.concat([r.to_frame() for r in self.rates]).set_index("metric")
        return table[columns]


def confusion_rates(
    y_true: Any,
    y_pred: Any,
    *,
    pos_label: Any = None,
    method: str = "wilson",
    confidence_level: float = 0.95,
    groups: Any = None,
) -> ConfusionRates:
    """Estimate sensitivity, specificity, PPV, NPV and accuracy with intervals.

    Where patients have several rows, such as images, pass the patients as `groups`:
    binomial intervals that take rows for patients are far too narrow.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    method : {"wilson", "clopper-pearson", "wald"}, default="wilson"
        Wilson covers close to the nominal level on average, Clopper-Pearson never
        covers less, Wald is the textbook p -+ z sqrt(p (1 - p) / n) clipped to
        [0, 1], which is too short near 0 and 1; at 0 and 1, where it has no width,
        it is Clopper-Pearson's, with a warning. With `groups` it is Wilson's.
    confidence_level : float, default=0.95
        Coverage of each interval, between 0 and 1.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows.

    Returns
    -------
    ConfusionRates
        Counts and rates. A rate without a denominator is NaN, with one
        `UndefinedMetricWarning` naming why. A `UserWarning` says where few patients
        have most of the rows.

    Raises
    ------
    ValueError
        If lengths differ, labels are not binary, `pos_label` is missing or
        unknown, an option is unknown, or `groups` come with a method that takes rows
        for patients.

    See Also
    --------
    rates_from_counts : The same from counts.
    bootstrap_ci : Interval of any metric, by patient.

    Notes
    -----
    The likelihood ratios and the diagnostic odds ratio have bounds on the log scale;
    where one of the four counts is 0, those with 1/2 added to each, and a ratio of 0 or
    infinity is its own bound. With `groups` the counts are those of independent rows.

    With `groups` the rate is that of rows, and Wilson's formula takes the rate's
    rows divided by their design effect D, at least 1, in place of their number n:

        D = sum_i (x_i - p n_i)^2 / (n p (1 - p)),

    x_i of the n_i rows of patient i being right. Near 0 and 1 that rests on the k
    patients with a row of the rarer kind (the smaller of those with a right and those
    with a wrong row), and where k is small it says little: what is taken is the mean
    of D, k times, and sum_i n_i^2 / n, once, the design effect of rows that agree
    within each patient. At 0 and 1 it leaves the number of patients. One row each
    gives Wilson's interval of the rows, and copies of rows change nothing.

    In simulated studies of 10, 21 and 40 patients with 2 or 10 images each and rates
    from .6 to .98 (``benchmarks/coverage_by_patient.py``) 95 % intervals held the
    truth in 94 to 98 %; with 1, 1, 2, 10 images in turn in 91 to 97 %, down to 83 %
    where the images of a patient nearly all agree, which is warned of.

    References
    ----------
    L. D. Brown, T. T. Cai, A. DasGupta, "Interval estimation for a binomial
    proportion", Statistical Science 16:101-133, 2001. J. N. K. Rao, A. J. Scott, "A
    simple method for the analysis of clustered binary data", Biometrics 48:577-585,
    1992 (the design effect). D. L. Simel, G. P. Samsa, D. B. Matchar, "Likelihood
    ratios with confidence", Journal of Clinical Epidemiology 44:763-770, 1991.

    Examples
    --------
    >>> from sknac.metrics import confusion_rates
    >>> y_true = ["response", "response", "non-response", "non-response"]
    >>> y_pred = ["response", "non-response", "non-response", "non-response"]
    >>> table = confusion_rates(y_true, y_pred, pos_label="response").to_frame()
    >>> table[["estimate", "low", "high"]].round(2).loc["sensitivity"].tolist()
    [0.5, 0.09, 0.91]
    """
    sample = check_sample(y_true, y_pred, pos_label=pos_label, groups=groups)
    return rates_of(sample, method=method, confidence_level=confidence_level)


def rates_of(
    sample: Sample, *, method: str = "wilson", confidence_level: float = 0.95
) -> ConfusionRates:
    """Estimate the rates of checked decisions."""
    counts = cell_counts(sample.positive, sample.predicted).tolist()
    cells = dict(zip(CELLS, counts, strict=True)) | {"pos_label": sample.pos_label}
    if sample.codes is None:
        known = {"method": method, "confidence_level": confidence_level}
        return rates_from_counts(**cells, **known)
    check_option(method, "method", _STATSMODELS)
    if method != "wilson":
        raise ValueError(
            f"method={method!r} takes rows for patients; with groups pass "
            "method='wilson'"
        )
    level = check_confidence_level(confidence_level)
    rates = clustered_rates(sample, level)
    _warn_of_empty([name for name, rate in rates.items() if rate.total == 0])
    return ConfusionRates(**cells, **rates, ratios=ratios_of_patients(sample, level))


def _warn_of_empty(names: list[str]) -> None:
    """Warn of rates without a denominator."""
    if names:
        why = ", ".join(f"{name} ({WHY_UNDEFINED[name]})" for name in names)
        warn_undefined(f"Some rates are undefined; NaN are {why}")


def rates_from_counts(
    *,
    tp: int,
    fn: int,
    fp: int,
    tn: int,
    pos_label: Any,
    method: str = "wilson",
    confidence_level: float = 0.95,
) -> ConfusionRates:
    """Estimate the rates of a decision from its four counts.

    Parameters
    ----------
    tp, fn, fp, tn : int
        Counts of true and false, positive and negative decisions.
    pos_label : int, float, bool or str
        The positive class the counts refer to; it is printed with the rates.
    method : {"wilson", "clopper-pearson", "wald"}, default="wilson"
        Wilson covers close to the nominal level on average, Clopper-Pearson never
        covers less, Wald is the textbook p -+ z sqrt(p (1 - p) / n) clipped to
        [0, 1], which is too short near 0 and 1; at 0 and 1, where it has no width,
        it is Clopper-Pearson's, with a warning.
    confidence_level : float, default=0.95
        Coverage of each interval, between 0 and 1.

    Returns
    -------
    ConfusionRates
        Counts and rates. A rate without a denominator is NaN, with one
        `UndefinedMetricWarning` naming why.

    Raises
    ------
    ValueError
        If a count is negative or not whole, or an option is unknown.

    See Also
    --------
    confusion_rates : The same from labels.

    Examples
    --------
    The validation cohort of the DLRP paper, all courses:

    >>> from sknac.metrics import rates_from_counts
    >>> found = rates_from_counts(tp=15, fn=6, fp=2, tn=19, pos_label="response")
    >>> round(100 * found.specificity.estimate, 1)
    90.5
    """
    cells = dict(zip(CELLS, (tp, fn, fp, tn), strict=True))
    cells = {name: check_whole(value, name, 0) for name, value in cells.items()}
    check_option(method, "method", _STATSMODELS)
    level = check_confidence_level(confidence_level)
    counts = np.array(list(cells.values()))
    about = {"n": int(counts.sum()), "n_pos": int(counts[:2].sum())}
    rates, empty, certain = {}, [], []
    for name in RATES:
        top, bottom = (int(term @ counts) for term in rate_terms(name))
        taken = method
        if bottom == 0:
            empty.append(name)
        elif method == "wald" and top in (0, bottom):
            certain.append(name)
            taken = "clopper-pearson"
        rates[name] = _interval(
            name, top, bottom, taken, level, pos_label=pos_label, **about
        )
    _warn_of_empty(empty)
    if certain:
        warn_undefined(
            f"Wald's interval has no width for {', '.join(certain)}; there it is "
            "Clopper-Pearson's"
        )
    ratios = ratios_of_cells(counts, level, pos_label=pos_label, **about)
    return ConfusionRates(**cells, pos_label=pos_label, **rates, ratios=ratios)


def _interval(
    metric: str, count: int, total: int, method: str, level: float, **about: Any
) -> MetricInterval:
    """Make the interval of checked counts; NaN for no trials."""
    from statsmodels.stats.proportion import proportion_confint

    estimate = low = high = se = np.nan
    if total:
        estimate = count / total
        se = float(np.sqrt(estimate * (1 - estimate) / total))
        low, high = proportion_confint(count, total, 1 - level, _STATSMODELS[method])
    return MetricInterval(
        metric=metric,
        estimate=estimate,
        low=float(low),
        high=float(high),
        se=se,
        method=method,
        confidence_level=level,
        count=count,
        total=total,
        **about,
    )
