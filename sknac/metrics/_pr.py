"""Precision-recall curves with a pointwise band, as plain arrays."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve, roc_curve

from sknac.metrics._average_precision import average_precision_of
from sknac.metrics._results import MetricInterval
from sknac.metrics._smoothed import SmoothedCurves
from sknac.utils._draws import resolve_seed
from sknac.utils._result import Result
from sknac.utils._sample import Sample
from sknac.utils._settings import check_whole

# Recalls where the band is given; at 0 nobody is called and there is no precision.
GRID = np.arange(1, 101) / 100


@dataclass(frozen=True, repr=False, eq=False)
class PRCurveCI(Result):
    """A precision-recall curve with a pointwise confidence band.

    Parameters
    ----------
    recall, precision : ndarray of shape (n_thresholds + 1,)
        Sensitivity, falling to 0, and PPV of the rule score >= cut; the last point,
        (0, 1), belongs to no cut.
    thresholds : ndarray of shape (n_thresholds,)
        The cuts, rising.
    band_recall : ndarray of shape (100,)
        Recalls where the band is given, 0.01 to 1.
    band_low, band_high : ndarray of shape (100,)
        Bounds of the precision there.
    average_precision : MetricInterval
        Average precision with its interval.
    prevalence : float
        Share of positive rows, the precision by chance.
    confidence_level : float
        Pointwise coverage of the band, between 0 and 1.
    n, n_pos : int
        Rows and positive rows.
    pos_label : int, float, bool or str
        The positive class.
    n_groups : int or None
        Number of groups (patients) where `groups` was given.
    n_resamples : int
        Number of draws of the band.
    seed : int
        Passing it as `random_state` gives the same band again.

    See Also
    --------
    PRCurveCIDisplay : Makes and draws it.
    """

    recall: np.ndarray
    precision: np.ndarray
    thresholds: np.ndarray
    band_recall: np.ndarray
    band_low: np.ndarray
    band_high: np.ndarray
    average_precision: MetricInterval
    prevalence: float
    confidence_level: float
    n: int
    n_pos: int
    pos_label: Any
    n_groups: int | None
    n_resamples: int
    seed: int

    def __repr__(self) -> str:
        return (
            f"precision-recall curve with {self.band_recall.size}-point "
            f"{100 * self.confidence_level:g}% band, {self.average_precision!r}, "
            f"prevalence={self.prevalence:.3g}"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the band as a table.

        Returns
        -------
        DataFrame of shape (100, 3)
            Columns recall, low and high.
        """
        columns = {"recall": self.band_recall, "low": self.band_low}
        return pd.DataFrame(columns | {"high": self.band_high})


def pr_of(
    sample: Sample,
    score: np.ndarray,
    confidence_level: float,
    *,
    n_resamples: int,
    random_state: Any,
) -> PRCurveCI:
    """Estimate the curve of checked scores."""
    n_resamples = check_whole(n_resamples, "n_resamples", 2)
    sample.require_both_classes("a precision-recall curve")
    found = average_precision_of(sample, score, confidence_level)
    precision, recall, cuts = precision_recall_curve(sample.positive, score)
    prevalence, seed = sample.n_pos / sample.n, resolve_seed(random_state)
    values = SmoothedCurves(sample.positive, score, sample.codes).values(
        precisions, seed, n_resamples
    )
    tails = [(1 - confidence_level) / 2, (1 + confidence_level) / 2]
    low, high = np.quantile(values, tails, axis=0)
    fpr, tpr, _ = roc_curve(sample.positive, score, drop_intermediate=False)
    here = precisions(fpr[None], tpr[None], np.array([prevalence]))[0]
    if np.isnan(found.low):
        low = high = np.full(GRID.size, np.nan)
    return PRCurveCI(
        recall=recall,
        precision=precision,
        thresholds=cuts,
        band_recall=GRID,
        band_low=np.minimum(low, here),
        band_high=np.maximum(high, here),
        average_precision=found,
        prevalence=prevalence,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        seed=seed,
        **sample.about,
    )


def precisions(fpr: np.ndarray, tpr: np.ndarray, prevalence: np.ndarray) -> np.ndarray:
    """Return precisions (b, 100) of ROC curves (b, n_points), joined by lines there."""
    wrong = np.array([np.interp(GRID, y, x) for x, y in zip(fpr, tpr, strict=True)])
    found = prevalence[:, None] * GRID
    return found / (found + (1 - prevalence[:, None]) * wrong)
