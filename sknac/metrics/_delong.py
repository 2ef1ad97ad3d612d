"""DeLong's test of areas under ROC curves, in O(n log n) and exact with ties."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

from sknac.metrics._certain import all_or_none, disjoint_pairs
from sknac.metrics._logit_difference import INTERVALS, bounded
from sknac.metrics._placements import components, covariance_of, degrees_of_freedom
from sknac.metrics._results import ContrastResult, DeLongResult
from sknac.utils._frames import named_columns
from sknac.utils._labels import as_floats
from sknac.utils._rows import warn_of_shared
from sknac.utils._sample import Sample, check_sample
from sknac.utils._settings import check_confidence_level, check_option
from sknac.utils._warnings import warn_undefined

_ALTERNATIVES = ("two-sided", "greater", "less")


def delong_test(
    y_true: Any,
    score_a: Any,
    score_b: Any,
    *,
    y_true_b: Any = None,
    pos_label: Any = None,
    alternative: str = "two-sided",
    interval: str = "auto",
    confidence_level: float = 0.95,
    groups: Any = None,
    groups_b: Any = None,
) -> DeLongResult:
    """Compare two areas under the ROC curve with DeLong's test.

    Higher scores mean the positive class. The test is paired, two scores of the
    same patients, unless `y_true_b` is given: then `score_b` belongs to other
    patients with those labels, and Student's t with Welch-like degrees of freedom
    replaces the normal distribution.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    score_a, score_b : array-like of shape (n_samples,)
        The scores to compare.
    y_true_b : array-like of shape (n_samples_b,), default=None
        True labels of the rows of `score_b`, for an unpaired test.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    alternative : {"two-sided", "greater", "less"}, default="two-sided"
        "greater": the area of `score_a` is the larger.
    interval : {"auto", "delong", "logit"}, default="auto"
        Bounds of the difference: DeLong's, which go with the p-value, or "logit", made
        of the bounds of both areas (`auc_ci`), which hold near an area of 1 too.
        "auto" takes "logit" where an area is .93 or more (.07 or less) and a class has
        fewer than 21 patients; `method` then ends in "logit bounds". The test stays
        DeLong's.
    confidence_level : float, default=0.95
        Coverage of the interval of the difference, between 0 and 1.
    groups, groups_b : array-like, default=None
        Patient of each row of the first and the second sample, where patients have
        several rows; the variance is then that between patients (Obuchowski), and
        the reference is Student's t with the degrees of freedom of `auc_ci`.

    Returns
    -------
    DeLongResult
        Areas, difference with its interval, statistic and p-value. With one class
        only, or a difference without variance, NaN and an
        `UndefinedMetricWarning`; for curves that order all pairs alike the
        statistic is 0 and p is 1, and if both are perfect that is warned of.

    Raises
    ------
    ValueError
        If lengths differ, scores are not finite, labels are not binary, or
        `pos_label` is missing or unknown.

    See Also
    --------
    delong_contrast : Compare more than two curves.
    corrected_resampled_ttest : Compare two cross-validated models.
    auc_ci : Interval of one area.

    Notes
    -----
    Scores that order all pairs alike, such as two perfect ones, differ in no row and
    leave no variance. The difference of their true areas is at most the share of
    pairs that they order differently; none did so of m disjoint pairs, m as in
    `auc_ci`, and the bounds are Clopper-Pearson's for that, on both sides of 0. Two
    perfect scores of different patients are each bounded as in `auc_ci`.

    DeLong's interval of the paired difference falls short where an area is near 1: of
    areas of .97 or .99 and .90, 95 % intervals held the truth in 85 to 92 % of
    simulated studies of 10 patients a class or 10 and 40, and in 85 to 94 % of 21 and
    21 (``benchmarks/coverage_by_patient.py``); of .90 and .75 in 91 to 96 %.
    ``"logit"`` takes the distances of both areas from their bounds on the logit scale
    and adds them as squares, less what the correlation of the areas takes off (Zou),
    and held it in 93 to 99 % of all of these. Its bounds and the p-value can disagree
    near 0.05.

    Scores of a cross-validation, pooled over the folds, are those of several models
    that share training patients, which a column of scores does not show: the test then
    finds a difference between equal models in 8 to 21 % of simulated studies, not 5 %.
    `corrected_resampled_ttest` is for them.

    References
    ----------
    E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, "Comparing the areas under
    two or more correlated receiver operating characteristic curves", Biometrics
    44:837-845, 1988. N. A. Obuchowski, "Nonparametric analysis of clustered ROC
    curve data", Biometrics 53:567-578, 1997. G. Y. Zou, "Toward using confidence
    intervals to compare correlations", Psychological Methods 12:399-413, 2007 (logit).

    Examples
    --------
    >>> from sknac.metrics import delong_test
    >>> result = delong_test([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6], [1, 5, 3, 2, 4, 6])
    >>> round(result.estimate, 3), round(result.pvalue, 3)
    (0.222, 0.371)
    """
    check_option(alternative, "alternative", _ALTERNATIVES)
    check_option(interval, "interval", INTERVALS)
    level = check_confidence_level(confidence_level)
    sample = check_sample(y_true, pos_label=pos_label, groups=groups)
    score_a = sample.scores(score_a, "score_a")
    if y_true_b is None:
        if groups_b is not None:
            raise ValueError("groups_b goes with y_true_b; a paired test has groups")
        score_b = sample.scores(score_b, "score_b")
        found = paired_of(sample, score_a, score_b, level, alternative)
        return bounded(found, interval, (sample, score_a), (sample, score_b))
    other = check_sample(y_true_b, pos_label=pos_label, groups=groups_b)
    score_b = other.scores(score_b, "score_b")
    mend = "leave y_true_b out for a paired test of the same patients"
    warn_of_shared(sample.index, other.index, mend)
    found = _unpaired(((sample, score_a), (other, score_b)), level, alternative)
    return bounded(found, interval, (sample, score_a), (other, score_b))


def delong_contrast(
    y_true: Any,
    scores: Any,
    *,
    contrast: Any = None,
    pos_label: Any = None,
    groups: Any = None,
) -> ContrastResult:
    """Test with one chi-square whether several areas under the ROC curve differ.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    scores : DataFrame, dict of str to array-like, or array of shape \
