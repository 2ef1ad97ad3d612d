"""Lower confidence bounds as scores, for searches that prefer a sure model."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

from sknac.metrics._auc import auc_ci
from sknac.metrics._bootstrap import bootstrap_ci


def delong_lower_bound(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    method: str = "logit-delong",
    confidence_level: float = 0.95,
    groups: Any = None,
) -> float:
    """Compute the lower confidence bound of the area under the ROC curve.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_score : array-like of shape (n_samples,)
        Scores; higher means the positive class.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    method : {"logit-delong", "delong"}, default="logit-delong"
        Scale of the interval; see `auc_ci`.
    confidence_level : float, default=0.95
        Coverage of the two-sided interval whose lower end is returned.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows.

    Returns
    -------
    float
        The bound; NaN with an `UndefinedMetricWarning` where `auc_ci` has none.

    Raises
    ------
    ValueError
        If the input is not as in `auc_ci`.

    See Also
    --------
    auc_ci : The whole interval.

    Examples
    --------
    >>> from sklearn.metrics import make_scorer
    >>> from sknac.metrics import delong_lower_bound
    >>> scorer = make_scorer(
    ...     delong_lower_bound,
    ...     response_method=("decision_function", "predict_proba"),
    ...     pos_label="response",
    ... )
    >>> round(delong_lower_bound([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6]), 3)
    0.261
    """
    return auc_ci(
        y_true,
        y_score,
        pos_label=pos_label,
        method=method,
        confidence_level=confidence_level,
        groups=groups,
    ).low


def bootstrap_lower_bound(
    y_true: Any,
    y_pred: Any,
    *,
    metric: str | Callable[..., float] = "roc_auc",
    pos_label: Any = None,
    method: str = "percentile",
    confidence_level: float = 0.95,
    groups: Any = None,
    n_resamples: int = 2000,
    random_state: Any = 0,
) -> float:
    """Compute the lower bootstrap confidence bound of any metric.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        What the metric takes: scores for "roc_auc", predicted labels for rates.
    metric : str or callable, default="roc_auc"
        See `bootstrap_ci`.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    method : {"percentile", "bca"}, default="percentile"
        See `bootstrap_ci`.
    confidence_level : float, default=0.95
        Coverage of the two-sided interval whose lower end is returned.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows.
    n_resamples : int, default=2000
        Number of resamples.
    random_state : int, RandomState, Generator or None, default=0
        Fixed, so that a search compares its candidates on the same resamples.

    Returns
    -------
    float
        The bound; NaN with an `UndefinedMetricWarning` where there is none.

    Raises
    ------
    ValueError
        If the input is not as in `bootstrap_ci`.

    See Also
    --------
    bootstrap_ci : The whole interval.

    Examples
    --------
    >>> from sknac.metrics import bootstrap_lower_bound
    >>> y_true = [0, 0, 0, 0, 1, 1, 1, 1]
    >>> bootstrap_lower_bound(y_true, [0, 0, 0, 1, 0, 1, 1, 1], metric="sensitivity")
    0.25
    """
    return bootstrap_ci(
        metric,
        y_true,
        y_pred,
        pos_label=pos_label,
        method=method,
        confidence_level=confidence_level,
        groups=groups,
        n_resamples=n_resamples,
        random_state=random_state,
    ).low
