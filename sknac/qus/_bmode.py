"""B-mode from RF, to look at."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy.fft import next_fast_len
from scipy.signal import hilbert

from sknac.qus._checks import real_rf
from sknac.utils._numbers import positive


def bmode_from_rf(rf: np.ndarray, *, dynamic_range_db: float = 60.0) -> np.ndarray:
    """Log-compress the envelope of an RF frame.

    Parameters
    ----------
    rf : array-like of shape (n_samples, n_lines)
        RF frame, depth first.
    dynamic_range_db : float, default=60.0
        Range that is kept below the brightest echo, in dB.

    Returns
    -------
    ndarray of float32 of shape (n_samples, n_lines)
        Amplitude in dB re the brightest echo (20 log10 of the envelope), from
        ``-dynamic_range_db`` to 0.

    Raises
    ------
    ValueError
        If `rf` is not one frame of finite real samples.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.qus import bmode_from_rf
    >>> rf = np.random.default_rng(0).normal(size=(300, 20))
    >>> image = bmode_from_rf(rf, dynamic_range_db=40)
    >>> image.shape, float(image.max())
    ((300, 20), 0.0)
    """
    rf = real_rf(rf)
    if not np.isfinite(rf).all():
        raise ValueError("rf holds NaN or infinite samples; cut these lines off")
    largest = float(np.abs(rf).max()) or 1.0  # float32 holds no squares of 1e-30 V
    rf = (rf / 2.0 ** np.frexp(largest)[1]).astype(np.float32)
    rf -= np.median(rf, axis=0)
    n_fft = next_fast_len(rf.shape[0])
    envelope = np.abs(hilbert(rf, n_fft, axis=0)[: rf.shape[0]])
    return log_compress(envelope, dynamic_range_db=dynamic_range_db)


def log_compress(envelope, *, dynamic_range_db):
    """Write an envelope in dB re its largest value, down to `-dynamic_range_db`."""
    floor = -positive("dynamic_range_db", dynamic_range_db, "give a range in dB")
    peak = envelope.max()
    if peak == 0:
        return np.full(envelope.shape, floor, dtype=np.float32)
    with np.errstate(divide="ignore"):
        decibels = 20 * np.log10(envelope / peak)
    return np.maximum(decibels, floor).astype(np.float32)
