"""`register_reader`: a laboratory's own format."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from operator import index

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io._info import ArrayInfo
from sknac.io._suffixes import READERS
from sknac.utils._trust import is_trusted_reader, trust_reader

_BETWEEN = ", "  # of the import paths of info and frame

#: suffix -> import paths of info and frame
REGISTERED = {}


def register_reader(
    suffix: str,
    *,
    info: Callable[[str], ArrayInfo],
    frame: Callable[[ArrayInfo, int | None], np.ndarray],
) -> None:
    """Teach sknac to read files of a format of your own.

    Both functions must stand in a module that can be imported, not in a notebook or
    a script: handles carry their import path, so that workers of joblib, spawned
    processes and dask find them. Register when that module is imported.

    Parameters
    ----------
    suffix : str
        End of the names of such files, with its dot, in any case: ``".lab"``, or
        ``".lab.npy"`` where sknac reads ``.npy`` itself; the longest suffix counts.
    info : callable
        ``info(path) -> ArrayInfo``: what the file holds, from its header. Of the
        fields only `path`, `format`, `shape` and `dtype` must be given; what the
        file states of sampling rate, spacing and depth goes with them.
    frame : callable
        ``frame(info, frame) -> ndarray``: one frame, of the shape and type that the
        info says. `frame` is None where the file has a single frame.

    Raises
    ------
    ValueError
        If the suffix has no dot, or belongs to sknac or to another reader.
    TypeError
        If a function cannot be imported by workers.

    See Also
    --------
    read_info : What a file holds.

    Notes
    -----
    Whatever goes wrong in either function is a `SknacFormatError` that names the file
    and the cause; so is an info whose values cannot be, and a frame that is not what
    the info says. A file is only as safe to open as its reader: check what the header
    claims against the size of the file before allocating.

    Examples
    --------
    >>> import pathlib, sys, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "own_format.py").write_text('''
    ... import numpy as np
    ... from sknac.io import ArrayInfo, register_reader
    ... def info(path):
    ...     shape = np.fromfile(path, "<u4", 2).tolist()
    ...     return ArrayInfo(path, "own", shape, np.dtype("<i2"), fs_mhz=40.0)
    ... def frame(info, frame):
    ...     return np.fromfile(info.path, "<i2", offset=8).reshape(info.shape)
    ... register_reader(".own", info=info, frame=frame)
    ... ''')
    >>> sys.path.insert(0, str(folder))
    >>> import own_format
    >>> _ = (folder / "a.own").write_bytes(bytes([2, 0, 0, 0, 1, 0, 0, 0, 7, 0, 9, 0]))
    >>> from sknac.io import read_array
    >>> read_array(folder / "a.own").tolist()
    [[7], [9]]
    """
    suffix = _checked(suffix)
    reader = _BETWEEN.join(
        _import_path(name, function)
        for name, function in (("info", info), ("frame", frame))
    )
    taken = REGISTERED.get(suffix, reader)
    if taken != reader:
        raise ValueError(
            f"suffix {suffix!r} is read by {taken} already; choose another, such as "
            f"'.lab{suffix}'"
        )
    REGISTERED[suffix] = reader
    trust_reader(reader)


def _checked(suffix):
    """Check a suffix and write it in lower case."""
    if not isinstance(suffix, str):
        raise TypeError(f"suffix must be a text such as '.lab', got {suffix!r}")
    name = suffix.lower()
    is_one = len(name) > 1 and name[0] == "." and not name.endswith(".")
    if not is_one or any(char in "/\\:" or char.isspace() for char in name):
        raise ValueError(
            f"suffix must begin with a dot and hold no blank, slash or colon, got "
            f"{suffix!r}"
        )
    if name in READERS:
        raise ValueError(
            f"suffix {suffix!r} is read by sknac itself; give your files a longer one, "
            f"such as '.lab{name}'"
        )
    return name


def _import_path(name, function):
    """Tell where workers find a function, and make sure that they do."""
    if not callable(function):
        raise TypeError(f"{name} must be a function, got {function!r}")
    module = getattr(function, "__module__", None)
    path = getattr(function, "__qualname__", None)
    if module in (None, "__main__") or path is None or "<" in path:
        what = path or repr(function)
        raise TypeError(
            f"{name} is {what} of {module}, which workers cannot import; write it as "
            "a function in a module of its own and import that"
        )
    try:
        found = _look_up(f"{module}:{path}")
    except (ImportError, AttributeError):
        found = None
    if found is not function:
        raise TypeError(
            f"{name} is not what {module}:{path} imports, which workers would use; "
            "register the function of that module itself"
        )
    return f"{module}:{path}"


def _look_up(import_path):
    """Import a function by ``module:name``."""
    module, _, path = import_path.partition(":")
    found = import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return found


class RegisteredReader:
    """A reader made of two functions that are named by their import paths.

    Parameters
    ----------
    reader : str
        Their import paths, as `ArrayInfo.reader` carries them.
    """

    def __init__(self, reader):
        self.reader = reader

    def read_info(self, path) -> ArrayInfo:
        """Ask the user's function, and check what it says."""
        info = self._call(0, path, str(path))
        if not isinstance(info, ArrayInfo):
            raise SknacFormatError(
                path,
                f"{self._name(0)} must return an ArrayInfo, got {type(info).__name__}",
            )
        try:
            shape, dtype = tuple(map(index, info.shape)), np.dtype(info.dtype)
        except TypeError as error:
            raise SknacFormatError(
                path,
                f"{self._name(0)} must give shape as whole numbers and a dtype, got "
                f"{info.shape!r} and {info.dtype!r}",
            ) from error
        known = {"path": str(path), "reader": self.reader}
        return replace(info, shape=shape, dtype=dtype, **known)

    def read_frame(self, info, frame=None) -> np.ndarray:
        """Ask the user's function."""
        array = self._call(1, info.path, info, frame)
        if np.ma.is_masked(array):
            raise SknacFormatError(
                info.path,
                f"{self._name(1)} gave masked samples; fill them, such as with NaN",
            )
        if not isinstance(array, np.ndarray):
            raise SknacFormatError(
                info.path,
                f"{self._name(1)} must return an ndarray, got {type(array).__name__}",
            )
        return np.asarray(array)

    def _name(self, which):
        return self.reader.split(_BETWEEN)[which]

    def _call(self, which, path, *arguments):
        """Call a function; whatever it raises names the file."""
        name = self._name(which)
        if not is_trusted_reader(self.reader):
            raise SknacFormatError(
                path,
                f"its reader {name} is not registered here; import the module that "
                "registers it, if you know who named it",
            )
        try:
            function = _look_up(name)
        except (ImportError, AttributeError) as error:
            raise SknacFormatError(
                path,
                f"its reader {name} cannot be imported here ({error}); install that "
                "module wherever workers run",
            ) from error
        try:
            return function(*arguments)
        except SknacFormatError:
            raise
        except Exception as error:
            cause = f"{type(error).__name__}: {error}"
            raise SknacFormatError(
                path, f"{name} failed with {cause}; mend the file or the reader"
            ) from error
