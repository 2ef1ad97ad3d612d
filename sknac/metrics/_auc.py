"""Confidence intervals of the area under the ROC curve."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from scipy.special import expit, logit, ndtri, stdtrit

from sknac.metrics._bootstrap import interval_of
from sknac.metrics._certain import RULE, all_or_none, disjoint_pairs
from sknac.metrics._clustered import are_unequal
from sknac.metrics._partial import check_max_fpr, partial_of
from sknac.metrics._placements import (
    components,
    covariance_of,
    degrees_of_freedom,
    rows_by_class,
)
from sknac.metrics._resampling import AUCKernel
from sknac.metrics._results import MetricInterval
from sknac.metrics._smoothed import METHOD
from sknac.utils._sample import Sample, check_sample
from sknac.utils._settings import check_confidence_level, check_option
from sknac.utils._warnings import warn_hint, warn_of_turned, warn_undefined, warn_user

_METHODS = ("logit-delong", "delong", "bca", "percentile")
# Where patients with several rows are too few for their spread to be known: an area
# from here on, so many rows each, fewer patients of a class.
_NEAR_ONE, _MANY_ROWS, _FEW = 0.93, 5, 40
# Patients of unequal numbers of rows that weigh like fewer than this.
_UNEQUAL = 25


def auc_ci(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    max_fpr: float | None = None,
    method: str | None = None,
    confidence_level: float = 0.95,
    groups: Any = None,
    stratify: bool | str = "auto",
    n_resamples: int = 2000,
    random_state: Any = None,
    sample_weight: Any = None,
) -> MetricInterval:
    """Estimate the area under the ROC curve with a confidence interval.

    Higher scores mean the positive class.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_score : array-like of shape (n_samples,)
        Scores.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    max_fpr : float, default=None
        Largest false positive rate of a part of the curve, between 0 and 1; the area
        is then McClish's, 0.5 by chance and 1 at best, as in
        `sklearn.metrics.roc_auc_score`.
    method : {"logit-delong", "delong", "bca", "percentile"}, default=None
        DeLong's variance on the logit scale or on the plain one (clipped to
        [0, 1]), or a bootstrap; None is "logit-delong". A part of the curve has one
        method, "smoothed-bootstrap".
    confidence_level : float, default=0.95
        Coverage, between 0 and 1.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows: the variance is
        then that between patients, with Student's t in place of the normal
        distribution, and whole patients are resampled.
    stratify : bool or "auto", default="auto"
        Whether resamples keep the number of patients of each class; "auto": yes,
        unless groups hold rows of both classes. A part of the curve is drawn by class.
    n_resamples : int, default=2000
        Number of bootstrap resamples.
    random_state : int, RandomState, Generator or None, default=None
        Randomness of the bootstrap.
    sample_weight : array-like of shape (n_samples,), default=None
        Row weights, for "bca" and "percentile"; the others raise.

    Returns
    -------
    MetricInterval
        Area and interval. With one class only everything is NaN, with constant
        scores or a class of one patient the bounds are, each with an
        `UndefinedMetricWarning`. An interval all below 0.5 is warned of: the scores
        are then high for the other class. So are areas of several rows per patient that
        few patients decide.

    Raises
    ------
    ValueError
        If lengths differ, scores are not finite, labels are not binary,
        `pos_label` is missing or unknown, or an option is unknown or does not go with
        another.

    See Also
    --------
    cv_auc_ci : The area of out-of-fold scores, which this function takes for one
        model's.
    delong_test : Compare two areas.
    sensitivity_at_specificity : One point of the curve.
    average_precision_ci : The area under the precision-recall curve.
    bootstrap_ci : Interval of any metric.

    Notes
    -----
    Scores are taken for those of one model that did not see these patients. Scores of
    a cross-validation, pooled over the folds, are those of several models that share
    training patients; a column of them looks like any other, and their 95 % intervals
    held the truth in 74 to 90 % of simulated studies. `cv_auc_ci` is for them.

    Where every pair is ordered right (area exactly 1) or wrong (0), neither DeLong
    nor a bootstrap sees any spread and both would claim certainty. All methods then
    give the Clopper-Pearson interval of m successes (or failures) in m trials, m
    being the size of the smaller class: m disjoint pairs are independent, so the
    chance that all are ordered right is at most the m-th power of the true area.
    `method` then reads "clopper-pearson".

    With `groups` Student's t has one degree of freedom less than there are patients of
    the class with fewer, patients with unequal numbers of rows counting as
    (sum n_i)^2 / sum n_i^2 equal ones; where every patient has one row it is the normal
    distribution as without. In simulated studies of 10 to 40 patients a class
    (``benchmarks/coverage_by_patient.py``) 95 % intervals then held the truth in 94 to
    98 % (90 to 96 with the normal distribution), but in 88 to 93 % near an area of 1
    with ten images that nearly agree, and down to 89 % where few patients have most of
    the images, both of which is warned of.

    A part of the curve takes the smoothed bootstrap of `sensitivity_at_specificity`,
    which holds that the false positive rate of a cut is not known from a few negatives;
    its 95 % intervals held the truth in 93 to 99 % of simulated studies
    (``benchmarks/coverage_at_rate.py``), but in 90 % where few patients have most of
    the images, which is warned of.

    References
    ----------
    E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Biometrics 44:837-845, 1988.
    M. S. Pepe, The Statistical Evaluation of Medical Tests, Oxford, 2003 (logit).
    N. A. Obuchowski, Biometrics 53:567-578, 1997 (groups). D. K. McClish, Medical
    Decision Making 9:190-195, 1989 (part of the curve). D. L. Banks, Biometrika
    75:673-684, 1988 (smoothed bootstrap).

    Examples
    --------
    >>> from sknac.metrics import auc_ci
    >>> y = ["non-response"] * 4 + ["response"] * 4
    >>> auc_ci(y, [1, 2, 3, 6, 4, 5, 7, 8], pos_label="response")
    roc_auc 0.875 [0.345, 0.989] (95% logit-delong, pos_label='response', ...)
    """
    method = _method_of(method, max_fpr, sample_weight)
    level = check_confidence_level(confidence_level)
    if "delong" in method and sample_weight is not None:
        raise ValueError(
            "DeLong's variance has no weighted form; leave sample_weight out or take "
            "method='percentile'"
        )
    sample = check_sample(
        y_true, pos_label=pos_label, groups=groups, beside={"y_score": y_score}
    )
    score = sample.scores(y_score)
    drawn = {"n_resamples": n_resamples, "random_state": random_state}
    if max_fpr is not None:
        found = partial_of(sample, score, level, check_max_fpr(max_fpr), **drawn)
        mend = "check pos_label or turn the scores round"
        warn_of_turned(f"The area {found.estimate:.3g}", found.high, 0.5, mend)
        if sample.n_groups not in (None, sample.n) and np.isfinite(found.low):
            _warn_of_few(found.estimate, sample)
        return found
    return auc_of(
        sample,
        score,
        level,
        method,
        weights=sample.weights(sample_weight),
        stratify=stratify,
        **drawn,
    )


def _method_of(method: Any, max_fpr: Any, sample_weight: Any) -> str:
    """Return the method of the area, or of its part."""
    if max_fpr is None:
        method = "logit-delong" if method is None else method
        check_option(method, "method", _METHODS)
        return method
    check_option(METHOD if method is None else method, "method", (METHOD,))
    if sample_weight is not None:
        raise ValueError("max_fpr goes without sample_weight; leave one of them out")
    return METHOD


def auc_of(
    sample: Sample,
    score: np.ndarray,
    confidence_level: float,
    method: str = "logit-delong",
    **settings: Any,
) -> MetricInterval:
    """Estimate the area of checked scores; `settings` go to the bootstrap."""
    found = interval_of_area(sample, score, confidence_level, method, **settings)
    if found.high < 0.5:
        warn_hint(
            f"The area {found.estimate:.3g} lies below 0.5 with all of its interval: "
            f"scores are lower for {found.pos_label!r}; check pos_label or turn the "
            "scores round"
        )
    return found


def interval_of_area(
    sample: Sample,
    score: np.ndarray,
    confidence_level: float,
    method: str = "logit-delong",
    *,
    weights: np.ndarray | None = None,
    **resampling: Any,
) -> MetricInterval:
    """Take the method's interval, or say why there is none."""
    about = {"metric": "roc_auc", "confidence_level": confidence_level, **sample.about}
    undefined = dict.fromkeys(("low", "high", "se"), np.nan) | {"method": method}
    if sample.warn_of_one_class():
        return MetricInterval(estimate=np.nan, **undefined, **about)
    auc, centred = components(sample.positive, [score])
    estimate = float(auc[0])
    if estimate in (0.0, 1.0):
        return _degenerate(estimate, sample, about)
    if score.min() == score.max():
        warn_undefined("All scores are equal; the area is 0.5 and has no interval")
        return MetricInterval(estimate=estimate, **undefined, **about)
    if "delong" not in method:
        kernel = AUCKernel(sample.positive, score, sample.codes, weights)
        return interval_of(kernel, about, method=method, **resampling)
    se = float(np.sqrt(covariance_of(centred, sample.positive, sample.codes)[0, 0]))
    if np.isnan(se):
        warn_undefined("A class has one patient only; the area has no interval")
    df = degrees_of_freedom(sample.positive, sample.codes)
    low, high = _bounds(estimate, se, method, confidence_level, df)
    if np.isfinite(df) and not np.isnan(se):
        _warn_of_few(estimate, sample)
    found = {"low": low, "high": high, "se": se, "method": method}
    return MetricInterval(estimate=estimate, **found, **about)


