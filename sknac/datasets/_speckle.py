"""Random fields: smooth textures, speckle and its grey levels.

The reflectivity is complex white Gaussian noise of given local amplitude; a
Gaussian point spread function blurs it and its modulus is the envelope.  Where the
amplitude is even the envelope is Rayleigh distributed: mean / SD = 1.913.  Nothing
travels: depth enters through the amplitude alone.
"""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import fft

_PAD = 12


def speckle_envelope(amplitude, spacing_mm, fwhm_mm, rng):
    """Envelope (n_axial, n_lateral) of scatterers of given amplitude.

    `fwhm_mm` is the (axial, lateral) full width at half maximum of the point spread
    function's amplitude. Its energy is 1, so the mean square of the envelope is that
    of the amplitude.
    """
    padded = np.pad(amplitude.astype(np.float32), _PAD, mode="edge")
    white = rng.standard_normal((2, *padded.shape), dtype=np.float32)
    field = padded * (white[0] + 1j * white[1]) * np.float32(np.sqrt(0.5))
    sigma = np.divide(fwhm_mm, np.sqrt(8 * np.log(2)) * np.asarray(spacing_mm))
    blurred = fft.ifft2(fft.fft2(field) * _transfer(padded.shape, sigma))
    return np.abs(blurred[_PAD:-_PAD, _PAD:-_PAD])


def to_grey(envelope, dynamic_range_db=60.0):
    """Log-compress an envelope to uint8: 255 at amplitude 1 or above."""
    level = 20 * np.log10(np.maximum(envelope, 1e-9))
    grey = np.clip(1 + level / dynamic_range_db, 0, 1) * 255
    return np.rint(grey).astype(np.uint8)


def smooth_field(shape, length, rng):
    """Gaussian field of mean 0 and SD 1, smooth over `length` samples, periodic.

    `length` is the SD of the Gaussian that smooths: one number, or (axial, lateral).
    """
    white = rng.standard_normal(shape, dtype=np.float32)
    transfer = _transfer(shape, np.broadcast_to(length, 2))
    return fft.irfft2(fft.rfft2(white) * transfer[:, : shape[1] // 2 + 1], shape)


def _transfer(shape, sigma):
    """Transfer function of a Gaussian of unit energy, SD `sigma` samples."""
    parts = []
    for n, s in zip(shape, sigma, strict=True):
        part = np.exp(-0.5 * (2 * np.pi * s * fft.fftfreq(n)) ** 2)
        parts.append(part / np.sqrt(np.mean(part**2)))
    return np.outer(*parts).astype(np.float32)
