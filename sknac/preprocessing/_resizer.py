"""Bring planes of every size to one."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd

from sknac.cohort import MaskOutline, Plane, PlaneTransformer
from sknac.cohort.planes import check_kind, derived_mask, list_planes
from sknac.preprocessing._resample import (
    resize_image,
    resize_region,
    resize_with_gaps,
)
from sknac.utils._room import check_room
from sknac.utils._sklearn import Integral, Interval


class PlaneResizer(PlaneTransformer):
    """Resample every plane to one size; missing values do not spread.

    Parameters
    ----------
    image_size : int or tuple of (int, int), default=512
        Height and width of the result in pixels (the QUS paper's 512); one number is
        both.
    keep_aspect : bool, default=False
        Pad the shorter side instead of stretching it. Padding is NaN outside
        the region for maps and what `sknac.roi.ROIMasker` cut out, 0 for images.
    columns : sequence of str or None, default=None
        Ultrasound columns; None takes all.
    n_jobs : int or None, default=None
        Taken as by every step; this one computes no pixels and is done in place.

    Attributes
    ----------
    columns_ : tuple of str
        Ultrasound columns that are resized.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    See Also
    --------
    MapScaler : Brings the values to 0..1.

    Notes
    -----
    Bilinear, widened with the reduction factor so that nothing aliases. In maps, and in
    images that `sknac.roi.ROIMasker` cut, a pixel is the mean of the valid values under
    it, and NaN where less than half of the region under it is valid; a pixel belongs to
    the region if at least half of it does. Step and origin follow, in mm or in the
    pixels of the image as it was read, so outlines stay valid. Results are float32.

    Examples
    --------
    >>> from sknac.datasets import make_bmode_cohort
    >>> from sknac.preprocessing import PlaneResizer
    >>> X = make_bmode_cohort(n_patients=4, random_state=0).X
    >>> small = PlaneResizer(image_size=32).fit_transform(X)
    >>> small.iloc[0]["us_pre"].planes[0].image.shape
    (32, 32)
    """

    _parameter_constraints: dict = {
        **PlaneTransformer._parameter_constraints,
        "image_size": [Interval(Integral, 1, None, closed="left"), tuple, list],
        "keep_aspect": ["boolean"],
    }

    kinds = ("bmode", "maps")
    derives = True

    def __init__(
        self,
        *,
        image_size: Any = 512,
        keep_aspect: bool = False,
        columns: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.image_size = image_size
        self.keep_aspect = keep_aspect
        self.columns = columns
        self.n_jobs = n_jobs

    def fit_planes(self, X: pd.DataFrame) -> None:
        """Check that a plane of the new size fits into memory.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Checked cohort frame.
        """
        for at in list_planes(X, self.columns_):
            with at.named() as plane:
                self._check_size(plane)

    def transform_plane(self, plane: Plane) -> Plane:
        """Resample one plane.

        Parameters
        ----------
        plane : Plane
            A B-mode image or maps.

        Returns
        -------
        Plane
            The plane at the new size.

        Raises
        ------
        ValueError
            If the plane is RF, which must not be resampled.
        """
        check_kind(self, plane)
        self._check_size(plane)
        old = plane.grid
        area = self._padded(old) if self.keep_aspect else old
        grid = area.resized(self._shape())
        geometry = (old, area, grid.shape)
        shape = (*plane.image.shape[:-2], *grid.shape)
        if plane.kind == "bmode" and plane.roi is None:
            return plane.derive(
                _resampled, *geometry, shape=shape, dtype=np.float32, grid=grid
            )
        kept = derived_mask(_resampled_region, plane.roi, *geometry, shape=grid.shape)
        return plane.derive(
            _resampled_maps,
            plane.roi,
            *geometry,
            shape=shape,
            dtype=np.float32,
            grid=grid,
            roi=MaskOutline(kept, grid),
        )

    def _shape(self):
        """Height and width of the result."""
        size = self.image_size
        sides = (size, size) if isinstance(size, Integral) else tuple(size)
        whole = all(isinstance(side, Integral) and side >= 1 for side in sides)
        if len(sides) != 2 or not whole:
            raise ValueError(
                "image_size must be a whole number >= 1 or a pair (height, width), got "
                f"{size!r}"
            )
        return tuple(map(int, sides))  # small integers of NumPy's overflow

    def _check_size(self, plane):
        """Refuse a plane whose images would not fit at the new size."""
        height, width = self._shape()
        n_images = plane.image.shape[0] if plane.image.ndim == 3 else 1
        # Beside the images twice: values, weight, region and masks of one.
        n_bytes = (8 * n_images + 40) * height * width
        if self.keep_aspect:
            n_bytes += 24 * np.prod(self._padded_shape(plane.grid), dtype=float)
        check_room(
            f"image_size={self.image_size!r}",
            n_bytes,
            "give the height and width in pixels, usually 32 to 1024",
        )

    def _padded(self, grid):
        """Grid of the smallest physical area of the result's shape round the image."""
        shape = self._padded_shape(grid).astype(int)
        first = -((shape - grid.shape) // 2)
        last = first + shape
        return grid.crop(*(slice(*ends) for ends in zip(first, last, strict=True)))

    def _padded_shape(self, grid):
        """Samples of that area, axial and lateral."""
        shares = np.divide(self._shape(), max(self._shape()))
        sides = np.max(np.multiply(grid.shape, grid.step) / shares) * shares
        return np.maximum(np.round(sides / grid.step), grid.shape)


def _resampled(image, grid, area, shape):
    """Resample one image; its NaNs do not spread."""
    image = _placed(image, grid, area, 0)
    if np.isnan(image).any():
        return resize_with_gaps(image[None], np.ones(image.shape, bool), shape)[0]
    return resize_image(image, shape)


def _resampled_maps(image, roi, grid, area, shape):
    """Resample maps, or one image, within their region."""
    maps = [
        _placed(one, grid, area, np.nan) for one in image.reshape(-1, *image.shape[-2:])
    ]
    maps = resize_with_gaps(maps, _region(roi, grid, area), shape)
    return maps.reshape(*image.shape[:-2], *shape)


def _resampled_region(roi, grid, area, shape):
    """Resample the region."""
    return resize_region(_region(roi, grid, area), shape) >= 0.5


def _region(roi, grid, area):
    """Draw the region on the area; without one it is the image."""
    region = np.ones(grid.shape, bool) if roi is None else roi.to_mask(grid)
    return _placed(region, grid, area, False)


def _placed(image, grid, area, fill):
    """Put an image into the middle of a larger area of the same step."""
    if area == grid:
        return image
    row, column = np.round(area.to_index([grid.origin])[0]).astype(int)
    dtype = np.result_type(image, type(fill))
    placed = np.full(area.shape, fill, dtype=dtype)
    placed[row : row + grid.shape[0], column : column + grid.shape[1]] = image
    return placed
