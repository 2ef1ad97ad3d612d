"""Rates of a decision in subgroups of patients, with their counts."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning

from sknac.metrics._clustered import are_unequal
from sknac.metrics._proportions import ConfusionRates, rates_of
from sknac.metrics._results import MetricInterval
from sknac.utils._confusion import CELLS, RATES
from sknac.utils._frames import as_pandas, named_columns
from sknac.utils._groups import check_groups_of
from sknac.utils._result import Result
from sknac.utils._sample import Sample, check_sample
from sknac.utils._settings import check_option
from sknac.utils._warnings import warn_undefined, warn_user

ALL, MISSING = "all", "(missing)"


@dataclass(frozen=True, eq=False, repr=False)
class SubgroupRates(Result):
    """Rates of a decision in subgroups.

    Parameters
    ----------
    rates : dict of (str, object) to ConfusionRates
        Rates by factor and level; ("all", "all") is everybody.
    pos_label : int, float, bool or str
        The positive class.

    See Also
    --------
    subgroup_rates : Computes this result.

    Examples
    --------
    >>> from sknac.metrics import subgroup_rates
    >>> subgroup_rates([0, 1, 0, 1], [0, 1, 1, 0], ["TN", "TN", "HER2+", "HER2+"])
    SubgroupRates(2 subgroups, 95% wilson, pos_label=1, n=4 patients, n_pos=2)
    """

    rates: dict[tuple[str, Any], ConfusionRates]
    pos_label: Any

    def to_frame(self) -> pd.DataFrame:
        """Return counts and rates as a table.

        Returns
        -------
        DataFrame of shape (n_subgroups + 1, 22)
            By factor and level: n, n_pos, the four counts, and each rate with its
            bounds and, for accuracy, the count of right decisions.
        """
        rows = {}
        for key, found in self.rates.items():
            cells = {cell: getattr(found, cell) for cell in CELLS}
            row = {"n": sum(cells.values()), "n_pos": found.tp + found.fn, **cells}
            row["n_right"] = found.tp + found.tn
            for name in RATES:
                rate = getattr(found, name)
                row[name] = rate.estimate
                row[f"{name}_low"], row[f"{name}_high"] = rate.low, rate.high
            rows[key] = row
        frame = pd.DataFrame.from_dict(rows, orient="index")
        frame.index = pd.MultiIndex.from_tuples(rows, names=["factor", "level"])
        return frame

    def differences(self, metric: str = "accuracy") -> pd.DataFrame:
        """Return how a rate differs from that of the first level of each factor.

        Parameters
        ----------
        metric : {"sensitivity", "specificity", "ppv", "npv", "accuracy"}, \
