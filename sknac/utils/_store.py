"""A folder of computed arrays, found again by what they were computed from.

An entry is one plain ``.npy`` file whose name is the key of its input and the
checksum of its bytes: ``<folder>/<2 digits>/<key>-<checksum>.npy``. It is written
under another name, flushed to the disk and renamed, so that a file with an entry's
name is whole whatever happens to the writer, and writers of one key cannot mix. What
is to be known of an array may lie beside it, as ``<key>-<checksum>.json``.
"""

# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import io
import json
import os
import time
import uuid
import warnings
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.utils._handle import Handle

_UNFINISHED = "unfinished"
_ABANDONED_S = 3600.0  # no write takes an hour: its writer was killed
# File systems stamp times in ticks of up to 2 s (FAT): a younger file may yet change
# without another stamp, so that its checksum must not be remembered.
_TICK_NS = 2_000_000_000


class StoredArray(Handle):
    """A handle to an entry of an `ArrayStore`; the checksum is verified on `load`.

    It has the interface of `ArrayRef`. Its digest is that of the file's content,
    so the file may be copied, restored or computed again: what counts is that the
    bytes are the same.
    """

    __slots__ = ("path",)

    def __init__(self, path, shape, dtype, digest):
        self._set(path=path, shape=tuple(shape), dtype=np.dtype(dtype), digest=digest)

    def load(self) -> np.ndarray:
        """Read and verify the array; it is read-only."""
        try:
            array = _verified(self.path, self.digest)
        except FileNotFoundError:
            raise FileNotFoundError(
                f"{self.path} is gone from its store; transform the planes again"
            ) from None
        array.setflags(write=False)
        return array

    def __reduce__(self):
        return StoredArray, (self.path, self.shape, self.dtype.str, self.digest)

    def __repr__(self):
        return f"StoredArray({Path(self.path).name!r}, shape={self.shape})"


class ArrayStore:
    """A folder of arrays under keys; see the module's docstring.

    Any number of processes may read and write it at once. Nothing is ever
    overwritten with other content, and deleting files, or the folder, costs no
    more than computing them again.
    """

    def __init__(self, folder):
        self.folder = Path(os.path.abspath(folder))
        above = next(p for p in (self.folder, *self.folder.parents) if p.exists())
        if not above.is_dir():
            raise ValueError(
                f"store must be a folder to write into, got {str(self.folder)!r}"
            )

    def prepare(self):
        """Make the folder and sweep out what killed writers left."""
        (self.folder / _UNFINISHED).mkdir(parents=True, exist_ok=True)
        for path in (self.folder / _UNFINISHED).iterdir():
            with suppress(FileNotFoundError):  # another process was faster
                if time.time() - path.stat().st_mtime > _ABANDONED_S:
                    path.unlink()

    def get(self, key):
        """Return a handle to a verified entry, or None.

        A damaged entry is deleted with a warning, so that it is computed again. One
        that was verified in this process is hashed again if its file's stamps changed,
        and when it is loaded.
        """
        found = self._first(key, ".npy", _verified_header)
        if found is None:
            return None
        path, (shape, dtype) = found
        return StoredArray(str(path), shape, dtype, _digest_in(path))

    def note(self, key):
        """Return what was noted of an entry, or None; damage is treated as in `get`."""
        found = self._first(key, ".json", _verified_bytes)
        return None if found is None else json.loads(found[1])

    def put(self, key, array, note=None) -> StoredArray:
        """Write an array under a key, and a note of plain values; return its handle."""
        if note is not None:  # before the array, which is of no use without it
            self._write(key, json.dumps(note, sort_keys=True).encode(), ".json")
        array = np.ascontiguousarray(array)
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, array, allow_pickle=False)
        path = self._write(key, buffer.getbuffer(), ".npy")
        return StoredArray(str(path), array.shape, array.dtype, _digest_in(path))

    def _write(self, key, data, suffix):
        """Write a whole file or none; return its path."""
        path = self._shelf(key) / f"{key}-{_checksum(data)}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        # The folder is not flushed: a name lost with the power is computed again.
        unfinished = self.folder / _UNFINISHED / f"{key}-{uuid.uuid4().hex}"
        try:
            with open(unfinished, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        return path

    def _first(self, key, suffix, read):
        """Return path and content of the first whole file of a key, or None."""
        for path in self._entries(key, suffix):
            try:
                return path, read(path, _digest_in(path))
            except FileNotFoundError:
                continue
            except SknacFormatError:
                warnings.warn(
                    f"{path}: damaged entry of a store; it is computed again",
                    UserWarning,
                    stacklevel=4,
                )
                path.unlink(missing_ok=True)
        return None

    def _shelf(self, key):
        """Folder of a key; 256 of them keep each short."""
        return self.folder / key[:2]

    def _entries(self, key, suffix):
        """List the files of a key; more than one where results differed."""
        shelf = self._shelf(key)
        with suppress(FileNotFoundError):
            names = os.listdir(shelf)
            return [
                shelf / name
                for name in sorted(names)
                if name.startswith(f"{key}-") and name.endswith(suffix)
            ]
        return []


def _checksum(data):
    """Checksum of a file's bytes; the digest that `ArrayRef` gives the file."""
    return hashlib.sha256(data).hexdigest()[:32]


def _digest_in(path):
    """Checksum that a file's name states."""
    return path.stem.rpartition("-")[2]


def _verified(path, digest):
    """Read an array whose bytes must have this checksum."""
    data = _verified_bytes(path, digest)
    return np.load(io.BytesIO(data), allow_pickle=False)


def _verified_bytes(path, digest):
    """Read bytes that must have this checksum."""
    data = Path(path).read_bytes()
    _check(path, _checksum(data), digest)
    return data


def _verified_header(path, digest):
    """Read shape and type of an array whose bytes must have this checksum."""
    with open(path, "rb") as file:
        stat = os.fstat(file.fileno())
        last_ns = max(stat.st_mtime_ns, stat.st_ctime_ns)
        stamps = stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
        settled = time.time_ns() - last_ns > _TICK_NS
        hashed = _checksum_of if settled else _checksum_of.__wrapped__
        _check(path, hashed(str(path), *stamps), digest)
        np.lib.format.read_magic(file)  # 1.0, in which arrays of numbers are written
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    return shape, dtype


@lru_cache(maxsize=1 << 14)
def _checksum_of(path, *stamps):
    """Checksum of a file; its stamps make a changed one miss."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def _check(path, found, digest):
    """Raise when bytes have another checksum than they should."""
    if found != digest:
        raise SknacFormatError(
            path, "damaged, does not match its checksum; transform the planes again"
        )
