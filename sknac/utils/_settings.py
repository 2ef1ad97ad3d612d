"""Settings that are numbers, counts, shares or options: read at one door.

Text is no number, and neither are True, None, NaN or an array of one number.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from sknac.utils._labels import shown, spell
from sknac.utils._room import check_room


def as_number(value: Any) -> float | int | None:
    """Return a finite real number as Python's, or None for anything else."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return None
    return value if abs(value) < float("inf") else None  # NaN is not below


def check_whole(value: Any, name: str, least: int) -> int:
    """Return a count as an int; it must be whole and large enough."""
    number = as_number(value)
    if number is None or number != int(number) or number < least:
        raise ValueError(
            f"{name} must be a whole number >= {least}, got {shown(value)}"
        )
    mend = "2000 resamples or 101 points will do"
    check_room(f"{name}={value}", 32 * int(number), mend)
    return int(number)


def check_confidence_level(value: Any, name: str = "confidence_level") -> float:
    """Return a level as a float; it must lie strictly between 0 and 1."""
    number = as_number(value)
    if number is None or not 0 < number < 1:
        hint = ""
        if number is not None and 1 < number < 100:
            hint = f"; for {number:g} % write {float(number) / 100:g}"
        raise ValueError(f"{name} must lie between 0 and 1, got {shown(value)}{hint}")
    return float(number)


def check_share(value: Any, name: str) -> float:
    """Return a share as a float; it may be 0 and 1."""
    number = as_number(value)
    if number is None or not 0 <= number <= 1:
        raise ValueError(f"{name} must be a share in [0, 1], got {shown(value)}")
    return float(number)


def check_option(value: Any, name: str, options: Iterable[Any]) -> None:
    """Raise unless the value is one of the options."""
    options = tuple(options)
    if np.ndim(value) or value not in options:
        raise ValueError(f"{name} must be one of {spell(options)}, got {shown(value)}")


def check_options(values: Any, name: str, options: Iterable[Any]) -> tuple[Any, ...]:
    """Return one option, or several, as a tuple."""
    options = tuple(options)
    values = (values,) if np.ndim(values) == 0 else tuple(values)
    for value in values:
        check_option(value, name, options)
    return values
