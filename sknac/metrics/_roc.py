"""ROC curves with a pointwise bootstrap band, as plain arrays."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_curve

from sknac.metrics._auc import auc_of
from sknac.metrics._resampling import AUCKernel, draw_chunks, strata_of
from sknac.metrics._results import MetricInterval
from sknac.utils._draws import resolve_seed
from sknac.utils._result import Result
from sknac.utils._room import check_room
from sknac.utils._sample import Sample, check_sample
from sknac.utils._settings import check_confidence_level, check_whole
from sknac.utils._warnings import warn_undefined


class Banded(Result):
    """What curves with a pointwise band share: the band as a table."""

    def to_frame(self) -> pd.DataFrame:
        """Return the band as a table.

        Returns
        -------
        DataFrame of shape (n_points, 4)
            Columns fpr, tpr, low and high.
        """
        columns = (self.band_fpr, self.band_tpr, self.band_low, self.band_high)
        names = ("fpr", "tpr", "low", "high")
        return pd.DataFrame(dict(zip(names, columns, strict=True)))


@dataclass(frozen=True, repr=False, eq=False)
class RocCI(Banded):
    """A ROC curve with a pointwise confidence band.

    Parameters
    ----------
    fpr, tpr : ndarray of shape (n_thresholds,)
        False and true positive rates of the curve, from (0, 0) to (1, 1).
    thresholds : ndarray of shape (n_thresholds,)
        Cuts of the rule score >= cut, falling, the first infinite.
    band_fpr : ndarray of shape (n_points,)
        False positive rates where the band is given.
    band_tpr, band_low, band_high : ndarray of shape (n_points,)
        The curve there, and the bounds of its true positive rate.
    auc : MetricInterval
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
    roc_ci : Make one.
    RocCIDisplay : Draw it.

    Examples
    --------
    >>> from sknac.metrics import roc_ci
    >>> roc_ci([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6], random_state=0)
    ROC curve with 101-point 95% band, roc_auc 0.889 [0.261, 0.995] (...)
    """

    fpr: np.ndarray
    tpr: np.ndarray
    thresholds: np.ndarray
    band_fpr: np.ndarray
    band_tpr: np.ndarray
    band_low: np.ndarray
    band_high: np.ndarray
    auc: MetricInterval
    confidence_level: float
    n: int
    n_pos: int
    pos_label: Any
    n_resamples: int
    seed: int

    def __repr__(self) -> str:
        level = f"{100 * self.confidence_level:g}%"
        return f"ROC curve with {self.band_fpr.size}-point {level} band, {self.auc!r}"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary of plain Python values.

        Returns
        -------
        dict
            One entry per field; arrays become lists, an infinite threshold None.
        """
        plain = super().to_dict() | {"auc": self.auc.to_dict()}
        cuts = plain["thresholds"]
        return plain | {"thresholds": [c if np.isfinite(c) else None for c in cuts]}


def roc_ci(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    groups: Any = None,
    stratify: bool | str = "auto",
    n_resamples: int = 2000,
    confidence_level: float = 0.95,
    n_points: int = 101,
    random_state: Any = None,
) -> RocCI:
    """Estimate a ROC curve with a pointwise bootstrap band.

    The band bounds the true positive rate at each of `n_points` evenly spaced
    false positive rates, by the quantiles of resampled curves (patients drawn with
    replacement, curves interpolated linearly). It holds point by point, not for
    the curve as a whole.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True binary labels.
    y_score : array-like of shape (n_samples,)
        Scores; higher means the positive class.
    pos_label : int, float, bool or str, default=None
        The positive class; 1 for labels in {0, 1} or {-1, 1}, else required.
    groups : array-like of shape (n_samples,), default=None
        Patient of each row, where patients have several rows.
    stratify : bool or "auto", default="auto"
        Whether resamples keep the number of patients of each class; "auto": yes,
        unless groups hold rows of both classes.
    n_resamples : int, default=2000
        Number of resamples.
    confidence_level : float, default=0.95
        Coverage of the band at a point and of the area's interval.
    n_points : int, default=101
        Number of false positive rates, from 0 to 1.
    random_state : int, RandomState, Generator or None, default=None
        Randomness of the resamples.

    Returns
    -------
    RocCI
        Curve, band and area (with DeLong's interval on the logit scale). Resamples of
        an area of exactly 0 or 1 do not vary; the band is then what the area's bounds
        leave to a curve that rises. Without bounds of the area the band is NaN.
        Towards (1, 1), where every resample has found all positives, it closes.

    Raises
    ------
    ValueError
        If only one class is present (in y_true, or in every resample), `n_points`
        is below 2, or the input is not
        as in `auc_ci`.

    See Also
    --------
    auc_ci : Interval of the area.
    RocCIDisplay : Draw curves with their bands.

    References
    ----------
    X. Robin et al., "pROC: an open-source package for R and S+ to analyze and
    compare ROC curves", BMC Bioinformatics 12:77, 2011 (ci.se).

    Examples
    --------
    >>> from sknac.metrics import roc_ci
    >>> y, s = [0, 0, 0, 0, 1, 1, 1, 1], [1, 2, 3, 5, 4, 6, 7, 8]
    >>> roc_ci(y, s, n_points=5, random_state=0).to_frame()
        fpr   tpr   low  high
    0  0.00  0.75  0.25   1.0
    1  0.25  1.00  0.50   1.0
    2  0.50  1.00  0.75   1.0
    3  0.75  1.00  1.00   1.0
    4  1.00  1.00  1.00   1.0
    """
    level = check_confidence_level(confidence_level)
    sample = check_sample(
        y_true, pos_label=pos_label, groups=groups, beside={"y_score": y_score}
    )
    return roc_of(
        sample,
        sample.scores(y_score),
        level,
        stratify=stratify,
        n_resamples=n_resamples,
        random_state=random_state,
        n_points=n_points,
    )


