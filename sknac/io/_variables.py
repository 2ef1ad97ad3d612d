"""Files that hold several arrays: which one is meant."""

# SPDX-License-Identifier: BSD-3-Clause

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from os import stat
from typing import Any

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io._damage import damage
from sknac.io._info import ArrayInfo
from sknac.utils._settled import has_settled

MOST_VARIABLES = 100_000
#: A compressed file may grow this many times; RF grows 2 to 5 times.
MOST_GROWTH = 100
#: Whatever the growth, this much may come out of a file: masks are nearly empty.
FREE_BYTES = 64 << 20
_LISTED = 8


@dataclass(frozen=True)
class Variable:
    """One array of a file, or something that is none."""

    name: str
    shape: tuple[int, ...] = ()
    dtype: np.dtype | None = None
    place: Any = None  # where the reader finds it
    refusal: str | None = None  # why it cannot be read: "it is text; ..."
    fields: tuple[str, ...] = ()  # of a struct
    value: Any = None  # a text, or the only number

    @property
    def is_plane(self):
        """Whether it has rows and columns, unlike numbers and vectors beside it."""
        return self.dtype is not None and sum(side > 1 for side in self.shape) >= 2


def remembered(contents):
    """Keep what the last files hold, until they change."""
    settled = lru_cache(maxsize=4)(lambda path, size, mtime_ns: contents(path))

    @wraps(contents)
    def look(path):
        about = stat(path)
        if not has_settled(about.st_mtime_ns):
            return contents(path)
        return settled(str(path), about.st_size, about.st_mtime_ns)

    return look


def choose(path, found: Mapping[str, Variable], name: str | None) -> Variable:
    """Find the array of a name, or the only one; say what there is otherwise."""
    if name is not None:
        return _named(path, found, name)
    planes = [variable for variable in found.values() if variable.is_plane]
    if len(planes) == 1:
        return planes[0]
    if not planes:
        raise SknacFormatError(
            path,
            f"it holds no array of rows and columns ({_list(found.values())}); name "
            "what you mean with variable=, or save the array on its own",
        )
    raise SknacFormatError(
        path,
        f"it holds {len(planes)} arrays ({_list(planes)}); say which one with "
        f"variable={planes[0].name!r}, or {path}::{planes[0].name}",
    )


def _named(path, found, name):
    """Find the array of a name."""
    variable = found.get(name) or found.get(name.strip("/"))
    if variable is None:
        variable = found.get(_spelled(name))
    if variable is None:
        raise SknacFormatError(path, _absent(found, name))
    if variable.refusal is not None:
        cause = f"variable={name!r}: {variable.refusal}"
        raise SknacFormatError(path, cause)
    if variable.dtype is None:
        field = f"{variable.name}.{variable.fields[0]}" if variable.fields else "..."
        raise SknacFormatError(
            path,
            f"variable={name!r} is a struct with {', '.join(variable.fields) or 'no'} "
            f"fields; name one: {field}",
        )
    return variable


def _spelled(name):
    """Write a name as it is listed: dots between, no index of a single struct."""
    return name.strip("/").replace("/", ".").replace("[0]", "")


def _absent(found, name):
    """Say why there is no such array."""
    if re.search(r"\(\d+\)|\{\d+\}", name):
        return (
            f"variable={name!r} counts in round or curly brackets; count from 0 in "
            f"square ones: MATLAB's data(1).rf is data[0].rf"
        )
    spelled = name.strip("/").replace("/", ".")
    for part in re.finditer(r"\[(\d+)\]", spelled):
        array = found.get(spelled[: part.start()])
        if array is not None and array.dtype is None and array.refusal is None:
            n = int(np.prod(array.shape))
            if int(part[1]) >= n:
                return (
                    f"variable={name!r}: {array.name} has {n} elements; count from 0, "
                    f"the last is {array.name}[{n - 1}]"
                )
    for start in range(len(spelled), 0, -1):
        array = found.get(spelled[:start])
        if array is not None and array.dtype is None and np.prod(array.shape) > 1:
            if spelled[start : start + 1] == ".":
                return (
                    f"variable={name!r}: {array.name} has {np.prod(array.shape)} "
                    f"elements; say which one, from 0: {array.name}[0]"
                    f"{spelled[start:]}"
                )
            break
    there = [variable for variable in found.values() if variable.dtype is not None]
    return f"it has no variable={name!r}; it holds {_list(there) or 'no array'}"


def _list(variables):
    """List arrays with their shapes."""
    variables = list(variables)
    texts = [
        f"{variable.name}: {' x '.join(map(str, variable.shape))}"
        if variable.dtype is not None
        else f"{variable.name}: no numbers"
        for variable in variables[:_LISTED]
    ]
    if len(variables) > _LISTED:
        texts.append(f"and {len(variables) - _LISTED} more")
    return ", ".join(texts)


def describe(path, form: str, variable: Variable, header: dict) -> ArrayInfo:
    """Tell what a chosen array is; its frames are counted by its first axis."""
    shape = variable.shape
    if not all(shape) or not 0 < len(shape) <= 3:
        sides = " x ".join(map(str, shape)) or "one number"
        raise SknacFormatError(
            path,
            f"{variable.name} is {sides}; save one frame (rows, columns), or a stack "
            "of frames",
        )
    return ArrayInfo(
        str(path),
        form,
        shape,
        variable.dtype,
        shape[0] if len(shape) == 3 else 1,
        header=header,
        is_stack=len(shape) == 3,
        signal="iq" if variable.dtype.kind == "c" else None,
        variable=variable.name,
    )


def check_growth(what: str, n_bytes: int, stored: int) -> None:
    """Refuse arrays that are far larger than what the file has for them."""
    if n_bytes > max(FREE_BYTES, MOST_GROWTH * stored):
        damage(f"{what} would take {n_bytes} bytes and the file has {stored} for it")
