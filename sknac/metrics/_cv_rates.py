"""Sensitivity, specificity and predictive values of decisions by cross-validation."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sknac.metrics._clustered import are_unequal, independent_rows
from sknac.metrics._results import CVInterval
from sknac.utils._confusion import RATES, WHY_UNDEFINED, cell_codes, rate_terms
from sknac.utils._folds import Folds, check_folds, read_columns, read_folds
from sknac.utils._responses import cv_answers
from sknac.utils._result import Result
from sknac.utils._sample import Sample, check_sample
from sknac.utils._settings import check_confidence_level
from sknac.utils._text import typed
from sknac.utils._warnings import warn_undefined, warn_user


@dataclass(frozen=True, repr=False)
class CVRates(Result):
    """The rates of cross-validated decisions with their intervals.

    Parameters
    ----------
    sensitivity, specificity, ppv, npv, accuracy : CVInterval
        Each rate with its interval.
    thresholds : tuple of float
        The cut of each fold, where the models have a `threshold_`.

    See Also
    --------
    cv_rates : Make one.

    Examples
    --------
    >>> from sknac.metrics import cv_rates
    >>> y, folds = [0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1] * 2
    >>> cv_rates(y, [0, 0, 0, 1, 1, 1, 0, 1], folds)
    cross-validated, 2 folds, 95% wilson / 3, pos_label=1, n=8 patients, n_pos=4
      sensitivity 0.750 [0.148, 0.981]
      specificity 0.750 [0.148, 0.981]
      ppv 0.750 [0.148, 0.981]
      npv 0.750 [0.148, 0.981]
      accuracy 0.750 [0.239, 0.966]
    """

    sensitivity: CVInterval
    specificity: CVInterval
    ppv: CVInterval
    npv: CVInterval
    accuracy: CVInterval
    thresholds: tuple[float, ...] = ()

    @property
    def rates(self) -> tuple[CVInterval, ...]:
        """The five rates, in the order of the attributes."""
        return tuple(getattr(self, name) for name in RATES)

    def __repr__(self) -> str:
        lines = [self.accuracy.replace(total=None)._about()]
        return "\n".join(lines + [f"  {r.metric} {typed(r)}" for r in self.rates])

    def to_frame(self) -> pd.DataFrame:
        """Return the rates as a table.

        Returns
        -------
        DataFrame of shape (5, 10)
            One row per rate: estimate, low, high, count, total, method,
            confidence_level, pos_label, n_folds, n_repeats.
        """
        columns = ["estimate", "low", "high", "count", "total", "method"]
        columns += ["confidence_level", "pos_label", "n_folds", "n_repeats"]
        table = pd.DataFrame([r.to_dict() for r in self.rates]).set_index("metric")
        return table[columns]


def cv_rates(
    y_true: Any,
    y_pred: Any,
    folds: Any = None,
    *,
    pos_label: Any = None,
    confidence_level: float = 0.95,
    groups: Any = None,
    X: Any = None,
) -> CVRates:
    """Estimate the rates of decisions whose rule was refitted in each fold.

    A threshold that is chosen on the patients whom it is judged by looks better than
    it is. Cross-validate the whole, such as
    `WeightedYoudenThreshold(estimator)`, so that each fold's patients are cut at a
    threshold of the others; the decisions of all folds are then counted together.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_repeats), list or dict
        Out-of-fold decisions: one column per repeat, or a list of them. Or what
        `sklearn.model_selection.cross_validate` returns with
        ``return_estimator=True, return_indices=True``; then give `X`, and no `folds`.
    folds : array-like of shape (n_samples,) or (n_samples, n_repeats), or list
        Number or name of the fold that tests each row, shaped as `y_pred`.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    confidence_level : float, default=0.95
        Coverage of each interval, between 0 and 1.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows.
    X : DataFrame or array-like of shape (n_samples, n_columns), default=None
        As in the cross-validation, where `y_pred` is its result.

    Returns
    -------
    CVRates
        Rates with their intervals, and the thresholds of the folds. A rate without a
        denominator is NaN, with one `UndefinedMetricWarning` naming why.

    Raises
    ------
    ValueError
        If folds hold one patient each (leave-one-out), a patient stands in several
        folds of a repeat, rows are not tested equally often, labels are not binary,
        or `pos_label` is missing or unknown.

    See Also
    --------
    confusion_rates : Patients that neither model nor threshold was fitted on.
    cv_auc_ci : The area under the ROC curve.

    Notes
    -----
    Wilson's interval with the number of patients divided by 1 + k n_test / n_train
    (Nadeau and Bengio; 2.25 for 5 folds), as folds share training patients and the
    thresholds that come of them; `method` says by how much. With groups the rows are
    first divided by their design effect, as in `confusion_rates`. Repeats are averaged
    and do not shorten an interval.

    Measured with nested weighted Youden thresholds (logistic regression of 5 or 20
    predictors, weights 0.5 and 0.8, 60 and 126 patients, 20 and 50 % positive, 400
    draws each): sensitivity and specificity were both held in 94 to 100 % of draws,
    each of them in 95 to 100 %, predictive values in 96 to 100 %: as long as both rates
    together need, and too long for one of them alone. Plain Wilson held both in 84 to
    93 %, and at a cut chosen on the same patients in 13 to 87 %.

    References
    ----------
    E. B. Wilson, Journal of the American Statistical Association 22:209-212, 1927.
    J. N. K. Rao, A. J. Scott, "A simple method for the analysis of clustered binary
    data", Biometrics 48:577-585, 1992 (design effect). C. Nadeau, Y. Bengio, Machine
    Learning 52:239-281, 2003.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_validate
    >>> from sknac.decision import WeightedYoudenThreshold
    >>> from sknac.metrics import cv_rates
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X, y = X[:120, :2], y[:120]
    >>> model = WeightedYoudenThreshold(LogisticRegression(), pos_label=0)
    >>> found = cross_validate(model, X, y, return_estimator=True, return_indices=True)
    >>> cv_rates(y, found, X=X, pos_label=0).sensitivity
    sensitivity 0.845 [0.683, 0.933] (cross-validated, 5 folds, 95% wilson / 2.25, ...)
    """
    level = check_confidence_level(confidence_level)
    thresholds = ()
    if isinstance(y_pred, Mapping):
        if folds is not None or X is None:
            raise ValueError(
                "y_pred is the result of a cross-validation, which has its folds; pass "
                "X as it was given to cross_validate, and no folds"
            )
        found, decided = cv_answers({"y_pred": y_pred}, X, y_true, groups, _decide)
        decided = decided["y_pred"]
        thresholds = _thresholds(y_pred["estimator"])
        repeats = None
    else:
        if folds is None or X is not None:
            raise ValueError(
                "y_pred holds decisions, whose folds must be given: one test fold for "
                "each row; X goes with the result of cross_validate"
            )
        n = len(y_true)
        found, columns = read_folds(folds, n), read_columns(y_pred, "y_pred", n)
        if len(columns) != found.n_repeats:
            raise ValueError(
                f"y_pred has {len(columns)} repeats but folds has {found.n_repeats}; "
                "give one column of each for every repeat"
            )
        table = np.stack([np.asarray(column) for column in columns])
        decided = table[found.repeat[found.fold], found.row]
        repeats = {"folds": folds, "y_pred": y_pred}
    sample = check_sample(
        y_true, pos_label=pos_label, groups=groups, interval=repeats is not None
    )
    for name, values in (repeats or {}).items():
        sample.rows.see(name, values)
    check_folds(sample, found)
    tests = np.asarray(y_true)[found.row]
    both = check_sample(tests, decided, pos_label=sample.pos_label, interval=False)
    return CVRates(
        **_rates(sample, both.predicted, found, level), thresholds=thresholds
    )


def _decide(estimator: Any, X: Any) -> np.ndarray:
    """Return a model's decisions."""
    return np.asarray(estimator.predict(X))


