"""Handles: where an array lies and what it contains, not its samples."""

# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from sknac.exceptions import SknacFormatError, StaleFileError
from sknac.io import ArrayInfo, read_array, read_info
from sknac.utils._handle import (
    Handle,
    content_digest_of,
    digest_of,
    pixel_digest_of,
)
from sknac.utils._hashing import hash_by
from sknac.utils._settled import has_settled
from sknac.utils._trust import trust_reader

IQ_IS_NO_RF = (
    "which is IQ; restore RF with sknac.io.rf_from_iq where the demodulation frequency "
    'is known and fixed, or take the envelope: numpy.abs, variable="envelope" of a file'
)
_CHUNK_BYTES = 1 << 20


def _file_digest(path, size, mtime_ns):
    """Hash a file's content, once for the frames of a file that has settled."""
    hasher = _settled_digest if has_settled(mtime_ns) else _settled_digest.__wrapped__
    return hasher(path, size, mtime_ns)


@lru_cache(maxsize=4096)
def _settled_digest(path, size, mtime_ns):
    """Hash a file's content; the other arguments make a changed file miss."""
    sha = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            sha.update(chunk)
    return sha.hexdigest()[:32]


@lru_cache(maxsize=4096)
def _digest_again(path, *stamps):
    """Hash a file's content as it is now, once a process for its frames."""
    return _settled_digest.__wrapped__(path, *stamps[:2])


def _with_reader(*fields):
    """Make a handle whose reader is trusted as the pickle is that names it."""
    handle = ArrayRef(*fields)
    trust_reader(handle.reader)
    return handle


@lru_cache(maxsize=1 << 16)
def _content(handle):
    """Hash the samples behind a handle; equal handles are read once a process."""
    array = handle.load()
    return pixel_digest_of(array), content_digest_of(array)


class InMemoryArray(Handle):
    """An array held in memory, with the interface of `ArrayRef`.

    Parameters
    ----------
    array : array-like of numbers
        Copied once and made read-only.

    Attributes
    ----------
    shape : tuple of int
        Shape of the array.
    dtype : numpy.dtype
        Type of its samples.
    digest : str
        Hash of type, shape and content; equality and hashing go by it.

    See Also
    --------
    ArrayRef : The same for an array in a file.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.cohort import InMemoryArray
    >>> handle = InMemoryArray(np.zeros((4, 3)))
    >>> handle.shape, handle.load().flags.writeable
    ((4, 3), False)
    """

    __slots__ = ("_array", "_content")

    def __init__(self, array: Any) -> None:
        if np.ma.is_masked(array):
            raise ValueError("array has masked pixels; fill them: array.filled(...)")
        array = np.array(array, order="C")
        if array.dtype.kind == "c":
            raise TypeError(
                f"array must hold real numbers, got {array.dtype}, {IQ_IS_NO_RF}"
            )
        if array.dtype.kind not in "biuf":
            raise TypeError(f"array must hold numbers, got {array.dtype}")
        self._adopt(array, pixel_digest_of(array))

    def _adopt(self, array, digest):
        """Take over an array whose digest is known."""
        array.setflags(write=False)
        self._set(_array=array, shape=array.shape, dtype=array.dtype, digest=digest)
        self._set(_content=None)

    @property
    def pixel_digest(self) -> str:
        """Hash of type, shape and samples: `digest`."""
        return self.digest

    @property
    def content_digest(self) -> str:
        """Hash by which results of this array are known, as of a file of it."""
        if self._content is None:
            self._set(_content=content_digest_of(self._array))
        return self._content

    def load(self) -> np.ndarray:
        """Return the array.

        Returns
        -------
        ndarray of shape `shape`
            The same array at each call, read-only.
        """
        return self._array

    def __getstate__(self):
        return {"array": self._array, "digest": self.digest}

    def __setstate__(self, state):
        self._adopt(np.asarray(state["array"]), state["digest"])  # not hashed again

    def __repr__(self):
        return f"InMemoryArray(shape={self.shape}, dtype={self.dtype})"