default="accuracy"
            The rate.

        Returns
        -------
        DataFrame of shape (n_subgroups - n_factors, 4)
            By factor and level: the level compared with, the difference and the
            bounds of its interval (Newcombe's, of independent groups, joined from
            the bounds of the two rates). Several levels are several comparisons: their
            intervals hold one by one.
        """
        check_option(metric, "metric", tuple(RATES))
        first, rows = {}, {}
        for (factor, level), found in self.rates.items():
            rate = getattr(found, metric)
            if factor == ALL:
                continue
            if factor not in first:
                first[factor] = level, rate
                continue
            reference, base = first[factor]
            low, high = independent_bounds(rate, base)
            gap = rate.estimate - base.estimate
            rows[factor, level] = (reference, gap, low, high)
        columns = ["compared_with", "difference", "low", "high"]
        table = pd.DataFrame(list(rows.values()), columns=columns)
        keys = list(zip(*rows, strict=True)) or [[], []]
        table.index = pd.MultiIndex.from_arrays(keys, names=["factor", "level"])
        return table

    def __repr__(self) -> str:
        about = self.rates[ALL, ALL].accuracy.replace(total=None)._about()
        return f"SubgroupRates({len(self.rates) - 1} subgroups, {about})"


def subgroup_rates(
    y_true: Any,
    y_pred: Any,
    by: Any,
    *,
    pos_label: Any = None,
    method: str = "wilson",
    confidence_level: float = 0.95,
    groups: Any = None,
) -> SubgroupRates:
    """Estimate accuracy and the other rates in subgroups of patients.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    by : array-like of shape (n_samples,) or DataFrame of shape (n_samples, n_factors)
        Subgroup of each patient (molecular subtype, regimen); each column of a table
        parts the patients by itself. Missing values are a subgroup "(missing)".
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    method : {"wilson", "clopper-pearson", "wald"}, default="wilson"
        The interval; see `confusion_rates`.
    confidence_level : float, default=0.95
        Coverage of each interval, between 0 and 1.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows.

    Returns
    -------
    SubgroupRates
        Rates of everybody, then of each subgroup. A rate without a denominator is
        NaN, with one `UndefinedMetricWarning` for all of them. Patients with rows in
        several levels are warned of: the levels are not independent.

    Raises
    ------
    ValueError
        If lengths differ, labels are not binary, `pos_label` is missing or unknown,
        an option is unknown, or factors share a name or are named "all".

    See Also
    --------
    confusion_rates : Rates of everybody.

    Notes
    -----
    Intervals of small subgroups are wide, and subgroups differ by chance: look at
    both before reading a difference, which `SubgroupRates.differences` gives with its
    interval.

    References
    ----------
    The DLRP paper, European Radiology (Fig. 5: accuracy by molecular subtype).
    R. G. Newcombe, "Interval estimation for the difference between independent
    proportions", Statistics in Medicine 17:873-890, 1998 (method 10).

    Examples
    --------
    >>> from sknac.metrics import subgroup_rates
    >>> subtype = ["TN", "TN", "HER2+", "HER2+"]
    >>> found = subgroup_rates([0, 1, 0, 1], [0, 1, 1, 0], subtype)
    >>> found.to_frame()[["n_right", "n", "accuracy"]]
                    n_right  n  accuracy
    factor   level
    all      all          2  4       0.5
    subgroup TN           2  2       1.0
             HER2+        0  2       0.0
    >>> found.differences().round(2)
                   compared_with  difference  low  high
    factor   level
    subgroup HER2+            TN        -1.0 -1.0 -0.07
    """
    sample = check_sample(y_true, y_pred, pos_label=pos_label, groups=groups)
    sample.rows.see("by", by)
    parts = {(ALL, ALL): np.ones(sample.n, dtype=bool)}
    for name, column in _factors(by, sample.n).items():
        parts |= {(name, level): column == level for level in pd.unique(column)}
        _warn_of_shared(name, column, sample)
    parts = {key: sample.part(rows) for key, rows in parts.items()}
    settings = {"method": method, "confidence_level": confidence_level}
    with warnings.catch_warnings():  # told at once below
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        warnings.filterwarnings("ignore", "Few patients have most of the rows")
        rates = {key: rates_of(part, **settings) for key, part in parts.items()}
    _warn_of_unequal(parts)
    undefined = _where(rates, lambda rate: np.isnan(rate.estimate))
    if undefined:
        warn_undefined(f"Some rates are undefined; there are NaN in: {undefined}")
    walds = method == "wald"
    certain = _where(rates, lambda rate: walds and rate.total and rate.method != method)
    if certain:
        warn_undefined(
            f"Wald's interval has no width for some rates in: {certain}; there it is "
            "Clopper-Pearson's"
        )
    return SubgroupRates(rates, sample.pos_label)


def independent_bounds(a: MetricInterval, b: MetricInterval) -> tuple[float, float]:
    """Return Newcombe's bounds of the difference of two independent rates."""
    gap = a.estimate - b.estimate
    low = np.hypot(a.estimate - a.low, b.high - b.estimate)
    high = np.hypot(a.high - a.estimate, b.estimate - b.low)
    return float(gap - low), float(gap + high)


def _warn_of_shared(name: str, column: np.ndarray, sample: Sample) -> None:
    """Warn of patients with rows in several levels of a factor."""
    if sample.codes is None:
        return
    levels = pd.Series(column).groupby(sample.codes).nunique()
    if shared := int((levels > 1).sum()):
        warn_user(
            f"{shared} patients have rows in several levels of {name}, which are not "
            "independent; read no difference between them"
        )


def _warn_of_unequal(parts: dict[tuple[str, Any], Sample]) -> None:
    """Warn of subgroups in which few patients have most of the rows."""
    unequal = [
        " ".join(dict.fromkeys(map(str, key)))
        for key, part in parts.items()
        if part.codes is not None and are_unequal(np.bincount(part.codes))
    ]
    if unequal:
        warn_user(
            f"Few patients have most of the rows in: {', '.join(unequal)}; where rows "
            "of a patient agree, 95 % intervals held the truth in 83 to 93 % of such "
            "simulated studies: give one row per patient to be sure"
        )


def _where(
    rates: dict[tuple[str, Any], ConfusionRates], told: Callable[[Any], bool]
) -> str:
    """List the subgroups with a rate of which something is told."""
    keys = [key for key, found in rates.items() if any(map(told, found.rates))]
    return ", ".join(" ".join(dict.fromkeys(map(str, key))) for key in keys)


def _factors(by: Any, n: int) -> dict[str, np.ndarray]:
    """Return the factors by name as object arrays."""
    by = as_pandas(by)
    if isinstance(by, pd.DataFrame):
        columns = {str(k): v for k, v in named_columns(by, "by").items()}
    elif isinstance(by, Mapping | str | None):
        raise ValueError(
            f"by must be the subgroup of each patient, or a table of such columns, got "
            f"{by!r:.60}; write pandas.DataFrame(by) for a dictionary"
        )
    else:
        name = getattr(by, "name", None)
        columns = {"subgroup" if name is None else str(name): pd.Series(by)}
    if ALL in columns:
        raise ValueError(f"a factor is named {ALL!r}, as everybody is; rename it")
    found = {}
    for name, column in columns.items():
        if len(column) != n:
            raise ValueError(
                f"{name} has {len(column)} rows but y_true has {n}; give one each"
            )
        check_groups_of(column, name)
        values = column.astype(object).where(column.notna(), MISSING).to_numpy()
        found[name] = values
    return found
