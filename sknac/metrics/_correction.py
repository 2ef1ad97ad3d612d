"""A metric corrected by what it was on resamples, with its error and its bounds."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from scipy.special import expit, logit, ndtri

from sknac.metrics._indices import SHARES
from sknac.metrics._refits import Refit, Refits, call
from sknac.utils._warnings import warn_undefined, warn_user

# Resamples from which on Harrell's estimate is compared with the other.
_ENOUGH = 20
# Permuted outcomes by which a scorer's value without information is found.
_PERMUTATIONS = 50


def corrected_row(
    name: str, apparent: float, done: list[Refit], work: Refits, plus: bool, level: Any
) -> dict[str, float]:
    """Return the numbers of one metric."""
    training, everybody, left_out = (
        np.array([getattr(one, part)[name] for one in done], dtype=float)
        for part in ("training", "everybody", "left_out")
    )
    gain = left_out if plus else training - everybody
    known = np.isfinite(gain)
    n_undefined = int((~known).sum())
    if n_undefined:
        warn_undefined(
            f"{name} is undefined in {n_undefined} of {known.size} fitted resamples; "
            "they were left out"
        )
    gain, extra = gain[known], {}
    if gain.size < 2 or not np.isfinite(apparent):
        corrected = error = np.nan
        if plus:
            extra = dict.fromkeys(("no_information", "weight"), np.nan)
    elif plus:
        corrected, error, extra = _plus(name, apparent, gain, work)
    else:
        corrected = apparent - gain.mean()
        error = gain.std(ddof=1) / np.sqrt(gain.size)
    left_out = left_out[np.isfinite(left_out)]
    se = _error(left_out, work.n_patients)
    if not plus and work.metrics[name] == "roc_auc" and left_out.size >= _ENOUGH:
        _compare(name, corrected, se, _plus(name, apparent, left_out, work)[0])
    low, high = _bounds(work.metrics[name], corrected, se, level)
    return {
        "apparent": apparent,
        "optimism": apparent - corrected,
        "corrected": corrected,
        "mc_se": error,
        "low": low,
        "high": high,
        "n_undefined": n_undefined,
        **extra,
    }


def warn_of_no_spread(rows: dict[str, dict[str, float]]) -> None:
    """Warn of metrics that are alike in all resamples, such as a benefit of nobody."""
    flat = [
        name
        for name, row in rows.items()
        if np.isfinite(row["corrected"]) and not np.isfinite(row["low"])
    ]
    if flat:
        listed = ", ".join(flat)
        warn_undefined(f"{listed} has no spread between patients; its interval is NaN")


def _compare(name: str, harrell: float, se: float, plus: float) -> None:
    """Warn where Harrell's estimate flatters, as with predictors for few patients."""
    if abs(harrell - plus) > se:
        warn_user(
            f"Harrell's and the .632+ estimate of {name} differ by more than a "
            f"standard error ({harrell:.3f} and {plus:.3f}): with many predictors for "
            "few patients the former is too good; take method='.632+'"
        )


def _error(left_out: np.ndarray, n_patients: int) -> float:
    """Return the standard error of a metric by the patients whom resamples left out.

    They are subsets of r of n patients: by the delete-d jackknife the variance for n
    is r / (n - r) times that between subsets. Each comes with a model of its own, so
    that the error counts the training too.
    """
    if left_out.size < 2:
        return np.nan
    share = (1 - 1 / n_patients) ** n_patients
    return float(left_out.std(ddof=1) * np.sqrt(share / (1 - share)))


def _bounds(metric: Any, centre: float, se: float, level: float) -> tuple[float, float]:
    """Return a normal interval, on the logit scale where the metric is a share."""
    if not (se > 0 and np.isfinite(centre)):
        return np.nan, np.nan
    half = se * ndtri(0.5 + level / 2)
    if callable(metric) or metric not in SHARES:
        return float(centre - half), float(centre + half)
    least = SHARES[metric]
    at = centre - least
    if 0 < at < 1:
        half /= at * (1 - at)
        ends = expit(logit(at) + np.array([-half, half]))
    else:
        ends = np.clip([at - half, at + half], 0, 1)
    low, high = (ends + least).tolist()
    return low, high


def _plus(
    name: str, apparent: float, left_out: np.ndarray, work: Refits
) -> tuple[float, float, dict[str, float]]:
    """Return the .632+ estimate, its Monte-Carlo error, and what it was weighed by."""
    nothing = _without_information(name, work)
    centre = left_out.mean()
    error = left_out.std(ddof=1) / np.sqrt(left_out.size)
    corrected, weight = weigh(apparent, centre, nothing)
    ends = [weigh(apparent, centre + s * error, nothing)[0] for s in (-1, 1)]
    extra = {"no_information": nothing, "weight": weight}
    return corrected, abs(ends[1] - ends[0]) / 2, extra


def weigh(apparent: float, left_out: float, nothing: float) -> tuple[float, float]:
    """Return the .632+ estimate and its weight of the patients left out."""
    if (left_out - nothing) * (apparent - nothing) < 0:
        left_out = nothing  # worse than without information counts as without
    weight = 0.632 / (1 - 0.368 * overfitting(apparent, left_out, nothing))
    return float((1 - weight) * apparent + weight * left_out), weight


def overfitting(apparent: float, left_out: float, nothing: float) -> float:
    """Return which share of a metric beyond no information is lost elsewhere.

    It is 0 where there is no value without information.
    """
    if not np.isfinite(nothing) or nothing == apparent:
        return 0.0
    return float(np.clip((apparent - left_out) / (apparent - nothing), 0, 1))


def _without_information(name: str, work: Refits) -> float:
    """Return a metric where outcome and prediction have nothing in common."""
    metric = work.metrics[name]
    if not callable(metric):
        return work.predicted(work.fitted).without_information(metric)
    rng, y = np.random.default_rng(abs(work.seed)), np.asarray(work.y)
    mixed = [rng.permutation(y) for _ in range(_PERMUTATIONS)]
    return float(np.mean([call(metric, work.fitted, work.X, one) for one in mixed]))
