"""Power of a region's gates against the reference, line by line, and its error.

Every estimate of a region is a smooth function of one mean spectrum. What each line
adds to that mean, and how alike neighbouring lines are, gives its standard error.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from scipy.fft import fft, ifft, next_fast_len

from sknac.qus._condition import bad_lines, condition
from sknac.qus._spectrum import Scratch, line_spectra
from sknac.utils._blas import single_blas_thread

_MAX_LAG = 64  # lines
_ALIKE = 0.05  # neighbours whose powers correlate less are independent


@dataclass(frozen=True)
class LineSums:
    """What the gates of a region say, summed over depth for each of its lines."""

    ratio: np.ndarray  # (n_lines, n_freqs): power over the reference's, compensated
    count: np.ndarray  # (n_lines,): gates
    by_row: np.ndarray  # (n_rows, n_freqs): the ratio summed over lines instead
    power: np.ndarray  # (n_freqs,): mean power of the gates as recorded
    lines_alike: float  # how many lines carry the information of one

    @property
    def mean(self):
        """Mean ratio over all gates."""
        return self.ratio.sum(axis=0) / self.count.sum()

    @property
    def shares(self):
        """Share that each row has in the mean: (n_rows, n_freqs)."""
        return self.by_row / self.by_row.sum(axis=0)

    @property
    def influence(self):
        """Relative change of the mean by each line: (n_lines, n_freqs)."""
        used = self.count > 0
        ratio, count = self.ratio[used], self.count[used, None]
        return (ratio - count * self.mean) / (self.mean * count.sum())


def sum_lines(data, plan, inside, gain, smoothing=None, hears=None):
    """Sum the gates of a region; `inside` and `gain` are per row (and line).

    `gain` (n_rows, n_freqs, n_lines or 1) turns power into the compensated ratio;
    `smoothing` corrects it by a row's mean power, for what the taper did; rows of
    whose mean power `hears` says no are left out.
    """
    n_rows, n_lines = inside.shape
    n_freqs = plan.freqs_mhz.size
    ratio, by_row = np.zeros((n_lines, n_freqs)), np.zeros((n_rows, n_freqs))
    power, alike = np.zeros(n_freqs), Likeness(n_lines)
    count = np.zeros(n_lines, dtype=int)
    for row, lines in rows_of(data, plan, inside):
        kept = inside[row]
        squares = np.where(kept, np.abs(lines) ** 2, 0.0)
        mean = squares.sum(axis=1) / np.count_nonzero(kept)
        if hears is not None and not hears(mean, row):
            continue
        by = gain[row]
        if smoothing is not None:
            by = by * smoothing.factor(mean, row)[:, None]
        scaled = squares * by
        ratio += scaled.T
        by_row[row] = scaled.sum(axis=1)
        power += squares.sum(axis=1)
        alike.add(lines * np.sqrt(by), kept)
        count += kept
    power /= max(count.sum(), 1)
    lines_alike = alike.lines(count) if count.any() else 1.0
    return LineSums(ratio, count, by_row, power, lines_alike)


def reference_influence(frames, plan, shares, ln_power):
    """Relative change of a region's mean by each line of the reference, negative.

    Frames of one place may be alike, so lines of one number are one. Returns
    (n_lines, n_freqs), and how many lines carry the information of one.
    """
    rows = np.flatnonzero(shares.any(axis=1))
    n_lines = min(frame.shape[1] for frame in frames)
    change = np.zeros((n_lines, shares.shape[1]))
    alike = Likeness(n_lines)
    for frame in frames:
        data = condition(frame[:, :n_lines], plan.n_samples, np.dtype(np.float32))
        good = usable_lines(data, plan)
        inside = np.zeros_like(good)
        inside[rows] = good[rows]
        for row, lines in rows_of(data, plan, inside):
            kept = inside[row]
            over = np.abs(lines) ** 2 / np.exp(ln_power[row])[:, None] - 1
            change -= np.where(kept, over, 0.0).T * shares[row] / kept.sum()
            alike.add(lines, kept)
    return change / len(frames), alike.lines(np.full(n_lines, len(rows)))


def variance(change, lines_alike, weights):
    """Variance of estimates whose relative derivatives are `weights`.

    `weights` is (n_freqs, n_estimates); one line alone tells no variance.
    """
    n = len(change)
    if n <= lines_alike:
        return np.full(weights.shape[1], np.nan)
    moved = change @ weights
    return n / (n - 1) * lines_alike * np.sum(moved**2, axis=0)


def usable_lines(data, plan):
    """Mark the gates that hold no clipped, dead or non-finite sample."""
    shape = plan.n_rows(data.samples.shape[0]), data.samples.shape[1]
    good = np.ones(shape, dtype=bool)
    for marks in bad_lines(data, plan).values():
        good &= ~marks
    return good


def rows_of(data, plan, inside):
    """Yield row after row of a region with the complex spectra of all lines."""
    dft, scratch = plan.dft_matrix(data.samples.dtype), Scratch()
    n_freqs = plan.freqs_mhz.size
    with single_blas_thread():
        for row in np.flatnonzero(inside.any(axis=1)):
            parts = line_spectra(data.samples, dft, plan, (row, row + 1), scratch)[0]
            lines = parts[:n_freqs].astype(np.complex128)
            lines.imag = -parts[n_freqs:]
            yield row, lines * data.scale


class Likeness:
    """Coherence of lines at each distance; powers correlate by its square.

    Sums over all pairs of a distance are kept as their Fourier transform over lines.
    """

    def __init__(self, n_lines):
        self._n_lags = min(_MAX_LAG, n_lines - 1)
        self._size = next_fast_len(n_lines + self._n_lags)
        self._cross = self._own = self._pairs = 0.0

    def add(self, lines, kept):
        """Add the spectra (n_freqs, n_lines) of one row."""
        lines = np.where(kept, lines, 0.0)
        cross = fft(lines, self._size)
        power = fft(np.abs(lines) ** 2, self._size)
        these = fft(kept.astype(float), self._size)
        self._cross = self._cross + np.abs(cross) ** 2
        self._own = self._own + power * these.conj()
        self._pairs = self._pairs + np.abs(these) ** 2

    def lines(self, count):
        """Tell how many neighbours carry the information of one."""
        if self._n_lags < 1:
            return 1.0
        n_lines, total = max(np.count_nonzero(count), 1), 1.0
        lags = slice(1, self._n_lags + 1)
        cross = np.mean(np.abs(ifft(self._cross)) ** 2, axis=0)[lags]
        own = ifft(self._own).real
        own = (own + own[:, -np.arange(self._size)]) / 2  # either line of a pair
        own = np.mean(own**2, axis=0)[lags]
        pairs = np.round(ifft(self._pairs).real[lags])
        for i, n in enumerate(pairs):
            if n < 1:
                break
            squared = cross[i] / own[i] - 1 / n  # less what chance shows
            if squared < _ALIKE:
                break
            total += 2 * max(0.0, 1 - (i + 1) / n_lines) * squared
        return float(total)
