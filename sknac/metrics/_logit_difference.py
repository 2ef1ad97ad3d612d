"""Bounds of a difference of two areas from the bounds of both, good near 1 too."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.metrics._auc import interval_of_area
from sknac.metrics._placements import components, covariance_of, patients_by_class
from sknac.metrics._results import DeLongResult
from sknac.utils._sample import Sample

INTERVALS = ("auto", "delong", "logit")
# Where DeLong's bounds of a difference fall short: an area from here on, and fewer
# patients of a class.
_NEAR_ONE, _FEW = 0.93, 21
Scored = tuple[Sample, np.ndarray]


def bounded(
    found: DeLongResult, interval: str, first: Scored, second: Scored
) -> DeLongResult:
    """Return a test with the bounds asked for.

    Both scores are of one sample where the test is paired.
    """
    if not found.se > 0:  # no areas, or nothing varies: the test has said so
        return found
    short = _falls_short(found, first[0], second[0])
    if interval == "delong" or (interval == "auto" and not short):
        return found
    low, high = _combined(found, first, second)
    return found.replace(low=low, high=high, method=f"{found.method}, logit bounds")


def _combined(found: DeLongResult, first: Scored, second: Scored) -> tuple:
    """Add the distances of the areas from their bounds as squares (Zou)."""
    a, b = (
        interval_of_area(sample, score, found.confidence_level)
        for sample, score in (first, second)
    )
    alike = (
        _correlation(first[0], [first[1], second[1]]) if first[0] is second[0] else 0
    )

    def both(x: float, y: float) -> float:
        return float(np.sqrt(max(0.0, x**2 + y**2 - 2 * alike * x * y)))

    low = found.estimate - both(a.estimate - a.low, b.high - b.estimate)
    high = found.estimate + both(a.high - a.estimate, b.estimate - b.low)
    return max(low, -1.0), min(high, 1.0)


def _correlation(sample: Sample, scores: list[np.ndarray]) -> float:
    """Return DeLong's correlation of two areas; 0 where one of them does not vary."""
    _, centred = components(sample.positive, scores)
    spread = covariance_of(centred, sample.positive, sample.codes)
    size = np.sqrt(spread[0, 0] * spread[1, 1])
    return float(spread[0, 1] / size) if size > 0 else 0.0


def _falls_short(found: DeLongResult, *samples: Sample) -> bool:
    """Tell whether an area is near 1 and rests on few patients of a class."""
    nearest = max(abs(area - 0.5) for area in (found.auc_a, found.auc_b))
    fewest = min(min(patients_by_class(x.positive, x.codes)) for x in samples)
    return fewest < _FEW and nearest >= _NEAR_ONE - 0.5
