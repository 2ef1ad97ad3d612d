"""IQ to RF: a fixed carrier restored."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
import warnings
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike

from sknac.utils._bounds import likely_unit
from sknac.utils._room import check_room

_FS_MHZ = 0.5, 200.0
_CARRIER_MHZ = 0.2, 100.0
_LEAST_SAMPLES = 8
_PAD = 64  # samples beyond each end, so that the ends do not meet
_MARGIN = 1.25  # of the highest frequency below the Nyquist frequency
_MOST_BELOW_ZERO = 0.01
_ROUNDING = 1e-6


def rf_from_iq(
    iq: ArrayLike,
    *,
    fs_mhz: float,
    demodulation_mhz: float,
    fs_out_mhz: float | None = None,
) -> tuple[np.ndarray, float]:
    """Restore RF from IQ samples that were demodulated with one fixed carrier.

    Parameters
    ----------
    iq : array-like of complex of shape (n_samples, n_lines)
        IQ (baseband) samples, I + iQ; depth runs along the first axis.
    fs_mhz : float
        Sampling frequency of the IQ samples in MHz, 0.5 to 200.
    demodulation_mhz : float
        Frequency of the carrier in MHz, 0.2 to 100, as the scanner states it. Where
        it slides with depth there is no one number, and RF cannot be restored.
    fs_out_mhz : float or None, default=None
        Sampling frequency of the RF in MHz, a whole multiple of `fs_mhz`. By default
        the smallest that leaves a quarter of room above carrier and band.

    Returns
    -------
    rf : ndarray of shape ((n_samples - 1) * factor + 1, n_lines)
        RF samples; their envelope is ``abs(iq)``. The first and the last lie where
        those of `iq` do. float32 for complex64, else float64.
    fs_out_mhz : float
        Their sampling frequency in MHz.

    Raises
    ------
    TypeError
        If the samples are not complex.
    ValueError
        If a number is missing or impossible, or the RF would alias: carrier and band
        do not fit below half the sampling frequency, or more than 1 % of the power
        would lie below 0 MHz.

    Warns
    -----
    UserWarning
        If there are more lines than samples, which may mean that depth runs along
        the second axis.

    See Also
    --------
    sknac.cohort.Plane.from_rf : Takes the result.

    Notes
    -----
    :math:`rf(t) = \\Re\\{z(t) e^{2 \\pi i f_d t}\\}`, with :math:`t` from the first
    sample. Between samples z is interpolated by Fourier series: that passes the whole
    band, where the filter of `scipy.signal.resample_poly` takes 8 % of the amplitude
    at nine tenths of it, and with it bends the slope of a spectrum. Each line is
    continued smoothly to zero beyond its ends, so that they do not meet: the series
    alone would carry the near field into the deep end. What would lie below 0 MHz is
    no RF and is left out.

    The phase of the carrier at the first sample is that of the scanner up to one
    constant, of which no power spectrum knows. Whether a scanner's Q has the opposite
    sign, the samples do not say: the spectrum is then mirrored about the carrier, and
    ``numpy.conj(iq)`` is what to give.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.io import rf_from_iq
    >>> rf, fs_mhz = rf_from_iq(np.full((64, 2), 3j), fs_mhz=10, demodulation_mhz=5)
    >>> rf.shape, fs_mhz
    ((190, 2), 30.0)
    """
    iq, single = _checked(iq)
    fs_mhz = _number("fs_mhz", fs_mhz, _FS_MHZ)
    carrier = _number("demodulation_mhz", demodulation_mhz, _CARRIER_MHZ)
    factor = _factor(fs_mhz, carrier, fs_out_mhz)
    n_out = (len(iq) - 1) * factor + 1
    check_room(
        f"RF of shape {(n_out, iq.shape[1])}",
        64 * factor * iq.size,  # while it is made
        "give fewer lines at a time, or check fs_out_mhz",
    )
    _check_band(iq, carrier / fs_mhz)
    analytic = _interpolated(iq, factor, carrier / fs_mhz)[:n_out]
    cycles = np.arange(n_out) * (carrier / (factor * fs_mhz)) % 1.0
    rf = (analytic * np.exp(2j * np.pi * cycles)[:, None]).real
    return rf.astype(np.float32 if single else np.float64), factor * fs_mhz


def _checked(iq):
    """Refuse what is not complex samples, and say how to make them so."""
    masked, iq = np.ma.is_masked(iq), np.asarray(iq)
    if iq.dtype.kind != "c":
        raise TypeError(f"iq must be complex, got {iq.dtype}; {_how(iq)}")
    if iq.ndim != 2 or len(iq) < _LEAST_SAMPLES or iq.shape[1] < 1:
        raise ValueError(
            f"iq must be (n_samples, n_lines) with at least {_LEAST_SAMPLES} samples, "
            f"got shape {iq.shape}"
        )
    if masked:
        raise ValueError("iq has masked samples; crop or fill them")
    n_bad = np.count_nonzero(~np.isfinite(iq))
    if n_bad:
        raise ValueError(
            f"{n_bad} of {iq.size} samples of iq are NaN or infinite; mend them"
        )
    if iq.shape[1] > iq.shape[0]:
        warnings.warn(
            f"iq has {iq.shape[0]} samples in each of {iq.shape[1]} lines; transpose "
            "it if depth runs along its second axis",
            UserWarning,
            stacklevel=3,
        )
    # The deep end of a line may be 100 dB below its start: too much for one in 1e7.
    return iq.astype(np.complex128), iq.dtype == np.complex64


def _how(iq):
    """Say how to make complex samples of what was given."""
    if iq.dtype.names and len(iq.dtype.names) == 2:
        i, q = iq.dtype.names
        return f"its fields make iq[{i!r}] + 1j * iq[{q!r}]"
    if iq.ndim == 3 and iq.shape[-1] == 2:
        return "make iq[..., 0] + 1j * iq[..., 1]"
    if iq.dtype.kind in "iu":
        return (
            "where I and Q lie one after the other along depth, make "
            "iq[0::2] + 1j * iq[1::2]"
        )
    return "make i + 1j * q of I and Q; RF needs no carrier"


def _number(name, value, bounds):
    """Check a frequency, and guess the unit of one out of bounds."""
    if np.ndim(value):
        raise ValueError(
            f"{name} must be one number, got {np.size(value)}; a carrier that slides "
            "with depth cannot be restored: use the envelope, abs(iq)"
        )
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number in MHz, got {value!r}")
    value = float(value)
    if not math.isfinite(value) or value <= 0:
        raise ValueError(f"{name} must be a finite number > 0, got {value}")
    if not bounds[0] <= value <= bounds[1]:
        raise ValueError(
            f"{name} must be {bounds[0]:g} to {bounds[1]:g} MHz, got {value:g}; "
            + likely_unit(name, value, "MHz", bounds)
        )
    return value


def _factor(fs_mhz, carrier, fs_out_mhz):
    """Tell how many RF samples there are for one of IQ."""
    highest = carrier + fs_mhz / 2
    if fs_out_mhz is None:
        return math.ceil(2 * _MARGIN * highest / fs_mhz * (1 - _ROUNDING))
    fs_out_mhz = _number("fs_out_mhz", fs_out_mhz, (_FS_MHZ[0], 10 * _FS_MHZ[1]))
    factor = round(fs_out_mhz / fs_mhz)
    if abs(factor * fs_mhz - fs_out_mhz) > _ROUNDING * fs_out_mhz:
        raise ValueError(
            f"fs_out_mhz must be a whole multiple of fs_mhz={fs_mhz:g}, got "
            f"{fs_out_mhz:g}"
        )
    if fs_out_mhz < 2 * highest * (1 - _ROUNDING):
        raise ValueError(
            f"fs_out_mhz={fs_out_mhz:g} would alias: carrier and band reach "
            f"{highest:g} MHz; give at least {2 * highest:g}"
        )
    return factor


def _check_band(iq, carrier):
    """Refuse a carrier with which much would lie below 0 MHz."""
    spectrum = np.fft.fft(iq * np.hanning(len(iq) + 2)[1:-1, None], axis=0)
    power = np.sum(np.abs(spectrum) ** 2, axis=1)
    below = power[np.fft.fftfreq(len(iq)) + carrier <= 0].sum()
    if below > _MOST_BELOW_ZERO * power.sum():
        raise ValueError(
            f"{below / power.sum():.0%} of the power would lie below 0 MHz and alias; "
            "check demodulation_mhz and fs_mhz, and whether Q has the opposite sign "
            "(numpy.conj)"
        )


def _interpolated(iq, factor, carrier):
    """Interpolate lines by Fourier series, without what would lie below 0 MHz.

    `carrier` is in cycles a sample.
    """
    n_pad = min(_PAD, len(iq) - 1)
    # An odd length has no bin of its own at the Nyquist frequency.
    n_after = n_pad - (len(iq) + 2 * n_pad + 1) % 2
    whole = np.pad(iq, ((n_pad, n_after), (0, 0)), "reflect", reflect_type="odd")
    fade = np.sin(np.pi / 2 * np.arange(n_pad) / n_pad)[:, None] ** 2
    whole[:n_pad] *= fade
    whole[len(whole) - n_after :] *= fade[::-1][:n_after]
    spectrum = np.fft.fft(whole, axis=0)
    spectrum[np.fft.fftfreq(len(whole)) + carrier <= 0] = 0
    half = len(whole) // 2
    wide = np.zeros((factor * len(whole), iq.shape[1]), iq.dtype)
    wide[: half + 1] = spectrum[: half + 1]
    wide[len(wide) - half :] = spectrum[half + 1 :]
    return np.fft.ifft(wide, axis=0)[factor * n_pad :] * factor
