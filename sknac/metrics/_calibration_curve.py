"""The flexible calibration curve: a lowess with bounds, and its distances."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from scipy.special import ndtri

# Of the rows, how many take part in each point; R's and Cleveland's choice.
SPAN = 2 / 3
# Of more rows points nearer than this share of the range are interpolated.
MANY, NEAR = 1000, 0.01
# Below so many rows a local line has fewer than three of them.
LEAST_ROWS = 5
N_POINTS = 50


def smoothed(target: np.ndarray, prob: np.ndarray) -> np.ndarray | None:
    """Return the lowess of the outcome at each prediction; None if it has none."""
    from statsmodels.nonparametric.smoothers_lowess import lowess

    if prob.size < LEAST_ROWS or np.ptp(prob) == 0:
        return None
    near = NEAR * float(np.ptp(prob)) if prob.size > MANY else 0.0
    return lowess(target, prob, frac=SPAN, it=0, delta=near, return_sorted=False)


def distances(prob: np.ndarray, fitted: np.ndarray | None) -> dict[str, float]:
    """Return mean, median, 90th percentile and maximum of |prediction - curve|."""
    names = ("ici", "e50", "e90", "emax")
    if fitted is None:
        return dict.fromkeys(names, np.nan)
    gap = np.abs(prob - fitted)
    found = (gap.mean(), *np.quantile(gap, [0.5, 0.9]), gap.max())
    return dict(zip(names, map(float, found), strict=True))


def curve_of(
    prob: np.ndarray, fitted: np.ndarray | None, codes: np.ndarray | None, level: float
) -> pd.DataFrame:
    """Return the curve at points between the extreme predictions, with bounds.

    A point of the curve is a weighted mean of outcomes. Its bounds are Wilson's for
    the number of patients that has the variance of this mean: one over the sum of
    the squares of the patients' weights.
    """
    names = ["predicted", "observed", "low", "high"]
    if fitted is None:
        return pd.DataFrame(columns=names, dtype=float)
    order = np.argsort(prob, kind="stable")
    at = np.unique(np.linspace(prob.min(), prob.max(), N_POINTS))
    observed = np.clip(np.interp(at, prob[order], fitted[order]), 0, 1)
    size = np.array([1 / _squares(_weights(prob, x), codes) for x in at])
    low, high = _wilson(observed, size, level)
    if codes is not None and not codes.any():  # one patient tells no spread
        low, high = np.full_like(at, np.nan), np.full_like(at, np.nan)
    return pd.DataFrame(
        dict(zip(names, (at, observed, low, high), strict=True)), dtype=float
    )


def _weights(prob: np.ndarray, at: float) -> np.ndarray:
    """Return the weights of the outcomes in a lowess at one point."""
    gap = np.abs(prob - at)
    nearest = int(SPAN * prob.size + 1e-10)
    reach = np.partition(gap, nearest - 1)[nearest - 1]
    if reach == 0:
        return (gap == 0) / (gap == 0).sum()
    weights = np.clip(1 - (gap / reach) ** 3, 0, None) ** 3
    weights /= weights.sum()
    centre = weights @ prob
    spread = weights @ (prob - centre) ** 2
    if np.sqrt(spread) <= 0.001 * np.ptp(prob):
        return weights
    return weights * (1 + (at - centre) * (prob - centre) / spread)


def _squares(weights: np.ndarray, codes: np.ndarray | None) -> float:
    """Return the sum of squares of the patients' weights."""
    if codes is not None:
        weights = np.bincount(codes, weights)
    return float((weights**2).sum())


def _wilson(
    share: np.ndarray, size: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's bounds of shares of a number of patients that is not whole."""
    z2 = float(ndtri(0.5 + level / 2)) ** 2
    centre = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = np.sqrt(z2 * (share * (1 - share) / size + z2 / (4 * size**2)))
    half /= 1 + z2 / size
    # Rounding leaves out no share of 0 or 1.
    return np.clip(centre - half, 0, share), np.clip(centre + half, share, 1)
