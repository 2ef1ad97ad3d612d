"""Resampling of images with missing values."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from PIL import Image


def resize_image(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resample one float image, averaging where it gets smaller.

    Pillow's bilinear filter widens with the reduction, so nothing aliases.
    """
    height, width = shape
    picture = Image.fromarray(np.ascontiguousarray(image, dtype=np.float32))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))


def resize_with_gaps(
    image: np.ndarray, region: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Resample an image whose NaNs must not spread.

    A pixel of the result belongs to the region if at least half of its weight
    does, and is the mean of the valid values under it, NaN if less than half of
    the region's weight there is valid.

    Parameters
    ----------
    image : ndarray of shape (height, width)
        NaN where invalid or outside the region.
    region : ndarray of bool of shape (height, width)
        Where the image means something.
    shape : tuple of (int, int)
        New height and width.

    Returns
    -------
    resized : ndarray of float32 of shape `shape`
        NaN outside the new region and where invalid.
    new_region : ndarray of bool of shape `shape`
        The region, resampled.
    """
    valid = np.isfinite(image) & region
    values = resize_image(np.where(valid, image, 0.0), shape)
    weight = resize_image(valid, shape)
    inside = resize_image(region, shape)
    new_region = inside >= 0.5
    enough = new_region & (weight >= 0.5 * inside) & (weight > 0)
    resized = np.full(shape, np.nan, dtype=np.float32)
    np.divide(values, weight, out=resized, where=enough)
    return resized, new_region
