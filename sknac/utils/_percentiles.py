"""Exact percentiles of more values than fit into memory."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

_HALF = 1 << 16


def exact_percentiles(
    batches: Callable[[], Iterable[np.ndarray]], percents: list[float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find percentiles by two passes over batches, keeping counts only.

    Parameters
    ----------
    batches : callable
        Returns, each time anew, batches of shape (n_channels, n_values), float32;
        values that are not finite are left out.
    percents : list of float
        Percentages in 0..100.

    Returns
    -------
    percentiles : ndarray of float64 of shape (n_percents, n_channels)
        NaN for a channel without a finite value.
    n_finite, n_values : ndarray of int of shape (n_channels,)
        Values counted, and with those left out.
    """
    return percentiles_of_parts(lambda count: [count(batches())], percents)


def percentiles_of_parts(
    parts: Callable[[Callable], Iterable], percents: list[float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find percentiles of values that are counted in parts, wherever these lie.

    Read as integers, floats of one sign have the order of their values. So the
    first pass counts the upper 16 bits; the second counts the lower 16 bits of
    those values whose upper bits hold a percentile, which settles its neighbours
    exactly. Interpolation between them is that of `numpy.percentile`.

    Parameters
    ----------
    parts : callable
        ``parts(count)`` gives for each part what ``count`` makes of an iterable of its
        batches, as of `exact_percentiles`. Counts hold what there is and are small.
    percents : list of float
        Percentages in 0..100.

    Returns
    -------
    percentiles, n_finite, n_values : ndarray
        As of `exact_percentiles`.
    """
    coarse, n_values = None, 0
    for counts, n in parts(_count_upper):
        if coarse is None:
            coarse = np.zeros((len(counts), _HALF), np.int64)
        _add(coarse, counts)
        n_values += n
    wanted = [_wanted(counts, percents) for counts in coarse]
    fine = [np.zeros((len(upper), _HALF), np.int64) for upper in wanted]
    for counts in parts(partial(_count_lower, wanted=wanted)):
        for totals, of_channel in zip(fine, counts, strict=True):
            _add(totals, of_channel)
    found = [
        _interpolated(counts, dict(zip(upper, totals, strict=True)), percents)
        for counts, upper, totals in zip(coarse, wanted, fine, strict=True)
    ]
    n_finite = coarse.sum(axis=1)
    return np.transpose(found), n_finite, np.full(len(coarse), n_values)


def _add(totals, counts):
    """Add counts that are there, row by row."""
    for row, (at, numbers) in zip(totals, counts, strict=True):
        row[at] += numbers


def _there(counts):
    """Keep the counts that are not 0: their positions and small numbers."""
    at = np.flatnonzero(counts)
    numbers = counts[at]
    return at.astype(np.uint16), numbers.astype(
        np.min_scalar_type(numbers.max(initial=0))
    )


def _count_upper(batches):
    """Count the upper bits of values, per channel, and all values."""
    totals, n_values = 0, 0
    for batch in batches:
        keys = [_ordered(channel) for channel in batch]
        totals = totals + np.stack([_count(key >> 16) for key in keys])
        n_values += batch.shape[1]
    return [_there(counts) for counts in totals], n_values


def _count_lower(batches, wanted):
    """Count the lower bits of the values with certain upper bits, per channel."""
    totals = [np.zeros((len(upper), _HALF), np.int64) for upper in wanted]
    for batch in batches:
        for rows, upper, channel in zip(totals, wanted, batch, strict=True):
            key = _ordered(channel)
            high = key >> 16
            for row, u in zip(rows, upper, strict=True):
                row += _count(key[high == u] & np.uint32(_HALF - 1))
    return [[_there(row) for row in rows] for rows in totals]


def _ordered(values):
    """Map finite float32 values to uint32 keys of the same order."""
    bits = values[np.isfinite(values)].astype(np.float32).view(np.uint32)
    return np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))


def _count(half):
    """Count 16-bit numbers."""
    return np.bincount(half, minlength=_HALF)


def _ranks(n, percents):
    """Ranks of the neighbours of each percentile, and the way between them."""
    at = max(n - 1, 0) * (np.asarray(percents, dtype=float) / 100)
    low = np.floor(at).astype(np.int64)
    return low, np.ceil(at).astype(np.int64), at - low


def _wanted(coarse, percents):
    """Upper bits of every neighbour of a percentile."""
    low, high, _ = _ranks(coarse.sum(), percents)
    ranks = np.concatenate([low, high]) if coarse.any() else []
    return np.unique(np.searchsorted(np.cumsum(coarse), ranks, side="right"))


def _interpolated(coarse, fine, percents):
    """Percentiles of a channel from the counts of its upper and lower bits."""
    if not coarse.any():
        return np.full(len(percents), np.nan)
    low, high, share = _ranks(coarse.sum(), percents)
    a, b = (
        np.array([_value(coarse, fine, rank) for rank in ranks])
        for ranks in (low, high)
    )
    # From the nearer neighbour, as NumPy does.
    return np.where(share < 0.5, a + (b - a) * share, b - (b - a) * (1 - share))


def _value(coarse, fine, rank):
    """Value of a rank, counted from 0."""
    reached = np.cumsum(coarse)
    upper = int(np.searchsorted(reached, rank, side="right"))
    rank -= reached[upper] - coarse[upper]
    lower = int(np.searchsorted(np.cumsum(fine[upper]), rank, side="right"))
    key = (upper << 16) | lower
    bits = key ^ (1 << 31) if key >> 31 else key ^ 0xFFFFFFFF
    return float(np.uint32(bits).view(np.float32))
