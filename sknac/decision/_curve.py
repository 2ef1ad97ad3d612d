"""Exact search for the threshold that maximises the weighted Youden index."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from sknac.decision._cut_interval import CutInterval, bounds_of, resampled_cuts
from sknac.decision._cuts import best_index, cuts_of
from sknac.decision._promise import (
    check_countable,
    check_promise,
    choose_under,
    infeasible,
    lower_bounds,
    pinned,
)
from sknac.utils._result import Result, plain
from sknac.utils._rows import ONE_ROW, PASS_GROUPS
from sknac.utils._sample import check_sample
from sknac.utils._sklearn import Integral, Interval, Real, validate_params
from sknac.utils._warnings import warn_user

RATES = ("sensitivity", "specificity", "youden")


@dataclass(frozen=True, eq=False, repr=False)
class ThresholdCurve(Result):
    """Rates and weighted Youden index at every threshold that can matter.

    Between two adjacent distinct scores all thresholds give the same decisions, so
    the midpoints and one value beyond each end are every decision there is.

    Parameters
    ----------
    thresholds : ndarray of shape (n_thresholds,)
        Candidates, increasing and finite. The first calls everyone positive, the
        last no one.
    sensitivity : ndarray of shape (n_thresholds,)
        Share of the positives with score >= threshold, in [0, 1].
    specificity : ndarray of shape (n_thresholds,)
        Share of the negatives with score < threshold, in [0, 1].
    youden : ndarray of shape (n_thresholds,)
        Weighted Youden index, in [-1, 0].
    best : int
        Position of the chosen threshold.
    n_optima : int
        Number of candidates that reach the same maximum.
    weight : float
        Share of sensitivity in the index.
    pos_label : object
        The positive class.
    n_pos, n_neg : int
        Number of positive and negative scores.
    scores : ndarray of shape (n_thresholds - 1,)
        The distinct scores, increasing: where the rates change.
    at_least : dict of str to float or None
        The bounds that the cut was chosen under.
    guarantee : float or None
        Confidence that they hold for new patients.
    bounds : dict of str to float or None
        With a guarantee, what each of those rates is shown to be at least.
    interval : CutInterval or None
        Interval of the cut, where resamples were asked for.

    See Also
    --------
    weighted_youden_curve : Computes this result.
    ThresholdCurveDisplay : Draws it.

    Examples
    --------
    >>> from sknac.decision import weighted_youden_curve
    >>> weighted_youden_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], weight=0.8)
    ThresholdCurve(threshold=0.225, sensitivity=1.000, specificity=0.500,
                   weight=0.8, n_optima=1, pos_label=1, n=4 patients, n_pos=2)
    """

    thresholds: np.ndarray
    sensitivity: np.ndarray
    specificity: np.ndarray
    youden: np.ndarray
    best: int
    n_optima: int
    weight: float
    pos_label: object
    n_pos: int
    n_neg: int
    scores: np.ndarray
    at_least: dict[str, float] | None = None
    guarantee: float | None = None
    bounds: dict[str, float] | None = None
    interval: CutInterval | None = None

    @property
    def n(self) -> int:
        """Number of scores."""
        return self.n_pos + self.n_neg

    @property
    def threshold(self) -> float:
        """Chosen threshold."""
        return float(self.thresholds[self.best])

    @property
    def is_trivial(self) -> bool:
        """Whether the chosen threshold gives every patient the same label."""
        return self.best in (0, len(self.thresholds) - 1)

    def at(self, threshold: float) -> dict[str, float]:
        """Return the rates at any threshold, such as one chosen on other patients.

        Parameters
        ----------
        threshold : float
            A patient is positive iff score >= threshold.

        Returns
        -------
        rates : dict of str to float
            `threshold`, `sensitivity`, `specificity` and `youden`.
        """
        row = int(np.searchsorted(self.scores, threshold, side="left"))
        rates = {name: float(getattr(self, name)[row]) for name in RATES}
        return {"threshold": float(threshold)} | rates

    def to_frame(self) -> pd.DataFrame:
        """Return the curve as a table.

        Returns
        -------
        frame : DataFrame of shape (n_thresholds, 4)
            Columns `threshold`, `sensitivity`, `specificity`, `youden`.
        """
        rates = {name: getattr(self, name) for name in RATES}
        return pd.DataFrame({"threshold": self.thresholds} | rates)

    def __repr__(self):
        return (
            f"ThresholdCurve(threshold={self.threshold:.6g}, "
            f"sensitivity={self.sensitivity[self.best]:.3f}, "
            f"specificity={self.specificity[self.best]:.3f}, weight={self.weight}, "
            f"n_optima={self.n_optima}, {self._promised()}{self._about()})"
        )

    def _promised(self):
        """Say which bounds the cut was chosen under."""
        if self.at_least is None:
            return ""
        text = "".join(f"{name}>={low:g}, " for name, low in self.at_least.items())
        if self.guarantee is None:
            return text
        return f"{text}guarantee={self.guarantee:g} (clopper-pearson), "


@validate_params(
    {
        "y_true": ["array-like"],
        "y_score": ["array-like"],
        "weight": [Interval(Real, 0, 1, closed="neither")],
        "pos_label": [Real, str, "boolean", None],
        "sample_weight": ["array-like", None],
        "groups": ["array-like", None],
        "at_least": "no_validation",
        "guarantee": "no_validation",
        "n_resamples": [Interval(Integral, 0, None, closed="left")],
        "confidence_level": [Interval(Real, 0, 1, closed="neither")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def weighted_youden_curve(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    weight: float,
    pos_label: Any = None,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    at_least: Mapping[str, float] | None = None,
    guarantee: float | None = None,
    n_resamples: int = 0,
    confidence_level: float = 0.95,
    random_state: Any = None,
) -> ThresholdCurve:
    """Compute the weighted Youden index at every threshold that can matter.

    Parameters
    ----------
    y_true : array-like of shape (n_patients,)
        True labels, two classes.
    y_score : array-like of shape (n_patients,)
        Scores, any finite numbers; higher means likelier to be positive.
    weight : float
        Share of sensitivity in the index, in (0, 1). The DLRP takes 0.8 after two
        courses (keep the responders) and 0.2 after four (find the non-responders).
    pos_label : int, float, bool or str, default=None
        The positive class. May be left out only for labels in {0, 1} or {-1, 1},
        where it is 1.
    sample_weight : array-like of shape (n_patients,), default=None
        Non-negative weights of the patients in both rates.
    groups : array-like of shape (n_patients,), default=None
        The patient of each row, where patients have several. The rates are of rows;
        `guarantee` and the interval are by patient.
    at_least : dict of str to float, default=None
        Bounds in (0, 1] of "sensitivity", "specificity", "npv" or "ppv". Under one
        bound the cut with the greatest other rate is chosen (specificity for
        sensitivity and NPV, sensitivity for the others), under several that of the
        best index.
    guarantee : float, default=None
        Confidence in (0, 1) that all bounds hold for new patients, if these patients
        are independent draws like them and the scores were made without them. None
        asks for the bounds on these scores, where the rates of new patients fall
        short about as often as not.
    n_resamples : int, default=0
        Number of bootstrap resamples of the patients for the interval of the cut.
    confidence_level : float, default=0.95
        Coverage of that interval.
    random_state : int, RandomState instance or None, default=None
        Seed of the resamples.

    Returns
    -------
    curve : ThresholdCurve
        Every candidate with its rates, and the chosen one.

    Raises
    ------
    ValueError
        If the lengths differ, a score is not finite, y holds not exactly two
        classes, a class has no weight, or the positive class is not known; if no cut
        keeps the bounds, with what is within reach and how many patients are needed.

    See Also
    --------
    WeightedYoudenThreshold : Chooses the threshold inside cross-validation.

    Notes
    -----
    A patient is called positive iff score >= threshold. The index is
    ``weight * sensitivity + (1 - weight) * specificity - 1``, the form of the DLRP
    paper; twice the weighted sum minus 1 has the same maximum. Optima that tie
    within 1e-12 are decided by the weight: the most sensitive one if it is above
    0.5, the most specific one if below, else the middle one (of two, the more
    sensitive). The cost is one sort. Under one bound ties go to the cut with more of
    the bounded rate.

    With ``guarantee=g`` a cut is safe if the one-sided bound of Clopper and Pearson
    reaches the bound at confidence g. Sensitivity and specificity are monotone in the
    cut, so that the safe cuts are tested one after the other at full level (Wilks's
    tolerance bound): exact, and no correction. A sensitivity of .95 at g = .9 needs 45
    positive patients without a miss. Several bounds share 1 - g evenly. NPV and PPV
    are tested at nine cuts fixed by rank (tenths of the patients) at Bonferroni's
    level, and hold for the prevalence of these patients. A patient with several rows
    counts as right where all of them are.

    The interval is the percentile one of the cut chosen anew among resampled patients
    with the same scores; it knows nothing of how the scores were learnt. The best cut
    jumps, so that it is wide and covers unevenly (see the guide).

    References
    ----------
    S. S. Wilks, Determination of sample sizes for setting tolerance limits, Annals of
    Mathematical Statistics 12:91-96, 1941.

    A. N. Angelopoulos et al., Learn then test: calibrating predictive algorithms to
    achieve risk control, 2021 (fixed-sequence testing, Bonferroni).

    The DLRP paper, European Radiology (operating points of DLR-2 and DLR-4).

    W. J. Youden, Index for rating diagnostic tests, Cancer 3:32-35, 1950.

    Examples
    --------
    >>> from sknac.decision import weighted_youden_curve
    >>> y = ["non-response", "non-response", "response", "response"]
    >>> curve = weighted_youden_curve(
    ...     y, [0.1, 0.4, 0.35, 0.8], weight=0.2, pos_label="response"
    ... )
    >>> round(curve.threshold, 3)
    0.6
    >>> curve.to_frame()
       threshold  sensitivity  specificity  youden
    0      0.100          1.0          0.0    -0.8
    1      0.225          1.0          0.5    -0.4
    2      0.375          0.5          0.5    -0.5
    3      0.600          0.5          1.0    -0.1
    4      0.800          0.0          1.0    -0.2
    """
    promise = check_promise(at_least, guarantee)
    repeats = PASS_GROUPS if promise or n_resamples else ONE_ROW
    sample = check_sample(y_true, pos_label=pos_label, groups=groups, repeats=repeats)
    sample.require_both_classes("a threshold")
    score, mass = sample.scores(y_score), sample.weights(sample_weight)
    check_countable(promise, mass, sample.codes)
    cuts = cuts_of(score, sample.positive, mass, sample.codes, weight)
    found = _choose_cut(cuts, promise, weight)
    if found is None:
        raise ValueError(infeasible(cuts, promise))
    best, n_optima = found
    cuts.thresholds[best] = pinned(cuts, best, promise)
    label = plain(np.asarray(y_true)[sample.positive.argmax()])
    curve = ThresholdCurve(
        thresholds=cuts.thresholds,
        sensitivity=cuts.sensitivity,
        specificity=cuts.specificity,
        youden=cuts.youden,
        best=best,
        n_optima=n_optima,
        weight=float(weight),
        pos_label=label,
        n_pos=sample.n_pos,
        n_neg=sample.n - sample.n_pos,
        scores=cuts.scores,
        at_least=None if promise is None else promise.at_least,
        guarantee=None if promise is None else promise.guarantee,
        bounds=None if promise is None else lower_bounds(cuts, best, promise),
    )
    if not n_resamples:
        return curve
    how = (n_resamples, confidence_level, random_state)
    interval = _interval(curve, cuts, promise, how)
    return curve.replace(interval=interval)


def warn_if_trivial(curve):
    """Warn that the chosen threshold gives every patient the same label."""
    if not curve.is_trivial:
        return
    called = "positive" if curve.best == 0 else "negative"
    chosen, mend = f"weight={curve.weight:g}", "a weight nearer to 0.5"
    if curve.at_least is not None:
        chosen, mend = f"at_least={curve.at_least}", "a lower bound"
    cause = "all scores are equal" if len(curve.thresholds) == 2 else "it is the best"
    warn_user(
        f"The threshold for {chosen} is trivial: every patient is "
        f"called {called} (pos_label={curve.pos_label!r}), because {cause}; choose "
        f"{mend} or better scores"
    )


def _choose_cut(cuts, promise, weight):
    """Return the position of the chosen cut and how many tie, or None."""
    if promise is None:
        return best_index(cuts.youden, weight)
    return choose_under(cuts, promise, weight)


def _interval(curve, cuts, promise, how):
    """Return the interval of the chosen cut."""
    n_resamples, level, random_state = how
    if not isinstance(random_state, Integral):
        random_state = check_random_state(random_state).randint(2**31)

    def chosen(rows, units):
        mass = None if cuts.mass is None else cuts.mass[rows]
        part = cuts.score[rows], cuts.positive[rows], mass, units
        return cut_for(*part, curve.weight, promise)

    drawn = resampled_cuts(chosen, cuts.positive, cuts.units, n_resamples, random_state)
    low, high, undefined = bounds_of(drawn, level)
    return CutInterval(
        threshold=curve.threshold,
        low=low,
        high=high,
        confidence_level=float(level),
        method="percentile",
        n=curve.n,
        n_pos=curve.n_pos,
        n_groups=None if cuts.units is None else int(cuts.units.max()) + 1,
        pos_label=curve.pos_label,
        n_resamples=n_resamples,
        n_undefined=undefined,
        seed=int(random_state),
    )


def cut_for(score, positive, mass, units, weight, promise):
    """Return the cut for some rows, of both classes; NaN where there is none."""
    if mass is not None and not (mass[positive].any() and mass[~positive].any()):
        return np.nan
    cuts = cuts_of(score, positive, mass, units, weight)
    found = _choose_cut(cuts, promise, weight)
    return np.nan if found is None else pinned(cuts, found[0], promise)
