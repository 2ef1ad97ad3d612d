"""Grey-level co-occurrence: levels, counts of pairs, and what is read off them.

The counts are of pairs whose two pixels both lie in a region and have a value. A
pixel that does not takes one more level, which is dropped when all is counted, so
that a region of any shape costs what its box costs.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import numpy as np
from scipy.special import xlogy

#: Directions of a pair in degrees, from along the rows towards downwards.
ANGLES = (0, 45, 90, 135)
#: What can be read off a matrix.
PROPERTIES = (
    "contrast",
    "dissimilarity",
    "homogeneity",
    "energy",
    "asm",
    "entropy",
    "correlation",
)


def pair_offsets(
    distances: Sequence[float], steps: tuple[float, float] = (1.0, 1.0)
) -> np.ndarray:
    """Find the pixel nearest to each distance in each direction.

    Parameters
    ----------
    distances : sequence of float
        Distances in the unit of the steps, each at least the larger step.
    steps : tuple of (float, float), default=(1.0, 1.0)
        (axial, lateral) distance of neighbouring pixels.

    Returns
    -------
    ndarray of int of shape (n_distances, 4, 2)
        Rows and columns from a pixel to its partner, at `ANGLES`.
    """
    turn = np.deg2rad(ANGLES)
    way = np.multiply.outer(distances, np.column_stack([np.sin(turn), np.cos(turn)]))
    return np.rint(way / steps).astype(int)


def to_levels(
    image: np.ndarray, inside: np.ndarray, low: float, high: float, n_levels: int
) -> np.ndarray:
    """Sort values into levels of one width; those beyond the limits into the ends.

    Parameters
    ----------
    image : ndarray of shape (height, width)
        One map.
    inside : ndarray of bool of shape (height, width)
        Pixels of the region that have a value.
    low, high : float
        Lower edge of the first level, upper edge of the last.
    n_levels : int
        Number of levels.

    Returns
    -------
    ndarray of int of shape (height, width)
        Levels 0 to n_levels - 1; n_levels outside.
    """
    # Multiplied first: what lies on an edge between whole numbers stays on it.
    at = np.subtract(image, low, dtype=np.float64)
    at *= n_levels
    at /= high - low
    at = np.clip(at, 0, n_levels - 1, out=at)
    np.copyto(at, n_levels, where=~inside)
    return at.astype(np.uint16)


def count_pairs(levels: np.ndarray, n_levels: int, offsets: np.ndarray) -> np.ndarray:
    """Count the pairs of levels at each offset.

    Parameters
    ----------
    levels : ndarray of int of shape (height, width)
        Levels 0 to n_levels - 1; n_levels where a pixel does not count.
    n_levels : int
        Number of levels.
    offsets : ndarray of int of shape (n_offsets, 2)
        Rows, 0 or more, and columns from a pixel to its partner.

    Returns
    -------
    ndarray of int of shape (n_offsets, n_levels, n_levels)
        ``[k, i, j]`` is the number of pixels of level i whose partner is of level j.
    """
    height, width = levels.shape
    reach = min(int(np.abs(offsets[:, 1]).max()), width)
    # Behind each row lie pixels that do not count, so that one shift of the flattened
    # image is a shift of rows and columns, whatever leaves the image to either side.
    n_codes = n_levels + 1
    dtype = np.uint16 if n_codes**2 <= 1 << 16 else np.uint32
    padded = np.full((height, width + reach), n_levels, dtype=dtype)
    padded[:, :width] = levels
    second = padded.ravel()
    first = second * dtype(n_codes)
    codes = np.empty_like(first)
    counts = np.zeros((len(offsets), n_levels, n_levels), dtype=np.int64)
    for count, (down, right) in zip(counts, offsets, strict=True):
        if down >= height or abs(right) >= width:
            continue
        shift = down * (width + reach) + right
        n = first.size - shift
        np.add(first[:n], second[shift:], out=codes[:n])
        table = np.bincount(codes[:n], minlength=n_codes**2)
        count[:] = table.reshape(n_codes, n_codes)[:n_levels, :n_levels]
    return counts


def haralick(counts: np.ndarray, properties: Sequence[str]) -> np.ndarray:
    """Read properties off matrices of co-occurrence.

    Each pair counts in both orders and the matrix sums to 1; levels count from 0.

    Parameters
    ----------
    counts : ndarray of int of shape (n_matrices, n_levels, n_levels)
        Numbers of pairs.
    properties : sequence of str
        Out of `PROPERTIES`.

    Returns
    -------
    ndarray of shape (n_properties, n_matrices)
        NaN of a matrix without a pair; NaN for the correlation of one level alone.
    """
    both = (counts + counts.transpose(0, 2, 1)).astype(np.float64)
    total = both.sum(axis=(1, 2), keepdims=True)
    joint = np.divide(both, total, out=np.full_like(both, np.nan), where=total > 0)
    return np.stack([_READ[name](joint) for name in properties])


def _weighted(weight):
    """Make a mean of a function of the difference of two levels."""

    def read(joint):
        level = np.arange(joint.shape[-1])
        apart = np.abs(np.subtract.outer(level, level)).astype(np.float64)
        return np.einsum("kij,ij->k", joint, weight(apart))

    return read


def _asm(joint):
    return np.einsum("kij,kij->k", joint, joint)


def _entropy(joint):
    return -xlogy(joint, joint).sum(axis=(1, 2))


def _correlation(joint):
    """Correlation of the two levels, which share one distribution."""
    level = np.arange(joint.shape[-1])
    share = joint.sum(axis=2)
    away = level - (share @ level)[:, None]
    variance = np.einsum("ki,ki->k", share, away**2)
    covariance = np.einsum("kij,ki,kj->k", joint, away, away)
    mixed = np.count_nonzero(share, axis=1) > 1
    return np.divide(
        covariance, variance, out=np.full_like(variance, np.nan), where=mixed
    )


_READ = {
    "contrast": _weighted(np.square),
    "dissimilarity": _weighted(lambda apart: apart),
    "homogeneity": _weighted(lambda apart: 1 / (1 + apart**2)),
    "energy": lambda joint: np.sqrt(_asm(joint)),
    "asm": _asm,
    "entropy": _entropy,
    "correlation": _correlation,
}
