"""What is drawn on an ultrasound image: strokes that no echo makes.

A point is wider across the beam than along it, and so is every speckle and interface;
an upright stroke of a letter or a caliper is thin across and long along.
"""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

#: Least contrast of a stroke to both of its sides, as a share of the image's range.
CONTRAST = 0.25

_OVER_GRAIN = 4.0  # of a stroke's contrast over the usual difference of neighbours
_WIDE = 5  # pixels across: whatever is as wide is no upright stroke
_TALL = 6  # pixels along: the least of an upright stroke
_SMALL = 9  # pixels: whatever is as wide and as tall is no letter
_LIKE = 0.7  # of the usual contrast of strokes found: other letters of their lines
_NEXT = 12  # pixels from letter to letter of a line
_REACH = 6  # pixels from an upright stroke to the end of its letter
_ARM = (2, 4)  # pixels from the middle of a cross where its arms are looked for
_ARM_WIDE = 7  # pixels: whatever is as wide is no arm
_ARM_CONTRAST = 0.8  # of the contrast: four arms at once need less
_SLANTED_CONTRAST = 0.6  # of the contrast: no echo comes near a slanted cross
_SHARP = 3  # pixels: whatever is as wide or as tall is no dot of a line
_MOST_SPOTS = 1 / 1000  # of the pixels: where there are more, dots tell nothing
_DOTS_APART = 14  # pixels, at most
_OFF_LINE = 0.8  # pixels and step from where the next dot is expected
_HALO = 2  # pixels around strokes that have their grey, too
_GAP = 9  # pixels between parts that make one mark
_BORDER = 0.25  # of a core's box, on each side: what a crop shows
_AROUND = np.ones((3, 3), dtype=bool)
_IN_ROWS = np.array([[0, 0, 0], [1, 1, 1], [0, 0, 0]])


def find_annotations(
    image: NDArray[Any],
    coloured: NDArray[np.bool_] | None = None,
    *,
    contrast: float = CONTRAST,
) -> NDArray[np.bool_]:
    """Find what is drawn on a grey image.

    Parameters
    ----------
    image : ndarray of shape (height, width)
        Grey values, depth along the first axis; not finite where there is none.
    coloured : ndarray of bool of shape (height, width) or None, default=None
        Pixels that are coloured in the file.
    contrast : float, default=0.25
        Least contrast of a stroke to both sides, as a share of the image's range;
        in a grainy image at least four times the usual difference of neighbours.

    Returns
    -------
    ndarray of bool of shape (height, width)
        True on strokes, with two pixels around them, and on coloured pixels.
    """
    image = np.asarray(image, dtype=np.float32)
    finite = np.isfinite(image)
    found = np.zeros(image.shape, dtype=bool)
    if finite.any():
        low, high = image[finite].min(), image[finite].max()
        if high > low:
            grey = np.where(finite, (image - low) / (high - low), 0.0)
            least = max(contrast, _OVER_GRAIN * _grain(grey))
            found = ndimage.binary_dilation(_drawn(grey, least), _AROUND, _HALO)
    return found if coloured is None else found | coloured


def _grain(grey):
    """Usual difference of neighbours across the beam; 0 where most is one grey."""
    steps = np.abs(np.diff(grey, axis=1))
    return float(np.median(steps)) if steps.size else 0.0


def _drawn(grey, contrast):
    """Find letters and crosses of an image of values 0 to 1."""
    thin = grey - ndimage.grey_opening(grey, (1, _WIDE))
    found = ndimage.grey_opening(thin, (_TALL, 1)) >= contrast
    small = grey - ndimage.grey_opening(grey, (_SMALL, _SMALL))
    if found.any():
        found = _lines_of(found, small)
    thin = grey - ndimage.grey_opening(grey, (1, _ARM_WIDE))
    flat = grey - ndimage.grey_opening(grey, (_ARM_WIDE, 1))
    found |= cross_score(thin, flat) >= _ARM_CONTRAST * contrast
    found |= slanted_score(grey) >= _SLANTED_CONTRAST * contrast
    found |= _dotted_lines(grey, contrast)
    # Marks grow from what no echo makes, and not into the speckle around them.
    strokes = np.maximum(thin, flat) >= contrast
    return ndimage.binary_dilation(found, _AROUND, _REACH, mask=strokes | found)


