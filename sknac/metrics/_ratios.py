"""Likelihood ratios and the diagnostic odds ratio of a decision."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from scipy.special import ndtri

from sknac.metrics._clustered import cells_by_patient, independent_rows
from sknac.metrics._results import MetricInterval
from sknac.utils._sample import Sample

RATIOS = ("lr_positive", "lr_negative", "odds_ratio")
METHOD, HALVED = "log", "log-half-added"


def ratios_of_cells(
    cells: np.ndarray, confidence_level: float, **about: Any
) -> tuple[MetricInterval, ...]:
    """Return the ratios of the counts TP, FN, FP, TN; NaN where they are 0 / 0.

    Where a cell is empty the bounds are those with 1/2 added to each, and a ratio of 0
    or infinity is its own bound.
    """
    estimates = _estimates(*cells)
    halved = not cells.all()
    tp, fn, fp, tn = cells + 0.5 * halved
    pos, neg = 1 / (tp + fn), 1 / (fp + tn)
    errors = (
        1 / tp - pos + 1 / fp - neg,
        1 / fn - pos + 1 / tn - neg,
        1 / tp + 1 / fn + 1 / fp + 1 / tn,
    )
    z, found = ndtri(0.5 + confidence_level / 2), []
    middles = _estimates(tp, fn, fp, tn)
    for name, estimate, middle, variance in zip(
        RATIOS, estimates, middles, errors, strict=True
    ):
        factor = np.exp(z * np.sqrt(variance))
        low, high = middle / factor, middle * factor
        if np.isnan(estimate):
            low = high = np.nan
        known = {
            "estimate": estimate,
            "low": float(min(low, estimate)),
            "high": float(max(high, estimate)),
            "se": np.nan,  # that of the logarithm would be taken for the ratio's
        }
        taken = HALVED if halved else METHOD
        found.append(
            MetricInterval(
                metric=name,
                method=taken,
                confidence_level=confidence_level,
                **known,
                **about,
            )
        )
    return tuple(found)


def ratios_of_patients(
    sample: Sample, confidence_level: float
) -> tuple[MetricInterval, ...]:
    """Return the ratios by patient, from as many independent rows as they are worth."""
    by_patient = cells_by_patient(sample)
    worth = np.zeros(4)
    for at in (slice(0, 2), slice(2, 4)):
        rows = by_patient[:, at].sum(axis=1)
        cells = by_patient[rows > 0, at]
        if rows.any():
            total = cells.sum(axis=0)
            independent = independent_rows(cells[:, 0], cells.sum(axis=1))
            worth[at] = total / total.sum() * independent
    return ratios_of_cells(worth, confidence_level, **sample.about)


def _estimates(tp: float, fn: float, fp: float, tn: float) -> tuple[float, ...]:
    """Return LR+, LR- and the odds ratio."""
    with np.errstate(divide="ignore", invalid="ignore"):
        pos, neg = np.float64(tp + fn), np.float64(fp + tn)
        sensitivity, specificity = tp / pos, tn / neg
        found = (
            sensitivity / (fp / neg),
            (fn / pos) / specificity,
            np.float64(tp) * tn / (np.float64(fp) * fn),
        )
    return tuple(map(float, found))