class ArrayRef(Handle):
    """A handle to an array in a file: place, shape, type and content digest.

    It pickles to some hundred bytes whatever the array's size. Build one with
    `ArrayRef.from_file`.

    Parameters
    ----------
    path : str
        Absolute path of the file.
    frame : int or None
        Frame number.
    shape : tuple of int
        Shape of the array that `load` returns.
    dtype : numpy.dtype
        Type of its samples.
    digest : str
        Hash of the file's content and the frame number.
    size : int
        Size of the file in bytes when the digest was taken.
    mtime_ns : int
        Modification time of the file when the digest was taken, in ns.
    variable : str or None, default=None
        Which array of a file that holds several.
    reader : str or None, default=None
        Import path of the reader of a format that `sknac.io.register_reader` added.

    See Also
    --------
    InMemoryArray : The same interface over an array in memory.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np
    >>> from sknac.cohort import ArrayRef
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "scan.npy"
    >>> np.save(path, np.ones((4, 3)))
    >>> handle = ArrayRef.from_file(path)
    >>> handle.shape, float(handle.load().sum())
    ((4, 3), 12.0)
    """

    __slots__ = ("_known", "frame", "mtime_ns", "path", "reader", "size", "variable")

    def __init__(
        self,
        path: str,
        frame: int | None,
        shape: Any,
        dtype: Any,
        digest: str,
        size: int,
        mtime_ns: int,
        variable: str | None = None,
        reader: str | None = None,
    ) -> None:
        self._set(
            path=path,
            frame=frame,
            shape=tuple(shape),
            dtype=np.dtype(dtype),
            digest=digest,
            size=size,
            mtime_ns=mtime_ns,
            variable=variable,
            reader=reader,
            _known=None,
        )

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike,
        frame: int | None = None,
        variable: str | None = None,
        *,
        reader: str | None = None,
    ) -> "ArrayRef":
        """Look at a file, hash its content and return a handle to it.

        Parameters
        ----------
        path : str or path-like
            A file that `sknac.io.read_info` knows.
        frame : int, optional
            Frame number from 0; required where the file holds several frames
            (an ``.npy`` array without it is taken whole).
        variable : str, optional
            Which array of a file that holds several; ``file.mat::name`` as the path
            says the same.
        reader : str, optional
            Who reads it, as in `sknac.io.read_info`.

        Returns
        -------
        ArrayRef
            The handle; samples are not kept.

        Raises
        ------
        SknacFormatError
            If the file is damaged.
        ValueError
            If there is no such frame, or several and none is named.
        """
        # Links stay: stores of large files link to names without a suffix.
        info = read_info(os.path.abspath(path), variable, reader=reader)
        return cls.from_info(info, frame)

    @classmethod
    def from_info(cls, info: ArrayInfo, frame: int | None = None) -> "ArrayRef":
        """Return a handle to a file that `sknac.io.read_info` has looked at.

        Parameters
        ----------
        info : ArrayInfo
            What the file holds.
        frame : int, optional
            Frame number, as in `from_file`.

        Returns
        -------
        ArrayRef
            The handle.
        """
        shape = info.frame_shape(frame)  # refuses what is not there, or too large
        stat = os.stat(info.path)
        digest = _file_digest(info.path, stat.st_size, stat.st_mtime_ns)
        digest = _part_digest(digest, frame, info.variable, info.reader)
        return cls(
            info.path,
            frame,
            shape,
            info.dtype,
            digest,
            stat.st_size,
            stat.st_mtime_ns,
            info.variable,
            info.reader,
        )

    @property
    def pixel_digest(self) -> str:
        """Hash of type, shape and samples, whatever file they lie in.

        Equal to that of an `InMemoryArray` of the same samples; `digest` is that of
        the file. The file is read when it is first asked for, and remembered, also in
        pickles.
        """
        return self._content[0]

    @property
    def content_digest(self) -> str:
        """Hash by which results of this array are known; read as `pixel_digest` is."""
        return self._content[1]

    @property
    def _content(self):
        """Both hashes of the samples."""
        if self._known is None:
            self._set(_known=_content(self))
        return self._known

    def knowing(self, other: "ArrayRef") -> "ArrayRef":
        """Take over what another handle to the same content knows of its samples.

        Parameters
        ----------
        other : ArrayRef
            The other handle.

        Returns
        -------
        ArrayRef
            This handle.
        """
        self._set(_known=other._known)
        return self

    @property
    def read_by(self) -> str:
        """Who reads the file, whatever has been registered since."""
        return self.reader or "sknac"

    def load(self) -> np.ndarray:
        """Read the array.

        Returns
        -------
        ndarray of shape `shape`
            A new array at each call, read-only as that of `InMemoryArray`.

        Raises
        ------
        FileNotFoundError
            If the file is gone.
        StaleFileError
            If the file changed after the handle was made.
        SknacFormatError
            If the file is damaged.
        """
        self.check_unchanged()
        array = read_array(self.path, self.frame, self.variable, reader=self.read_by)
        if array.shape != self.shape:
            raise SknacFormatError(
                self.path,
                f"the array must be {self.shape} as its header said, got {array.shape}",
            )
        array.setflags(write=False)
        return array

    def check_unchanged(self) -> None:
        """Compare the file's size and modification time with those under the digest.

        Raises
        ------
        FileNotFoundError
            If the file is gone.
        StaleFileError
            If the file changed after the handle was made.
        """
        try:
            stat = os.stat(self.path)
        except OSError as error:
            raise FileNotFoundError(
                f"{self.path} is gone ({error.strerror}); put it back, or point the "
                "cohort at its new folder with sknac.cohort.relocate"
            ) from error
        if (stat.st_size, stat.st_mtime_ns) != (self.size, self.mtime_ns):
            raise StaleFileError(
                f"{self.path} changed after its handle was made "
                f"({self.size} bytes then, {stat.st_size} now); build the cohort again"
            )

    def check_content(self) -> None:
        """Read the file and compare its content with the digest, once a process.

        Bits may rot on a disk, or be restored wrongly, under the same size and time.

        Raises
        ------
        FileNotFoundError
            If the file is gone.
        StaleFileError
            If its size or modification time changed.
        SknacFormatError
            If its content did.
        """
        self.check_unchanged()
        ctime_ns = os.stat(self.path).st_ctime_ns
        digest = _digest_again(self.path, self.size, self.mtime_ns, ctime_ns)
        parts = self.frame, self.variable, self.reader
        if _part_digest(digest, *parts) != self.digest:
            raise SknacFormatError(
                self.path,
                "its content is no longer that of which its handle was made, at the "
                "same size and time; put the file back, or build the cohort again",
            )

    def __reduce__(self):
        fields = (self.frame, self.shape, self.dtype.str, self.digest)
        file = (self.size, self.mtime_ns, self.variable, self.reader)
        return ArrayRef, (self.path, *fields, *file)

    def __setstate__(self, known):
        self._set(_known=known)

    def __reduce_ex__(self, protocol):
        # Pickles alone ask for this: they are code, and vouch for the reader.
        make, fields = self.__reduce__()
        return (make if self.reader is None else _with_reader), fields, self._known

    def __repr__(self):
        variable = "" if self.variable is None else f", variable={self.variable!r}"
        frame = "" if self.frame is None else f", frame={self.frame}"
        return (
            f"ArrayRef({Path(self.path).name!r}{variable}{frame}, shape={self.shape})"
        )


def _part_digest(digest, *parts):
    """Digest of a part of a file: of a frame, of a variable, by a reader."""
    for part in parts:
        if part is not None:
            digest = digest_of(digest, part)
    return digest


# Without what was learned of the samples since the handle was made.
hash_by(ArrayRef, lambda handle: digest_of(handle.digest, *handle.location))
