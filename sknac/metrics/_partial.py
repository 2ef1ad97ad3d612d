"""The area under a part of the ROC curve, standardised, with its interval."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from sknac.metrics._results import MetricInterval
from sknac.metrics._smoothed import (
    METHOD,
    SmoothedCurves,
    interpolated,
    quantile_bounds,
)
from sknac.utils._draws import resolve_seed
from sknac.utils._labels import shown
from sknac.utils._sample import Sample
from sknac.utils._settings import as_number, check_whole
from sknac.utils._warnings import warn_undefined


def check_max_fpr(value: Any) -> float:
    """Return the largest false positive rate of a part of the curve."""
    number = as_number(value)
    if number is None or not 0 < number < 1:
        raise ValueError(
            f"max_fpr must lie between 0 and 1, got {shown(value)}; leave it out for "
            "the whole area"
        )
    return float(number)


def partial_of(
    sample: Sample,
    score: np.ndarray,
    confidence_level: float,
    max_fpr: float,
    *,
    n_resamples: int,
    random_state: Any,
) -> MetricInterval:
    """Estimate McClish's area of checked scores."""
    n_resamples = check_whole(n_resamples, "n_resamples", 2)
    about = {"metric": f"roc_auc(max_fpr={max_fpr:g})", "method": METHOD}
    about |= {"confidence_level": confidence_level, **sample.about}
    unknown = dict.fromkeys(("low", "high", "se"), np.nan)
    if sample.warn_of_one_class():
        return MetricInterval(estimate=np.nan, **unknown, **about)
    estimate = float(roc_auc_score(sample.positive, score, max_fpr=max_fpr))
    if score.min() == score.max():
        warn_undefined("All scores are equal; the area is 0.5 and has no interval")
        return MetricInterval(estimate=estimate, **unknown, **about)
    seed = resolve_seed(random_state)
    values = SmoothedCurves(sample.positive, score, sample.codes).values(
        lambda fpr, tpr, _: standardised(area_up_to(fpr, tpr, max_fpr), max_fpr),
        seed,
        n_resamples,
    )
    low, high = quantile_bounds(values, estimate, confidence_level)
    # Near 1 the draws lie below the estimate; the other bound is as far off.
    gap = float(values.mean()) - estimate
    low, high = low - max(0.0, gap), min(1.0, high - min(0.0, gap))
    drawn = {"se": float(values.std(ddof=1)), "n_resamples": n_resamples, "seed": seed}
    return MetricInterval(estimate=estimate, low=low, high=high, **drawn, **about)


def area_up_to(fpr: np.ndarray, tpr: np.ndarray, most: float) -> np.ndarray:
    """Integrate curves (b, n_points) up to a false positive rate."""
    end = interpolated(fpr, tpr, most)[:, None]
    # What lies beyond is moved to the end, where it has no width.
    height = np.where(fpr < most, tpr, end)
    return np.trapezoid(height, np.minimum(fpr, most), axis=1)


def standardised(area: np.ndarray, most: float) -> np.ndarray:
    """Return McClish's area: 1 where nothing is missed, 0.5 by chance."""
    chance = most**2 / 2
    return (1 + (area - chance) / (most - chance)) / 2
