"""Statistics of one map inside a region."""

# SPDX-License-Identifier: BSD-3-Clause

import re
from collections.abc import Callable, Mapping

import numpy as np

_PERCENTILE = re.compile(r"p(\d{1,2})")


def _central_moment(values, order):
    """Mean power of the deviations from the mean, in units of the SD's power."""
    deviation = values - values.mean()
    spread = deviation.std()
    return float((deviation**order).mean() / spread**order) if spread > 0 else 0.0


def skewness(values: np.ndarray) -> float:
    """Third standardised moment; 0 for values that are all equal."""
    return _central_moment(values, 3)


def kurtosis(values: np.ndarray) -> float:
    """Fourth standardised moment less 3, that of a normal distribution."""
    fourth = _central_moment(values, 4)
    return fourth - 3.0 if fourth else 0.0


def roughness(image: np.ndarray, region: np.ndarray) -> float:
    """Mean absolute difference of neighbours over the SD inside the region.

    Parameters
    ----------
    image : ndarray of shape (height, width)
        One map; not finite where invalid.
    region : ndarray of bool of shape (height, width)
        Where the map counts.

    Returns
    -------
    float
        0 for a flat map, near 0 for a smooth one, 2 / sqrt(pi) = 1.13 for white
        Gaussian noise. Pairs with an invalid pixel or one outside do not count.
    """
    valid = region & np.isfinite(image)
    values = np.where(valid, image, 0.0)
    spread = image[valid].std()
    total, count = 0.0, 0
    for axis in (0, 1):
        step = np.abs(np.diff(values, axis=axis))
        both = np.logical_and(*_neighbours(valid, axis))
        total += step[both].sum()
        count += both.sum()
    return float(total / count / spread) if spread > 0 and count else 0.0


def _neighbours(mask, axis):
    """The mask without its last and without its first row or column."""
    n = mask.shape[axis]
    return mask.take(range(n - 1), axis), mask.take(range(1, n), axis)


def contrast(image: np.ndarray, region: np.ndarray, core: np.ndarray) -> float:
    """Mean of the core less mean of the rest of the region, NaN if one is empty."""
    valid = region & np.isfinite(image)
    inside, around = image[valid & core], image[valid & ~core]
    if not inside.size or not around.size:
        return float("nan")
    return float(inside.mean() - around.mean())


SIMPLE: Mapping[str, Callable] = {
    "mean": lambda values: float(values.mean()),
    "sd": lambda values: float(values.std()),
    "skewness": skewness,
    "kurtosis": kurtosis,
}


VALID = "valid_share"


def check_names(names) -> tuple[str, ...]:
    """Refuse statistics that there are not, and ones given twice."""
    names = tuple(names)
    known = {*SIMPLE, "roughness", "contrast", VALID}
    for name in names:
        if name not in known and not (
            isinstance(name, str) and _PERCENTILE.fullmatch(name)
        ):
            raise ValueError(
                f"no statistic {name!r}; there are {sorted(known)} and percentiles "
                '"p0" to "p99"'
            )
    if not names or len(set(names)) < len(names):
        raise ValueError(f"statistics must be different names, at least one: {names}")
    return names


def describe(image, region, core, names) -> list[float]:
    """Compute the named statistics of one map.

    Parameters
    ----------
    image : ndarray of shape (height, width)
        One map with at least one finite value in the region, unless only the share
        of such values is asked for.
    region : ndarray of bool of shape (height, width)
        Where the map counts.
    core : ndarray of bool of shape (height, width) or None
        Tumour core; needed by ``"contrast"`` only.
    names : sequence of str
        Checked names.

    Returns
    -------
    list of float
        One number per name.
    """
    valid = region & np.isfinite(image)
    values, found = image[valid], []
    for name in names:
        if name in SIMPLE:
            found.append(SIMPLE[name](values))
        elif name == VALID:
            found.append(float(valid.sum() / max(region.sum(), 1)))
        elif name == "roughness":
            found.append(roughness(image, region))
        elif name == "contrast":
            found.append(contrast(image, region, core))
        else:
            found.append(float(np.percentile(values, int(name[1:]))))
    return found
