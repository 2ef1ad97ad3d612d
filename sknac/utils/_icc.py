"""Agreement of repeated measurements: the intraclass correlation ICC(2,1)."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple

import numpy as np
from scipy.special import fdtri


class Agreement(NamedTuple):
    """ICC(2,1) of each feature with its bounds; NaN where it has none."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray


def agreement(ratings: np.ndarray, level: float) -> Agreement:
    """Return ICC(2,1) of ratings (n_patients, n_repeats, n_features).

    Two-way random effects, absolute agreement, of a single measurement [1]_, with
    the interval of case 2A [2]_.

    References
    ----------
    .. [1] P. E. Shrout, J. L. Fleiss, Psychological Bulletin 86:420-428, 1979.
    .. [2] K. O. McGraw, S. P. Wong, Psychological Methods 1:30-46, 1996, table 7.
    """
    n, k, _ = ratings.shape
    ratings = ratings - ratings.mean(axis=(0, 1))
    rows, columns = ratings.mean(axis=1), ratings.mean(axis=0)
    between = k * (rows**2).sum(axis=0) / (n - 1)
    repeats = n * (columns**2).sum(axis=0) / (k - 1)
    rest = ratings - rows[:, None] - columns
    error = (rest**2).sum(axis=(0, 1)) / ((n - 1) * (k - 1))
    with np.errstate(all="ignore"):
        total = between + (k - 1) * error + k * (repeats - error) / n
        icc = (between - error) / total
        a = k * icc / (n * (1 - icc))
        b = 1 + a * (n - 1)
        parts = (a * repeats) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
        df = (a * repeats + b * error) ** 2 / parts
        tail, others = 0.5 + level / 2, k * repeats + (k * n - k - n) * error
        below, above = fdtri(n - 1, df, tail), fdtri(df, n - 1, tail)
        low = n * (between - below * error) / (below * others + n * between)
        high = n * (above * between - error) / (others + n * above * between)
    return Agreement(icc, low, high)
