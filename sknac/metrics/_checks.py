"""Checks of the numbers that several metrics take."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np


def check_probabilities(prob: np.ndarray, name: str) -> np.ndarray:
    """Return checked scores if they are probabilities."""
    if prob.min() < 0 or prob.max() > 1:
        raise ValueError(
            f"{name} must lie in [0, 1], got values from {prob.min():.3g} to "
            f"{prob.max():.3g}; calibrate scores first"
        )
    return prob
