"""Arrays kept for the life of a program, so that a search computes nothing twice.

A folder among the temporary ones, which the program shares with the workers that it
starts: a name in the environment leads them there. It is deleted when the program
ends; that of a killed one by the next that opens its own. A lock tells the two apart.
"""

# SPDX-License-Identifier: BSD-3-Clause

import atexit
import contextlib
import json
import os
import random
import shutil
import tempfile
import time
import uuid
import zlib
from pathlib import Path

import numpy as np

try:
    import fcntl
except ImportError:  # Windows: what a killed program left stays
    fcntl = None

_VARIABLE, _OFF = "SKNAC_SESSION", "off"
_PREFIX = "sknac-session-"
_MOST_BYTES = 4 << 30
_LEAST_FREE = 4  # at most one part in so many of the free space is taken
_YOUNG_S = 60.0  # a folder that is just being made has no lock yet

_OWN = _VARIABLE not in os.environ  # whether this program is the one that ends it
_TOKEN = os.environ.setdefault(_VARIABLE, uuid.uuid4().hex)
_OPEN: dict[tuple, "SessionStore | None"] = {}  # by process: a fork opens its own


def session_store() -> "SessionStore | None":
    """Return the store of this program, or None where there can be none."""
    token = os.environ.get(_VARIABLE, _TOKEN)
    if token == _OFF:
        return None
    mine = os.getpid(), _folder_of(token)
    if mine not in _OPEN:
        _OPEN[mine] = _opened(mine[1])
    return _OPEN[mine]


class SessionStore:
    """A folder of arrays with notes, as large as its bound; what it cannot do it skips.

    Which entry goes first is drawn by chance: who reads a cohort in turns would never
    find what was used longest ago.
    """

    def __init__(self, folder, most_bytes=_MOST_BYTES):
        self.folder = Path(folder)
        self.most_bytes = most_bytes
        self._known_bytes = None  # of the folder, when it was last looked at
        self._new_bytes = 0  # written since

    def find(self, key):
        """Return an array and its note; None and None if they are not there."""
        path = self.folder / key
        try:
            with open(path, "rb") as file:
                about = json.loads(file.readline())
                array = np.lib.format.read_array(file, allow_pickle=False)
            if zlib.crc32(array) != about["crc"]:
                raise ValueError("damaged; it is computed again")
        except FileNotFoundError:
            return None, None
        except (OSError, ValueError, KeyError, TypeError):
            with contextlib.suppress(OSError):
                path.unlink()
            return None, None
        return array, about["note"]

    def put(self, key, array, note):
        """Keep an array and a note of plain values, if it may; return the array."""
        array = np.ascontiguousarray(array)
        if array.nbytes <= self.most_bytes // 4:
            self._put(key, array, note)
        return array

    def _put(self, key, array, note):
        """Write beside and rename."""
        about = json.dumps({"crc": zlib.crc32(array), "note": note}).encode() + b"\n"
        unfinished = self.folder / f"{key}-{uuid.uuid4().hex}"
        try:
            self._make_room(array.nbytes)
            with open(unfinished, "xb") as file:
                file.write(about)
                np.lib.format.write_array(file, array, allow_pickle=False)
            os.replace(unfinished, self.folder / key)
        except OSError:  # full, or deleted: what was computed is there anyway
            with contextlib.suppress(OSError):
                unfinished.unlink()

    def _make_room(self, n_bytes):
        """Delete entries until one more fits; others write there, too."""
        self._new_bytes += n_bytes
        if self._known_bytes is None or self._new_bytes > self.most_bytes // 64:
            self._known_bytes, self._new_bytes = _bytes_in(self.folder), n_bytes
        if self._known_bytes + self._new_bytes <= self.most_bytes:
            return
        there = [entry for entry in os.scandir(self.folder) if entry.name != "lock"]
        random.Random(uuid.uuid4().int).shuffle(there)
        left = sum(_size(entry) for entry in there)
        for entry in there:
            if left + n_bytes <= self.most_bytes * 15 // 16:
                break
            left -= _size(entry)
            with contextlib.suppress(OSError):  # another process was faster
                os.unlink(entry.path)
        self._known_bytes, self._new_bytes = left, n_bytes


def _opened(folder):
    """Make the folder and lock it for as long as this process lives."""
    try:
        _sweep(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
            return None
        lock = open(folder / "lock", "ab")  # noqa: SIM115 (closed by the process's end)
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_SH)
        free = shutil.disk_usage(folder).free
    except OSError:
        return None
    atexit.register(_leave, folder, lock, os.getpid())
    return SessionStore(folder, min(_MOST_BYTES, free // _LEAST_FREE))


def _folder_of(token):
    """Where the store of a program lies."""
    return Path(tempfile.gettempdir(), _PREFIX + token)


def _leave(folder, lock, pid):
    """Delete the folder if nobody else uses it, as where a worker was alone."""
    if os.getpid() != pid:  # a fork
        return
    if _is_free(lock):
        shutil.rmtree(folder, ignore_errors=True)
    lock.close()


def _sweep(temporary):
    """Delete the folders of programs that were killed."""
    for folder in temporary.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime < _YOUNG_S:
                continue
            with open(folder / "lock", "ab") as lock:
                if _is_free(lock):
                    shutil.rmtree(folder, ignore_errors=True)


def _is_free(lock):
    """Tell whether no other process holds a folder."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _bytes_in(folder):
    """Bytes of all entries."""
    return sum(_size(entry) for entry in os.scandir(folder))


def _size(entry):
    """Bytes of an entry, 0 if it is gone."""
    with contextlib.suppress(OSError):
        return entry.stat().st_size
    return 0


def _end(pid):
    """Delete the folder of this program, which its workers may have made."""
    if os.getpid() == pid:
        shutil.rmtree(_folder_of(_TOKEN), ignore_errors=True)


if _OWN:
    atexit.register(_end, os.getpid())