def _bounds(
    estimate: float, se: float, method: str, confidence_level: float, df: float
) -> tuple[float, float]:
    """Return normal (infinite df) or Student's bounds on the logit or plain scale."""
    tail = 0.5 + confidence_level / 2
    z = ndtri(tail) if np.isinf(df) else stdtrit(df, tail)
    if method == "logit-delong":
        half = z * se / (estimate * (1 - estimate))
        low, high = expit(logit(estimate) - half), expit(logit(estimate) + half)
    else:
        low, high = np.clip([estimate - z * se, estimate + z * se], 0, 1)
    return float(low), float(high)


def _warn_of_few(estimate: float, sample: Sample) -> None:
    """Warn where few patients with several rows decide an area."""
    rows = rows_by_class(sample.positive, sample.codes)
    few = min(np.count_nonzero(each) for each in rows) < _FEW
    near = max(estimate, 1 - estimate) >= _NEAR_ONE
    if any(are_unequal(each[each > 0], _UNEQUAL) for each in rows):
        what = "Few patients of a class have most of its rows"
    elif few and near and sample.n >= _MANY_ROWS * sample.n_groups:
        what = f"Few patients with many rows each decide an area of {estimate:.3g}"
    else:
        return
    warn_user(
        f"{what}; 95 % intervals held the truth in 88 to 93 % of such simulated "
        "studies where the rows of a patient agree: give one row per patient to be sure"
    )


def _degenerate(
    estimate: float, sample: Sample, about: dict[str, Any]
) -> MetricInterval:
    """Bound an area of exactly 0 or 1 by the pairs that share no patient."""
    pairs = disjoint_pairs(sample.positive, sample.codes)
    certain = [(1.0, estimate, pairs)]
    low, high = all_or_none(certain, about["confidence_level"])
    if not pairs:
        warn_undefined("All rows are of one patient; the area has no interval")
    found = {"low": low, "high": high, "se": 0.0, "method": RULE}
    return MetricInterval(estimate=estimate, **found, **about)
