"""Results as what JSON can hold: no NaN, no infinity, no objects."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from dataclasses import fields, is_dataclass
from typing import Any

import pandas as pd

from sknac.report._text import value as as_text
from sknac.utils._result import plain


def jsonable(thing: Any) -> Any:
    """Return a result as dictionaries, lists, texts and finite numbers.

    NaN and infinity become None: JSON has neither.
    """
    return _finite(plain(thing))


def _finite(thing):
    """Return what is plain already without NaN, infinity and objects."""
    if thing is None or isinstance(thing, str | bool | int):
        return thing
    if isinstance(thing, float):
        return thing if math.isfinite(thing) else None
    if isinstance(thing, dict):
        return {name: _finite(item) for name, item in thing.items()}
    if isinstance(thing, list):
        return [_finite(item) for item in thing]
    if thing is pd.NA or thing is pd.NaT:
        return None
    if isinstance(thing, set | frozenset):
        return jsonable(sorted(thing, key=str))
    if hasattr(thing, "to_dict"):
        return jsonable(thing.to_dict())
    if is_dataclass(thing) and not isinstance(thing, type):
        return jsonable({f.name: getattr(thing, f.name) for f in fields(thing)})
    return as_text(thing)