def roc_of(
    sample: Sample,
    score: np.ndarray,
    confidence_level: float,
    *,
    stratify: bool | str,
    n_resamples: int,
    random_state: Any,
    n_points: int = 101,
) -> RocCI:
    """Estimate the curve of checked scores."""
    n_resamples = check_whole(n_resamples, "n_resamples", 2)
    n_points = check_whole(n_points, "n_points", 2)
    check_room(
        f"n_resamples={n_resamples} curves of n_points={n_points}",
        24 * n_resamples * n_points,
        "2000 of 101 points will do",
    )
    sample.require_both_classes("a ROC curve")
    area = auc_of(sample, score, confidence_level)
    fpr, tpr, thresholds = roc_curve(sample.positive, score, drop_intermediate=False)
    grid, seed = np.linspace(0, 1, n_points), resolve_seed(random_state)
    kernel = AUCKernel(sample.positive, score, sample.codes, None)
    strata = strata_of(kernel.classes, stratify, by_class=True)
    curves = np.concatenate(
        [
            _at_grid(*kernel.curves(counts, thresholds), grid)
            for counts in draw_chunks(seed, kernel.sizes, strata, n_resamples)
        ]
    )
    curves = _defined(curves)
    tails = [(1 - confidence_level) / 2, (1 + confidence_level) / 2]
    low, high = np.quantile(curves, tails, axis=0)
    if area.estimate in (0, 1) or np.isnan(area.low):
        low, high = _bounds_of_area(area, grid)
    return RocCI(
        fpr=fpr,
        tpr=tpr,
        thresholds=thresholds,
        band_fpr=grid,
        band_tpr=np.interp(grid, fpr, tpr),
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


def _bounds_of_area(
    area: MetricInterval, grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Bound a rising curve without spread by its area's bounds; NaN without them.

    Of an area A the curve leaves at most t (1 - tpr) above it up to t, so tpr is at
    least 1 - (1 - A) / t, and holds at least (1 - t) tpr from there on.
    """
    with np.errstate(divide="ignore"):
        low = 1 - (1 - area.low) / grid
        high = area.high / (1 - grid)
    low, high = np.clip([low, high], 0, 1)
    low[-1] = high[-1] = 1.0 if np.isfinite(area.low) else np.nan
    return low, high


def _defined(curves: np.ndarray) -> np.ndarray:
    """Leave out the resamples that lack a class, with a warning."""
    lost = np.isnan(curves).any(axis=1)
    if lost.all():
        raise ValueError("no resample holds both classes; pass stratify=True")
    if lost.any():
        warn_undefined(
            f"{lost.sum()} of {lost.size} resamples lack a class and were left out; "
            "stratify=True draws both"
        )
    return curves[~lost]


def _at_grid(fpr: np.ndarray, tpr: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Interpolate curves (b, n_levels) at false positive rates (n_points,).

    Where a curve rises straight up, `numpy.interp` returns its upper end.
    """
    return np.array([np.interp(grid, x, y) for x, y in zip(fpr, tpr, strict=True)])
