"""Arithmetic of net benefits and of their differences, with bounds by patient."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtri

from sknac.metrics._certain import ROUNDING, all_or_none
from sknac.metrics._placements import mean_and_error
from sknac.utils._decimals import as_printed, snapped
from sknac.utils._sample import Sample

# Fewer patients on whom two rules differ have no bounds.
LEAST_ACTED = 10
# With fewer on either side, normal bounds miss; two of each kind are added.
LEAST_EACH = 5
# Metrics of `optimism`: at a threshold, or at each of those below.
NET_BENEFIT, AT = "net_benefit", "@"
USUAL = tuple((np.arange(1, 20) / 20).tolist())


class Gain(NamedTuple):
    """Net benefit of one rule over another at each threshold.

    Parameters
    ----------
    mean, low, high : ndarray of shape (n_thresholds,)
        Gain per patient and its bounds.
    flat : bool ndarray of shape (n_thresholds,)
        Where nothing varies between patients.
    differ : int ndarray of shape (n_thresholds,)
        Patients on whom the rules differ.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    flat: np.ndarray
    differ: np.ndarray


def threshold_of(metric: Any) -> float | None:
    """Return the threshold of a metric such as net_benefit@0.2; None of others."""
    if not isinstance(metric, str) or not metric.startswith(NET_BENEFIT + AT):
        return None
    try:
        threshold = float(metric.partition(AT)[2])
    except ValueError:
        return None
    return threshold if 0 <= threshold < 1 else None


def benefit_metric(threshold: float) -> str:
    """Return the metric of a threshold."""
    return f"{NET_BENEFIT}{AT}{threshold:.10g}"


def acted_on(prob: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Tell who reaches which cut; 0.05 * 3 is reached by 0.15, as in decimals."""
    return prob[:, None] >= snapped(cuts, prob, ROUNDING)


def benefit(
    positive: np.ndarray, prob: np.ndarray, weights: np.ndarray, threshold: float
) -> float:
    """Return the net benefit of weighted rows; NaN where there are none."""
    if not weights.any():
        return np.nan
    odds = threshold / (1 - threshold)
    acted = acted_on(np.asarray(as_printed(prob)), np.array([threshold]))[:, 0]
    gain = acted * np.where(positive, 1.0, -odds)
    return float(np.average(gain, weights=weights))


def gain_of(
    sample: Sample,
    acted: np.ndarray,
    other: np.ndarray,
    cuts: np.ndarray,
    level: float,
    *,
    standardised: bool = False,
) -> Gain:
    """Compare acting on some rows with acting on others, each (n, n_thresholds)."""
    odds = cuts / (1 - cuts)
    step = acted.astype(float) - other
    # What each row adds: 1 for a true positive, -odds for a false one.
    share = step * np.where(sample.positive[:, None], 1.0, -odds)
    z = float(ndtri(0.5 + level / 2))
    mean, se = mean_and_error(share, sample.codes)
    flat = se <= ROUNDING * np.abs(share).max(axis=0)
    size = sample.n_pos / sample.n if standardised else 1.0
    if standardised:  # the share of positives varies, too
        rest = share - mean / size * sample.positive[:, None]
        se = mean_and_error(rest, sample.codes)[1]
    low, high = mean - z * se, mean + z * se
    added, few = _with_two_of_each(sample, step, odds)
    low = np.where(few, np.minimum(mean, added[0] - z * added[1]), low)
    high = np.where(few, np.maximum(mean, added[0] + z * added[1]), high)
    low, high = _where_flat(sample, share, odds, level, flat, low, high)
    differ = _patients(sample, step != 0)
    drawn = differ >= LEAST_ACTED
    low, high = (np.where(drawn, bound, np.nan) / size for bound in (low, high))
    return Gain(mean / size, low, high, flat, differ)


def _patients(sample: Sample, rows: np.ndarray) -> np.ndarray:
    """Count the patients who have such rows, by column."""
    if sample.codes is None:
        return rows.sum(axis=0)
    having = np.zeros((sample.n_groups, rows.shape[1]), dtype=bool)
    np.logical_or.at(having, sample.codes, rows)
    return having.sum(axis=0)


def _with_two_of_each(
    sample: Sample, step: np.ndarray, odds: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Return mean and error with two positives and two negatives added.

    They join those on whom the first rule alone acts, and those on whom the other
    alone does, where there are any; also returned is where one of these kinds is
    rare, so that its share has no normal error.
    """
    positive = sample.positive[:, None]
    mean, square = np.zeros(step.shape[1]), np.zeros(step.shape[1])
    few = np.zeros(step.shape[1], dtype=bool)
    for sign in (1, -1):
        rows = step == sign
        patients = _patients(sample, rows)
        each = [_patients(sample, rows & kind) for kind in (positive, ~positive)]
        few |= (patients > 0) & (np.minimum(*each) < LEAST_EACH)
        count = rows.sum(axis=0)
        right = (rows & positive).sum(axis=0) / np.maximum(count, 1)
        right = (right * patients + 2) / (patients + 4)
        part = count / sample.n
        mean += sign * part * (right - (1 - right) * odds)
        square += part * (right + (1 - right) * odds**2)
    units = sample.n_groups or sample.n
    return (mean, np.sqrt(np.clip(square - mean**2, 0, None) / units)), few


def _where_flat(sample, share, odds, level, flat, low, high):
    """Replace bounds without width: so many may add something else than all did."""
    other = 1 - all_or_none([(1.0, 1.0, sample.n_groups or sample.n)], level)[0]
    alike = np.ptp(share, axis=0) == 0
    mean = share.mean(axis=0)
    below, above = mean - other * (mean + odds), mean + other * (1 - mean)
    low = np.where(flat, np.where(alike, below, np.nan), low)
    return low, np.where(flat, np.where(alike, above, np.nan), high)
