"""What becomes of the numbers of a visit's planes: one of each."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import numpy as np

REDUCTIONS = ("mean", "max", "largest")


def reduce_planes(
    numbers: Sequence[Sequence[float]], how: str, areas: Sequence[float] = ()
) -> np.ndarray:
    """Make one row of the numbers of a visit's planes.

    Parameters
    ----------
    numbers : sequence of sequence of float, (n_planes, n_numbers)
        Not finite where undefined.
    how : {"mean", "max", "largest"}
        Mean or highest of what is defined, number by number, NaN where that is in no
        plane; or the numbers of the plane with the largest area, the first of equals.
    areas : sequence of float of length n_planes
        Area of each plane's core; needed by ``"largest"`` of several planes.

    Returns
    -------
    ndarray of shape (n_numbers,)
        One number of each.
    """
    values = np.array(numbers, dtype=np.float64)
    if how == "largest":
        return values[int(np.argmax(areas))] if len(values) > 1 else values[0]
    valid = np.isfinite(values)
    count = valid.sum(axis=0)
    if how == "max":
        highest = np.where(valid, values, -np.inf).max(axis=0)
        return np.where(count, highest, np.nan)
    total = np.where(valid, values, 0.0).sum(axis=0)
    return np.where(count, total / np.maximum(count, 1), np.nan)
