"""Frozen results of the statistics: numbers that know how they were made."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sknac.utils._result import Result
from sknac.utils._text import folds_text, p_equals, typed


@dataclass(frozen=True, repr=False)
class MetricInterval(Result):
    """A metric with its confidence interval.

    Parameters
    ----------
    metric : str
        Name of the metric.
    estimate : float
        Its value on the data.
    low, high : float
        Bounds of the interval; NaN where it is undefined.
    se : float
        Standard error: DeLong's, the binomial one or that of the resamples.
    method : str
        How the interval was made.
    confidence_level : float
        Nominal coverage of the interval, between 0 and 1.
    n : int
        Number of rows.
    n_pos : int or None
        Number of rows whose true label is `pos_label`.
    pos_label : int, float, bool, str or None
        The positive class.
    n_groups : int or None
        Number of groups (patients) where `groups` was given.
    count, total : int or None
        Numerator and denominator of a proportion.
    n_resamples : int or None
        Number of bootstrap resamples.
    n_undefined : int
        Resamples left out because the metric was undefined in them.
    seed : int or None
        Passing it as `random_state` gives the same resamples again.

    See Also
    --------
    auc_ci : Interval of the area under the ROC curve.
    bootstrap_ci : Interval of any metric.

    Examples
    --------
    >>> from sknac.metrics import rates_from_counts
    >>> found = rates_from_counts(tp=19, fn=2, fp=1, tn=9, pos_label=1).sensitivity
    >>> found
    sensitivity 0.905 [0.711, 0.973] (95% wilson, 19/21, pos_label=1, ...)
    >>> found.to_frame()[["estimate", "low", "high"]].round(3)
       estimate    low   high
    0     0.905  0.711  0.973
    """

    metric: str
    estimate: float
    low: float
    high: float
    se: float
    method: str
    confidence_level: float
    n: int
    n_pos: int | None = None
    pos_label: Any = None
    n_groups: int | None = None
    count: int | None = None
    total: int | None = None
    n_resamples: int | None = None
    n_undefined: int = 0
    seed: int | None = None

    def __repr__(self) -> str:
        return f"{self.metric} {typed(self)} ({self._about()})"


@dataclass(frozen=True, repr=False)
class CVInterval(MetricInterval):
    """A cross-validated metric with its confidence interval.

    The fields of `MetricInterval`, and how the metric was cross-validated.

    Parameters
    ----------
    n_folds, n_repeats : int
        Number of folds, of all repeats together, and of repeats.
    inflation : float
        By how much the variance was raised for the training rows that folds share.
    by_fold : tuple of float
        The metric of each fold; empty for rates, whose decisions are pooled.
    pooled : float
        The area of the pooled scores, the mean over repeats; NaN for rates.

    See Also
    --------
    cv_auc_ci : The area under the ROC curve.
    cv_rates : Rates of decisions.

    Examples
    --------
    >>> from sknac.metrics import cv_auc_ci
    >>> y, folds = [0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1] * 2
    >>> cv_auc_ci(y, [1, 2, 3, 5, 4, 6, 2, 8], folds)
    roc_auc 0.750 [0.002, 1.000] (cross-validated, 2 folds, 95% corrected, ...)
    """

    n_folds: int = 0
    n_repeats: int = 1
    inflation: float = 1.0
    by_fold: tuple[float, ...] = ()
    pooled: float = np.nan

    @property
    def folds(self) -> str:
        """How it was cross-validated, in words."""
        return folds_text(self.n_folds, self.n_repeats)

    def _about(self) -> str:
        return f"cross-validated, {self.folds}, {super()._about()}"


@dataclass(frozen=True, repr=False)
class DeLongResult(Result):
    """A DeLong comparison of two areas under the ROC curve.

    Parameters
    ----------
    auc_a, auc_b : float
        The two areas.
    estimate : float
        `auc_a - auc_b`.
    low, high : float
        Confidence bounds of the difference.
    se : float
        Standard error of the difference.
    statistic : float
        Difference over its standard error.
    df : float
        Degrees of freedom of Student's t; infinite for the paired test of one row per
        patient (normal reference).
    pvalue : float
        The p-value under `alternative`.
    alternative : {"two-sided", "greater", "less"}
        "greater": the first area is the larger.
    method : str
        Which test, "delong-paired" or "delong-unpaired", and that the bounds are not
        the test's own where they are not.
    confidence_level : float
        Nominal coverage of the interval, between 0 and 1.
    n, n_pos : int
        Rows and positive rows of the first sample.
    pos_label : int, float, bool or str
        The positive class.
    n_b, n_pos_b : int or None
        Rows and positive rows of the second sample of an unpaired test.
    n_groups : int or None
        Number of groups (patients) where `groups` was given.

    See Also
    --------
    delong_test : Make one.

    Examples
    --------
    >>> from sknac.metrics import delong_test
    >>> delong_test([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6], [1, 5, 3, 2, 4, 6])
    AUC 0.889 - 0.667 = 0.222 [-0.265, 0.709], p = 0.371 (95% delong-paired, ...)
    """

    auc_a: float
    auc_b: float
    estimate: float
    low: float
    high: float
    se: float
    statistic: float
    df: float
    pvalue: float
    alternative: str
    method: str
    confidence_level: float
    n: int
    n_pos: int
    pos_label: Any
    n_b: int | None = None
    n_pos_b: int | None = None
    n_groups: int | None = None

    def __repr__(self) -> str:
        return (
            f"AUC {self.auc_a:.3f} - {self.auc_b:.3f} = {typed(self)}, "
            f"{p_equals(self.pvalue)} ({self._about()})"
        )


@dataclass(frozen=True, repr=False, eq=False)
class ContrastResult(Result):
    """A DeLong chi-square test that contrasts of several areas are zero.

    Parameters
    ----------
    names : tuple of str
        The curves.
    auc : ndarray of shape (n_curves,)
        Their areas.
    covariance : ndarray of shape (n_curves, n_curves)
        DeLong covariance of the areas.
    contrast : ndarray of shape (n_contrasts, n_curves)
        The contrasts tested.
    statistic, df, pvalue : float, int, float
        Chi-square, its degrees of freedom (rank of the contrasts) and p-value.
    n, n_pos : int
        Rows and positive rows.
    pos_label : int, float, bool or str
        The positive class.
    n_groups : int or None
        Number of groups (patients) where `groups` was given.

    See Also
    --------
    delong_contrast : Make one.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.metrics import delong_contrast
    >>> scores = np.array([[1, 1, 2], [2, 5, 1], [4, 3, 3], [3, 2, 4], [5, 4, 6],
    ...                    [6, 6, 5]])
    >>> delong_contrast([0, 0, 0, 1, 1, 1], scores).to_frame()["auc"].round(3)
    curve_0    0.889
    curve_1    0.667
    curve_2    1.000
    Name: auc, dtype: float64
    """

    names: tuple[str, ...]
    auc: np.ndarray
    covariance: np.ndarray
    contrast: np.ndarray
    statistic: float
    df: int
    pvalue: float
    n: int
    n_pos: int
    pos_label: Any
    n_groups: int | None = None

    def __repr__(self) -> str:
        pairs = zip(self.names, self.auc, strict=True)
        areas = ", ".join(f"{k} {a:.3f}" for k, a in pairs)
        return (
            f"AUC {areas}: chi-square({self.df}) = {self.statistic:.3f}, "
            f"{p_equals(self.pvalue)} ({self._about()})"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the areas as a table.

        Returns
        -------
        DataFrame of shape (n_curves, 4)
            Per curve the area and its standard error, and the test's chi-square
            and p-value repeated.
        """
        se = np.sqrt(np.diag(self.covariance))
        table = {"auc": self.auc, "se": se}
        table |= {"chi_square": self.statistic, "pvalue": self.pvalue}
        return pd.DataFrame(table, index=pd.Index(self.names))
