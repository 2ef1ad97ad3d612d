"""Sensitivity at a given specificity, and the other way round."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.metrics import roc_curve

from sknac.metrics._results import MetricInterval
from sknac.metrics._smoothed import (
    METHOD,
    SmoothedCurves,
    interpolated,
    quantile_bounds,
)
from sknac.utils._draws import resolve_seed
from sknac.utils._labels import shown
from sknac.utils._sample import check_sample
from sknac.utils._settings import as_number, check_confidence_level, check_whole
from sknac.utils._warnings import warn_hint, warn_of_turned, warn_undefined

# A rate that a specificity of 0.9 leaves, 1 - 0.9, is that of 1 of 10 but for this.
_ROUNDING = 1e-9


def sensitivity_at_specificity(
    y_true: Any,
    y_score: Any,
    *,
    specificity: float | None = None,
    sensitivity: float | None = None,
    pos_label: Any = None,
    interpolate: bool = True,
    groups: Any = None,
    confidence_level: float = 0.95,
    n_resamples: int = 2000,
    random_state: Any = None,
) -> MetricInterval:
    """Estimate the sensitivity at a given specificity, or the other way round.

    Give one of `specificity` and `sensitivity`; the other rate is estimated. The cut
    belongs to the same patients, and the interval knows that it does.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_score : array-like of shape (n_samples,)
        Scores; higher means the positive class.
    specificity : float, default=None
        Where the sensitivity is wanted, between 0 and 1.
    sensitivity : float, default=None
        Where the specificity is wanted, between 0 and 1.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    interpolate : bool, default=True
        Whether the ROC curve is joined by straight lines, as `roc_ci` and R's pROC do;
        False is the best rate of a cut that the data have, at which the other rate is
        no less than was asked for.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows.
    confidence_level : float, default=0.95
        Coverage, between 0 and 1.
    n_resamples : int, default=2000
        Number of draws.
    random_state : int, RandomState, Generator or None, default=None
        Randomness of the draws.

    Returns
    -------
    MetricInterval
        The rate and its interval; `metric` reads "sensitivity(specificity=0.9)". With
        one class only everything is NaN, with constant scores the bounds are, each
        with an `UndefinedMetricWarning`.

    Raises
    ------
    ValueError
        If not one of the two rates is given, it is not between 0 and 1, or the input is
        not as in `auc_ci`.

    See Also
    --------
    auc_ci : The area up to a false positive rate (`max_fpr`).
    sknac.decision.WeightedYoudenThreshold : A cut for new patients (`at_least`).

    Notes
    -----
    The interval is that of Banks' smoothed Bayesian bootstrap: the shares of patients
    to come between neighbouring scores of a class, and beyond its extremes, are
    Dirichlet, and each draw is a ROC curve. It holds that the cut of a specificity of
    0.9 is not known from ten negatives, and has a width at a rate of 1; resampled
    patients do neither. In simulated studies (``benchmarks/coverage_at_rate.py``: 5 to
    120 patients a class, areas .7 to .98) 95 % intervals held the truth in 94 to 98 %,
    by patient with images in 93 to 96 %; those of resampled patients in 67 to 98 %.

    References
    ----------
    D. L. Banks, Biometrika 75:673-684, 1988 (the bootstrap). J. Gu, S. Ghosal, A. Roy,
    Statistics in Medicine 27:5407-5420, 2008 (of ROC curves).

    Examples
    --------
    >>> from sknac.metrics import sensitivity_at_specificity
    >>> y = ["non-response"] * 5 + ["response"] * 5
    >>> score = [1, 2, 3, 4, 8, 3, 5, 6, 7, 9]
    >>> sensitivity_at_specificity(
    ...     y, score, specificity=0.8, pos_label="response", random_state=0
    ... )
    sensitivity(specificity=0.8) 0.800 [0.026, 0.958] (95% smoothed-bootstrap, ...)
    """
    name, given, rate = _asked(specificity, sensitivity)
    level = check_confidence_level(confidence_level)
    n_resamples = check_whole(n_resamples, "n_resamples", 2)
    sample = check_sample(
        y_true, pos_label=pos_label, groups=groups, beside={"y_score": y_score}
    )
    score = sample.scores(y_score)
    about = {
        "metric": f"{name}({given}={rate:g})",
        "method": METHOD,
        "confidence_level": level,
        **sample.about,
    }
    unknown = dict.fromkeys(("low", "high", "se"), np.nan)
    if sample.warn_of_one_class(f"the {name} at a {given}"):
        return MetricInterval(estimate=np.nan, **unknown, **about)
    fpr, tpr, _ = roc_curve(sample.positive, score, drop_intermediate=False)
    mirrored = name == "specificity"
    estimate = _on_curve(*_turned(fpr, tpr, mirrored), 1 - rate, interpolate)
    if score.min() == score.max():
        warn_undefined(f"All scores are equal; the {name} has no interval")
        return MetricInterval(estimate=estimate, **unknown, **about)
    if np.unique(score).size == 2:
        warn_hint(
            f"y_score holds two values only, as decisions do, and the {name} at a "
            f"{given} lies on a line between them; pass scores, or take "
            "confusion_rates of the decisions"
        )
    seed = resolve_seed(random_state)
    values = SmoothedCurves(sample.positive, score, sample.codes).values(
        lambda x, y, _: interpolated(*_turned(x, y, mirrored), 1 - rate),
        seed,
        n_resamples,
    )
    low, high = quantile_bounds(values, estimate, level)
    what, mend = (
        f"The {name} {estimate:.3g}",
        "check pos_label or turn the scores round",
    )
    warn_of_turned(what, high, 1 - rate, mend)
    drawn = {"se": float(values.std(ddof=1)), "n_resamples": n_resamples, "seed": seed}
    return MetricInterval(estimate=estimate, low=low, high=high, **drawn, **about)


def _asked(specificity: Any, sensitivity: Any) -> tuple[str, str, float]:
    """Return which rate is wanted, which is given, and its value."""
    if (specificity is None) == (sensitivity is None):
        raise ValueError(
            "specificity and sensitivity must be given one at a time; the other one is "
            "estimated"
        )
    name, given, value = "sensitivity", "specificity", specificity
    if specificity is None:
        name, given, value = given, name, sensitivity
    number = as_number(value)
    if number is None or not 0 < number < 1:
        raise ValueError(f"{given} must lie between 0 and 1, got {shown(value)}")
    return name, given, float(number)


def _turned(fpr: np.ndarray, tpr: np.ndarray, mirrored: bool) -> tuple:
    """Return rising x and y of curves; mirrored, misses and specificities."""
    if not mirrored:
        return fpr, tpr
    return 1 - tpr[..., ::-1], 1 - fpr[..., ::-1]


def _on_curve(x: np.ndarray, y: np.ndarray, at: float, interpolate: bool) -> float:
    """Return y at x, where the curve rises straight up its upper end."""
    before = int(np.flatnonzero(x <= at + _ROUNDING)[-1])
    if not interpolate or at - x[before] <= _ROUNDING:
        return float(y[before])
    share = (at - x[before]) / (x[before + 1] - x[before])
    return float(y[before] + share * (y[before + 1] - y[before]))
