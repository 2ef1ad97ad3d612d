"""The grey image behind a map."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.cohort import Plane
from sknac.qus._bmode import bmode_from_rf, log_compress


def grey_of(background, grid, background_grid, dynamic_range_db):
    """Return the grey image behind a map on `grid`, and where its pixels lie.

    Samples that are not finite are NaN in it, which is drawn as nothing.
    """
    if background is None:
        return None, None
    if not isinstance(background, Plane):
        return _array(background, grid, background_grid)
    if background.kind == "maps":
        raise ValueError(
            "background must be a plane of RF, an envelope or B-mode, or an array, got "
            "maps"
        )
    image = background.load()
    if background.kind in ("rf", "envelope"):
        image = _decibels(image, background.kind, dynamic_range_db)
    return image, background.grid


def _array(image, grid, background_grid):
    """Place an array: on the map's grid, or on the one that was given."""
    image = np.asarray(image)
    if image.ndim != 2 or image.dtype.kind not in "biuf":
        raise ValueError(
            f"background must be a grey image (height, width), got {image.dtype} of "
            f"shape {image.shape}"
        )
    where = grid if background_grid is None else background_grid
    if image.shape != tuple(where.shape):
        raise ValueError(
            f"the background of shape {image.shape} does not lie on a grid of "
            f"{tuple(where.shape)}; give its Grid as background_grid, or a Plane"
        )
    return image, where


def _decibels(image, kind, dynamic_range_db):
    """Log-compress RF or an envelope."""
    unknown = ~np.isfinite(image)
    known = np.where(unknown, 0, image) if unknown.any() else image
    compress = bmode_from_rf if kind == "rf" else log_compress
    grey = compress(known, dynamic_range_db=dynamic_range_db)
    grey[unknown] = np.nan
    return grey
