"""Numbers as people write them: comparisons and ratios in decimals."""

# SPDX-License-Identifier: BSD-3-Clause

from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

# Of survival's timefix: times that differ by less are tied.
R_TOLERANCE = float(np.finfo(float).eps) ** 0.5


def as_decimals(values: Any, fill: int = 1) -> np.ndarray:
    """Return finite numbers, exactly, as the decimals that they print as.

    2.1 is no binary fraction, and 2.1 / 3.0 comes out above 0.7. The shortest decimal
    that means a number in its own precision is what was written: 2.1 is 21/10, of
    float32 and of float64, and its neighbours stay what they are. Missing ones are
    `fill`.
    """
    # A list is taken one by one: as an array its members would share one precision.
    dtype = None if hasattr(values, "dtype") else object
    values = np.asarray(values, dtype=dtype)
    found = np.empty(values.size, dtype=object)
    for at, value in enumerate(values.ravel()):
        if isinstance(value, bool | np.bool):
            value = int(value)
        found[at] = Fraction(fill) if pd.isna(value) else Fraction(str(value))
    return found.reshape(values.shape)


def as_printed(values: Any) -> Any:
    """Return numbers of single or half precision as the decimals that they print as.

    In double precision 0.3 of float32 lies above 0.3, and 0.7 of float32 below 0.7.
    Whatever else comes back as it is.
    """
    array = np.asarray(values)
    if array.dtype.kind != "f" or array.dtype.itemsize >= 8:
        return values
    found = [float(str(value)) for value in array.ravel()]
    return np.array(found).reshape(array.shape)


def tied(values: np.ndarray, tolerance: float = R_TOLERANCE) -> np.ndarray:
    """Return numbers of which those that are equal but for rounding are one.

    That is the least of them, by the rule of R's ``survival::aeqSurv``: neighbours lie
    within the tolerance, or within the tolerance of the mean.
    """
    known = np.unique(values)
    starts = np.append(True, ~_near(np.diff(known), known, tolerance))
    return known[starts][np.cumsum(starts) - 1][np.searchsorted(known, values)]


def snapped(
    asked: np.ndarray, known: np.ndarray, tolerance: float = R_TOLERANCE
) -> np.ndarray:
    """Return asked numbers; those equal to a known one but for rounding are it."""
    known = np.unique(known)
    above = np.searchsorted(known, asked)
    below = np.clip(above - 1, 0, None)
    above = np.clip(above, None, len(known) - 1)
    far = np.abs(known[above] - asked) > np.abs(known[below] - asked)
    nearest = known[np.where(far, below, above)]
    return np.where(_near(np.abs(nearest - asked), known, tolerance), nearest, asked)


def _near(gap: np.ndarray, known: np.ndarray, tolerance: float) -> np.ndarray:
    """Tell which gaps are rounding beside such numbers."""
    return gap <= tolerance * max(1.0, float(np.mean(np.abs(known))))
