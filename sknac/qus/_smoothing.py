"""What the taper's smoothing of steep spectra does to their ratio, and its removal.

A gate's spectrum is the true one, smoothed over frequency by the taper's. To second
order that adds (v/2) (m^2 + m') to a log spectrum of slope m, v being the variance of
the taper's spectrum. Scan and reference differ in m, so the ratio is changed by
v (m_r d + d^2 / 2), where d is the slope of the log ratio: deep in attenuating tissue,
where d is large, and more at one end of the band than at the other.
"""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy.signal import get_window

_ENDS = 0.1  # of a taper re its peak: from a step there is no variance


class TaperSmoothing:
    """Removes from windows' log power what smoothing changed against the reference."""

    def __init__(self, plan, ln_reference, dtype):
        f = plan.freqs_mhz
        self.variance = dtype.type(taper_variance(plan))
        centred = f - f.mean()
        slope = centred / np.sum(centred**2)
        self._slope = slope.astype(dtype)
        self._own = (ln_reference @ slope).astype(dtype)  # the reference's slope
        # A quadratic of each row: its derivative at the bins.
        powers = np.stack([np.ones_like(centred), centred, centred**2])
        known = np.nan_to_num(ln_reference)  # rows without one are invalid
        _, first, second = np.linalg.lstsq(powers.T, known.T)[0]
        self._along = (first[:, None] + 2 * second[:, None] * centred).astype(dtype)

    def remove(self, ln_power, rows):
        """Correct a block (n_rows, n_freqs, n_columns) in place."""
        ratio = np.matmul(self._slope, ln_power) - self._own[rows, None]
        bent = self._along[rows, :, None] + ratio[:, None] / 2
        bent *= self.variance * ratio[:, None]
        ln_power -= bent


class RegionSmoothing:
    """The same for the mean power of a depth, at bins beyond the band as well."""

    def __init__(self, wide, plan, ln_reference):
        self._band = bins_of(wide, plan)
        self._freqs_mhz = wide.freqs_mhz
        known = ln_reference[:, self._band]
        self._of_band = TaperSmoothing(plan, known, np.dtype(np.float64))

    def factor(self, power, row):
        """What the mean power (n_freqs,) of a row is to be multiplied by.

        Slopes are the band's; what lies beyond takes the factor of its nearer end.
        """
        before = np.log(power[self._band])
        after = before[None, :, None].copy()
        self._of_band.remove(after, slice(row, row + 1))
        inside_mhz = self._freqs_mhz[self._band]
        change = after[0, :, 0] - before
        return np.exp(np.interp(self._freqs_mhz, inside_mhz, change))


def bins_of(wide, plan):
    """Where the bins of a plan's band lie among those of a wider one."""
    ends = plan.freqs_mhz[[0, -1]] + [-1e-9, 1e-9]
    return slice(*np.searchsorted(wide.freqs_mhz, ends))


def taper_variance(plan):
    """Variance of the taper's power spectrum, MHz^2."""
    taper = get_window(plan.taper, plan.n_samples, fftbins=False)
    if max(abs(taper[0]), abs(taper[-1])) > _ENDS * np.abs(taper).max():
        raise ValueError(
            f"correct_taper must have a taper that falls to 0 at its ends, such as "
            f'"hann", got {plan.taper!r}'
        )
    steps = np.diff(np.concatenate([[0.0], taper, [0.0]])) * plan.fs_mhz
    return float(np.sum(steps**2) / np.sum(taper**2) / (2 * np.pi) ** 2)
