"""Correction of p-values for several comparisons."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable

import numpy as np


def holm(pvalues: Iterable[float]) -> np.ndarray:
    """Adjust p-values by Holm's method.

    A NaN (an undefined test) stays NaN but still counts as one of the comparisons,
    so that leaving it out cannot help the others.
    """
    from statsmodels.stats.multitest import multipletests

    values = np.array(list(pvalues), dtype=float)
    adjusted = multipletests(np.where(np.isnan(values), 1.0, values), method="holm")[1]
    return np.where(np.isnan(values), np.nan, adjusted)
