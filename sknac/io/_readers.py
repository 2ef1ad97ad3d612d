"""Which module reads which suffix."""

# SPDX-License-Identifier: BSD-3-Clause

from importlib import import_module
from pathlib import Path
from types import ModuleType

from sknac.exceptions import SknacFormatError

# A reader is a module with `read_info(path)` and `read_frame(info, frame)`. One whose
# files hold several arrays says `HAS_VARIABLES = True` and takes
# `read_info(path, variable)`. Modules are imported when a file of theirs is met.
_READERS = {
    ".rf": "sknac.io._ultrasonix",
    ".bpr": "sknac.io._ultrasonix",
    ".b8": "sknac.io._ultrasonix",
    ".png": "sknac.io._images",
    ".jpg": "sknac.io._images",
    ".jpeg": "sknac.io._images",
    ".bmp": "sknac.io._images",
    ".tif": "sknac.io._images",
    ".tiff": "sknac.io._images",
    ".gif": "sknac.io._images",
    ".npy": "sknac.io._npy",
    ".mat": "sknac.io._matlab",
    ".h5": "sknac.io._hdf5",
    ".hdf5": "sknac.io._hdf5",
    ".cohort": "sknac.io._pack",
    ".raw": "sknac.io._clarius",
    ".tar": "sknac.io._clarius",
    ".lzo": "sknac.io._clarius",
}


def find_reader(path) -> ModuleType:
    """Find the reader of a path by the longest of its suffixes that is known."""
    name = Path(path).name.lower()
    for start in range(len(name)):
        if name[start] == "." and name[start:] in _READERS:
            return import_module(_READERS[name[start:]])
    raise SknacFormatError(
        path,
        f"suffix {Path(path).suffix.lower()!r} is not one of {', '.join(_READERS)}; "
        "convert it",
    )
