"""Resampling of images with missing values."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import numpy as np
from PIL import Image


def resize_image(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resample one float image, averaging where it gets smaller.

    Pillow's bilinear filter widens with the reduction, so nothing aliases.
    """
    height, width = shape
    picture = Image.fromarray(np.ascontiguousarray(image, dtype=np.float32))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))


def resize_region(region: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Share of each pixel of the result that lies in a region.

    A pixel of the result belongs to the region if at least half of its weight does.
    """
    return resize_image(region, shape)


def resize_with_gaps(
    images: Sequence[np.ndarray], region: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """Resample images of one region, whose NaNs must not spread.

    A pixel of the result is the mean of the valid values under it, NaN if less than
    half of the region's weight there is valid, and outside the new region.

    Parameters
    ----------
    images : sequence of ndarray of shape (height, width)
        NaN where invalid or outside the region.
    region : ndarray of bool of shape (height, width)
        Where the images mean something.
    shape : tuple of (int, int)
        New height and width.

    Returns
    -------
    ndarray of float32 of shape (n_images, *shape)
        NaN outside the new region (see `resize_region`) and where invalid.
    """
    inside = resize_region(region, shape)
    resized = np.full((len(images), *shape), np.nan, dtype=np.float32)
    valid = None
    for image, out in zip(images, resized, strict=True):
        last, valid = valid, np.isfinite(image) & region
        if last is None or not np.array_equal(last, valid):  # most maps share it
            weight = resize_image(valid, shape)
            enough = (inside >= 0.5) & (weight >= 0.5 * inside) & (weight > 0)
        values = resize_image(np.where(valid, image, 0.0), shape)
        np.divide(values, weight, out=out, where=enough)
    return resized
