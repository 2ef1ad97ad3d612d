"""Net benefit of acting on a prediction, threshold by threshold."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from sknac.metrics._certain import NO_SPREAD, ONE_PATIENT
from sknac.metrics._checks import check_probabilities
from sknac.metrics._corrected_curve import (
    Corrected,
    by_model,
    columns_of,
    corrected_by,
    thresholds_of,
)
from sknac.metrics._net_benefit import Gain, acted_on, gain_of
from sknac.utils._decimals import as_printed
from sknac.utils._frames import named_models
from sknac.utils._labels import as_floats
from sknac.utils._result import Result
from sknac.utils._sample import Sample, check_sample
from sknac.utils._settings import check_confidence_level, check_option
from sknac.utils._warnings import warn_undefined

TREAT_ALL = "treat all"
_THRESHOLDS = tuple(np.linspace(0.01, 0.99, 99).round(2).tolist())


@dataclass(frozen=True, eq=False, repr=False)
class DecisionCurve(Result):
    """Net benefit of models, of treating all and of treating none.

    Parameters
    ----------
    thresholds : ndarray of shape (n_thresholds,)
        Threshold probabilities, in [0, 1).
    net_benefit : dict of str to ndarray of shape (n_thresholds,)
        Net benefit per patient by model, at most the share of positives, or over
        this share where `standardised`.
    low, high : dict of str to ndarray of shape (n_thresholds,)
        Pointwise bounds of it; NaN where fewer than ten patients are acted on.
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
    acted : dict of str to int ndarray of shape (n_thresholds,)
        Patients acted on.
    differences : DataFrame of shape (n_pairs * n_thresholds, 7)
        Net benefit of `model` less that of `other`, another model or "treat all", by
        `threshold`: `difference`, `low`, `high`, and `n_differ`, the patients on whom
        one acts and the other does not; below ten there are no bounds.
    standardised : bool
        Whether net benefits are shares of the largest possible one.
    corrected : dict of str to Corrected
        By model for which `optimism` was given: `net_benefit`, `low`, `high`, each of
        shape (n_thresholds,), corrected for optimism, the `method` of `optimism` and
        its `n_resamples`.

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
    acted: dict[str, np.ndarray]
    differences: pd.DataFrame
    standardised: bool
    corrected: dict[str, Corrected] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary of plain Python values.

        Returns
        -------
        dict
            One entry per field; bounds that there are not are None.
        """
        return _none_for_nan(super().to_dict())

    def to_frame(self) -> pd.DataFrame:
        """Return the curves as a table.

        Returns
        -------
        DataFrame of shape (n_models * n_thresholds, 6)
            `model`, `threshold`, `net_benefit`, `low`, `high` and `treat_all`; with
            optimism also `corrected`, `corrected_low` and `corrected_high`.
        """
        shared = {"threshold": self.thresholds, "treat_all": self.treat_all}
        parts = [
            {"model": name, **shared}
            | {key: getattr(self, key)[name] for key in ("net_benefit", "low", "high")}
            for name in self.net_benefit
        ]
        columns = ["model", "threshold", "net_benefit", "low", "high", "treat_all"]
        for part in parts if self.corrected else ():
            found = self.corrected.get(part["model"])
            part |= columns_of(found, len(self.thresholds))
        table = pd.concat(map(pd.DataFrame, parts), ignore_index=True)
        return table[[*columns, *(name for name in table if name not in columns)]]

    def __repr__(self) -> str:
        kind = "standardised, " if self.standardised else ""
        for name, found in self.corrected.items():
            kind += f"{name!r} {found}, "
        return (
            f"DecisionCurve({len(self.net_benefit)} models, {len(self.thresholds)} "
            f"thresholds, {kind}{self._about()})"
        )


def decision_curve(
    y_true: Any,
    y_prob: Any,
    *,
    pos_label: Any = None,
    thresholds: Any = None,
    groups: Any = None,
    name: str = "model",
    standardised: bool = False,
    confidence_level: float = 0.95,
    optimism: Any = None,
) -> DecisionCurve:
    """Compute the net benefit of acting on predicted probabilities.

    Who is predicted positive with a probability of at least the threshold is acted
    on ("treated"). The threshold says how many needless acts one missed positive is
    worth: at 0.2, four.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_prob : array-like of shape (n_samples,), or dict or DataFrame of such
        Probabilities of the positive class of one model, or of several by name.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    thresholds : array-like of shape (n_thresholds,), default=None
        Threshold probabilities in [0, 1); None is 0.01, 0.02, ..., 0.99, or those of
        `optimism`.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows; the bounds are then
        those between patients.
    name : str, default="model"
        Name of a single model.
    standardised : bool, default=False
        Whether to divide by the share of positives, so that 1 is the most there is.
    confidence_level : float, default=0.95
        Pointwise coverage of the bounds, between 0 and 1.
    optimism : OptimismResult or dict of str to OptimismResult, default=None
        Where the probabilities are of the patients that a model was fitted to: what
        `sknac.metrics.optimism` says of its "net_benefit", by name where there are
        several models. The curve stands beside the apparent one.

    Returns
    -------
    DecisionCurve
        The curves of the models and of treating all, and their differences. With an
        `UndefinedMetricWarning` if nobody is acted on at any threshold, or if somebody
        is and nothing varies between patients.

    Raises
    ------
    ValueError
        If there is no model, lengths differ, a probability lies outside [0, 1], a
        threshold outside [0, 1), labels are not binary, `pos_label` is missing or
        unknown, a model is named "treat all", or `optimism` is of another model, other
        patients or other thresholds.

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
    bounds are normal, from the spread between patients. Where fewer than ten patients
    are acted on there are none. Where fewer than five of those acted on are positive,
    or negative, their share is taken with two of each added, as Agresti and Coull do.
    In simulations of 42 and 126 patients, thresholds of 0.1 to 0.9, bounds of 95 %
    held the truth in 94 to 100 % of the studies that have any, normal ones in 77 to
    96 %.
    Where all rows add the same, the bounds are what the Clopper-Pearson bound of all
    of the patients leaves to rows that would add something else, 1 or -t / (1 - t).

    A difference counts the patients on whom one rule acts and the other does not, in
    the same way. Its bounds, not the overlap of two bands, tell whether a model is
    worth more than another, or than acting on everybody.

    Bounds of a corrected curve are those of `sknac.metrics.optimism`: in simulations of
    50 to 126 patients they held the net benefit of the fitted model in new patients in
    88 to 97 %, on average in 93 %; with 40 predictors for 126 patients in 92 % by
    ".632+" and 80 % by "harrell".

    References
    ----------
    A. Agresti, B. A. Coull, Approximate is better than "exact" for interval estimation
    of binomial proportions, The American Statistician 52:119-126, 1998.

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
    probs = named_models(y_prob, name, "y_prob")
    if not probs:
        raise ValueError("y_prob holds no model; give probabilities of at least one")
    probs = {str(key): _prob(sample, key, values) for key, values in probs.items()}
    if TREAT_ALL in probs:
        raise ValueError(
            f"y_prob names a model {TREAT_ALL!r}, as the rule that acts on everybody "
            "is; rename it"
        )
    optimism = by_model(optimism, list(probs))
    cuts = _check_thresholds(thresholds, optimism)
    check_option(standardised, "standardised", (False, True))
    if standardised and sample.n_pos == 0:
        sample.require_both_classes("the standardised net benefit")
    acted = {key: acted_on(prob, cuts) for key, prob in probs.items()}
    nobody = np.zeros((sample.n, cuts.size), dtype=bool)

    def gain(rows: np.ndarray, other: np.ndarray) -> Gain:
        return gain_of(sample, rows, other, cuts, level, standardised=standardised)

    curves = {key: gain(rows, nobody) for key, rows in acted.items()}
    if (sample.n_groups or sample.n) == 1:
        warn_undefined(ONE_PATIENT)
    for key, found in curves.items():
        _warn_of_no_spread(key, found.flat, ~acted[key].any(axis=0))
    size = sample.n_pos / sample.n if standardised else 1.0
    corrected = {
        key: corrected_by(found, key, sample, cuts, curves[key], size)
        for key, found in optimism.items()
    }
    return DecisionCurve(
        thresholds=cuts,
        net_benefit={key: found.mean for key, found in curves.items()},
        low={key: found.low for key, found in curves.items()},
        high={key: found.high for key, found in curves.items()},
        treat_all=gain(~nobody, nobody).mean,
        confidence_level=level,
        **sample.about,
        acted={key: found.differ for key, found in curves.items()},
        differences=_differences(acted | {TREAT_ALL: ~nobody}, cuts, gain),
        standardised=bool(standardised),
        corrected=corrected,
    )


