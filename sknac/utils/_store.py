"""A folder of computed arrays, found again by what they were computed from.

An entry is one plain ``.npy`` file whose name is the key of its input and the
checksum of its bytes: ``<folder>/<2 digits>/<key>-<checksum>.npy``. It is written
under another name, flushed to the disk and renamed, so that a file with an entry's
name is whole whatever happens to the writer, and writers of one key cannot mix. What
is to be known of an array may lie beside it, as ``<key>-<checksum>.json``.
"""

# SPDX-License-Identifier: BSD-3-Clause

import io
import json
import os
import uuid
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.utils._handle import Handle
from sknac.utils._store_files import (
    checksum,
    digest_in,
    read_array,
    read_header,
    read_note,
    reading,
    verified_header,
    writing,
)

_UNFINISHED = "unfinished"
_ABANDONED_S = 3600.0  # no write takes an hour: its writer was killed
_ATTEMPTS = 3


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
        """Read and verify the array; it is read-only.

        A damaged entry is deleted, so that it is computed again when it is looked for.
        """
        try:
            return read_array(self.path, self.digest, self.shape, self.dtype)
        except FileNotFoundError:
            raise self._gone() from None
        except SknacFormatError:
            if digest_in(self.path) == self.digest:
                _discard(self.path)
            raise

    def check_unchanged(self) -> None:
        """Raise if the entry is gone; its content is verified on `load`."""
        if not os.path.exists(self.path):
            raise self._gone()

    def _gone(self):
        """Make the error of an entry that is no longer there."""
        return FileNotFoundError(
            f"{self.path} is gone from its store; transform the planes again"
        )

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
        self._listed = {}  # names of entries by key, of each shelf that was looked into
        above = next(p for p in (self.folder, *self.folder.parents) if p.exists())
        if not above.is_dir():
            raise ValueError(
                f"store must be a folder to write into, got {str(self.folder)!r}"
            )

    def __getstate__(self):
        return {"folder": self.folder}  # others look for themselves

    def __setstate__(self, state):
        vars(self).update(state, _listed={})

    def prepare(self):
        """Make the folder and sweep out what killed writers left.

        A store that cannot be written serves what it holds.
        """
        unfinished = self.folder / _UNFINISHED
        try:
            with writing(self.folder, unfinished):
                unfinished.mkdir(parents=True, exist_ok=True)
        except OSError:
            if not self.folder.is_dir():
                raise
            return
        with suppress(OSError):  # others sweep, too; and what stays harms nobody
            self._sweep(unfinished)

    def get(self, key):
        """Return a handle to a verified entry, or None.

        A damaged entry is deleted with a warning, so that it is computed again. One
        that was verified in this process is hashed again if its file's stamps changed,
        and when it is loaded.
        """
        return self._handle(key, verified_header)

    def find(self, key, *, listed=False):
        """Return a handle to an entry by its name and length, or None.

        Its checksum is verified when it is loaded. `listed` looks at the names that
        were there when this store looked first, which is quicker for many keys.
        """
        return self._handle(key, lambda path, digest: read_header(path), listed)

    def note(self, key, *, listed=False):
        """Return what was noted of an entry, or None; damage is treated as in `get`."""
        found = self._first(key, ".json", read_note, listed)
        return None if found is None else found[1]

    def put(self, key, array, note=None) -> StoredArray:
        """Write an array under a key, and a note of plain values; return its handle."""
        if note is not None:  # before the array, which is of no use without it
            self._write(key, json.dumps(note, sort_keys=True).encode(), ".json")
        array = np.ascontiguousarray(array)
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, array, allow_pickle=False)
        with buffer.getbuffer() as data:  # an error holds no view of it
            path = self._write(key, data, ".npy")
        return StoredArray(str(path), array.shape, array.dtype, digest_in(path))

    def _write(self, key, data, suffix):
        """Write a whole file or none; return its path."""
        path = self._shelf(key) / f"{key}-{checksum(data)}{suffix}"
        with writing(self.folder, path):
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    self._write_once(path, data)
                    break
                except FileNotFoundError:  # a hasty sweep, or the folder was deleted
                    if attempt == _ATTEMPTS:
                        raise
        return path

    def _write_once(self, path, data):
        """Write beside and rename."""
        # The folder is not flushed: a name lost with the power is computed again.
        unfinished = self.folder / _UNFINISHED / f"{path.stem[:32]}-{uuid.uuid4().hex}"
        for folder in (unfinished.parent, path.parent):
            folder.mkdir(parents=True, exist_ok=True)
        try:
            with open(unfinished, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise

    def _sweep(self, folder):
        """Delete what nobody has written to for an hour, by the folder's own clock.

        This machine's clock may be hours away from that of who writes there.
        """
        there = list(folder.iterdir())
        if not there:
            return
        mark = folder / f"clock-{uuid.uuid4().hex}"
        mark.touch()
        try:
            now = mark.stat().st_mtime
        finally:
            mark.unlink()
        for path in there:
            with suppress(OSError):  # another process was faster
                if now - path.stat().st_mtime > _ABANDONED_S:
                    path.unlink()

    def _handle(self, key, read, listed=False):
        """Return a handle to the first whole entry of a key, or None."""
        found = self._first(key, ".npy", read, listed)
        if found is None:
            return None
        path, (shape, dtype) = found
        return StoredArray(str(path), shape, dtype, digest_in(path))

    def _first(self, key, suffix, read, listed=False):
        """Return path and content of the first whole file of a key, or None."""
        for path in self._entries(key, suffix, listed):
            try:
                with reading(self.folder):
                    return path, read(path, digest_in(path))
            except FileNotFoundError:
                continue
            except SknacFormatError:
                warnings.warn(
                    f"{path}: damaged entry of a store; it is computed again",
                    UserWarning,
                    stacklevel=5,
                )
                _discard(path)
        return None

    def _shelf(self, key):
        """Folder of a key; 256 of them keep each short."""
        return self.folder / key[:2]

    def _entries(self, key, suffix, listed):
        """List the files of a key; more than one where results differed."""
        shelf = self._shelf(key)
        if not listed or shelf.name not in self._listed:
            names = {}
            with reading(self.folder), suppress(FileNotFoundError):
                for name in sorted(os.listdir(shelf)):
                    names.setdefault(name.partition("-")[0], []).append(name)
            self._listed[shelf.name] = names
        names = self._listed[shelf.name].get(key, ())
        return [shelf / name for name in names if name.endswith(suffix)]


def _discard(path):
    """Delete a damaged entry where that can be done."""
    with suppress(OSError):
        os.unlink(path)
