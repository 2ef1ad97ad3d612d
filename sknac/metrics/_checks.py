"""Checks of the settings that several metrics have."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable
from typing import Any

import numpy as np

from sknac.utils._labels import spell
from sknac.utils._room import check_room


def check_confidence_level(level: float) -> float:
    """Return the level if it lies strictly between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"confidence_level must lie between 0 and 1, got {level!r}")
    return float(level)


def check_whole(value: int, name: str, least: int) -> int:
    """Return a whole number that is large enough."""
    if int(value) != value or value < least:
        raise ValueError(f"{name} must be a whole number >= {least}, got {value!r}")
    check_room(f"{name}={value}", 32 * value, "2000 resamples or 101 points will do")
    return int(value)


def check_option(value: Any, name: str, options: Iterable[Any]) -> None:
    """Raise unless the value is one of the options."""
    if value not in options:
        raise ValueError(f"{name} must be one of {spell(options)}, got {value!r}")


def check_weight(weight: float) -> float:
    """Return the weighted Youden index's weight if it lies in [0, 1]."""
    if not 0 <= weight <= 1:
        raise ValueError(f"weight must lie in [0, 1], got {weight!r}")
    return float(weight)


def check_probabilities(prob: np.ndarray, name: str) -> np.ndarray:
    """Return checked scores if they are probabilities."""
    if prob.min() < 0 or prob.max() > 1:
        raise ValueError(
            f"{name} must lie in [0, 1], got values from {prob.min():.3g} to "
            f"{prob.max():.3g}; calibrate scores first"
        )
    return prob
