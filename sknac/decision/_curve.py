"""Exact search for the threshold that maximises the weighted Youden index."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sknac.utils._result import Result, plain
from sknac.utils._rows import ONE_ROW
from sknac.utils._sample import check_sample
from sknac.utils._sklearn import Interval, Real, validate_params
from sknac.utils._warnings import warn_user

# Two optima whose objectives differ by less are the same optimum: the rates are
# quotients of counts, so a smaller difference is rounding.
TIE_TOLERANCE = 1e-12
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
            f"n_optima={self.n_optima}, {self._about()})"
        )


@validate_params(
    {
        "y_true": ["array-like"],
        "y_score": ["array-like"],
        "weight": [Interval(Real, 0, 1, closed="neither")],
        "pos_label": [Real, str, "boolean", None],
        "sample_weight": ["array-like", None],
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

    Returns
    -------
    curve : ThresholdCurve
        Every candidate with its rates, and the chosen one.

    Raises
    ------
    ValueError
        If the lengths differ, a score is not finite, y holds not exactly two
        classes, a class has no weight, or the positive class is not known.

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
    sensitive). The cost is one sort.

    References
    ----------
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
    sample = check_sample(y_true, pos_label=pos_label, repeats=ONE_ROW)
    sample.require_both_classes("a threshold")
    score, mass = sample.scores(y_score), sample.weights(sample_weight)
    scores, sensitivity, specificity = _rates(score, sample.positive, mass)
    youden = weight * sensitivity + (1 - weight) * specificity - 1
    best, n_optima = _choose(youden, weight)
    return ThresholdCurve(
        thresholds=_candidates(scores),
        sensitivity=sensitivity,
        specificity=specificity,
        youden=youden,
        best=best,
        n_optima=n_optima,
        weight=float(weight),
        pos_label=plain(np.asarray(y_true)[sample.positive.argmax()]),
        n_pos=sample.n_pos,
        n_neg=sample.n - sample.n_pos,
        scores=scores,
    )


def warn_if_trivial(curve):
    """Warn that the chosen threshold gives every patient the same label."""
    if not curve.is_trivial:
        return
    called = "positive" if curve.best == 0 else "negative"
    cause = "all scores are equal" if len(curve.thresholds) == 2 else "it is the best"
    warn_user(
        f"The threshold for weight={curve.weight:g} is trivial: every patient is "
        f"called {called} (pos_label={curve.pos_label!r}), because {cause}; choose a "
        "weight nearer to 0.5 or better scores"
    )


def _rates(score, positive, mass):
    """Return the distinct scores, and both rates below, between and above them."""
    if mass is not None:
        kept = mass > 0
        score, positive, mass = score[kept], positive[kept], mass[kept]
    order = np.argsort(score)
    score, positive = score[order], positive[order]
    steps = np.flatnonzero(score[1:] > score[:-1]) + 1
    edges = np.concatenate([[0], steps, [len(score)]])
    if mass is None:
        missed = _below(positive, edges)
        rejected = edges - missed
    else:
        missed = _below(mass[order] * positive, edges)
        rejected = _below(mass[order] * ~positive, edges)
    if missed[-1] == 0 or rejected[-1] == 0:
        raise ValueError(
            "sample_weight leaves one class without weight; give both classes some"
        )
    sensitivity = (missed[-1] - missed) / missed[-1]
    specificity = rejected / rejected[-1]
    return score[edges[:-1]], sensitivity, specificity


def _below(amounts, edges):
    """Return the sum of what comes before each edge."""
    return np.concatenate([[0], np.cumsum(amounts)])[edges]


def _candidates(scores):
    """Return midpoints between distinct scores and one rounding beyond each end."""
    low, high = scores[:-1], scores[1:]
    middle = 0.5 * low + 0.5 * high
    # With score >= threshold the cut must lie above `low`; where the midpoint of two
    # neighbouring floats rounds down to it, `high` itself does the same job.
    middle = np.where(middle > low, middle, high)
    # The float next to 0 is 5e-324: nothing to print, and 0 where denormals are cut.
    least = np.spacing(np.abs(scores[[0, -1]]).max() or 1.0)
    below = np.minimum(np.nextafter(scores[:1], -np.inf), scores[:1] - least)
    above = np.maximum(np.nextafter(scores[-1:], np.inf), scores[-1:] + least)
    return np.concatenate([below, middle, above])


def _choose(youden, weight):
    """Return the position of the optimum, and how many tie for it."""
    optima = np.flatnonzero(youden >= youden.max() - TIE_TOLERANCE)
    if weight > 0.5:
        best = optima[0]
    elif weight < 0.5:
        best = optima[-1]
    else:
        best = optima[(len(optima) - 1) // 2]
    return int(best), len(optima)
