"""Average precision, the area under the precision-recall curve, with its interval."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from scipy.special import expit, logit, stdtrit

from sknac.metrics._certain import RULE, all_or_none, disjoint_pairs, widen
from sknac.metrics._placements import patients_by_class
from sknac.metrics._results import MetricInterval
from sknac.utils._sample import Sample, check_sample
from sknac.utils._settings import check_confidence_level
from sknac.utils._warnings import warn_of_turned, warn_undefined

METHOD = "logit"


def average_precision_ci(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    groups: Any = None,
    confidence_level: float = 0.95,
) -> MetricInterval:
    """Estimate the average precision with a confidence interval.

    It is the mean, over the positive patients, of the share of positives (PPV) among
    those who score at least as high, as `sklearn.metrics.average_precision_score`
    has it. By chance it is the prevalence, not 0.5, and it moves with the prevalence:
    it belongs to cohorts like this one, not to cases and controls drawn apart.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_score : array-like of shape (n_samples,)
        Scores; higher means the positive class.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows; the variance is then
        that between patients.
    confidence_level : float, default=0.95
        Coverage, between 0 and 1.

    Returns
    -------
    MetricInterval
        Average precision and interval. With one class only everything is NaN, with
        constant scores or a class of one patient the bounds are, each with an
        `UndefinedMetricWarning`.

    Raises
    ------
    ValueError
        If lengths differ, scores are not finite, labels are not binary, or `pos_label`
        is missing or unknown.

    See Also
    --------
    PRCurveCIDisplay : Draws the curve.
    auc_ci : The area under the ROC curve, which does not move with the prevalence.

    Notes
    -----
    The standard error is that of the influence of each patient, whose share of the
    classes is random too. The bounds are symmetric on the logit scale, as Boyd et al.
    found best, and Student's with the degrees of freedom that `auc_ci` has with groups.
    In simulated studies (``benchmarks/coverage_at_rate.py``) 95 % intervals
    held the truth in 92 to 100 %, the prevalence of each study being its own.

    Where every positive is above every negative nothing varies. The area under the ROC
    curve is then bounded as in `auc_ci`; the lower bound is the average precision of
    a curve of that area whose misordered negatives all lie above the positives,
    ``1 - c log((1 + c) / c)`` with c = (1 - area) (1 - prevalence) / prevalence.

    References
    ----------
    K. Boyd, K. H. Eng, C. D. Page, "Area under the precision-recall curve: point
    estimates and confidence intervals", ECML PKDD 2013, LNCS 8190:451-466.

    Examples
    --------
    >>> from sknac.metrics import average_precision_ci
    >>> y = ["non-response"] * 5 + ["response"] * 4
    >>> score = [1, 2, 3, 5, 8, 4, 6, 7, 9]
    >>> average_precision_ci(y, score, pos_label="response")
    average_precision 0.771 [0.097, 0.991] (95% logit, pos_label='response', ...)
    """
    level = check_confidence_level(confidence_level)
    sample = check_sample(
        y_true, pos_label=pos_label, groups=groups, beside={"y_score": y_score}
    )
    return average_precision_of(sample, sample.scores(y_score), level)


def average_precision_of(
    sample: Sample, score: np.ndarray, confidence_level: float
) -> MetricInterval:
    """Estimate the average precision of checked scores."""
    about = {"metric": "average_precision", "confidence_level": confidence_level}
    about |= sample.about
    unknown = dict.fromkeys(("low", "high", "se"), np.nan) | {"method": METHOD}
    if sample.warn_of_one_class("the average precision"):
        return MetricInterval(estimate=np.nan, **unknown, **about)
    estimate, influence = average_precision(sample.positive, score)
    if score.min() == score.max():
        warn_undefined(
            "All scores are equal; the average precision is the prevalence and has no "
            "interval"
        )
        return MetricInterval(estimate=estimate, **unknown, **about)
    if score[sample.positive].min() > score[~sample.positive].max():
        return _perfect(sample, about)
    codes = np.arange(sample.n) if sample.codes is None else sample.codes
    fewest = min(patients_by_class(sample.positive, codes))
    if fewest <= 1:
        warn_undefined(
            "A class has one patient only; the average precision has no interval"
        )
        return MetricInterval(estimate=estimate, **unknown, **about)
    by_patient = np.bincount(codes, influence)
    units = by_patient.size
    se = float(np.sqrt(units / (units - 1) * (by_patient @ by_patient)))
    t = stdtrit(max(1.0, fewest - 1), 0.5 + confidence_level / 2)
    half = t * se / (estimate * (1 - estimate))
    low, high = (float(expit(logit(estimate) + sign * half)) for sign in (-1, 1))
    what, chance = f"The average precision {estimate:.3g}", sample.n_pos / sample.n
    warn_of_turned(what, high, chance, "check pos_label or turn the scores round")
    found = {"low": low, "high": high, "se": se, "method": METHOD}
    return widen(MetricInterval(estimate=estimate, **found, **about))


def average_precision(
    positive: np.ndarray, score: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the average precision and the derivative of each row's weight."""
    level = np.unique(-score, return_inverse=True)[1]
    up, down = (np.bincount(level, known) for known in (positive, ~positive))
    found, wrong = np.cumsum(up), np.cumsum(down)
    called, n_pos = found + wrong, found[-1]
    precision = found / called
    estimate = float(up @ precision / n_pos)
    # A row counts in the precision of its own level and of all below.
    gained, lost = (
        np.cumsum((up * part / called**2)[::-1])[::-1] / n_pos
        for part in (wrong, found)
    )
    of_pos = (precision - estimate) / n_pos + gained
    return estimate, np.where(positive, of_pos[level], -lost[level])


def _perfect(sample: Sample, about: dict[str, Any]) -> MetricInterval:
    """Bound an average precision of 1 by what the area's bound leaves to it."""
    pairs = disjoint_pairs(sample.positive, sample.codes)
    area, _ = all_or_none([(1.0, 1.0, pairs)], about["confidence_level"])
    if not pairs:
        warn_undefined(
            "All rows are of one patient; the average precision has no interval"
        )
    above = (1 - area) * (sample.n - sample.n_pos) / sample.n_pos
    low = float(1 - above * np.log1p(1 / above))
    high = 1.0 if pairs else np.nan
    found = {"low": low, "high": high, "se": 0.0, "method": RULE}
    return MetricInterval(estimate=1.0, **found, **about)
