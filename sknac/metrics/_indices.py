"""Indices of a fitted model on weighted rows, and their value without information.

A bootstrap sample, the patients that it left out and all patients are the same rows
with other weights, so a model's predictions are made once.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit

from sknac.metrics._net_benefit import acted_on, benefit, threshold_of
from sknac.utils._confusion import (
    RATES,
    cell_counts,
    linear_rates,
    rates_of_counts,
)

DECIDED = (*RATES, "balanced_accuracy", "weighted_youden")
PROBABILITY = ("brier", "calibration_slope", "calibration_intercept")
NAMES = ("roc_auc", *DECIDED, *PROBABILITY)
# Least value of those that are shares: between it and 1 more.
SHARES = dict.fromkeys(("roc_auc", *DECIDED, "brier"), 0.0) | {"weighted_youden": -1.0}
# A slope beyond this belongs to predictions that separate the classes.
_LARGEST_SLOPE = 1e3


def is_metric(name: Any) -> bool:
    """Tell whether an index has such a name."""
    return name in NAMES or threshold_of(name) is not None


def is_of_probability(name: Any) -> bool:
    """Tell whether an index asks for probabilities."""
    return name in PROBABILITY or threshold_of(name) is not None


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a model says of all rows: label, score and whether that is a probability."""

    positive: np.ndarray
    label: np.ndarray | None
    score: np.ndarray | None

    def index(self, name: str, weights: np.ndarray) -> float:
        """Return an index of the rows with their weights; NaN where undefined."""
        if name == "roc_auc":
            return _area(self.positive, self.score, weights)
        if name in DECIDED:
            counts = cell_counts(self.positive, self.label, weights)
            return float(rates_of_counts(counts, *linear_rates(name)))
        if (threshold := threshold_of(name)) is not None:
            return benefit(self.positive, self.score, weights, threshold)
        kept = weights > 0
        target = self.positive[kept].astype(float)
        return _of_probability(name, target, self.score[kept], weights[kept])

    def without_information(self, name: str) -> float:
        """Return an index where outcome and prediction have nothing in common.

        It is the mean over all pairs of one row's outcome and another's prediction.
        """
        if name == "roc_auc":
            return 0.5
        share = self.positive.mean()
        if name in DECIDED:
            called = self.label.mean()
            counts = np.outer([share, 1 - share], [called, 1 - called]).ravel()
            return float(rates_of_counts(counts, *linear_rates(name)))
        if (threshold := threshold_of(name)) is not None:
            called = acted_on(self.score, np.array([threshold])).mean()
            return float(called * (share - (1 - share) * threshold / (1 - threshold)))
        if name == "brier":
            own = (1 - self.score) ** 2, self.score**2
            return float(share * own[0].mean() + (1 - share) * own[1].mean())
        return 0.0 if name == "calibration_slope" else np.nan


def _area(positive: np.ndarray, score: np.ndarray, weights: np.ndarray) -> float:
    """Return the area under the ROC curve, ties one half."""
    place = np.unique(score, return_inverse=True)[1]
    up = np.bincount(place, weights * positive)
    down = np.bincount(place, weights * ~positive)
    with np.errstate(invalid="ignore"):
        won = up @ (np.cumsum(down) - 0.5 * down)
        return float(won / np.float64(up.sum() * down.sum()))


def _of_probability(
    name: str, target: np.ndarray, prob: np.ndarray, weights: np.ndarray
) -> float:
    """Return the Brier score, or slope or intercept of the calibration."""
    if target.size == 0:
        return np.nan
    if name == "brier":
        return float(np.average((prob - target) ** 2, weights=weights))
    if np.ptp(target) == 0 or prob.min() <= 0 or prob.max() >= 1:
        return np.nan
    odds, ones = logit(prob), np.ones((target.size, 1))
    if name == "calibration_intercept":
        return float(newton(ones, target, weights, odds)[0])
    if np.ptp(odds) == 0 or _parted(target, odds):
        return np.nan
    size = odds.std()
    slope = newton(np.column_stack([odds / size, ones]), target, weights)[0] / size
    return float(slope) if abs(slope) < _LARGEST_SLOPE else np.nan


def _parted(target: np.ndarray, odds: np.ndarray) -> bool:
    """Tell whether some cut parts the classes, so that no slope is finite."""
    up, down = odds[target == 1], odds[target == 0]
    return up.min() >= down.max() or up.max() <= down.min()


def newton(
    design: np.ndarray, target: np.ndarray, weights: np.ndarray, offset: Any = 0.0
) -> np.ndarray:
    """Return the coefficients of a small logistic regression, NaN where none settle.

    statsmodels gives the same and takes twenty times as long for each of thousands
    of resamples.
    """
    coef = np.zeros(design.shape[1])
    loss = _loss(design @ coef + offset, target, weights)
    for _ in range(60):
        prob = expit(design @ coef + offset)
        curve = weights * prob * (1 - prob)
        gradient = design.T @ (weights * (target - prob))
        try:
            step = np.linalg.solve((design.T * curve) @ design, gradient)
        except np.linalg.LinAlgError:
            break
        while (new := _loss(design @ (coef + step) + offset, target, weights)) > loss:
            step /= 2
            if np.abs(step).max() < 1e-12:
                break
        coef, loss = coef + step, min(new, loss)
        if np.abs(step).max() < 1e-10 * max(1, np.abs(coef).max()):
            return coef
    return np.full(design.shape[1], np.nan)


def _loss(odds: np.ndarray, target: np.ndarray, weights: np.ndarray) -> float:
    """Return minus the weighted log-likelihood, without overflow."""
    return float(weights @ np.logaddexp(0, np.where(target == 1, -odds, odds)))
