"""Ultrasonix research files: one 76-byte header, then frames."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import struct

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io._info import ArrayInfo

_HEADER = struct.Struct("<19i")
_FRAME_TAG_BYTES = 4  # some older software writes a counter before each frame
_MAX_FRAMES = 100_000
_MAX_SIDE = 65_535
# type code -> (dtype, lines are contiguous, bits of a sample)
_LAYOUTS = {
    2: (np.dtype("u1"), True, 8),  # .bpr, envelope before scan conversion
    4: (np.dtype("u1"), False, 8),  # .b8, row-major image
    16: (np.dtype("<i2"), True, 16),  # .rf
}
_SIGNALS = {2: "envelope", 4: "bmode", 16: "rf"}


def read_info(path) -> ArrayInfo:
    """Read and check the header; the file's size agrees with it."""
    size = os.stat(path).st_size
    if size < _HEADER.size:
        raise SknacFormatError(
            path,
            f"the {_HEADER.size}-byte header is cut off: {size} bytes in all; copy the "
            "file again",
        )
    with open(path, "rb") as file:
        fields = _HEADER.unpack(file.read(_HEADER.size))
    type_code, n_frames, width, height, bits = fields[:5]
    _check_fields(path, type_code, n_frames, width, height, bits)
    frame_bytes = width * height * bits // 8
    return ArrayInfo(
        str(path),
        "ultrasonix",
        (height, width),
        _LAYOUTS[type_code][0],
        n_frames,
        fields[15] / 1e6 or None,
        {
            "type_code": type_code,
            "sample_bits": bits,
            "corners_px": tuple(zip(fields[5:13:2], fields[6:13:2], strict=True)),
            "transmit_mhz": fields[14] / 1e6,
            "frame_tag_bytes": _tag_bytes(path, size, n_frames, frame_bytes),
        },
        signal=_SIGNALS[type_code],
    )


def _check_fields(path, type_code, n_frames, width, height, bits):
    """Refuse a header whose fields cannot be true."""
    if type_code not in _LAYOUTS:
        raise SknacFormatError(
            path,
            f"header type {type_code} is not one of {sorted(_LAYOUTS)}; files must be "
            ".bpr (2), .b8 (4) or .rf (16)",
        )
    if bits != _LAYOUTS[type_code][2]:
        raise SknacFormatError(
            path,
            f"header claims {bits} bits a sample for type {type_code}, which must have "
            f"{_LAYOUTS[type_code][2]}",
        )
    sides_ok = 0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE
    if not (sides_ok and 0 < n_frames <= _MAX_FRAMES):
        raise SknacFormatError(
            path,
            f"header claims {n_frames} frames of {height} x {width}; copy it again",
        )


def _tag_bytes(path, size, n_frames, frame_bytes):
    """Tell the layout of the frames by the size of the file."""
    for tag in (0, _FRAME_TAG_BYTES):
        if size == _HEADER.size + n_frames * (tag + frame_bytes):
            return tag
    expected = _HEADER.size + n_frames * frame_bytes
    raise SknacFormatError(
        path,
        f"the header's {n_frames} frames need {expected} bytes, the file has {size}"
        f" ({'truncated' if size < expected else 'trailing bytes'}); copy it again",
    )


def read_frame(info, frame=None) -> np.ndarray:
    """Read one frame as (n_samples, n_lines) or (rows, columns)."""
    tag, (height, width) = info.header["frame_tag_bytes"], info.shape
    count = width * height
    step = tag + count * info.dtype.itemsize
    offset = _HEADER.size + (frame or 0) * step + tag
    data = np.fromfile(info.path, info.dtype, count=count, offset=offset)
    if _LAYOUTS[info.header["type_code"]][1]:
        return np.ascontiguousarray(data.reshape(width, height).T)
    return data.reshape(height, width)
