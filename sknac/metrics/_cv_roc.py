"""The mean ROC curve of a cross-validation's folds, with a pointwise band."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import roc_curve

from sknac.metrics._cv_auc import cv_auc_of
from sknac.metrics._resampling import AUCKernel, draw_chunks, strata_of
from sknac.metrics._results import CVInterval
from sknac.metrics._roc import Banded
from sknac.utils._draws import resolve_seed
from sknac.utils._folds import Folds
from sknac.utils._sample import Sample
from sknac.utils._settings import check_whole

Curve = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, repr=False, eq=False)
class CVRocCI(Banded):
    """The mean of the folds' ROC curves with a pointwise confidence band.

    True positive rates are averaged at each false positive rate, so that the area
    below the mean curve is the mean of the folds' areas; scores of several models
    are never compared. It has no thresholds: those are each model's own.

    Parameters
    ----------
    fpr, tpr : ndarray of shape (n_corners,)
        The mean curve, from (0, 0) to (1, 1).
    by_fold : tuple of (ndarray, ndarray)
        False and true positive rates of each fold's own curve.
    band_fpr : ndarray of shape (n_points,)
        False positive rates where the band is given.
    band_tpr, band_low, band_high : ndarray of shape (n_points,)
        The mean curve there, and the bounds of its true positive rate; NaN below the
        rate of two of a fold's negatives, where the folds' curves lie too high.
    auc : CVInterval
        Area with its interval.
    confidence_level : float
        Pointwise coverage of the band, between 0 and 1.
    n, n_pos : int
        Rows and positive rows.
    pos_label : int, float, bool or str
        The positive class.
    n_resamples : int
        Number of bootstrap resamples of the band.
    seed : int
        Passing it as `random_state` gives the same band again.

    See Also
    --------
    RocCIDisplay.from_cv_results : Makes and draws one.
    """

    fpr: np.ndarray
    tpr: np.ndarray
    by_fold: tuple[Curve, ...]
    band_fpr: np.ndarray
    band_tpr: np.ndarray
    band_low: np.ndarray
    band_high: np.ndarray
    auc: CVInterval
    confidence_level: float
    n: int
    n_pos: int
    pos_label: Any
    n_resamples: int
    seed: int

    def __repr__(self) -> str:
        level = f"{100 * self.confidence_level:g}%"
        return (
            f"mean ROC curve with {self.band_fpr.size}-point {level} band, {self.auc!r}"
        )


def cv_roc_of(
    sample: Sample,
    score: np.ndarray,
    folds: Folds,
    confidence_level: float,
    *,
    stratify: bool | str = "auto",
    n_resamples: int = 2000,
    random_state: Any = None,
    n_points: int = 101,
) -> CVRocCI:
    """Estimate the mean curve of checked scores, which stand in the folds' order.

    The band is Wilson's, of as many positive patients as the bootstrap variance
    within folds (patients drawn by class) is worth, at most as there are, over the
    inflation of `cv_auc_ci`; it never closes but at (1, 1). Below the rate of two of
    a fold's negatives it is NaN: the folds' curves, steps of 1 / n_neg, lie too high
    there.
    """
    n_resamples = check_whole(n_resamples, "n_resamples", 2)
    area = cv_auc_of(sample, score, folds, confidence_level)
    positive = sample.positive[folds.row]
    curves = tuple(
        roc_curve(positive[tests], score[tests], drop_intermediate=False)[:2]
        for tests in folds.parts
    )
    fpr, tpr = mean_curve(curves)
    grid, seed = np.linspace(0, 1, n_points), resolve_seed(random_state)
    at_grid = np.interp(grid, fpr, tpr)
    drawn = {"stratify": stratify, "n_resamples": n_resamples}
    variance = _variance(sample, score, folds, grid, seed, **drawn)
    low, high = _band(at_grid, variance * folds.inflation, sample, folds, area)
    return CVRocCI(
        fpr=fpr,
        tpr=tpr,
        by_fold=curves,
        band_fpr=grid,
        band_tpr=at_grid,
        band_low=low,
        band_high=high,
        auc=area,
        confidence_level=confidence_level,
        n=sample.n,
        n_pos=sample.n_pos,
        pos_label=sample.pos_label,
        n_resamples=n_resamples,
        seed=seed,
    )


def mean_curve(curves: tuple[Curve, ...]) -> Curve:
    """Return the mean of curves over true positive rates, with its upright parts."""
    at = np.unique(np.concatenate([fpr for fpr, _ in curves]))
    # numpy.interp takes the last of equal abscissas: the upper end of a rise, and
    # of the curve that is read backwards the lower one.
    upper = np.mean([np.interp(at, *curve) for curve in curves], axis=0)
    lower = np.mean([np.interp(-at, -x[::-1], y[::-1]) for x, y in curves], axis=0)
    lower[0] = 0.0
    return np.repeat(at, 2), np.column_stack([lower, upper]).ravel()


def _variance(
    sample: Sample,
    score: np.ndarray,
    folds: Folds,
    grid: np.ndarray,
    seed: int,
    *,
    stratify: bool | str,
    n_resamples: int,
) -> np.ndarray:
    """Return the bootstrap variance of a repeat's mean curve, the mean over repeats."""
    total = np.zeros((folds.n_repeats, grid.size))
    for at, tests in enumerate(folds.parts):
        rows, held = folds.row[tests], score[tests]
        positive, codes = sample.positive[rows], None
        if sample.codes is not None:
            codes = np.unique(sample.codes[rows], return_inverse=True)[1]
        kernel = AUCKernel(positive, held, codes, None)
        levels = np.append(np.inf, np.unique(held)[::-1])
        strata = strata_of(kernel.classes, stratify, by_class=True)
        drawn = np.concatenate(
            [
                [
                    np.interp(grid, x, y)
                    for x, y in zip(*kernel.curves(counts, levels), strict=True)
                ]
                for counts in draw_chunks(seed + at, kernel.sizes, strata, n_resamples)
            ]
        )
        total[folds.repeat[at]] += np.nanvar(drawn, axis=0)
    return (total / folds.per_repeat[:, None] ** 2).mean(axis=0)


def _band(
    rate: np.ndarray, variance: np.ndarray, sample: Sample, folds: Folds, area: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's bounds of the true positive rates."""
    from statsmodels.stats.proportion import proportion_confint

    units = np.arange(sample.n) if sample.codes is None else sample.codes
    most = np.unique(units[sample.positive]).size / folds.inflation
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = rate * (1 - rate) / variance
    worth = np.clip(np.nan_to_num(worth, nan=most, posinf=most), 1.0, max(most, 1.0))
    worth = np.where(rate * (1 - rate) > 0, worth, most)
    alpha = 1 - area.confidence_level
    low, high = proportion_confint(rate * worth, worth, alpha, "wilson")
    low[-1] = high[-1] = 1.0
    n_neg = np.bincount(folds.fold, ~sample.positive[folds.row]).min()
    seen = np.linspace(0, 1, rate.size) >= min(2 / n_neg, 1.0) - 1e-12
    return np.where(seen, low, np.nan), np.where(seen, high, np.nan)
