"""Checks of single numbers, each with an error that names value and mend."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real

import numpy as np

ATTENUATION_MEND = (
    "give the tissue's attenuation in dB/(cm MHz^n): it is the largest source of "
    "error, so there is no default"
)


def finite(name, value, mend):
    """Return `value` as a float, or raise when it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, Real | np.number):
        raise ValueError(f"{name}={value!r} is not a number; {mend}")
    if not np.isfinite(value):
        raise ValueError(f"{name}={value!r} must be finite; {mend}")
    return float(value)


def positive(name, value, mend):
    """Return `value` as a float, or raise when it is no finite positive number."""
    if not finite(name, value, mend) > 0:
        raise ValueError(f"{name}={value!r} must be finite and above 0; {mend}")
    return float(value)


def not_negative(name, value, mend):
    """Return `value` as a float, or raise when it is negative or not finite."""
    if value is None:
        raise ValueError(f"{name} is missing; {mend}")
    if isinstance(value, Real | np.number) and not isinstance(value, bool):
        if value == 0:
            return 0.0
        if value < 0:
            raise ValueError(f"{name}={value!r} is negative; {mend}")
    return positive(name, value, mend)
