"""Results as what JSON can hold: no NaN, no numpy, no objects."""

# SPDX-License-Identifier: BSD-3-Clause

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sknac.report._text import value as as_text


def plain(thing: Any) -> Any:
    """Return a result as dictionaries, lists, texts and finite numbers.

    NaN and infinity become None: JSON has neither.
    """
    if thing is None or isinstance(thing, str | bool | int):
        return thing
    if isinstance(thing, np.generic):
        return plain(thing.item())
    if isinstance(thing, float):
        return thing if math.isfinite(thing) else None
    if thing is pd.NA or thing is pd.NaT:
        return None
    if isinstance(thing, pd.DataFrame):
        return _records(thing)
    if isinstance(thing, pd.Series | pd.Index | np.ndarray):
        return [plain(item) for item in thing.tolist()]
    if isinstance(thing, Mapping):
        return {_key(name): plain(item) for name, item in thing.items()}
    if isinstance(thing, set | frozenset):
        thing = sorted(thing, key=str)
    if isinstance(thing, list | tuple):
        return [plain(item) for item in thing]
    if hasattr(thing, "to_dict"):
        return plain(thing.to_dict())
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        names = [field.name for field in dataclasses.fields(thing)]
        return {name: plain(getattr(thing, name)) for name in names}
    return as_text(thing)


def _key(name: Any) -> str:
    """Return a dictionary's key as text."""
    return ": ".join(map(str, name)) if isinstance(name, tuple) else str(name)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table; a named index is part of them."""
    named = [name for name in frame.index.names if name is not None]
    if named or not isinstance(frame.index, pd.RangeIndex):
        names = None if named else ["name"]
        frame = frame.reset_index(names=names, allow_duplicates=True)
    names = [_key(name) for name in frame.columns]
    rows = zip(*(frame.iloc[:, at].tolist() for at in range(len(names))), strict=True)
    return [dict(zip(names, map(plain, row), strict=True)) for row in rows]
