"""Arrays of a packed cohort: a zip of ``.npy`` files named by what they hold."""

# SPDX-License-Identifier: BSD-3-Clause

import io
import math
import os
import zipfile
import zlib
from functools import lru_cache

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io._damage import damage, damage_named
from sknac.io._info import ArrayInfo

HAS_VARIABLES = True
_MAX_HEADER_BYTES = 10_000
_LOCAL_BYTES = 30  # before a member's name
_START_BYTES = 1 << 16
_MEND = "ask for it again"


def read_info(path, variable=None) -> ArrayInfo:
    """Tell shape and type of one array from its header."""
    if variable is None:
        raise SknacFormatError(
            path, "a packed cohort; read it with sknac.cohort.cohort_from_table"
        )
    with damage_named(path, "packed cohort", _MEND):
        member = _member(path, variable)
        start = io.BytesIO(_read(path, member, _MAX_HEADER_BYTES))
        shape, dtype = _header(start)
        n_bytes = member.file_size - start.tell()
        if min(shape, default=1) < 1 or math.prod(shape) * dtype.itemsize != n_bytes:
            damage(f"{variable} claims shape {shape} of {dtype} in {n_bytes} bytes")
    is_stack = len(shape) >= 3
    return ArrayInfo(
        str(path),
        "pack",
        shape,
        dtype,
        shape[0] if is_stack else 1,
        is_stack=is_stack,
        variable=variable,
    )


def read_frame(info, frame=None) -> np.ndarray:
    """Read one array; of a stack one entry."""
    with damage_named(info.path, "packed cohort", _MEND):
        member = _member(info.path, info.variable)
        data = _read(info.path, member, member.file_size)
        if len(data) != member.file_size or zlib.crc32(data) != member.CRC:
            damage(f"{info.variable} is not as it was packed")
        n_bytes = math.prod(info.shape) * info.dtype.itemsize
        array = np.frombuffer(data, info.dtype, offset=len(data) - n_bytes)
        array = array.reshape(info.shape)
    return array if frame is None or not info.is_stack else array[frame]


def _member(path, variable):
    """Find an array in the file's list."""
    stat = os.stat(path)
    return _members(str(path), stat.st_size, stat.st_mtime_ns)[f"pixels/{variable}.npy"]


@lru_cache(maxsize=4)
def _members(path, size, mtime_ns):
    """List what a file holds; once, for a cohort has thousands of arrays."""
    with zipfile.ZipFile(path) as pack:
        return {member.filename: member for member in pack.infolist()}


def _read(path, member, n_bytes):
    """Read the first bytes of a member, and never more than are asked for."""
    with open(path, "rb") as file:
        file.seek(member.header_offset)
        fixed = file.read(_LOCAL_BYTES)
        lengths = [int.from_bytes(fixed[i : i + 2], "little") for i in (26, 28)]
        file.seek(sum(lengths), os.SEEK_CUR)
        if member.compress_type == zipfile.ZIP_STORED:
            return file.read(n_bytes)
        if member.compress_type != zipfile.ZIP_DEFLATED:
            damage(f"{member.filename} is packed in a way that is not read")
        n_packed = min(member.compress_size, n_bytes + _START_BYTES)
        data = file.read(n_packed)
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, n_bytes)


def _header(file):
    """Read the header of a ``.npy`` file of version 1."""
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"the version of .npy must be 1.0, got {version}")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(
        file, max_header_size=_MAX_HEADER_BYTES
    )
    if is_fortran or dtype.kind not in "biuf":
        raise ValueError(f"an array must hold numbers row by row, got {dtype}")
    return shape, dtype
