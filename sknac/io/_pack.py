"""Arrays of a packed cohort: a zip of ``.npy`` files named by what they hold."""

# SPDX-License-Identifier: BSD-3-Clause

import math
import zipfile
from contextlib import contextmanager

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io._info import ArrayInfo

HAS_VARIABLES = True
_MAX_HEADER_BYTES = 10_000


def read_info(path, variable=None) -> ArrayInfo:
    """Tell shape and type of one array from its header."""
    if variable is None:
        raise SknacFormatError(
            path, "a packed cohort; read it with sknac.cohort.cohort_from_table"
        )
    with _opened(path, variable) as (_, shape, dtype):
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
    with _opened(info.path, info.variable) as (file, shape, dtype):
        n_bytes = math.prod(shape) * dtype.itemsize
        array = np.frombuffer(file.read(n_bytes), dtype).reshape(shape)
        file.read(1)  # the end, where the checksum is compared
    return array if frame is None or len(shape) < 3 else array[frame]


@contextmanager
def _opened(path, variable):
    """Open one array behind its header, with one error for all damage."""
    try:
        with zipfile.ZipFile(path) as pack:
            member = pack.getinfo(f"pixels/{variable}.npy")
            with pack.open(member) as file:
                shape, dtype = _header(file)
                _check(path, variable, shape, dtype, member.file_size - file.tell())
                yield file, shape, dtype
    except SknacFormatError:
        raise
    except Exception as error:  # zip, zlib, struct, key, value errors: any is damage
        cause = str(error) or type(error).__name__
        raise SknacFormatError(
            path, f"damaged packed cohort: {cause}; ask for it again"
        ) from error


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


def _check(path, variable, shape, dtype, n_bytes):
    """Refuse an array whose header claims another size than its file has."""
    if min(shape, default=1) < 1 or math.prod(shape) * dtype.itemsize != n_bytes:
        raise SknacFormatError(
            path,
            f"{variable} claims shape {shape} of {dtype} in {n_bytes} bytes; ask for "
            "the packed cohort again",
        )
