"""A copy of a model that names no file or folder of this machine."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import dataclasses
import inspect
import os
import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.base import BaseEstimator

from sknac.cohort import ArrayRef, InMemoryArray
from sknac.qus import ReferencePhantom

LEFT_OUT = "(left out by hand_over)"
_CACHES = ("store", "memory")
_WEIGHTS = (".pt", ".pth", ".safetensors")
# Made again on loading, or of use in training alone: no file holds them.
_NOT_SAVED = {"module_", "optimizer_", "criterion_", "callbacks_", "history_"}
_OWNERS = {"sknac", "sklearn", "skorch"}


def without_paths(model: BaseEstimator) -> BaseEstimator:
    """Copy a model without caches and paths; scans of phantoms are taken into it.

    Parameters
    ----------
    model : estimator
        Any; it stays as it is.

    Returns
    -------
    estimator
        The copy.

    Raises
    ------
    ValueError
        If a path is still in it.
    """
    cleaner = _Cleaner()
    cleaned = cleaner.clean(copy.deepcopy(model))
    data = pickle.dumps(cleaned)
    for path in sorted(cleaner.paths):
        if os.fsencode(path) in data:
            raise ValueError(
                f"{path} is still in what is to be handed on; take it out of the "
                "settings of the parts that are not sknac's, and fit again"
            )
    return cleaned


class _Cleaner:
    """Walks through a model, takes paths out, and remembers which."""

    def __init__(self):
        self.paths, self.seen = set(), {}

    def clean(self, value: Any) -> Any:
        """Return a value without paths: itself where it has none."""
        if id(value) not in self.seen:
            self.seen[id(value)] = value, self._cleaned(value)
        return self.seen[id(value)][1]

    def _cleaned(self, value):
        if isinstance(value, ReferencePhantom):
            return self._phantom(value)
        if isinstance(value, ArrayRef):
            self.paths.add(value.path)
            return InMemoryArray(value.load())
        if _is_path(value):
            return self._left_out(value)
        if isinstance(value, joblib.Memory):
            return None
        if isinstance(value, dict):
            return _same(value, {k: self.clean(v) for k, v in value.items()})
        if isinstance(value, list | tuple):
            return self._sequence(value)
        if isinstance(value, np.ndarray) and value.dtype == object:
            for at, item in np.ndenumerate(value):
                value[at] = self.clean(item)
            return value
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._dataclass(value)
        if isinstance(value, BaseEstimator) or _is_ours(value):
            self._attributes(value)
        return value

    def _left_out(self, path):
        """Keep the name alone of a file or folder."""
        if os.path.dirname(path):
            self.paths.add(os.fspath(path))
        return f"{Path(path).name} {LEFT_OUT}"

    def _phantom(self, phantom):
        """Take the scans of a phantom into memory, and nothing else of its planes."""
        planes = []
        for plane in phantom.acquisitions:
            image = plane.image
            self.paths |= {p for p in [getattr(image, "path", None)] if p}
            if not isinstance(image, InMemoryArray):
                image = InMemoryArray(image.load())
            planes.append(plane.replace(image=image, core=None, roi=None))
        return dataclasses.replace(phantom, acquisitions=tuple(planes))

    def _sequence(self, value):
        """Clean a list, a tuple or a named tuple."""
        items = [self.clean(item) for item in value]
        if all(new is old for new, old in zip(items, value, strict=True)):
            return value
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)

    def _dataclass(self, value):
        """Clean the fields of a record."""
        fields = [f.name for f in dataclasses.fields(value) if f.init]
        found = {name: self.clean(getattr(value, name)) for name in fields}
        changed = {k: v for k, v in found.items() if v is not getattr(value, k)}
        return dataclasses.replace(value, **changed) if changed else value

    def _attributes(self, thing):
        """Clean an estimator, or another object, in its place."""
        defaults = inspect.signature(type(thing).__init__).parameters
        own = getattr(thing, "__dict__", {})
        for name in [name for name in own if name not in _NOT_SAVED]:
            is_cache = name in _CACHES and name in defaults and _is_ours(thing)
            if is_cache and isinstance(own[name], str | os.PathLike):
                self.paths.add(os.fspath(own[name]))
            own[name] = defaults[name].default if is_cache else self.clean(own[name])


def _is_ours(thing):
    """Tell whether something is of a package whose settings are known."""
    return type(thing).__module__.split(".")[0] in _OWNERS


def _same(old, new):
    """Return the old dict where nothing is new."""
    return old if all(new[key] is old[key] for key in old) else type(old)(new)


def _is_path(value):
    """Tell whether a value is the path of a file or folder of this machine."""
    if isinstance(value, os.PathLike):
        return True
    if not isinstance(value, str) or not 1 < len(value) < 4096 or "\0" in value:
        return False
    if value.endswith(_WEIGHTS):
        return True
    if not os.path.dirname(value):
        return False
    return os.path.exists(value) or (
        os.path.isabs(value) and os.path.exists(os.path.dirname(value))
    )
