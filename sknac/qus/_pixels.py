"""Interpolate finished maps to square pixels."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np


def square_pixels(maps, depth_mm, lateral_mm, pixel_mm):
    """Interpolate maps (n_maps, n_rows, n_columns) linearly to square pixels.

    Pixels lie `pixel_mm` apart from the first window centre on. Invalid windows
    are left out: a pixel takes its valid neighbours' weighted mean if these have
    half of the weight or more, and is NaN otherwise.
    """
    at = [
        np.arange(axis[0], axis[-1] + 1e-6 * pixel_mm, pixel_mm)
        for axis in (depth_mm, lateral_mm)
    ]
    down = _weights(depth_mm, at[0])
    across = _weights(lateral_mm, at[1]).T
    known = np.isfinite(maps)
    weight = down @ known.astype(np.float64) @ across
    total = down @ np.where(known, maps, 0).astype(np.float64) @ across
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(weight >= 0.5 - 1e-9, total / weight, np.nan)
    return values.astype(maps.dtype), at[0], at[1]


def _weights(source, target):
    """Matrix of linear interpolation from one sorted axis to another."""
    matrix = np.zeros((target.size, source.size))
    if source.size == 1:
        matrix[:] = 1
        return matrix
    low = np.clip(np.searchsorted(source, target, "right") - 1, 0, source.size - 2)
    share = (target - source[low]) / (source[low + 1] - source[low])
    share = np.clip(share, 0, 1)
    rows = np.arange(target.size)
    matrix[rows, low] = 1 - share
    matrix[rows, low + 1] = share
    return matrix
