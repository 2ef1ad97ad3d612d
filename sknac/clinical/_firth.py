"""Firth's logistic regression: finite coefficients where the classes are separated.

The likelihood is multiplied by Jeffreys' prior, the root of the information's
determinant, whose maximum always exists.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, chdtri, expit

# Coefficients of standardised columns settle to this, and those of a profile.
_TOLERANCE, _IN_PROFILE = 1e-11, 1e-7
# A bound is looked for up to so many standard errors away.
_FARTHEST = 2.0**12


@dataclass(frozen=True, eq=False)
class FirthFit:
    """A penalised fit: coefficients, Wald's covariance and profile intervals.

    Parameters
    ----------
    coef : ndarray of shape (n_coefficients,)
        Coefficients, the intercept first.
    covariance : ndarray of shape (n_coefficients, n_coefficients)
        Inverse information at the coefficients.
    pvalue : ndarray of shape (n_coefficients,)
        Of the penalised likelihood ratio, each coefficient against 0.
    low, high : ndarray of shape (n_coefficients,)
        Bounds of the profile penalised likelihood.
    penalised : float
        Maximum of the penalised log-likelihood.
    """

    coef: np.ndarray
    covariance: np.ndarray
    pvalue: np.ndarray
    low: np.ndarray
    high: np.ndarray
    penalised: float


def fit_firth(design: np.ndarray, target: np.ndarray, level: float) -> FirthFit:
    """Fit a design whose first column is the intercept."""
    size = design.std(axis=0)
    size[0] = 1.0
    scaled = design / size
    everything = np.arange(size.size)
    coef, most = _maximise(scaled, target, np.zeros(size.size), everything)
    covariance = np.linalg.inv(_information(scaled, scaled @ coef))
    error = np.sqrt(np.diag(covariance))
    profiles = [_Profile(scaled, target, coef, most, at) for at in everything]
    ratio = np.array([profile(0.0) for profile in profiles])
    least = chdtri(1, 1 - level)
    bounds = [
        [profile.bound(side, error[at], least) for at, profile in enumerate(profiles)]
        for side in (-1, 1)
    ]
    return FirthFit(
        coef / size,
        covariance / np.outer(size, size),
        chdtrc(1, np.maximum(ratio, 0)),
        bounds[0] / size,
        bounds[1] / size,
        most - float(np.log(1 / size).sum()),
    )


class _Profile:
    """The penalised likelihood ratio of one coefficient held at a value."""

    def __init__(
        self, design: np.ndarray, target: np.ndarray, coef: Any, most: float, at: int
    ) -> None:
        self.design, self.target, self.most, self.at = design, target, most, at
        self.centre, self.start = coef[at], coef.copy()
        self.free = np.delete(np.arange(coef.size), at)

    def __call__(self, value: float) -> float:
        start = self.start.copy()
        start[self.at] = value
        data = self.design, self.target
        _, found = _maximise(*data, start, self.free, _IN_PROFILE)
        return 2 * (self.most - found)

    def bound(self, side: int, error: float, least: float) -> float:
        """Return where the ratio reaches `least`; infinite where it never does."""
        step, near = error, self.centre
        while self(far := self.centre + side * step) < least:
            near, step = far, 2 * step
            if step > _FARTHEST * error:
                return side * np.inf
        return brentq(lambda value: self(value) - least, near, far, xtol=1e-9)


def _maximise(
    design: np.ndarray,
    target: np.ndarray,
    coef: np.ndarray,
    free: np.ndarray,
    tolerance: float = _TOLERANCE,
) -> tuple[np.ndarray, float]:
    """Return the coefficients of the penalised maximum over the free ones, and it."""
    reached = _penalised(design, target, coef)
    for _ in range(200):
        odds = design @ coef
        prob = expit(odds)
        root = np.sqrt(prob * (1 - prob))[:, None] * design
        information = root.T @ root
        leverage = np.einsum("ij,ij->i", root, np.linalg.solve(information, root.T).T)
        score = design.T @ (target - prob + leverage * (0.5 - prob))
        step = np.zeros_like(coef)
        if free.size:
            inner = information[np.ix_(free, free)]
            step[free] = np.linalg.solve(inner, score[free])
        # Far out the quadratic form says nothing; log-odds move by 5 at most.
        step *= min(1.0, 5.0 / max(np.abs(design @ step).max(), 1e-300))
        while (new := _penalised(design, target, coef + step)) < reached - 1e-12:
            step /= 2
        coef, reached = coef + step, new
        if np.abs(step).max() < tolerance:
            break
    return coef, reached


def _information(design: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Return Fisher's information."""
    prob = expit(odds)
    return (design.T * (prob * (1 - prob))) @ design


def _penalised(design: np.ndarray, target: np.ndarray, coef: np.ndarray) -> float:
    """Return the log-likelihood plus half the log-determinant of the information."""
    odds = design @ coef
    likelihood = -np.logaddexp(0, np.where(target == 1, -odds, odds)).sum()
    return float(likelihood + 0.5 * np.linalg.slogdet(_information(design, odds))[1])
