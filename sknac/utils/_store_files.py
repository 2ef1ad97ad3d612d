"""Files of a store: opened only if they are whole, and errors that say "store"."""

# SPDX-License-Identifier: BSD-3-Clause

import errno
import hashlib
import json
import math
import os
import stat
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.utils._atomic import FULL
from sknac.utils._room import MOST_BYTES
from sknac.utils._settled import has_settled

_MOST_NOTE_BYTES = 1 << 24
_LOCKED = (errno.EROFS, errno.EACCES, errno.EPERM)
_TAKEN = (errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY, errno.EEXIST)
_AGAIN = "transform the planes again"
_NO_FILE = f"damaged, is no file; {_AGAIN}"
_NO_ARRAY = f"damaged, does not begin as an array does; {_AGAIN}"
_LENGTH = f"damaged, is not as long as its shape says; {_AGAIN}"
_OTHER = f"damaged, is not of the shape and type that it had; {_AGAIN}"
_ROTTEN = f"damaged, does not match its checksum; {_AGAIN}"
_NO_NOTE = f"damaged, holds no note; {_AGAIN}"


def checksum(data) -> str:
    """Checksum of a file's bytes; the digest that `ArrayRef` gives the file."""
    return hashlib.sha256(data).hexdigest()[:32]


def digest_in(path) -> str:
    """Checksum that a file's name states."""
    return Path(path).stem.rpartition("-")[2]


def read_header(path) -> tuple:
    """Read shape and type of an array; its file must be as long as they say."""
    with _opened(path) as file:
        return _header(path, file)


def read_array(path, digest, shape, dtype) -> np.ndarray:
    """Read an array of this shape and type, whose bytes must have this checksum."""
    with _opened(path) as file:
        if _header(path, file) != (shape, dtype):
            raise SknacFormatError(path, _OTHER)
        start = file.tell()
        file.seek(0)
        data = file.read()
    _check(path, checksum(data), digest)
    return np.frombuffer(data, dtype, offset=start).reshape(shape)


def read_note(path, digest) -> dict:
    """Read a small file of plain values whose bytes must have this checksum."""
    with _opened(path) as file:
        data = file.read(_MOST_NOTE_BYTES)
    _check(path, checksum(data), digest)
    try:
        return dict(json.loads(data))
    except (ValueError, TypeError):
        raise SknacFormatError(path, _NO_NOTE) from None


def verified_header(path, digest) -> tuple:
    """Read shape and type of an array whose bytes must have this checksum."""
    with _opened(path) as file:
        found = os.fstat(file.fileno())
        header = _header(path, file)
    last_ns = max(found.st_mtime_ns, found.st_ctime_ns)
    stamps = found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    hashed = _checksum_of if has_settled(last_ns) else _checksum_of.__wrapped__
    _check(path, hashed(str(path), *stamps), digest)
    return header


@contextmanager
def writing(folder, path):
    """Say of what goes wrong that it is the store, and what mends it."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            mend = "free some space, or give another folder; what is stored is kept"
        elif error.errno in _LOCKED:
            mend = "make it writable, or give a copy of it that is"
        elif error.errno in _TAKEN:
            mend = f"delete what lies at {str(path)!r}"
        else:
            mend = "check the disk, or give another folder"
        raise OSError(
            error.errno,
            f"the store {str(folder)!r} cannot be written ({error.strerror}); {mend}",
        ) from error


@contextmanager
def reading(folder):
    """Say of what goes wrong that it is the store; what is not there stays so."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise OSError(
            error.errno,
            f"the store {str(folder)!r} cannot be read ({error.strerror}); make it "
            "readable, or give another folder",
        ) from error


def _opened(path):
    """Open a file for reading; what is none may block, or have no end."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise SknacFormatError(path, _NO_FILE)
    return os.fdopen(file, "rb")


def _header(path, file):
    """Read shape and type; leave the file at its first sample."""
    try:
        np.lib.format.read_magic(file)  # 1.0, in which arrays of numbers are written
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    except Exception:  # of a damaged header NumPy raises errors of many kinds
        raise SknacFormatError(path, _NO_ARRAY) from None
    n_bytes = math.prod(shape) * dtype.itemsize
    size = os.fstat(file.fileno()).st_size
    if dtype.hasobject or n_bytes > MOST_BYTES or file.tell() + n_bytes != size:
        raise SknacFormatError(path, _LENGTH)
    return shape, dtype


@lru_cache(maxsize=1 << 14)
def _checksum_of(path, *stamps):
    """Checksum of a file; its stamps make a changed one miss."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def _check(path, found, digest):
    """Raise when bytes have another checksum than they should."""
    if found != digest:
        raise SknacFormatError(path, _ROTTEN)
