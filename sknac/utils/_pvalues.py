"""Correction of p-values for several comparisons."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable

import numpy as np


def holm(pvalues: Iterable[float]) -> np.ndarray:
    """Adjust p-values by Holm's method.

    A NaN (an undefined test) stays NaN but still counts as one of the comparisons,
    so that leaving it out cannot help the others.
    """
    # As statsmodels does, but that sweeps the whole heap: 0.6 s beside networks.
    values = np.array(list(pvalues), dtype=float)
    order = np.argsort(values)  # NaN last
    raised = np.nan_to_num(values[order], nan=1.0) * np.arange(len(values), 0, -1)
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(np.maximum.accumulate(raised), 1.0)
    return np.where(np.isnan(values), np.nan, adjusted)