def _lines_of(upright, small):
    """Add the letters beside upright strokes, in their rows and as bright."""
    like = upright | (small >= _LIKE * np.median(small[upright]))
    # Not by binary_propagation: a structure wider than the image crashes SciPy 1.17.
    near = ndimage.maximum_filter1d(like, _NEXT + 1, axis=1, mode="constant")
    runs, _ = ndimage.label(near, _IN_ROWS)
    return like & np.isin(runs, np.unique(runs[upright]))


def _dotted_lines(grey, contrast):
    """Find four sharp spots, or more, at equal distances on a line."""
    thin = grey - ndimage.grey_opening(grey, (1, _SHARP))
    flat = grey - ndimage.grey_opening(grey, (_SHARP, 1))
    labels, n_spots = ndimage.label(np.minimum(thin, flat) >= contrast, _AROUND)
    if not 4 <= n_spots <= _MOST_SPOTS * grey.size:
        return np.zeros(grey.shape, dtype=bool)
    spots = np.array(ndimage.center_of_mass(labels > 0, labels, range(1, n_spots + 1)))
    tree = cKDTree(spots)
    pairs = tree.query_pairs(_DOTS_APART, output_type="ndarray")
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    step = spots[pairs[:, 1]] - spots[pairs[:, 0]]
    chain, met = [*pairs.T], np.ones(len(pairs), dtype=bool)
    for number in (2, 3):
        expected = spots[pairs[:, 0]] + number * step
        distance, nearest = tree.query(expected)
        met &= distance <= _OFF_LINE * number
        chain.append(nearest)
    return np.isin(labels, np.unique(np.array(chain)[:, met]) + 1)


def cross_score(thin, flat):
    """Least contrast of four arms, up, down, left and right of each pixel."""
    near, far = _ARM
    middle = (near + far) // 2
    arms = []
    for image, axis in ((thin, 0), (flat, 1)):
        ends = [(0, 0), (0, 0)]
        ends[axis] = (middle, middle)
        arm = np.pad(ndimage.minimum_filter1d(image, far - near + 1, axis), ends)
        size = image.shape[axis]
        arms += [
            arm.take(range(size), axis),
            arm.take(range(2 * middle, size + 2 * middle), axis),
        ]
    return np.minimum.reduce(arms)


def slanted_score(grey):
    """Least of four slanted arms less the brightest point between them."""
    near, far = _ARM
    row, column = np.indices((2 * far + 1, 2 * far + 1)) - far
    distance = np.maximum(abs(row), abs(column))
    arms = (abs(row) == abs(column)) & (distance >= near)
    between = ((row == 0) | (column == 0)) & (distance > near)
    darkest = ndimage.minimum_filter(grey, footprint=arms)
    return darkest - ndimage.maximum_filter(grey, footprint=between)


def mark_boxes(found: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """List the boxes of marks: (top, bottom, left, right), the ends excluded.

    Parts with less than nine pixels between them, such as letters, are one mark.
    """
    near = ndimage.maximum_filter(found, size=_GAP)
    labels, _ = ndimage.label(near, _AROUND)
    labels[~found] = 0
    return [
        (rows.start, rows.stop, columns.start, columns.stop)
        for rows, columns in ndimage.find_objects(labels)
    ]


def shares_near(
    found: NDArray[np.bool_], core: NDArray[np.bool_] | None
) -> tuple[float, float]:
    """Tell the marked share of a core, and of its box widened by a quarter a side."""
    if core is None:
        return float("nan"), float("nan")
    box = []
    for axis in (1, 0):
        inside = np.flatnonzero(core.any(axis=axis))
        border = round(_BORDER * (inside[-1] + 1 - inside[0]))
        box.append(slice(max(inside[0] - border, 0), inside[-1] + 1 + border))
    return float(found[core].mean()), float(found[tuple(box)].mean())
