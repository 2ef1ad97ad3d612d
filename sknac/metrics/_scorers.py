"""Scorers of a clinical decision, by name, for searches with several metrics."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Callable, Iterable
from typing import Any

from sklearn.metrics import accuracy_score, roc_auc_score

from sknac.metrics._auc import auc_ci
from sknac.metrics._bootstrap import bootstrap_ci
from sknac.metrics._certain import NO_SPREAD, RULE
from sknac.metrics._rates import (
    npv_score,
    ppv_score,
    sensitivity_score,
    specificity_score,
    weighted_youden_score,
)
from sknac.utils._classes import check_known_labels
from sknac.utils._confusion import RATES
from sknac.utils._rows import same_rows
from sknac.utils._sample import check_sample
from sknac.utils._settings import check_confidence_level, check_options, check_share
from sknac.utils._sklearn import _Scorer

_RATES = {
    "sensitivity": sensitivity_score,
    "specificity": specificity_score,
    "ppv": ppv_score,
    "npv": npv_score,
}
_SCORES = ("decision_function", "predict_proba")


def clinical_scorers(
    *,
    pos_label: Any,
    weight: float = 0.5,
    confidence_level: float = 0.95,
    lower_bounds: str | Iterable[str] = "accuracy",
) -> dict[str, Callable[..., float]]:
    """Make the scorers of a clinical decision for `scoring=` of a search.

    Parameters
    ----------
    pos_label : int, float, bool or str
        The positive class of every score.
    weight : float, default=0.5
        Share of sensitivity in the weighted Youden index, in [0, 1].
    confidence_level : float, default=0.95
        Coverage of the two-sided intervals whose lower ends are scores.
    lower_bounds : str or list of str, default="accuracy"
        Rates, by the names of `bootstrap_ci`, whose lower bootstrap bound is a score
        too, with the same resamples for every candidate. Each costs a bootstrap per
        fold and candidate.

    Returns
    -------
    dict of str to callable
        Scorers "roc_auc", "delong_lower_bound" (of the area), "accuracy",
        "accuracy_lower_bound" (bootstrap; likewise for each of `lower_bounds`),
        "sensitivity", "specificity", "ppv", "npv" and "weighted_youden"; each key
        can be `refit`.

    Raises
    ------
    ValueError
        If the weight or the level is out of range.

    See Also
    --------
    auc_ci : The whole interval of the area.
    bootstrap_ci : That of a rate.

    Notes
    -----
    In a fold where a score is undefined (one class, nobody predicted positive) it is
    NaN with an `UndefinedMetricWarning`; the mean over folds is then NaN too, and a
    search ranks that candidate last. `zero_division`-like fillings would hide it. The
    lower bounds of perfect folds follow the rule of `bootstrap_ci` and `auc_ci`.

    All scorers take `sample_weight` where metadata routing hands it on. DeLong's
    variance has no weighted form: "delong_lower_bound" is then a bootstrap's.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sknac.metrics import clinical_scorers
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> search = GridSearchCV(
    ...     LogisticRegression(), {"C": [0.1, 1.0]}, refit="npv",
    ...     scoring=clinical_scorers(pos_label=1, weight=0.8),
    ... ).fit(X[:, :2], y)
    >>> sorted(k for k in search.cv_results_ if k.startswith("mean_test_w"))
    ['mean_test_weighted_youden']
    """
    level = check_confidence_level(confidence_level)
    weight = check_share(weight, "weight")
    ranked = {"response_method": _SCORES, "pos_label": pos_label}
    bounded = [*RATES, "balanced_accuracy", "weighted_youden"]
    named = check_options(lower_bounds, "lower_bounds", bounded)
    called = {"pos_label": pos_label}
    ranked = called | {"response_method": _SCORES}
    scorers = {
        "roc_auc": _scorer(_area, **ranked),
        "delong_lower_bound": _scorer(_area_low, confidence_level=level, **ranked),
        "accuracy": _scorer(accuracy_score),
        "weighted_youden": _scorer(weighted_youden_score, weight=weight, **called),
    }
    scorers |= {name: _scorer(rate, **called) for name, rate in _RATES.items()}
    return scorers | {
        f"{name}_lower_bound": _scorer(
            _rate_low, metric=name, confidence_level=level, **called
        )
        for name in named
    }


class _NamedRowsScorer(_Scorer):
    """Scorer that pairs patients and labels by the names of their rows."""

    def _score(self, method_caller, estimator, X, y_true, **kwargs):
        same_rows(X=X, y=y_true, sample_weight=kwargs.get("sample_weight"))
        check_known_labels(estimator, y_true)
        return super()._score(method_caller, estimator, X, y_true, **kwargs)


def _scorer(
    function: Callable[..., float], *, response_method: Any = "predict", **settings: Any
) -> _Scorer:
    """Make a scorer, as scikit-learn's `make_scorer` does."""
    return _NamedRowsScorer(function, 1, settings, response_method)


def _area(
    y_true: Any, y_score: Any, *, pos_label: Any, sample_weight: Any = None
) -> float:
    """Return the area for scores that are high for `pos_label`."""
    sample = check_sample(y_true, pos_label=pos_label, interval=False)
    weights = sample.weights(sample_weight)
    score = sample.scores(y_score)
    return float(roc_auc_score(sample.positive, score, sample_weight=weights))


def _area_low(
    y_true: Any, y_score: Any, *, sample_weight: Any = None, **settings: Any
) -> float:
    """Return DeLong's lower bound of the area; that of the bootstrap with weights."""
    if sample_weight is not None:
        settings |= {"method": "percentile", "sample_weight": sample_weight}
    return auc_ci(y_true, y_score, random_state=0, **settings).low


def _rate_low(y_true: Any, y_pred: Any, *, metric: str, **settings: Any) -> float:
    """Return a rate's lower bound from the resamples that every candidate gets."""
    with warnings.catch_warnings():
        # The rule for rates of 0 and 1 stands in the notes, not in every fold.
        warnings.filterwarnings("ignore", f".* {NO_SPREAD}; its interval is {RULE}")
        return bootstrap_ci(metric, y_true, y_pred, random_state=0, **settings).low
