"""Scalars, arrays and Series of clinical values, in and out."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd

from sknac.utils._labels import as_floats, raise_first


def as_numbers(values: Any, name: str, *, missing: bool = False) -> np.ndarray:
    """Return finite float64 numbers, 1-D; with `missing`, None and NaN are NaN."""
    if values is None and missing:
        return np.full(1, np.nan)
    numbers = np.atleast_1d(as_floats(values, name))
    if numbers.ndim != 1:
        raise ValueError(f"{name} must be 1-D, got shape {numbers.shape}")
    if not numbers.size:
        raise ValueError(f"{name} is empty; give at least one patient")
    wrong = np.isinf(numbers) if missing else ~np.isfinite(numbers)
    what = f"{name} is missing or infinite; leave those patients out"
    raise_first(wrong, what, getattr(values, "index", None))
    return numbers


def as_flags(values: Any, name: str) -> np.ndarray:
    """Return 1, 0 or NaN (unknown), 1-D."""
    flags = as_numbers(values, name, missing=True)
    strange = ~np.isin(flags, [0, 1]) & ~np.isnan(flags)
    what = f"{name} must be True/False or 1/0, got {[*flags[strange], 0][0]:g}"
    raise_first(strange, what, getattr(values, "index", None))
    return flags


def same_length(**columns: np.ndarray) -> list[np.ndarray]:
    """Return columns of one length; single values are repeated."""
    sizes = {name: column.size for name, column in columns.items()}
    longest = max(sizes.values())
    wrong = {name: size for name, size in sizes.items() if size not in (1, longest)}
    if wrong:
        raise ValueError(f"the lengths differ; give one value per patient: {sizes}")
    return [np.broadcast_to(column, longest) for column in columns.values()]


def like(given: Any, values: np.ndarray, name: str) -> Any:
    """Return values in the form of what was given: scalar, Series or array."""
    if isinstance(given, pd.Series):
        return pd.Series(values, index=given.index, name=name)
    if np.ndim(given) == 0 and values.size == 1:
        return values[0].item() if isinstance(values[0], np.generic) else values[0]
    return values
