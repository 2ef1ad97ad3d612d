"""Numbers as people write them: comparisons and ratios in decimals."""

# SPDX-License-Identifier: BSD-3-Clause

from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd


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
