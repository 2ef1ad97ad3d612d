"""Bootstrap confidence intervals of any metric, by patient."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri
from sklearn import metrics as sk_metrics

from sknac.metrics import _rates
from sknac.metrics._certain import widen
from sknac.metrics._resampling import (
    AUCKernel,
    CallableKernel,
    RateKernel,
    draw_chunks,
    strata_of,
)
from sknac.metrics._results import MetricInterval
from sknac.utils._confusion import RATES, linear_rates
from sknac.utils._draws import resolve_seed
from sknac.utils._labels import (
    distinct_labels,
    one_dimensional,
    refuse_dates,
    refuse_masked,
)
from sknac.utils._rows import PASS_GROUPS, Rows
from sknac.utils._sample import Sample, check_groups, check_sample, check_weights
from sknac.utils._settings import (
    check_confidence_level,
    check_option,
    check_share,
    check_whole,
)
from sknac.utils._warnings import warn_undefined

_NAMES = ("roc_auc", *RATES, "balanced_accuracy", "weighted_youden")
# Metrics that do not move with the share of the classes.
_BY_CLASS = {"roc_auc", "sensitivity", "specificity", "balanced_accuracy"}
_BY_CLASS |= {"weighted_youden", "balanced_accuracy_score"}
_KNOWN: dict[Callable[..., float], str] = {
    _rates.sensitivity_score: "sensitivity",
    _rates.specificity_score: "specificity",
    _rates.ppv_score: "ppv",
    _rates.npv_score: "npv",
    _rates.weighted_youden_score: "weighted_youden",
    sk_metrics.roc_auc_score: "roc_auc",
    sk_metrics.accuracy_score: "accuracy",
    sk_metrics.balanced_accuracy_score: "balanced_accuracy",
}
# Those of any number of classes.
_OF_ANY_CLASSES = {
    "accuracy": sk_metrics.accuracy_score,
    "balanced_accuracy": sk_metrics.balanced_accuracy_score,
}


def bootstrap_ci(
    metric: str | Callable[..., float],
    y_true: Any,
    y_pred: Any,
    *,
    groups: Any = None,
    stratify: bool | str = "auto",
    method: str = "percentile",
    n_resamples: int = 2000,
    confidence_level: float = 0.95,
    random_state: Any = None,
    pos_label: Any = None,
    sample_weight: Any = None,
) -> MetricInterval:
    """Estimate a metric with a bootstrap confidence interval.

    Patients are resampled with replacement: rows, or whole `groups` where a
    patient has several rows. The area under the ROC curve and the rates of a
    decision take an exact vectorised path; any other callable is called once per
    resample.

    Parameters
    ----------
    metric : str or callable
        "roc_auc", "sensitivity", "specificity", "ppv", "npv", "accuracy",
        "balanced_accuracy", "weighted_youden" (weight 0.5; for another one give
        ``functools.partial(weighted_youden_score, weight=w)``), or a function
        ``metric(y_true, y_pred)`` that returns a number, also a partial one with
        settings bound. It is passed `pos_label` if it has such a parameter and one is
        given, and `sample_weight` likewise. The accuracies take any number of classes.
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        What the metric takes: scores for "roc_auc", predicted labels for rates.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row. Without it a `UserWarning` is given if the index of
        `y_true` or `y_pred` repeats itself.
    stratify : bool or "auto", default="auto"
        Whether resamples keep the number of patients of each class, so that none
        lacks a class. "auto": yes for metrics of each class by itself (area,
        sensitivity, specificity and their means) unless groups hold rows of both
        classes; no for PPV, NPV, accuracy and functions, whose value moves with
        the share of the classes.
    method : {"percentile", "bca"}, default="percentile"
        Quantiles of the resamples, or bias-corrected and accelerated ones.
    n_resamples : int, default=2000
        Number of resamples.
    confidence_level : float, default=0.95
        Coverage, between 0 and 1.
    random_state : int, RandomState, Generator or None, default=None
        Randomness; the integer that repeats it is in the result as `seed`.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required by
        the named metrics.
    sample_weight : array-like of shape (n_samples,), default=None
        Row weights.

    Returns
    -------
    MetricInterval
        Estimate and interval. Resamples where the metric is undefined are left
        out, counted in `n_undefined` and warned of; where nothing is left, or the
        BCa correction is infinite, the bounds are NaN.

    Raises
    ------
    ValueError
        If lengths differ, an option is unknown, labels or scores do not fit the
        metric, or `stratify=True` meets a group with rows of both classes.

    See Also
    --------
    auc_ci : Interval of the area under the ROC curve, DeLong's by default.
    confusion_rates : Binomial intervals of rates.

    Notes
    -----
    The bootstrap sees no spread where the estimate is perfect, and its quantiles
    would claim certainty. There an area or a rate of exactly 0 or 1 gets, with a
    warning, the Clopper-Pearson interval of all or none of its patients (of a mean of
    two such rates at Bonferroni's level; of an area as in `auc_ci`), and `method`
    reads "clopper-pearson". With "bca", and for a function, the bounds are NaN.

    References
    ----------
    B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall,
    1993, chapter 14 (BCa).

    Examples
    --------
    >>> from sknac.metrics import bootstrap_ci
    >>> y = ["response"] * 6 + ["non-response"] * 6
    >>> found = ["response"] * 5 + ["non-response"] * 5 + ["response"] * 2
    >>> patient = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]
    >>> bootstrap_ci("specificity", y, found, groups=patient, random_state=0,
    ...              pos_label="response")
    specificity 0.667 [0.000, 1.000] (95% percentile, pos_label='response', ...)
    """
    check_option(method, "method", ("percentile", "bca"))
    level = check_confidence_level(confidence_level)
    name, bound = _recognise(metric)
    pos_label = _agreed(pos_label, bound)
    known = {"pos_label": pos_label, "groups": groups}
    of_any = _OF_ANY_CLASSES.get(name) if pos_label is None else None
    if of_any and not _leave_no_doubt(metric, y_true, y_pred):
        name, metric = None, of_any
    if name is None:
        given = metric, y_true, y_pred, sample_weight
        kernel, about = _callable_kernel(*given, **known)
    else:
        labels = None if name == "roc_auc" else y_pred
        sample = check_sample(y_true, labels, beside={"y_pred": y_pred}, **known)
        about = {"metric": name, **sample.about}
        weights = sample.weights(sample_weight)
        if name == "roc_auc":
            score = sample.scores(y_pred, "y_pred")
            kernel = AUCKernel(sample.positive, score, sample.codes, weights)
        else:
            kernel = _rate_kernel(sample, weights, name, bound.get("weight", 0.5))
    return interval_of(
        kernel,
        about | {"confidence_level": level},
        method=method,
        stratify=stratify,
        n_resamples=n_resamples,
        random_state=random_state,
    )


def interval_of(
    kernel: Any,
    about: dict[str, Any],
    *,
    method: str,
    stratify: bool | str,
    n_resamples: int,
    random_state: Any,
) -> MetricInterval:
    """Resample a kernel and return its interval; `about` says the level too."""
    n_resamples = check_whole(n_resamples, "n_resamples", 2)
    seed = resolve_seed(random_state)
    ours = not isinstance(kernel, CallableKernel)
    ours = ours or kernel.metric in _OF_ANY_CLASSES.values()
    by_class = ours and about["metric"] in _BY_CLASS
    strata = strata_of(kernel.classes, stratify, by_class=by_class)
    chunks = draw_chunks(seed, kernel.sizes, strata, n_resamples)
    values = np.concatenate([kernel.values(counts) for counts in chunks])
    defined = values[~np.isnan(values)]
    n_undefined = values.size - defined.size
    if n_undefined:
        warn_undefined(
            f"{about['metric']} is undefined in {n_undefined} of {values.size} "
            "resamples; they were left out"
        )
    low, high = _bounds(kernel, defined, method, about["confidence_level"])
    found = MetricInterval(
        estimate=kernel.estimate,
        low=low,
        high=high,
        se=float(defined.std(ddof=1)) if defined.size > 1 else np.nan,
        method=method,
        n_resamples=values.size,
        n_undefined=n_undefined,
        seed=seed,
        **about,
    )
    return widen(found, kernel.certain(), kernel.constant)


def rate_of(
    sample: Sample, name: str, confidence_level: float, method: str, **resampling: Any
) -> MetricInterval:
    """Resample a rate of checked decisions; `resampling` goes to `interval_of`."""
    kernel = _rate_kernel(sample, None, name, 0.5)
    about = {"metric": name, "confidence_level": confidence_level, **sample.about}
    return interval_of(kernel, about, method=method, **resampling)


def _rate_kernel(sample, weights, name, weight):
    """Make the kernel of a rate of checked decisions."""
    decided = sample.positive, sample.predicted, sample.codes, weights
    return RateKernel(*decided, *linear_rates(name, weight))


def _recognise(metric: Any) -> tuple[str | None, dict[str, Any]]:
    """Return the name of a metric with a fast path, else None, and what is bound."""
    if isinstance(metric, str):
        check_option(metric, "metric", _NAMES)
        return metric, {}
    if not callable(metric) or hasattr(metric, "_score_func"):
        raise ValueError(
            f"metric must be a name or a function (y_true, y_pred), got {metric!r}"
        )
    if not isinstance(metric, partial):
        return _KNOWN.get(metric), {}
    bound = dict(metric.keywords)
    if metric.args or "sample_weight" in bound:
        raise ValueError(
            "metric binds what belongs to rows, which are resampled; bind settings "
            "only and pass sample_weight to bootstrap_ci"
        )
    name = _KNOWN.get(metric.func)
    settings = {"pos_label", "weight"} if name == "weighted_youden" else {"pos_label"}
    if name in _OF_ANY_CLASSES or name == "roc_auc":
        settings = set()
    if "weight" in bound:
        check_share(bound["weight"], "weight")
    return (name if set(bound) <= settings else None), bound


def _agreed(pos_label: Any, bound: dict[str, Any]) -> Any:
    """Return the positive class that was passed or is bound to the metric."""
    known = bound.get("pos_label")
    if pos_label is None or known is None or known == pos_label:
        return known if pos_label is None else pos_label
    raise ValueError(
        f"metric has pos_label={known!r} but pos_label={pos_label!r} was passed; "
        "leave one of them out"
    )


def _leave_no_doubt(metric: Any, y_true: Any, y_pred: Any) -> bool:
    """Tell whether a rate of all classes has two of them, which one being clear."""
    arrays = one_dimensional(y_true, "y_true"), one_dimensional(y_pred, "y_pred")
    found = {label for y in arrays for label in distinct_labels(y, "y_true or y_pred")}
    words = isinstance(metric, str)  # by name the positive class must be stated
    return len(found) <= 2 and (words or found <= {0, 1} or found <= {-1, 1})


def _callable_kernel(metric, y_true, y_pred, sample_weight, *, pos_label, groups):
    """Wrap a function; its labels need not be binary unless pos_label is given."""
    truth, predicted = one_dimensional(y_true, "y_true"), np.asarray(y_pred)
    name = getattr(getattr(metric, "func", metric), "__name__", "metric")
    if len(predicted) != truth.size:
        raise ValueError(
            f"y_pred has {len(predicted)} rows but y_true has {truth.size}; give one "
            "row of each"
        )
    refuse_masked(y_pred, "y_pred")
    refuse_dates(y_pred, "y_pred")
    rows = Rows(PASS_GROUPS if groups is None else None)
    rows.see("y_true", y_true)
    units = check_groups(groups, truth.size, rows, y_pred=y_pred)
    rows.see("sample_weight", sample_weight)
    known = inspect.signature(metric).parameters
    kinds = {parameter.kind for parameter in known.values()}
    takes = "sample_weight" in known or inspect.Parameter.VAR_KEYWORD in kinds
    if sample_weight is not None and not takes:
        raise ValueError(f"{name} does not take sample_weight; leave it out")
    about = {"metric": name, "n": truth.size}
    about["n_groups"] = None if units is None else int(units.max()) + 1
    weights = check_weights(sample_weight, truth.size)
    if pos_label is not None:
        sample = check_sample(truth, pos_label=pos_label)
        about |= {"n_pos": sample.n_pos, "pos_label": sample.pos_label}
        if "pos_label" in known:
            metric = partial(metric, pos_label=pos_label)
    classes, _ = pd.factorize(truth)
    return CallableKernel(metric, truth, predicted, units, weights, classes), about


def _bounds(
    kernel: Any, values: np.ndarray, method: str, level: float
) -> tuple[float, float]:
    """Return the percentile or BCa bounds; NaN where there are none."""
    if values.size == 0 or np.isnan(kernel.estimate):
        return np.nan, np.nan
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if method == "bca":
        tails = _bca_tails(kernel, values, tails)
        if np.isnan(tails).any():
            warn_undefined(
                "The BCa correction is infinite and the interval NaN; take "
                "method='percentile'"
            )
            return np.nan, np.nan
    low, high = np.quantile(values, tails)
    return float(low), float(high)


def _bca_tails(kernel: Any, values: np.ndarray, tails: np.ndarray) -> np.ndarray:
    """Correct the tail probabilities for bias and acceleration."""
    gap = values - kernel.estimate
    gap[np.abs(gap) < 1e-12] = 0  # equal but for the order of summation
    bias = ndtri(
        (np.count_nonzero(gap < 0) + 0.5 * np.count_nonzero(gap == 0)) / gap.size
    )
    influence = kernel.influence()
    spread = kernel.sizes @ influence**2
    if not np.isfinite(bias) or not spread > 0:
        return np.full(2, np.nan)
    acceleration = kernel.sizes @ influence**3 / (6 * spread**1.5)
    shifted = bias + ndtri(tails)
    return ndtr(bias + shifted / (1 - acceleration * shifted))
