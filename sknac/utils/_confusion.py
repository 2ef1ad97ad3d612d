"""The four cells of a two-class decision, and the rates made of them."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

# Order of the cells everywhere in this package: TP, FN, FP, TN.
CELLS = ("tp", "fn", "fp", "tn")

# Numerator and denominator of each rate, as 0/1 over the cells.
RATES = {
    "sensitivity": ((1, 0, 0, 0), (1, 1, 0, 0)),
    "specificity": ((0, 0, 0, 1), (0, 0, 1, 1)),
    "ppv": ((1, 0, 0, 0), (1, 0, 1, 0)),
    "npv": ((0, 0, 0, 1), (0, 1, 0, 1)),
    "accuracy": ((1, 0, 0, 1), (1, 1, 1, 1)),
}

# What it means that a rate's denominator is zero.
WHY_UNDEFINED = {
    "sensitivity": "y_true holds no positive row",
    "specificity": "y_true holds no negative row",
    "ppv": "no row is predicted positive",
    "npv": "no row is predicted negative",
    "accuracy": "there are no rows",
}


def cell_codes(positive: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return each row's cell: 0 TP, 1 FN, 2 FP, 3 TN."""
    return np.where(positive, np.where(predicted, 0, 1), np.where(predicted, 2, 3))


def cell_counts(
    positive: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Return the (weighted) number of rows in each cell."""
    return np.bincount(cell_codes(positive, predicted), weights, minlength=4)


def rate_terms(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return numerator and denominator of a rate over the cells."""
    top, bottom = RATES[name]
    return np.array(top, dtype=float), np.array(bottom, dtype=float)


def linear_rates(metric: str, weight: float = 0.5) -> tuple[dict[str, float], float]:
    """Write a metric as a weighted sum of rates and a constant."""
    if metric == "weighted_youden":
        return {"sensitivity": weight, "specificity": 1 - weight}, -1.0
    if metric == "balanced_accuracy":
        return {"sensitivity": 0.5, "specificity": 0.5}, 0.0
    return {metric: 1.0}, 0.0


def rates_of_counts(
    counts: np.ndarray, parts: dict[str, float], constant: float
) -> np.ndarray:
    """Return the metric for counts (..., 4); NaN where a denominator is zero."""
    value = np.full(counts.shape[:-1], constant)
    with np.errstate(invalid="ignore", divide="ignore"):
        for name, share in parts.items():
            if share:  # a rate without weight may be undefined
                top, bottom = rate_terms(name)
                value += share * (counts @ top) / (counts @ bottom)
    return value
