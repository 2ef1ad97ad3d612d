"""Which module reads which suffix."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from importlib import import_module
from pathlib import Path

from sknac.exceptions import SknacFormatError
from sknac.io._register import REGISTERED, RegisteredReader
from sknac.io._suffixes import READERS

OWN = "sknac"  # the reader that handles name where sknac itself read the file


def find_reader(path, reader: str | None = None):
    """Find the reader of a path: a module, or what has its two functions.

    `reader` is the import path that an `ArrayInfo` carries, or ``"sknac"`` for its
    own readers alone. By default the longest of the suffixes that is known decides;
    scanners name DICOM files by numbers, which are known by their mark.
    """
    if reader is not None and reader != OWN:
        return RegisteredReader(reader)
    registered = {} if reader == OWN else REGISTERED
    name = Path(path).name.lower()
    for start in range(len(name)):
        suffix = name[start:] if name[start] == "." else ""
        if suffix in READERS:
            return import_module(READERS[suffix])
        if suffix in registered:
            return RegisteredReader(registered[suffix])
    if _has_dicom_mark(path):
        return import_module("sknac.io._dicom")
    raise SknacFormatError(
        path,
        f"suffix {Path(path).suffix.lower()!r} is not one of "
        f"{', '.join([*READERS, *registered])}; convert it, or teach sknac to read it "
        "with sknac.io.register_reader: see the formats page of the documentation",
    )


def _has_dicom_mark(path):
    """Tell whether a file without a known suffix is DICOM."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        return file.read(132)[128:] == b"DICM"
