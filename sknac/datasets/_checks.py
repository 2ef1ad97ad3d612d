"""Checks of the simulators' settings."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np


def check_number(name, value, low, high=np.inf, *, whole=False, open_ends=False):
    """Refuse a setting that is not a number of the range; return it."""
    kind = Integral if whole else Real
    ok = isinstance(value, kind) and not isinstance(value, bool | np.bool_)
    ok = ok and np.isfinite(value)
    if ok:
        ok = low < value < high if open_ends else low <= value <= high
    if not ok:
        word = "an integer" if whole else "a number"
        ends = "()" if open_ends else "[]"
        span = (
            f"in {ends[0]}{low:g}, {high:g}{ends[1]}"
            if high < np.inf
            else (f"{'above' if open_ends else 'of at least'} {low:g}")
        )
        raise ValueError(f"{name} must be {word} {span}, got {value!r}")
    return value


def check_pair(name, value, low, high=np.inf, *, whole=False):
    """Accept one number, or two in rising order; return two."""
    pair = value if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2:
        raise ValueError(
            f"{name} must be a number or a (low, high) pair, got {value!r}"
        )
    for number in pair:
        check_number(name, number, low, high, whole=whole)
    if pair[0] > pair[1]:
        raise ValueError(f"{name} must rise from low to high, got {value!r}")
    return tuple(pair)


def check_choice(name, value, choices):
    """Refuse a collection that holds anything but the choices; return a tuple."""
    wrong = isinstance(value, str) or any(item not in choices for item in value)
    if wrong:
        raise ValueError(f"{name} must be a tuple of {choices}, got {value!r}")
    return tuple(value)
