"""Arrays that are computed when they are read, from others and fitted numbers."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from types import CodeType

import numpy as np

from sknac.cohort._geometry import Grid
from sknac.cohort._places import placed
from sknac.cohort._recent import recent
from sknac.utils._handle import Handle, digest_of
from sknac.utils._hashing import hash_by

# Part of every digest: raise it when a function of sknac computes other values, so that
# nothing is found that was stored under the old ones.
_ARITHMETIC = 1


class DerivedArray(Handle):
    """A handle to what a function makes of other arrays and of plain values.

    Its digest is that of the function's name and of what it is given, arrays by their
    content: nothing is computed for it, and equal samples in a file and in memory give
    the same. What was computed last is kept for a while, see `RecentArrays`.

    Parameters
    ----------
    function : callable
        A function of a module, which other processes can import.
    inputs : tuple
        What it is called with; a handle is loaded for it, but for one in a tuple.
    shape : tuple of int
        Shape of what it returns.
    dtype : numpy.dtype
        Type of that.
    """

    __slots__ = ("_location", "function", "inputs", "place")

    def __init__(self, function: Callable, inputs: tuple, shape, dtype):
        if "<" in f"{getattr(function, '__qualname__', '<')}":
            raise TypeError(
                "function must be one that a module defines, so that other processes "
                f"can import it, got {function!r}"
            )
        shape, dtype = tuple(map(int, shape)), np.dtype(dtype)
        made_of = (_written(value) for value in inputs)
        kind = (*_identity(function), shape, dtype.str)
        digest = digest_of("derived", *kind, *made_of)
        self._adopt(function, inputs, shape, dtype, digest, None)

    def _adopt(self, function, inputs, shape, dtype, digest, place):
        """Take over what is known."""
        self._set(function=function, inputs=inputs, place=place)
        self._set(shape=shape, dtype=dtype, digest=digest, _location=_location(inputs))

    @property
    def location(self) -> tuple:
        """Where the files under it lie, and since when."""
        return self._location

    @property
    def parents(self) -> tuple[Handle, ...]:
        """Handles that it is computed from, those of masks included."""
        return tuple(handle for value in self.inputs for handle in _handles(value))

    def load(self) -> np.ndarray:
        """Compute the array.

        Returns
        -------
        ndarray of shape `shape`
            Read-only.

        Raises
        ------
        ValueError
            If the function refuses what it is given; with row, column and plane where
            a step has made this handle.
        FileNotFoundError, StaleFileError
            If a file under it is gone or has changed.
        """
        with placed(self.place):
            self.check_unchanged()
            array = recent.get(self.digest)
            if array is None:
                array = self._computed()
                recent.put(self.digest, array)
        return array

    def keep(self, array: np.ndarray) -> "DerivedArray":
        """Keep for a while what is known before it is asked for; return the handle."""
        recent.put(self.digest, self._checked(array))
        return self

    def settle(self, place: str) -> None:
        """Note where the plane stands, for errors; see that the files are there."""
        if self.place is not None:
            return
        above = [one.place for one in self.parents if isinstance(one, DerivedArray)]
        self._set(place=above[0] if place in above[:1] else place)  # pickled once
        for parent in self.parents:
            if not isinstance(parent, DerivedArray):  # those have seen theirs
                parent.check_unchanged()

    def check_unchanged(self) -> None:
        """Raise if a file under the handle is gone or has changed."""
        for parent in self.parents:
            parent.check_unchanged()

    def check_content(self) -> None:
        """Raise if a file under the handle has rotted, whatever its stamps say."""
        for parent in self.parents:
            parent.check_content()

    def replaced(self, change: Callable) -> "DerivedArray":
        """Return the same of other handles to the same content.

        ``change`` is given what the function is called with, one by one.
        """
        new = object.__new__(DerivedArray)
        inputs = tuple(map(change, self.inputs))
        new._adopt(
            self.function, inputs, self.shape, self.dtype, self.digest, self.place
        )
        return new

    def _computed(self):
        """Compute the array, without keeping it or what it is computed from."""
        with placed(self.place):
            return self._checked(self.function(*map(_loaded, self.inputs)))

    def _checked(self, array):
        """Refuse what is not as it was said to be; make it read-only and its own."""
        array = np.asarray(array, order="C")
        if (array.shape, array.dtype) != (self.shape, self.dtype):
            raise ValueError(
                f"{self.function.__qualname__} must make an array of shape "
                f"{self.shape} and type {self.dtype}, got {array.shape}, {array.dtype}"
            )
        if array.base is not None:  # a view would keep all of a larger array
            array = array.copy()
        array.setflags(write=False)
        return array

    def __reduce__(self):
        known = (self.shape, self.dtype.str, self.digest, self.place)
        return _restored, (self.function, self.inputs, *known)

    def __repr__(self):
        return f"DerivedArray({self.function.__name__}, shape={self.shape})"


hash_by(DerivedArray, lambda handle: digest_of(handle.digest, *handle.location))


def _restored(function, inputs, shape, dtype, digest, place):
    """Read a pickle, in which nothing is hashed again."""
    handle = object.__new__(DerivedArray)
    inputs = tuple(shared(v) if isinstance(v, tuple) else v for v in inputs)
    handle._adopt(function, inputs, shape, np.dtype(dtype), digest, place)
    return handle


_SHARED: dict[str, tuple] = {}


def shared(values: tuple) -> tuple:
    """Make equal tuples of plain values one object, which many planes pickle once.

    Parameters
    ----------
    values : tuple
        Numbers and texts, such as fitted ones.

    Returns
    -------
    tuple
        The first of the equal tuples; others than of plain values come back.
    """
    if not all(isinstance(value, str | float | int | None) for value in values):
        return values
    if len(_SHARED) >= 1024:
        _SHARED.clear()
    return _SHARED.setdefault(repr(values), values)


def settle(plane, place: str) -> None:
    """Note where a plane stands, for errors when its image and region are read.

    Parameters
    ----------
    plane : Plane
        A plane that a step has made.
    place : str
        Its row, column and number.
    """
    for handle in (*_handles(plane.image), *_handles(plane.roi)):
        if isinstance(handle, DerivedArray):
            handle.settle(place)


def _loaded(value):
    """Load a handle; what is derived, without keeping it."""
    if isinstance(value, DerivedArray):
        array = recent.get(value.digest)
        return value._computed() if array is None else array
    return value.load() if isinstance(value, Handle) else value


def _handles(value):
    """List the handles in one of the inputs."""
    if isinstance(value, Handle):
        return [value]
    if isinstance(value, tuple):
        return [handle for one in value for handle in _handles(one)]
    parts = getattr(value, "parts", (value,))  # of a union of outlines
    masks = (getattr(part, "mask", None) for part in parts)
    return [mask for mask in masks if isinstance(mask, Handle)]


def _identity(function):
    """What tells a function from others: sknac's by name, others by their code, too.

    So that one that is written anew in a notebook does not find the old one's images.
    """
    name = f"{function.__module__}.{function.__qualname__}"
    code = getattr(function, "__code__", None)
    if code is None or function.__module__.partition(".")[0] == "sknac":
        return name, _ARITHMETIC
    return name, _code_digest(code), repr(function.__defaults__)


def _code_digest(code):
    """Hash what a function does, not where it is written."""
    constants = (
        _code_digest(one)
        if isinstance(one, CodeType)
        else repr(sorted(map(repr, one)) if isinstance(one, frozenset) else one)
        for one in code.co_consts
    )
    return digest_of(code.co_code, code.co_names, *constants)


def _location(inputs):
    """Where inputs lie; the parent's own where there is one, for many planes ask."""
    found = (one.location for value in inputs for one in _handles(value))
    found = tuple(dict.fromkeys(location for location in found if location))
    return found[0] if len(found) == 1 else found


def _written(value):
    """Write an input as digests do."""
    if isinstance(value, Handle):
        return value.content_digest
    if isinstance(value, tuple):
        return f"({', '.join(map(_written, value))})"
    if isinstance(value, np.generic):  # some are floats or texts of Python, too
        value = value.item()
    if isinstance(value, slice | Grid | str | bool | int | float | None):
        return repr(value)
    digest = getattr(value, "digest", None)  # of an outline
    if isinstance(digest, str):
        return f"{type(value).__name__} {digest}"
    raise TypeError(
        "what a derived image is made of must be handles, outlines, grids, slices, "
        f"numbers, texts or tuples of them, got {type(value).__name__}"
    )
