"""A path that shall be a table's: a file, and not one without an end."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

from sknac.exceptions import SknacFormatError
from sknac.utils._names import brief

MOST_BYTES = 200_000_000


def check_file(path: str | os.PathLike) -> Path:
    """Return the path of a file that can be read.

    Raises
    ------
    FileNotFoundError
        If there is none.
    SknacFormatError
        If it is a folder, a pipe or a device, whose end nobody knows; if it may not be
        read, or is larger than any table.
    """
    path = Path(path)
    try:
        stat = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(f"{path}: no such file; check the path") from None
    except (OSError, ValueError) as error:  # too long, a NUL, half of a character
        cause = getattr(error, "strerror", None) or str(error)
        raise SknacFormatError(
            brief(str(path)), f"no path of a file: {cause}; check it"
        ) from error
    if not path.is_file():
        raise SknacFormatError(
            path, "a folder, pipe or device is no table; give the path of a file"
        )
    if not os.access(path, os.R_OK):
        raise SknacFormatError(path, "it may not be read; ask for the right to")
    if stat.st_size > MOST_BYTES:
        raise SknacFormatError(path, "larger than any table of planes; split it")
    return path
