"""Arithmetic on masks: growing by a distance, boxes round them."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import ndimage


def grow_mask(
    mask: np.ndarray, spacing_mm: tuple[float, float], margin_mm: float
) -> np.ndarray:
    """Grow a mask by a physical distance on an anisotropic grid.

    Parameters
    ----------
    mask : ndarray of bool of shape (height, width)
        Where to start.
    spacing_mm : tuple of (float, float)
        (axial, lateral) distance of neighbouring samples in mm.
    margin_mm : float
        Distance in mm, 0 or more. A sample is added if its centre lies no
        farther than this from the centre of a sample of the mask.

    Returns
    -------
    ndarray of bool of shape (height, width)
        The mask and its margin, cut off at the edge of the grid.

    Notes
    -----
    By the exact Euclidean distance transform.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.roi import grow_mask
    >>> point = np.zeros((7, 7), dtype=bool)
    >>> point[3, 3] = True
    >>> int(grow_mask(point, (1.0, 0.5), 1.0).sum())
    7
    """
    if margin_mm < 0:
        raise ValueError(f"margin_mm must be 0 or more, got {margin_mm}")
    distance = ndimage.distance_transform_edt(~mask, sampling=spacing_mm)
    return distance <= margin_mm


def bounding_box(mask: np.ndarray) -> tuple[slice, slice]:
    """Find the smallest box that holds a mask.

    Parameters
    ----------
    mask : ndarray of bool of shape (height, width)
        With at least one True sample.

    Returns
    -------
    tuple of (slice, slice)
        Rows and columns.

    Raises
    ------
    ValueError
        If the mask is empty.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.roi import bounding_box
    >>> mask = np.zeros((5, 5), dtype=bool)
    >>> mask[1:3, 2:5] = True
    >>> bounding_box(mask)
    (slice(1, 3, None), slice(2, 5, None))
    """
    if not mask.any():
        raise ValueError("the mask is empty: it has no bounding box")
    spans = []
    for axis in (1, 0):
        hit = np.flatnonzero(mask.any(axis=axis))
        spans.append(slice(int(hit[0]), int(hit[-1]) + 1))
    return tuple(spans)


def widen_box(
    box: tuple[slice, slice],
    border: tuple[float, float],
    shape: tuple[int, int],
    *,
    square_steps: tuple[float, float] | None = None,
) -> tuple[slice, slice]:
    """Widen a box by a border in samples; optionally make it square.

    ``square_steps`` are the axial and lateral sizes of a sample; with them the
    shorter side is widened until both are equally long. The box is moved, then
    cut, to stay inside ``shape``.
    """
    sides = [
        span.stop - span.start + 2 * b for span, b in zip(box, border, strict=True)
    ]
    if square_steps is not None:
        longest = max(
            side * step for side, step in zip(sides, square_steps, strict=True)
        )
        sides = [longest / step for step in square_steps]
    spans = []
    for span, side, size in zip(box, sides, shape, strict=True):
        length = min(round(side), size)
        start = round((span.start + span.stop - length) / 2)
        start = min(max(start, 0), size - length)
        spans.append(slice(start, start + length))
    return tuple(spans)
