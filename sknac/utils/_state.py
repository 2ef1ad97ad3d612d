"""What is saved of an estimator: plain values, and the version that made them.

Pickle, joblib, cloudpickle and skops all save the same state. skops knows neither
pandas' objects nor dicts whose keys are no text (``False`` comes back as ``True``),
and must be told to trust every type: those are written as records of one type.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from dataclasses import fields, is_dataclass
from functools import partial
from numbers import Number
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import sklearn
from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning

import sknac
from sknac.exceptions import SknacFormatError
from sknac.utils._handle import digest_of

DAMAGED = "it is not as it was saved: the file is damaged; load another copy"
_VERSION = "_sklearn_version"
_DIGESTS = "_sknac_digests"
_STAMP = "_sknac_stamp"
FORMAT = 1  # since 1 digests count what scikit-learn's parts learned


class SavedState:
    """Mixin of every estimator, to the left of scikit-learn's base."""

    def _attributes(self):
        """Attributes that are saved; a subclass may write some as others."""
        return vars(self)

    def __getstate__(self):
        state = pack_state(self._attributes())
        digests = {k: _digest(v, deep=True) for k, v in state.items()}
        return state | {_DIGESTS: digests, _STAMP: (FORMAT, sknac.__version__)}

    def __setstate__(self, state):
        state, name = dict(state), type(self).__name__
        stamp = state.pop(_STAMP, (0, "unknown"))
        check_stamp(name, stamp, FORMAT)
        _check_digests(name, state, deep=stamp[0] > 0)
        vars(self).update(unpack_state(self, state))


def check_stamp(name: str, stamp: tuple[int, str], newest: int) -> None:
    """Warn of a state that another version of sknac saved, refuse a newer format.

    Parameters
    ----------
    name : str
        Whose state it is.
    stamp : tuple of (int, str)
        Format and version that it was saved in.
    newest : int
        The newest format that is known here.
    """
    number, version = stamp
    if number > newest:
        raise SknacFormatError(
            name,
            f"saved by sknac {version} in format {number}; this version "
            f"({sknac.__version__}) reads up to format {newest}: upgrade sknac",
        )
    if version != sknac.__version__:
        warnings.warn(
            f"{name} was saved by sknac {version} and loaded by {sknac.__version__}; "
            "check its predictions before use",
            UserWarning,
            stacklevel=4,
        )


def pack_state(attributes: dict) -> dict:
    """Write attributes as plain values, with scikit-learn's version."""
    state = {name: _packed(value) for name, value in attributes.items()}
    return state | {_VERSION: sklearn.__version__}


def unpack_state(estimator: Any, state: dict) -> dict:
    """Read attributes; another version of scikit-learn is warned of, as it does."""
    state = dict(state)
    version = state.pop(_VERSION, sklearn.__version__)
    if version != sklearn.__version__:
        warnings.warn(
            InconsistentVersionWarning(
                estimator_name=type(estimator).__name__,
                current_sklearn_version=sklearn.__version__,
                original_sklearn_version=version,
            ),
            stacklevel=3,
        )
    return {name: _unpacked(value) for name, value in state.items()}


def plain_value(value: Any, deep: bool = False) -> Any:
    """Write every number, text and array of a state, of other objects their type.

    Equal values are written alike, whatever saved them and however they are shared. If
    it goes `deep`, of other packages' estimators all attributes are written.
    """
    again = partial(plain_value, deep=deep)
    if isinstance(value, np.ndarray) and value.dtype != object:
        data = np.ascontiguousarray(value).tobytes()
        return value.dtype.str, value.shape, digest_of(data)
    if isinstance(value, np.ndarray | np.generic):
        return again(value.tolist())
    if isinstance(value, dict):
        pairs = value.items()
        return sorted((repr(again(k)), again(item)) for k, item in pairs)
    if isinstance(value, list | tuple):
        return [again(item) for item in value]
    if isinstance(value, str | Number | None):
        return repr(value)
    name = getattr(value, "__qualname__", type(value).__qualname__)
    if is_dataclass(value) and not isinstance(value, type):
        return name, [again(getattr(value, f.name)) for f in fields(value)]
    if deep and isinstance(value, BaseEstimator) and not _has_digest(value):
        return name, again(vars(value))
    return name


def _has_digest(estimator):
    """Tell whether an estimator's own state has one."""
    return type(estimator).__module__.startswith("sknac.")


def _check_digests(name: str, state: dict, deep: bool) -> None:
    """Refuse a state of which an attribute has changed since it was saved.

    Attributes that a subclass leaves out or adds are its own affair.
    """
    for key, digest in state.pop(_DIGESTS, {}).items():
        if key == _VERSION or key not in state:
            continue
        if _digest(state[key], deep) != digest:
            raise SknacFormatError(name, DAMAGED)


def _digest(value: Any, deep: bool) -> str:
    """Hash an attribute as it is saved."""
    return digest_of(plain_value(value, deep))


class Packed(NamedTuple):
    """A value as the name of its kind and plain parts."""

    kind: str
    parts: tuple


def _packed(value):
    """Write a value as plain ones; what pandas alone can hold stays as it is."""
    kind, parts = type(value), None
    if kind in (list, tuple):
        return kind(map(_packed, value))
    if kind is dict:
        if all(type(key) is str for key in value):
            return {key: _packed(item) for key, item in value.items()}
        parts = value.items()
    elif kind is pd.RangeIndex:
        parts = value.start, value.stop, value.step, value.name
    elif kind in (pd.Index, pd.Series) and isinstance(value.dtype, np.dtype):
        rows = (value.index,) if kind is pd.Series else ()
        parts = value.to_numpy(), *rows, value.name
    elif kind is pd.DataFrame and all(isinstance(d, np.dtype) for d in value.dtypes):
        columns = tuple(value.iloc[:, i].to_numpy() for i in range(value.shape[1]))
        parts = value.index, value.columns, columns
    elif isinstance(value, PurePath):
        kind, parts = Path, (str(value),)
    return value if parts is None else Packed(kind.__name__, _packed(tuple(parts)))


def _unpacked(value):
    """Read what `_packed` wrote."""
    kind = type(value)
    if kind is Packed:
        return _MAKERS[value.kind](*_unpacked(value.parts))
    if kind in (list, tuple):
        return kind(map(_unpacked, value))
    if kind is dict:
        return {key: _unpacked(item) for key, item in value.items()}
    return value


def _frame(index, names, columns):
    """Make a table of its columns; their names may repeat."""
    frame = pd.DataFrame(dict(enumerate(columns)), index=index)
    frame.columns = names
    return frame


_MAKERS = {
    "dict": lambda *items: dict(items),
    "RangeIndex": lambda *ends: pd.RangeIndex(*ends[:3], name=ends[3]),
    "Index": lambda values, name: pd.Index(values, dtype=values.dtype, name=name),
    "Series": lambda values, index, name: pd.Series(values, index, name=name),
    "DataFrame": _frame,
    "Path": Path,
}
