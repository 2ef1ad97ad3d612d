"""Net benefit of acting on a prediction, threshold by threshold."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sknac.metrics._certain import NO_SPREAD, ONE_PATIENT, ROUNDING, all_or_none
from sknac.metrics._checks import check_probabilities
from sknac.metrics._placements import mean_and_error
from sknac.utils._decimals import as_printed, snapped
from sknac.utils._frames import unique_columns
from sknac.utils._labels import as_floats
from sknac.utils._result import Result
from sknac.utils._sample import Sample, check_sample
from sknac.utils._settings import check_confidence_level
from sknac.utils._warnings import warn_undefined

_THRESHOLDS = tuple(np.linspace(0.01, 0.99, 99).round(2).tolist())


@dataclass(frozen=True, eq=False, repr=False)
class DecisionCurve(Result):
    """Net benefit of models, of treating all and of treating none.

    Parameters
    ----------
    thresholds : ndarray of shape (n_thresholds,)
        Threshold probabilities, in [0, 1).
    net_benefit : dict of str to ndarray of shape (n_thresholds,)
        Net benefit per patient by model, at most the share of positives.
    low, high : dict of str to ndarray of shape (n_thresholds,)
        Pointwise bounds of it.
    treat_all : ndarray of shape (n_thresholds,)
        Net benefit of calling everybody positive; that of nobody is 0.
    confidence_level : float
        Pointwise coverage of the bounds, between 0 and 1.
    n, n_pos : int
        Rows and positive rows.
    n_groups : int or None
        Number of groups (patients) where `groups` was given.
    pos_label : int, float, bool or str
        The positive class.

    See Also
    --------
    decision_curve : Computes this result.
    DecisionCurveDisplay : Draws it.

    Examples
    --------
    >>> from sknac.metrics import decision_curve
    >>> decision_curve([0, 0, 0, 1, 1], [0.1, 0.3, 0.6, 0.5, 0.9], thresholds=[0.2])
    DecisionCurve(1 models, 1 thresholds, 95%, pos_label=1, n=5 patients, n_pos=2)
    """

    thresholds: np.ndarray
    net_benefit: dict[str, np.ndarray]
    low: dict[str, np.ndarray]
    high: dict[str, np.ndarray]
    treat_all: np.ndarray
    confidence_level: float
    n: int
    n_pos: int
    n_groups: int | None
    pos_label: Any

    def to_frame(self) -> pd.DataFrame:
        """Return the curves as a table.

        Returns
        -------
        DataFrame of shape (n_models * n_thresholds, 6)
            `model`, `threshold`, `net_benefit`, `low`, `high` and `treat_all`.
        """
        shared = {"threshold": self.thresholds, "treat_all": self.treat_all}
        parts = [
            {"model": name, **shared}
            | {key: getattr(self, key)[name] for key in ("net_benefit", "low", "high")}
            for name in self.net_benefit
        ]
        columns = ["model", "threshold", "net_benefit", "low", "high", "treat_all"]
        table = pd.concat(map(pd.DataFrame, parts), ignore_index=True)
        return table[columns]

    def __repr__(self) -> str:
        return (
            f"DecisionCurve({len(self.net_benefit)} models, {len(self.thresholds)} "
            f"thresholds, {self._about()})"
        )


def decision_curve(
    y_true: Any,
    y_prob: Any,
    *,
    pos_label: Any = None,
    thresholds: Any = None,
    groups: Any = None,
    name: str = "model",
    confidence_level: float = 0.95,
) -> DecisionCurve:
    """Compute the net benefit of acting on predicted probabilities.

    Who is predicted positive with a probability of at least the threshold is acted
    on ("treated"). The threshold says how many needless acts one missed positive is
    worth: at 0.2, four.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_prob : array-like of shape (n_samples,) or dict of str to array-like
        Probabilities of the positive class of one model, or of several by name.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    thresholds : array-like of shape (n_thresholds,), default=None
        Threshold probabilities in [0, 1); None is 0.01, 0.02, ..., 0.99.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows; the bounds are then
        those between patients.
    name : str, default="model"
        Name of a single model.
    confidence_level : float, default=0.95
        Pointwise coverage of the bounds, between 0 and 1.

    Returns
    -------
    DecisionCurve
        The curves of the models and of treating all. With an
        `UndefinedMetricWarning` if nobody is acted on at any threshold, or if somebody
        is and nothing varies between patients.

    Raises
    ------
    ValueError
        If there is no model, lengths differ, a probability lies outside [0, 1], a
        threshold outside [0, 1), labels are not binary, or `pos_label` is missing or
        unknown.

    See Also
    --------
    calibration : A miscalibrated model loses net benefit.
    DecisionCurveDisplay : Draws the curves.

    Notes
    -----
    A threshold that differs from a prediction by rounding only, 0.05 * 3 from 0.15,
    is reached by it; numbers of single precision are the decimals that they print as.

    With threshold t, rates of true and false positives among all n patients, the net
    benefit is ``TP / n - FP / n * t / (1 - t)``. It is a mean over patients; its
    bounds are normal, from the spread between patients. Where all rows add the same,
    as at thresholds above all predictions, where nobody is acted on, there is none:
    the bounds are then what the Clopper-Pearson bound of all or none of the patients
    leaves to rows that would add something else, 1 or -t / (1 - t).

    References
    ----------
    A. J. Vickers, E. B. Elkin, Decision curve analysis: a novel method for evaluating
    prediction models, Medical Decision Making 26:565-574, 2006.

    Examples
    --------
    >>> from sknac.metrics import decision_curve
    >>> y, p = [0, 0, 0, 1, 1], [0.1, 0.3, 0.6, 0.5, 0.9]
    >>> curve = decision_curve(y, p, thresholds=[0.2, 0.5])
    >>> curve.to_frame()[["threshold", "net_benefit", "treat_all"]].round(3)
       threshold  net_benefit  treat_all
    0        0.2          0.3       0.25
    1        0.5          0.2      -0.20
    """
    level = check_confidence_level(confidence_level)
    sample = check_sample(y_true, pos_label=pos_label, groups=groups)
    probs = y_prob if isinstance(y_prob, Mapping) else {name: y_prob}
    if not probs:
        raise ValueError("y_prob holds no model; give probabilities of at least one")
    unique_columns(probs, "y_prob")
    probs = {str(key): _prob(sample, key, values) for key, values in probs.items()}
    cuts = _check_thresholds(thresholds)
    curves = {key: _curve(sample, prob, cuts, level) for key, prob in probs.items()}
    if (sample.n_groups or sample.n) == 1:
        warn_undefined(ONE_PATIENT)
    for key, (_, _, _, flat) in curves.items():
        _warn_of_no_spread(key, flat, ~_acted(probs[key], cuts).any(axis=0))
    everybody = _curve(sample, np.ones(sample.n), cuts, level)[0]
    return DecisionCurve(
        thresholds=cuts,
        net_benefit={key: found[0] for key, found in curves.items()},
        low={key: found[1] for key, found in curves.items()},
        high={key: found[2] for key, found in curves.items()},
        treat_all=everybody,
        confidence_level=level,
        **sample.about,
    )


def _prob(sample: Sample, name: Any, values: Any) -> np.ndarray:
    """Return probabilities in [0, 1], one per row."""
    name = f"y_prob of {name!r}"
    sample.rows.see(name, values)
    return check_probabilities(sample.scores(as_printed(values), name), name)


def _check_thresholds(thresholds: Any) -> np.ndarray:
    """Return the threshold probabilities, increasing."""
    cuts = _THRESHOLDS if thresholds is None else as_printed(thresholds)
    cuts = as_floats(cuts, "thresholds")
    if cuts.ndim != 1 or cuts.size == 0:
        raise ValueError("thresholds must be a list of at least one number")
    if not ((cuts >= 0) & (cuts < 1)).all():
        raise ValueError("thresholds must lie in [0, 1): at 1 nothing outweighs harm")
    return np.sort(cuts)


def _curve(
    sample: Sample, prob: np.ndarray, cuts: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return net benefit, its bounds and where there is no spread, at each cut."""
    odds = cuts / (1 - cuts)
    acted = _acted(prob, cuts)
    # What each row adds: 1 for a true positive, -odds for a false one.
    share = acted * np.where(sample.positive[:, None], 1.0, -odds)
    mean, se = mean_and_error(share, sample.codes)
    half = float(ndtri(0.5 + level / 2)) * se
    low, high = mean - half, mean + half
    flat = se <= ROUNDING * np.abs(share).max(axis=0)
    # So many of the patients may add something else than all of these did.
    other = 1 - all_or_none([(1.0, 1.0, sample.n_groups or sample.n)], level)[0]
    alike = np.ptp(share, axis=0) == 0
    low = np.where(flat, np.where(alike, mean - other * (mean + odds), np.nan), low)
    high = np.where(flat, np.where(alike, mean + other * (1 - mean), np.nan), high)
    return mean, low, high, flat


def _acted(prob: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Tell who reaches which cut; 0.05 * 3 is reached by 0.15, as in decimals."""
    return prob[:, None] >= snapped(cuts, prob, ROUNDING)


def _warn_of_no_spread(name: str, flat: np.ndarray, nobody: np.ndarray) -> None:
    """Warn where nothing varies, unless some thresholds lie above all predictions."""
    if nobody.all():
        warn_undefined(
            f"{name!r} predicts no probability as high as any threshold and nobody is "
            "acted on; take lower thresholds"
        )
    elif (flat & ~nobody).any():
        warn_undefined(
            f"The net benefit of {name!r} {NO_SPREAD} at some thresholds; its bounds "
            "there are those of all or none, or NaN"
        )
