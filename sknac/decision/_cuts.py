"""Every cut that can matter between the scores, with its rates."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

# Two optima whose objectives differ by less are the same optimum: the rates are
# quotients of counts, so a smaller difference is rounding.
TIE_TOLERANCE = 1e-12


@dataclass(frozen=True)
class Cuts:
    """Scores at every candidate cut, as the constraints need them.

    Parameters
    ----------
    thresholds, sensitivity, specificity, youden : ndarray of shape (n_thresholds,)
        As in `ThresholdCurve`.
    scores : ndarray of shape (n_thresholds - 1,)
        The distinct scores, increasing.
    score : ndarray of shape (n,)
        All scores.
    positive : bool ndarray of shape (n,)
        Whose class is positive.
    mass : ndarray of shape (n,) or None
        Weights.
    units : int ndarray of shape (n,) or None
        Whose rows they are.
    """

    thresholds: np.ndarray
    sensitivity: np.ndarray
    specificity: np.ndarray
    youden: np.ndarray
    scores: np.ndarray
    score: np.ndarray
    positive: np.ndarray
    mass: np.ndarray | None
    units: np.ndarray | None

    def rate(self, name: str) -> np.ndarray:
        """Return a rate at every cut; a predictive value of nobody is NaN."""
        if name in ("sensitivity", "specificity"):
            return getattr(self, name)
        mass = np.ones(len(self.score)) if self.mass is None else self.mass
        n_pos, n_neg = mass[self.positive].sum(), mass[~self.positive].sum()
        if name == "npv":
            right, wrong = n_neg * self.specificity, n_pos * (1 - self.sensitivity)
        else:
            right, wrong = n_pos * self.sensitivity, n_neg * (1 - self.specificity)
        total = right + wrong
        # Sums of weights leave rounding where nobody is.
        some = total > TIE_TOLERANCE * (n_pos + n_neg)
        return np.divide(right, total, out=np.full(len(total), np.nan), where=some)

    def wrong(self, name: str) -> tuple[int, np.ndarray]:
        """Return how many patients a rate is of, and how many are wrong at each cut.

        A patient with several rows is right only where all of them are.
        """
        below = name == "sensitivity"
        of = self.positive if below else ~self.positive
        score = self.score[of]
        if self.units is not None:
            worst = np.minimum if below else np.maximum
            codes = np.unique(self.units[of], return_inverse=True)[1]
            found = np.full(codes.max() + 1, np.inf if below else -np.inf)
            worst.at(found, codes, score)
            score = found
        missed = np.searchsorted(np.sort(score), self.thresholds, side="left")
        return len(score), missed if below else len(score) - missed


def cuts_of(
    score: np.ndarray,
    positive: np.ndarray,
    mass: np.ndarray | None,
    units: np.ndarray | None,
    weight: float,
) -> Cuts:
    """Return every candidate cut with its rates and index."""
    scores, sensitivity, specificity = _rates(score, positive, mass)
    youden = weight * sensitivity + (1 - weight) * specificity - 1
    rates = (sensitivity, specificity, youden)
    return Cuts(_candidates(scores), *rates, scores, score, positive, mass, units)


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


def best_index(youden: np.ndarray, weight: float) -> tuple[int, int]:
    """Return the position of the optimum, and how many tie for it."""
    optima = np.flatnonzero(youden >= youden.max() - TIE_TOLERANCE)
    if weight > 0.5:
        best = optima[0]
    elif weight < 0.5:
        best = optima[-1]
    else:
        best = optima[(len(optima) - 1) // 2]
    return int(best), len(optima)
