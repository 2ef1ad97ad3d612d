"""Prepare RF for spectra: centre it, and find the samples that cannot be used."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sknac.qus._spectrum import axial_sums

_RUN = 3  # clipped signals stay at the rail; a true peak rarely repeats itself
_ROWS = 64  # are centred at a time: few enough for the cache
_COARSE = 64  # counts below which a digitised peak may well repeat itself


@dataclass(frozen=True)
class ConditionedRF:
    """Centred RF of unit scale, its scale, and masks of unusable samples.

    `nonfinite` and `saturated` mark samples, `still` marks samples equal to the
    next one down the line. A mask is None when it would be empty of use.
    """

    samples: np.ndarray
    scale: float
    nonfinite: np.ndarray | None
    saturated: np.ndarray | None
    still: np.ndarray | None


def condition(rf, n_window, dtype):
    """Centre an RF frame (n_samples, n_lines) and mark unusable samples."""
    nonfinite = _nonfinite(rf)
    # Volts of 1e-30 and counts of 1e9 alike keep their squares inside float32; a
    # power of two changes no digit.
    unit = _power_of_two(rf, nonfinite)
    samples = rf.astype(dtype, order="C") if unit == 1 else (rf / unit).astype(dtype)
    if nonfinite is not None:
        samples[nonfinite] = 0
    _remove_baseline(samples, n_window)
    scale = float(np.sqrt(np.mean(np.square(samples[::7]), dtype=np.float64))) or 1.0
    samples *= samples.dtype.type(1 / scale)
    return ConditionedRF(
        samples=samples,
        scale=scale * unit,
        nonfinite=nonfinite,
        saturated=_saturated(rf),
        still=_still(rf, n_window),
    )


def condition_envelope(envelope, n_window, dtype):
    """Scale an envelope (n_samples, n_lines) and mark unusable samples."""
    nonfinite = _nonfinite(envelope)
    unit = _power_of_two(envelope, nonfinite)
    samples = (envelope / unit).astype(dtype)
    if nonfinite is not None:
        samples[nonfinite] = 0
    scale = float(np.sqrt(np.mean(np.square(samples[::7]), dtype=np.float64))) or 1.0
    samples *= samples.dtype.type(1 / scale)
    return ConditionedRF(
        samples=samples,
        scale=scale * unit,
        nonfinite=nonfinite,
        saturated=_saturated(envelope),
        still=_still(envelope, n_window),
    )


def _power_of_two(rf, nonfinite):
    """Return the size of the largest sample where float32 could not square it."""
    if rf.dtype.kind != "f":
        return 1.0
    sizes = np.abs(rf if nonfinite is None else np.where(nonfinite, 0, rf))
    largest = float(sizes.max())
    if largest == 0 or 1e-9 < largest < 1e9:
        return 1.0
    return 2.0 ** np.frexp(largest)[1]


def _nonfinite(rf):
    """Mark NaN and infinite samples."""
    if rf.dtype.kind != "f":
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        if np.isfinite(rf.sum()):
            return None
    mask = ~np.isfinite(rf)
    return mask if mask.any() else None


def _remove_baseline(samples, n_window):
    """Subtract the offset: one curve over depth, and a constant for each line.

    Hann-weighted means, half a window apart (plain means would let echoes leak
    in), their median over the lines, linear in between: too smooth to reach into
    the band, and a few odd lines or echoes cannot pull it.
    """
    hop = max(1, n_window // 2)
    taper = np.hanning(n_window + 2)[1:-1].astype(samples.dtype)
    windows = sliding_window_view(samples, n_window, axis=0)[::hop]
    means = np.einsum("rlt,t->rl", windows, taper / taper.sum())
    curve = median(means)
    offset = median((means - curve[:, None]).T)
    centres = np.arange(curve.size) * hop + (n_window - 1) / 2
    over_depth = _interpolate(np.arange(samples.shape[0]), centres, curve)[:, None]
    for first in range(0, samples.shape[0], _ROWS):
        rows = slice(first, first + _ROWS)
        samples[rows] -= (over_depth[rows] + offset).astype(samples.dtype)


def median(values):
    """Median of each row of finite numbers: NumPy sorts them faster than it parts."""
    n = values.shape[1]
    ordered = np.sort(values, axis=1)
    return ordered[:, (n - 1) // 2 : n // 2 + 1].mean(axis=1)


def _interpolate(x, centres, curve):
    """Interpolate linearly, and go on straight beyond the first and last centre."""
    if curve.size == 1:
        return np.broadcast_to(curve, x.shape)
    hop = centres[1] - centres[0]
    ends = 2 * curve[0] - curve[1], 3 * curve[-1] - 2 * curve[-2]
    centres = np.concatenate([[centres[0] - hop], centres, [centres[-1] + 2 * hop]])
    return np.interp(x, centres, np.concatenate([ends[:1], curve, ends[1:]]))


def _saturated(rf):
    """Mark samples at the converter's limit, and runs at the frame's extremes."""
    found = [_at_extreme(rf, e) for e in (np.fmax.reduce, np.fmin.reduce)]
    found = [mask for mask in found if mask is not None]
    return np.logical_or.reduce(found) if found else None


def _at_extreme(rf, reduce):
    """Mark clipped samples at one extreme of the frame, or return None."""
    extreme = reduce(rf, axis=None)
    if rf.dtype.kind in "iu":
        limits = np.iinfo(rf.dtype)
        if extreme in (limits.max, limits.min) and extreme != 0:
            return rf == extreme
        if abs(int(extreme)) < _COARSE:
            return None
    elif extreme == 0 or not np.isfinite(extreme):
        return None
    return _runs(rf == extreme)


def _runs(hit):
    """Keep hits that belong to a run of at least `_RUN` samples down a line."""
    if np.count_nonzero(hit) < _RUN:
        return None
    middle = hit[:-2] & hit[1:-1] & hit[2:]
    if not middle.any() or hit.all():
        return None
    kept = np.zeros_like(hit)
    for shift in range(_RUN):
        kept[shift : shift + middle.shape[0]] |= middle
    return kept


def _still(rf, n_window):
    """Mark samples equal to their successor, if a line stands still for a window."""
    step = max(1, (n_window - 1) // 4)
    probe = rf[1::step] == rf[:-1:step]
    suspects = (probe[:-2] & probe[1:-1] & probe[2:]).any()
    if probe.shape[0] >= 3 and not suspects:
        return None
    mask = np.zeros(rf.shape, dtype=bool)
    mask[:-1] = rf[1:] == rf[:-1]
    return mask


def count_in_windows(mask, plan, length=None):
    """Count marked samples per window row and line: (n_rows, n_lines)."""
    length = plan.n_samples if length is None else length
    counts = axial_sums(mask.astype(np.int32), length, plan.hop_samples)
    return counts[: plan.n_rows(mask.shape[0])]


def bad_lines(rf, plan):
    """Mark the lines of each window row that cannot be used, by cause."""
    marks = {}
    for cause in ("nonfinite", "saturated"):
        mask = getattr(rf, cause)
        if mask is not None:
            marks[cause] = count_in_windows(mask, plan) > 0
    if rf.still is not None:
        length = plan.n_samples - 1
        still = count_in_windows(rf.still, plan, length) == length
        if still.any():
            marks["dead_line"] = still
    return marks


def first_causes(causes, shape):
    """Mark the windows that any cause spoils; count them by their first one."""
    spoilt, counts = np.zeros(shape, dtype=bool), {}
    for name, bad in causes.items():
        counts[name] = int(np.count_nonzero(bad & ~spoilt))
        spoilt |= bad
    return spoilt, counts