def _thresholds(estimators: Any) -> tuple[float, ...]:
    """Return the cut of each fold's model, if all have one."""
    found = [getattr(model, "threshold_", None) for model in estimators]
    return () if None in found else tuple(float(cut) for cut in found)


def _rates(
    sample: Sample, predicted: np.ndarray, folds: Folds, level: float
) -> dict[str, CVInterval]:
    """Return each rate of the decisions of all folds."""
    cells = np.eye(4)[cell_codes(sample.positive[folds.row], predicted)]
    about = {"confidence_level": level, **folds.about, **sample.about}
    method = f"wilson / {folds.inflation:.3g}"
    about |= {"method": method, "inflation": folds.inflation}
    rates, empty = {}, []
    for name in RATES:
        top, bottom = (cells @ term for term in rate_terms(name))
        if not bottom.any():
            empty.append(f"{name} ({WHY_UNDEFINED[name]})")
        rates[name] = _rate(name, top, bottom, sample, folds, about)
    if empty:
        warn_undefined(f"Some rates are undefined; NaN are {', '.join(empty)}")
    return rates


def _rate(
    name: str,
    top: np.ndarray,
    bottom: np.ndarray,
    sample: Sample,
    folds: Folds,
    about: dict[str, Any],
) -> CVInterval:
    """Return Wilson's interval by as many patients as the rows are worth."""
    from statsmodels.stats.proportion import proportion_confint

    estimate = low = high = se = np.nan
    count, total = int(top.sum()), int(bottom.sum())
    if total:
        estimate = count / total
        parts = _patients(top, bottom, sample, folds)
        worth = np.mean([independent_rows(*part) for part in parts]) / folds.inflation
        alpha = 1 - about["confidence_level"]
        low, high = map(
            float, proportion_confint(estimate * worth, worth, alpha, "wilson")
        )
        se = float(np.sqrt(estimate * (1 - estimate) / worth))
        if any(are_unequal(rows) for _, rows in parts) and sample.codes is not None:
            warn_user(
                f"Few patients have most of the rows of {name}, whose interval may be "
                "too short; give one row per patient to be sure"
            )
    if folds.n_repeats == 1:
        about = about | {"count": count, "total": total}
    bounds = {"estimate": estimate, "low": low, "high": high, "se": se}
    return CVInterval(metric=name, **bounds, **about)


def _patients(
    top: np.ndarray, bottom: np.ndarray, sample: Sample, folds: Folds
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return right rows and rows of each patient who has any, by repeat."""
    units = folds.row if sample.codes is None else sample.codes[folds.row]
    which, found = folds.repeat[folds.fold], []
    for at in range(folds.n_repeats):
        here = which == at
        right = np.bincount(units[here], top[here])
        rows = np.bincount(units[here], bottom[here])
        found.append((right[rows > 0], rows[rows > 0]))
    return [(right, rows) for right, rows in found if rows.size]
