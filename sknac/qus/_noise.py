"""The noise floor of RF, from the frequencies above those that the probe hears."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace

import numpy as np
from scipy.ndimage import binary_erosion, uniform_filter1d

from sknac.qus._condition import median
from sknac.qus._estimates import DB
from sknac.qus._spectrum import Scratch, line_spectra
from sknac.utils._blas import single_blas_thread

_N_FREQS = 8
_NOTHING = 1e-20  # power, where the RF itself has unit variance
_SMOOTHED = 5  # rows: the least of many single ones would be too low
_PADDED = 30.0 / DB  # so far below the median lies no noise, ln of power
_N_PARTS = 4  # parts of the band that are held against the floor
KNOWN_DB = 20.0  # a floor is known where the best echoes stand so far above it


def noise_floor(rf, plan):
    """Noise power per bin at each window row, natural log; None without room for it.

    Electronic noise is white, echoes end where the pulse does: the floor is the
    mean power over the upper half of what lies between band and Nyquist, unless the
    plan names other frequencies. The median over the lines keeps bright echoes,
    whose sidelobes reach there, out; gain only rises with depth, so noise is no
    louder than at any greater depth, and what is more are echoes.
    """
    freqs = _noise_freqs(plan)
    if freqs is None:
        return None
    # Noise changes slowly with depth: half-overlapping windows are enough.
    coarse = replace(plan, hop_samples=max(1, plan.n_samples // 2))
    n_rows = coarse.n_rows(rf.samples.shape[0])
    dft = plan.dft_matrix(rf.samples.dtype, freqs)
    with single_blas_thread():
        parts = line_spectra(rf.samples, dft, coarse, (0, n_rows), Scratch())
    power = np.einsum("rfl,rfl->rl", parts, parts) / _N_FREQS
    level = np.maximum(median(power), _NOTHING)
    ln = _quietest_below(np.log(level)) + 2 * np.log(rf.scale)
    fine = np.arange(plan.n_rows(rf.samples.shape[0])) * plan.hop_samples
    return np.interp(fine, np.arange(n_rows) * coarse.hop_samples, ln)


def _quietest_below(ln):
    """Least noise of each depth and all below; padding with zeros has none."""
    heard = ln > np.log(_NOTHING) + 1
    if not heard.any():
        return ln
    heard &= ln > np.median(ln[heard]) - _PADDED
    # Windows that padding reaches into are quieter than the noise, too.
    whole = binary_erosion(heard, iterations=2, border_value=1)
    rows = np.flatnonzero(whole if whole.any() else heard)
    # What is not heard takes the level of the nearest depth that is.
    ln = np.interp(np.arange(ln.size), rows, ln[rows])
    ln = uniform_filter1d(ln, _SMOOTHED, mode="nearest")
    return np.minimum.accumulate(ln[::-1])[::-1]


def _noise_freqs(plan):
    """Frequencies of noise alone; None where none are left."""
    step = plan.fs_mhz / plan.n_samples  # of independent frequencies
    if plan.noise_mhz is not None:
        return np.linspace(*plan.noise_mhz, _N_FREQS)
    nyquist = plan.fs_mhz / 2
    low = (plan.freqs_mhz[-1] + nyquist) / 2
    if nyquist - low < 2 * step:
        return None
    return np.linspace(low, nyquist - step, _N_FREQS)


def band_parts(n_freqs):
    """Functionals of the mean log power of each quarter of the band."""
    n_parts = min(_N_PARTS, n_freqs)
    rows = np.zeros((n_parts, n_freqs))
    for row, part in enumerate(np.array_split(np.arange(n_freqs), n_parts)):
        rows[row, part] = 1 / part.size
    return rows


def floor_is_known(ln_power, ln_floor):
    """Tell whether a reference shows echoes far above what is taken for noise.

    Where its best depth does not, echoes fill the spectrum up to Nyquist (or
    there are none), and the floor measures them.
    """
    with np.errstate(invalid="ignore"):
        above = DB * (ln_power.mean(axis=1) - ln_floor)
    return bool((above >= KNOWN_DB).any())


def snr_db(ln_power, ln_floor):
    """Signal to noise of each row in the poorest quarter of its band, dB."""
    parts = ln_power @ band_parts(ln_power.shape[1]).T
    return DB * (parts.min(axis=1) - ln_floor)
