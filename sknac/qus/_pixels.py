"""Interpolate finished maps to square pixels."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.utils._bounds import likely_unit
from sknac.utils._room import check_room


def check_pixels(plan, shape, n_maps, pixel_mm):
    """Refuse pixels so small that a frame's maps would not fit; return their bytes."""
    n_windows = plan.n_rows(shape[0]), plan.n_columns(shape[1])
    spans = np.multiply(np.subtract(n_windows, 1), plan.spacing_mm)
    n_down, n_across = (1 + span / pixel_mm for span in spans)
    # The maps in double precision four times over, and the matrices that make them.
    numbers = 4 * n_maps * n_down * max(n_across, n_windows[1])
    check_room(
        f"pixel_mm={pixel_mm:g} ({n_down:.0f} x {n_across:.0f} pixels a plane)",
        8 * (numbers + n_down * n_windows[0] + n_across * n_windows[1]),
        likely_unit("pixel_mm", pixel_mm, "mm", (0.02, 2)),
    )
    return int(4 * n_maps * n_down * n_across)


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
