"""Ultrasonix research files: one 76-byte header, then frames."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import struct
from dataclasses import dataclass

import numpy as np

from sknac.exceptions import SknacFormatError

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


@dataclass(frozen=True)
class UltrasonixHeader:
    """Header of an Ultrasonix ``.rf``, ``.bpr`` or ``.b8`` file.

    Parameters
    ----------
    type_code : int
        16 for RF, 4 for a B-mode image, 2 for the pre-scan envelope.
    n_frames : int
        Number of frames.
    width : int
        Lines of an RF frame, columns of an image.
    height : int
        Samples per line of an RF frame, rows of an image.
    sample_bits : int
        Bits per sample.
    corners_px : tuple of (int, int)
        Upper left, upper right, lower right and lower left corner of the
        scanned region in image pixels, each (column, row); zeros in RF files.
    transmit_mhz : float
        Transmit frequency as the file states it. It can be wrong (a real file
        says 10 MHz where its spectrum peaks at 5.3 MHz): never take the
        analysis band from it.
    fs_mhz : float
        Sampling frequency; 0 in image files.
    frame_tag_bytes : int
        Bytes that stand before each frame: 0, or 4 in files of older software.

    Examples
    --------
    >>> from sknac.io import UltrasonixHeader
    >>> corners = ((0, 0),) * 4
    >>> header = UltrasonixHeader(16, 2, 256, 2864, 16, corners, 10.0, 40.0, 0)
    >>> header.frame_shape
    (2864, 256)
    """

    type_code: int
    n_frames: int
    width: int
    height: int
    sample_bits: int
    corners_px: tuple[tuple[int, int], ...]
    transmit_mhz: float
    fs_mhz: float
    frame_tag_bytes: int

    @property
    def frame_shape(self) -> tuple[int, int]:
        """Shape of one frame: (n_samples, n_lines) or (rows, columns)."""
        return self.height, self.width

    @property
    def dtype(self) -> np.dtype:
        """Type of a sample."""
        return _LAYOUTS[self.type_code][0]

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame, its tag not counted."""
        return self.width * self.height * self.sample_bits // 8


def read_ultrasonix_header(path: str | os.PathLike) -> UltrasonixHeader:
    """Read and check the header of an Ultrasonix file.

    Parameters
    ----------
    path : str or path-like
        A ``.rf``, ``.bpr`` or ``.b8`` file.

    Returns
    -------
    UltrasonixHeader
        The header; the file's size agrees with it.

    Raises
    ------
    SknacFormatError
        If the header is cut off, of an unknown type, has impossible
        dimensions, or disagrees with the size of the file.

    Examples
    --------
    >>> import struct, tempfile, pathlib
    >>> from sknac.io import read_ultrasonix_header
    >>> fields = [16, 1, 2, 3, 16] + [0] * 9 + [10_000_000, 40_000_000, 0, 2, 0]
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "scan.rf"
    >>> _ = path.write_bytes(struct.pack("<19i", *fields) + bytes(12))
    >>> read_ultrasonix_header(path).fs_mhz
    40.0
    """
    size = os.stat(path).st_size
    if size < _HEADER.size:
        raise SknacFormatError(
            path, f"the {_HEADER.size}-byte header is cut off: {size} bytes in all"
        )
    with open(path, "rb") as file:
        fields = _HEADER.unpack(file.read(_HEADER.size))
    type_code, n_frames, width, height, bits = fields[:5]
    _check_fields(path, type_code, n_frames, width, height, bits)
    return UltrasonixHeader(
        type_code=type_code,
        n_frames=n_frames,
        width=width,
        height=height,
        sample_bits=bits,
        corners_px=tuple(zip(fields[5:13:2], fields[6:13:2], strict=True)),
        transmit_mhz=fields[14] / 1e6,
        fs_mhz=fields[15] / 1e6,
        frame_tag_bytes=_tag_bytes(path, size, n_frames, width * height * bits // 8),
    )


def _check_fields(path, type_code, n_frames, width, height, bits):
    """Refuse a header whose fields cannot be true."""
    if type_code not in _LAYOUTS:
        raise SknacFormatError(
            path,
            f"header type {type_code} is not one of {sorted(_LAYOUTS)} "
            "(2: .bpr, 4: .b8, 16: .rf)",
        )
    if bits != _LAYOUTS[type_code][2]:
        raise SknacFormatError(
            path, f"header claims {bits} bits a sample for type {type_code}"
        )
    sides_ok = 0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE
    if not (sides_ok and 0 < n_frames <= _MAX_FRAMES):
        raise SknacFormatError(
            path, f"header claims {n_frames} frames of {height} x {width}"
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
        f" ({'truncated' if size < expected else 'trailing bytes'})",
    )


def read_frame(path, frame: int) -> np.ndarray:
    """Read one frame as (n_samples, n_lines) or (rows, columns)."""
    header = read_ultrasonix_header(path)
    step = header.frame_tag_bytes + header.frame_bytes
    offset = _HEADER.size + frame * step + header.frame_tag_bytes
    count = header.width * header.height
    data = np.fromfile(path, header.dtype, count=count, offset=offset)
    if _LAYOUTS[header.type_code][1]:
        return np.ascontiguousarray(data.reshape(header.width, header.height).T)
    return data.reshape(header.height, header.width)