(n_samples, n_curves)
        One column of scores per curve.
    contrast : array-like of shape (n_contrasts, n_curves), default=None
        Linear contrasts of the areas that are zero under the null hypothesis; by
        default each curve against the last one, which tests that all are equal.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows.

    Returns
    -------
    ContrastResult
        Areas, their covariance, chi-square, degrees of freedom and p-value. NaN
        and an `UndefinedMetricWarning` where the contrasts have no variance, or differ
        where there is none; contrasts of curves that order all pairs alike are left
        out with a warning.

    Raises
    ------
    ValueError
        If there are fewer than two curves, the contrast does not fit, or the
        labels and scores are not as in `delong_test`.

    See Also
    --------
    delong_test : Compare two curves.

    References
    ----------
    E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Biometrics 44:837-845, 1988.

    Examples
    --------
    >>> from sknac.metrics import delong_contrast
    >>> scores = {"pre": [1, 2, 4, 3, 5, 6], "post": [1, 5, 3, 2, 4, 6],
    ...           "both": [2, 1, 3, 4, 6, 5]}
    >>> delong_contrast([0, 0, 0, 1, 1, 1], scores)
    AUC pre 0.889, post 0.667, both 1.000: chi-square(2) = 1.538, p = 0.463 (...)
    """
    sample = check_sample(y_true, pos_label=pos_label, groups=groups)
    names, columns = _score_columns(scores, sample)
    contrast = _check_contrast(contrast, len(names))
    auc, covariance = np.full(len(names), np.nan), np.full((len(names),) * 2, np.nan)
    statistic, df, pvalue = np.nan, 0, np.nan
    if not sample.warn_of_one_class():
        auc, centred = components(sample.positive, columns)
        covariance = covariance_of(centred, sample.positive, sample.codes)
        statistic, df = _chi_square(contrast, auc, centred, sample)
        pvalue = float(chdtrc(df, statistic)) if df else np.nan
        if not df:
            warn_undefined("The contrasts have no variance; chi-square is NaN")
    return ContrastResult(
        names=names,
        auc=auc,
        covariance=covariance,
        contrast=contrast,
        statistic=statistic,
        df=df,
        pvalue=pvalue,
        **sample.about,
    )


def paired_of(
    sample: Sample,
    score_a: np.ndarray,
    score_b: np.ndarray,
    confidence_level: float,
    alternative: str = "two-sided",
) -> DeLongResult:
    """Test the difference of two areas on the same rows."""
    auc, variance, alike = np.full(2, np.nan), np.nan, None
    if not sample.warn_of_one_class():
        auc, centred = components(sample.positive, [score_a, score_b])
        # The spread of the differences keeps digits that var + var - 2 cov loses.
        difference = centred[:1] - centred[1:]
        variance = float(covariance_of(difference, sample.positive, sample.codes)[0, 0])
        if auc[0] == auc[1] and not difference.any():
            pairs = disjoint_pairs(sample.positive, sample.codes)
            apart = 1 - all_or_none([(1.0, 1.0, pairs)], confidence_level)[0]
            alike = -apart, apart
    return _result(
        auc,
        variance,
        degrees_of_freedom(sample.positive, sample.codes)
        if sample.has_both
        else np.inf,
        alike=alike,
        alternative=alternative,
        confidence_level=confidence_level,
        method="delong-paired",
        **sample.about,
    )


def _unpaired(
    samples: tuple[tuple[Sample, np.ndarray], ...],
    confidence_level: float,
    alternative: str,
) -> DeLongResult:
    """Test the difference of two areas on different rows."""
    auc, variance, own = np.full(2, np.nan), np.full(2, np.nan), np.zeros(2)
    for i, (sample, score) in enumerate(samples):
        own[i] = (sample.n_groups or sample.n) - 1
        if not sample.warn_of_one_class():
            by_patient = degrees_of_freedom(sample.positive, sample.codes)
            own[i] = min(own[i], by_patient)
            area, centred = components(sample.positive, [score])
            auc[i] = area[0]
            variance[i] = covariance_of(centred, sample.positive, sample.codes)[0, 0]
    alike = None
    if auc[0] == auc[1] and auc[0] in (0, 1):
        (low_a, high_a), (low_b, high_b) = (
            all_or_none(
                [(1.0, auc[0], disjoint_pairs(sample.positive, sample.codes))],
                confidence_level,
            )
            for sample, _ in samples
        )
        alike = low_a - high_b, high_a - low_b
    total = float(variance.sum())
    df = total**2 / float((variance**2 / own).sum()) if total else np.inf
    first, second = (sample for sample, _ in samples)
    return _result(
        auc,
        total,
        df,
        alike=alike,
        alternative=alternative,
        confidence_level=confidence_level,
        method="delong-unpaired",
        n_b=second.n,
        n_pos_b=second.n_pos,
        **first.about,
    )


def _result(
    auc: np.ndarray,
    variance: float,
    df: float,
    *,
    alike: tuple[float, float] | None,
    alternative: str,
    confidence_level: float,
    **about: Any,
) -> DeLongResult:
    """Turn a difference and its variance into statistic, p-value and interval.

    `alike` are the bounds where all pairs are ordered alike and nothing varies.
    """
    difference, se = float(auc[0] - auc[1]), float(np.sqrt(variance))
    statistic = difference / se if se > 0 else np.nan
    if se == 0 and alike:  # no difference; otherwise nothing can be said
        statistic = 0.0
    if np.isnan(statistic) and not np.isnan(difference):
        warn_undefined(
            "The difference of the areas has no variance (or a class has one patient "
            "only); the test is NaN"
        )
    tail = (1 - confidence_level) / 2
    half = -se * (ndtri(tail) if np.isinf(df) else stdtrit(df, tail))
    if np.isnan(statistic):
        half = np.nan
    low, high = difference - half, difference + half
    if alike and se == 0:
        low, high = alike
        if auc[0] in (0, 1):
            warn_undefined(
                "The difference of the areas has no variance, both being perfect; its "
                "interval is that of pairs ordered alike"
            )
    return DeLongResult(
        auc_a=float(auc[0]),
        auc_b=float(auc[1]),
        estimate=difference,
        low=low,
        high=high,
        se=se,
        statistic=statistic,
        df=float(df),
        pvalue=_pvalue(statistic, df, alternative),
        alternative=alternative,
        confidence_level=confidence_level,
        **about,
    )


def _pvalue(statistic: float, df: float, alternative: str) -> float:
    """Return the tail probability of the normal (infinite df) or Student's t."""
    two_sided = alternative == "two-sided"
    x = -abs(statistic) if two_sided else statistic
    if alternative == "greater":
        x = -x
    tail = float(ndtr(x) if np.isinf(df) else stdtr(df, x))
    return 2 * tail if two_sided else tail


