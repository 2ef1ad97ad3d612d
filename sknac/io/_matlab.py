"""MATLAB ``.mat`` files, in MATLAB's order of axes, whatever stores them."""

# SPDX-License-Identifier: BSD-3-Clause

import re
from dataclasses import replace

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io import _hdf5, _mat5
from sknac.io._damage import damage_named
from sknac.io._info import ArrayInfo
from sknac.io._variables import choose, describe, remembered

HAS_VARIABLES = True
_KIND = ".mat"
_MEND = "save it again in MATLAB"


def read_info(path, variable=None) -> ArrayInfo:
    """Tell shape and type of an array; the last of three axes counts the frames."""
    with damage_named(path, _KIND, _MEND):
        found = _contents(path)
        chosen = choose(path, found, variable)
        chosen = _frames_first(path, chosen)
        info = describe(path, "matlab", chosen, _beside(found, chosen))
        if _is_hdf5(path):
            _hdf5.check(path, chosen)
        return info


def read_frame(info, frame=None) -> np.ndarray:
    """Read an array, frames first, or one frame of it."""
    with damage_named(info.path, _KIND, _MEND):
        variable = _contents(info.path)[info.variable]
        frame = frame if info.is_stack else None
        reader = _hdf5.read_matlab if _is_hdf5(info.path) else _mat5.read
        array = reader(info.path, variable, frame)
        if array.ndim == 3:
            array = np.moveaxis(array, -1, 0)
        return np.ascontiguousarray(array)


def _is_hdf5(path):
    """Tell the format by its version; refuse what is no MATLAB file."""
    with open(path, "rb") as file:
        header = file.read(128)
    if len(header) == 128 and header[124:128] in (b"\x00\x02IM", b"\x02\x00MI"):
        return True
    if len(header) == 128 and header[126:128] in (b"IM", b"MI"):
        return False
    if header.startswith(b"\x89HDF\r\n\x1a\n"):
        raise SknacFormatError(
            path,
            "an HDF5 file without MATLAB's header, so that the order of its axes is "
            "not known; rename it to .h5 if its first axis is depth or frames",
        )
    if len(header) >= 20 and 0 in header[:4]:
        raise SknacFormatError(
            path, "a MATLAB file of version 4; save it with save(..., '-v7')"
        )
    raise SknacFormatError(path, "not a MATLAB file; save it with save(..., '-v7')")


@remembered
def _contents(path):
    """List what a file holds."""
    return _hdf5.matlab_contents(path) if _is_hdf5(path) else _mat5.contents(path)


def _frames_first(path, variable):
    """Give an array's shape as it is read: MATLAB's last axis first."""
    shape = variable.shape
    if len(shape) != 3:
        return variable
    if min(shape[:2]) == 1:
        raise SknacFormatError(
            path,
            f"{variable.name} is {' x '.join(map(str, shape))}, and the last axis "
            "counts the frames; squeeze() it, or permute() it to (samples, lines, "
            "frames)",
        )
    return replace(variable, shape=(shape[2], *shape[:2]))


def _beside(found, chosen):
    """Texts and single numbers that stand beside an array in its struct."""
    place, _, _ = chosen.name.rpartition(".")
    struct = found.get(place) or found.get(re.sub(r"\[\d+\]$", "", place))
    if not place or struct is None:
        return {}
    beside = ((field, found.get(f"{place}.{field}")) for field in struct.fields)
    values = {f: v.value for f, v in beside if v is not None and v.value is not None}
    return {"fields": values} if values else {}
