"""Files that are whole or not there: the one door through which sknac writes.

A file is written beside its place under a name of its own, flushed to the disk and
renamed, so that whatever happens to the writer, under the file's name is what was
there before or what is there now. What a killed writer left is swept out by the next
that writes the same file: a living one holds a lock.
"""

# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import errno
import glob
import io
import os
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sknac.utils._handle import digest_of

# What a full disk answers.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_LONGEST = 200  # bytes; file systems take names of 255
# Where there are no locks: no writer pauses for an hour.
_ABANDONED_S = 3600.0


@contextlib.contextmanager
def whole_file(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """Open a file to be written, which takes its place when the block ends.

    Parameters
    ----------
    path : str or path-like
        The file; one that is there is replaced, and keeps its permissions. A link is
        followed.

    Yields
    ------
    binary file
        Writable and seekable.

    Raises
    ------
    ValueError
        If there is something else of that name, such as a folder or a device.
    OSError
        If it cannot be written. What was there before is left as it was, as it is when
        the block raises.
    """
    target = Path(os.path.realpath(path))
    mode = _mode_of(target)
    with _beside(target) as (unfinished, file):
        try:
            sweep(target, os.fstat(file.fileno()).st_mtime)
            if mode is not None:
                os.chmod(unfinished, mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
            if os.name == "nt":  # where no open file can be renamed
                file.close()
            os.replace(unfinished, target)
        except OSError as error:
            if error.__cause__ is not None:  # told already
                raise
            raise _told(error, target) from error
    _flush_folder(target.parent)


def write_whole(path: str | os.PathLike, data: bytes | str) -> None:
    """Write bytes, or text as UTF-8, as `whole_file` does."""
    with whole_file(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)


def sweep(path: str | os.PathLike, now: float) -> None:
    """Delete what killed writers of a file left beside it.

    Parameters
    ----------
    path : str or path-like
        The file that they were to write.
    now : float
        Modification time of a file just written there: machines' clocks differ.
    """
    path = Path(path)
    pattern = f".{glob.escape(_stem(path))}.*.part"
    for left in list(path.parent.glob(pattern)):
        with contextlib.suppress(OSError), open(left, "r+b") as file:
            free = _lock(file, wait=False)
            if free is None:
                free = now - os.fstat(file.fileno()).st_mtime > _ABANDONED_S
            if free:
                left.unlink()


@contextlib.contextmanager
def _beside(target):
    """Make and lock an unfinished file; it is gone when the block ends."""
    unfinished = target.with_name(f".{_stem(target)}.{uuid.uuid4().hex[:8]}.part")
    with contextlib.ExitStack() as stack:
        stack.callback(unfinished.unlink, missing_ok=True)
        file = None
        while file is None or not unfinished.exists():  # swept before it was locked
            try:
                file = io.BufferedWriter(io.FileIO(unfinished, "wb"))
            except OSError as error:
                raise _told(error, target) from error
            stack.callback(_close, file)
            _lock(file, wait=True)
        yield unfinished, file


def _close(file):
    """Close a file that is flushed, or of which it was told that it cannot be."""
    with contextlib.suppress(OSError):
        file.close()


def _stem(path):
    """Name of a file as unfinished ones have it, which must not be too long."""
    name = path.name
    return name if len(os.fsencode(name)) <= _LONGEST else digest_of(name)


def _mode_of(target):
    """Permissions of the file that is to be replaced; None if there is none."""
    try:
        found = os.stat(target).st_mode
    except OSError:
        return None
    if not stat.S_ISREG(found):
        raise ValueError(f"{target} must be a file or not there yet; name another")
    return stat.S_IMODE(found)


def _lock(file, wait):
    """Lock an open file; None where there are no locks."""
    try:
        import fcntl  # not on Windows

        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return None
    return True


def _told(error, target):
    """Name the file that could not be written, and what to do, of a full disk."""
    if error.errno in FULL:
        return OSError(
            error.errno,
            f"{target} could not be written ({error.strerror}), and what was there is "
            "left as it was; make room, or name another folder",
        )
    if str(error.filename or "").endswith(".part"):
        return OSError(error.errno, error.strerror, str(target))
    return error


def _flush_folder(folder):
    """Let a new name in a folder outlive a loss of power, where that can be asked."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