def _score_columns(
    scores: Any, sample: Sample
) -> tuple[tuple[str, ...], list[np.ndarray]]:
    """Return names and checked columns of a frame, a dict or a 2-D array."""
    if isinstance(scores, Mapping | pd.DataFrame):
        named = {str(k): v for k, v in named_columns(scores, "scores").items()}
    else:
        table = np.asarray(scores)
        if table.ndim != 2:
            raise ValueError(f"scores must be 2-D, got shape {table.shape}")
        named = {f"curve_{i}": column for i, column in enumerate(table.T)}
    if len(named) < 2:
        raise ValueError("scores holds one curve; give at least two")
    columns = [sample.scores(v, f"scores[{k!r}]") for k, v in named.items()]
    return tuple(named), columns


def _check_contrast(contrast: Any, n_curves: int) -> np.ndarray:
    """Return the contrast matrix; by default each curve minus the last."""
    if contrast is None:
        return np.eye(n_curves)[:-1] - np.eye(n_curves)[-1]
    matrix = np.atleast_2d(as_floats(contrast, "contrast"))
    if matrix.ndim != 2 or matrix.shape[1] != n_curves:
        raise ValueError(
            f"contrast must have {n_curves} columns, got shape {np.shape(contrast)}"
        )
    if not np.isfinite(matrix).all() or np.abs(matrix.sum(axis=1)).max() > 1e-9:
        raise ValueError("each row of contrast must be finite and sum to zero")
    return matrix


def _chi_square(
    contrast: np.ndarray,
    auc: np.ndarray,
    centred: np.ndarray,
    sample: Sample,
) -> tuple[float, int]:
    """Return chi-square and the rank of the contrasts' covariance."""
    effect = contrast @ auc
    spread = covariance_of(contrast @ centred, sample.positive, sample.codes)
    if np.isnan(spread).any():
        return np.nan, 0
    rank = int(np.linalg.matrix_rank(spread, hermitian=True))
    if not rank:
        return np.nan, 0
    inverse = np.linalg.pinv(spread, hermitian=True)
    # What is left differs though nothing varies: no chi-square can weigh it.
    if np.abs(effect - spread @ inverse @ effect).max() > 1e-9:
        return np.nan, 0
    if rank < np.linalg.matrix_rank(contrast):
        warn_undefined(
            f"Some contrasts have no variance (curves that order all pairs alike, or "
            f"two perfect ones); chi-square has {rank} degrees of freedom without them"
        )
    return float(effect @ inverse @ effect), rank
