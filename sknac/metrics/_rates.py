"""Sensitivity, specificity, predictive values and the weighted Youden index."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from sknac.utils._confusion import (
    WHY_UNDEFINED,
    cell_counts,
    linear_rates,
    rate_terms,
    rates_of_counts,
)
from sknac.utils._sample import check_sample
from sknac.utils._settings import check_share
from sknac.utils._warnings import warn_undefined


def sensitivity_score(
    y_true: Any, y_pred: Any, *, pos_label: Any = None, sample_weight: Any = None
) -> float:
    """Compute the share of positives that are predicted positive.

    With `pos_label="response"` it is the share of responders who are kept on
    treatment; with `pos_label="non-response"` the share of non-responders found.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    sample_weight : array-like of shape (n_samples,), default=None
        Row weights.

    Returns
    -------
    float
        The rate in [0, 1]; NaN with an `UndefinedMetricWarning` where `y_true` holds no
        positive row.

    Raises
    ------
    ValueError
        If lengths differ, labels are not binary, or `pos_label` is missing or
        unknown.

    See Also
    --------
    confusion_rates : All rates with their intervals.

    Examples
    --------
    >>> from sknac.metrics import sensitivity_score
    >>> y_true = ["response", "response", "non-response", "non-response"]
    >>> y_pred = ["response", "non-response", "non-response", "non-response"]
    >>> round(sensitivity_score(y_true, y_pred, pos_label="response"), 3)
    0.5
    """
    return _metric("sensitivity", y_true, y_pred, pos_label, sample_weight)


def specificity_score(
    y_true: Any, y_pred: Any, *, pos_label: Any = None, sample_weight: Any = None
) -> float:
    """Compute the share of negatives that are predicted negative.

    With `pos_label="response"` it is the share of non-responders found.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    sample_weight : array-like of shape (n_samples,), default=None
        Row weights.

    Returns
    -------
    float
        The rate in [0, 1]; NaN with an `UndefinedMetricWarning` where `y_true` holds no
        negative row.

    Raises
    ------
    ValueError
        If lengths differ, labels are not binary, or `pos_label` is missing or
        unknown.

    See Also
    --------
    confusion_rates : All rates with their intervals.

    Examples
    --------
    >>> from sknac.metrics import specificity_score
    >>> y_true = ["response", "response", "non-response", "non-response"]
    >>> y_pred = ["response", "non-response", "non-response", "non-response"]
    >>> round(specificity_score(y_true, y_pred, pos_label="response"), 3)
    1.0
    """
    return _metric("specificity", y_true, y_pred, pos_label, sample_weight)


def ppv_score(
    y_true: Any, y_pred: Any, *, pos_label: Any = None, sample_weight: Any = None
) -> float:
    """Compute the share of predicted positives that are positive.

    The positive predictive value; it depends on how common the positive class is.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    sample_weight : array-like of shape (n_samples,), default=None
        Row weights.

    Returns
    -------
    float
        The rate in [0, 1]; NaN with an `UndefinedMetricWarning` where no row is
        predicted positive.

    Raises
    ------
    ValueError
        If lengths differ, labels are not binary, or `pos_label` is missing or
        unknown.

    See Also
    --------
    confusion_rates : All rates with their intervals.

    Examples
    --------
    >>> from sknac.metrics import ppv_score
    >>> y_true = ["response", "response", "non-response", "non-response"]
    >>> y_pred = ["response", "non-response", "non-response", "non-response"]
    >>> round(ppv_score(y_true, y_pred, pos_label="response"), 3)
    1.0
    """
    return _metric("ppv", y_true, y_pred, pos_label, sample_weight)


def npv_score(
    y_true: Any, y_pred: Any, *, pos_label: Any = None, sample_weight: Any = None
) -> float:
    """Compute the share of predicted negatives that are negative.

    The negative predictive value; it depends on how common the positive class is.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    sample_weight : array-like of shape (n_samples,), default=None
        Row weights.

    Returns
    -------
    float
        The rate in [0, 1]; NaN with an `UndefinedMetricWarning` where no row is
        predicted negative.

    Raises
    ------
    ValueError
        If lengths differ, labels are not binary, or `pos_label` is missing or
        unknown.

    See Also
    --------
    confusion_rates : All rates with their intervals.

    Examples
    --------
    >>> from sknac.metrics import npv_score
    >>> y_true = ["response", "response", "non-response", "non-response"]
    >>> y_pred = ["response", "non-response", "non-response", "non-response"]
    >>> round(npv_score(y_true, y_pred, pos_label="response"), 3)
    0.667
    """
    return _metric("npv", y_true, y_pred, pos_label, sample_weight)


def weighted_youden_score(
    y_true: Any,
    y_pred: Any,
    *,
    weight: float = 0.5,
    pos_label: Any = None,
    sample_weight: Any = None,
) -> float:
    """Compute the weighted Youden index.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    weight : float, default=0.5
        Share of sensitivity in the index, in [0, 1].
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    sample_weight : array-like of shape (n_samples,), default=None
        Row weights.

    Returns
    -------
    float
        The index in [-1, 0]; NaN with an `UndefinedMetricWarning` where a rate that
        carries weight is undefined.

    Raises
    ------
    ValueError
        If `weight` lies outside [0, 1], lengths differ, labels are not binary, or
        `pos_label` is missing or unknown.

    See Also
    --------
    sensitivity_score : Share of positives found.
    specificity_score : Share of negatives found.

    Notes
    -----
    J = w * sensitivity + (1 - w) * specificity - 1, the form of the DLRP paper
    (European Radiology); 2 J + 1 runs from -1 to 1 and is largest at the same cut.

    Examples
    --------
    >>> from sknac.metrics import weighted_youden_score
    >>> y_true = ["response", "response", "non-response", "non-response"]
    >>> y_pred = ["response", "non-response", "non-response", "non-response"]
    >>> found = weighted_youden_score(y_true, y_pred, weight=0.8, pos_label="response")
    >>> round(found, 3)
    -0.4
    """
    weight = check_share(weight, "weight")
    return _metric("weighted_youden", y_true, y_pred, pos_label, sample_weight, weight)


def _metric(
    name: str,
    y_true: Any,
    y_pred: Any,
    pos_label: Any,
    sample_weight: Any,
    weight: float = 0.5,
) -> float:
    """Count the cells once and make the metric of them."""
    sample = check_sample(y_true, y_pred, pos_label=pos_label, interval=False)
    weights = sample.weights(sample_weight)
    counts = cell_counts(sample.positive, sample.predicted, weights)
    parts, constant = linear_rates(name, weight)
    empty = [p for p, share in parts.items() if share and not rate_terms(p)[1] @ counts]
    if empty:
        why = " and ".join(WHY_UNDEFINED[p] for p in empty)
        warn_undefined(f"{name} is undefined, as {why}; it is NaN")
    return float(rates_of_counts(counts, parts, constant))