def _differences(
    acted: Mapping[str, np.ndarray], cuts: np.ndarray, gain: Callable[..., Gain]
) -> pd.DataFrame:
    """Compare each pair of rules, the plain one last."""
    parts = []
    for model, other in combinations(acted, 2):
        found = gain(acted[model], acted[other])
        columns = {"model": model, "other": other, "threshold": cuts}
        columns |= {"difference": found.mean, "low": found.low, "high": found.high}
        parts.append(pd.DataFrame(columns | {"n_differ": found.differ}))
    return pd.concat(parts, ignore_index=True)


def _none_for_nan(value: Any) -> Any:
    """Put None, which JSON knows, for each NaN."""
    if isinstance(value, dict):
        return {key: _none_for_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_none_for_nan(item) for item in value]
    return None if isinstance(value, float) and value != value else value


def _prob(sample: Sample, name: Any, values: Any) -> np.ndarray:
    """Return probabilities in [0, 1], one per row."""
    name = f"y_prob of {name!r}"
    sample.rows.see(name, values)
    return check_probabilities(sample.scores(as_printed(values), name), name)


def _check_thresholds(thresholds: Any, optimism: Mapping[str, Any]) -> np.ndarray:
    """Return the threshold probabilities, increasing."""
    if thresholds is None and optimism:
        thresholds = thresholds_of(next(iter(optimism.values())))
    cuts = _THRESHOLDS if thresholds is None else as_printed(thresholds)
    cuts = as_floats(cuts, "thresholds")
    if cuts.ndim != 1 or cuts.size == 0:
        raise ValueError("thresholds must be a list of at least one number")
    if not ((cuts >= 0) & (cuts < 1)).all():
        raise ValueError("thresholds must lie in [0, 1): at 1 nothing outweighs harm")
    return np.sort(cuts)


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
