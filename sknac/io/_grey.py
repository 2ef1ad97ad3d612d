"""Colour to grey, one rule for all formats."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

# ITU-R 601 luma in 1/65536, rounded as Pillow's "L" does: 0.299, 0.587, 0.114.
_LUMA = np.array([19595, 38470, 7471], dtype=np.uint32)
_HALF = np.uint32(1 << 15)
_PART = 1 << 18  # pixels at a time: sums take four bytes each
# Grey that went through JPEG or YBR comes back with channels that differ by a little.
_COLOURED = 16


def to_grey(rgb: np.ndarray) -> np.ndarray:
    """Turn (..., height, width, 3) uint8 or uint16 colours into grey, of their type."""
    if rgb.dtype not in (np.uint8, np.uint16) or rgb.shape[-1:] != (3,):
        raise TypeError(
            f"rgb must be (..., 3) of uint8 or uint16, got {rgb.shape} of {rgb.dtype}"
        )
    pixels = rgb.reshape(-1, 3)
    grey = np.empty(len(pixels), rgb.dtype)
    for start in range(0, len(pixels), _PART):
        part = pixels[start : start + _PART]
        luma = np.full(len(part), _HALF)  # 65535 * 65536 + half still fits
        for channel in range(3):
            luma += part[:, channel] * _LUMA[channel]
        grey[start : start + _PART] = luma >> np.uint32(16)
    return grey.reshape(rgb.shape[:-1])


def is_coloured(rgb: np.ndarray, saturation: float = 0.0) -> np.ndarray:
    """Tell which (..., 3) pixels are coloured: Doppler, calipers, marks.

    A saturation, (max - min) / max of the channels, leaves out the tint of a screen.
    """
    highest = rgb.max(axis=-1)
    spread = highest - rgb.min(axis=-1)
    least = _COLOURED << 8 * (rgb.dtype.itemsize - 1)
    return (spread > least) & (spread > saturation * highest)
