"""One way to read any file: what it holds, then its array."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io import _images, _npy, _ultrasonix
from sknac.io._info import ArrayInfo

# Each has `read_info(path)` and `read_frame(info, frame)`.
_READERS = {
    ".rf": _ultrasonix,
    ".bpr": _ultrasonix,
    ".b8": _ultrasonix,
    ".png": _images,
    ".jpg": _images,
    ".jpeg": _images,
    ".npy": _npy,
}


def read_info(path: str | os.PathLike) -> ArrayInfo:
    """Tell what a file holds without reading its samples.

    Parameters
    ----------
    path : str or path-like
        A ``.rf``, ``.bpr``, ``.b8``, ``.png``, ``.jpg``, ``.jpeg`` or ``.npy``
        file.

    Returns
    -------
    ArrayInfo
        Shape, dtype, number of frames, sampling frequency and header.

    Raises
    ------
    SknacFormatError
        If the suffix is unknown or the header is damaged.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np
    >>> from sknac.io import read_info
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "maps.npy"
    >>> np.save(path, np.zeros((4, 3, 2), dtype="float32"))
    >>> read_info(path).n_frames
    4
    """
    return _reader(path).read_info(path)


def read_array(path: str | os.PathLike, frame: int | None = None) -> np.ndarray:
    """Read an array, or one frame of it.

    Parameters
    ----------
    path : str or path-like
        A file that `read_info` knows.
    frame : int, optional
        Which frame, from 0. Needed for an Ultrasonix file of several frames;
        for ``.npy`` it indexes the first axis of an array of three or more
        dimensions; images have one frame.

    Returns
    -------
    ndarray
        RF as (n_samples, n_lines) int16, images as (height, width) uint8 grey
        values, ``.npy`` as stored.

    Raises
    ------
    SknacFormatError
        If the file is damaged.
    ValueError
        If there is no such frame, or several and none is named.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np
    >>> from sknac.io import read_array
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "maps.npy"
    >>> np.save(path, np.arange(24.0).reshape(4, 3, 2))
    >>> read_array(path, frame=1).tolist()
    [[6.0, 7.0], [8.0, 9.0], [10.0, 11.0]]
    """
    reader = _reader(path)
    info = reader.read_info(path)
    info.frame_shape(frame)  # refuses a frame that is not there
    return reader.read_frame(info, frame)


def _reader(path):
    """Find the reader of a path by its suffix."""
    suffix = Path(path).suffix.lower()
    if suffix not in _READERS:
        raise SknacFormatError(
            path, f"suffix {suffix!r} is not one of {', '.join(_READERS)}; convert it"
        )
    if not os.path.isfile(path):
        raise FileNotFoundError(f"{path}: no such file; check the path")
    return _READERS[suffix]
