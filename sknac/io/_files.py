"""One way to read any file: what it holds, then its array."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io import _images, _npy, _ultrasonix


@dataclass(frozen=True)
class ArrayInfo:
    """What a file holds, known without reading its samples.

    Parameters
    ----------
    format : {"ultrasonix", "image", "npy"}
        Kind of file.
    shape : tuple of int
        Shape of one frame; of the whole array for ``.npy``.
    dtype : numpy.dtype
        Type of the samples as `read_array` returns them.
    n_frames : int
        Number of frames; for ``.npy`` the length of the first axis of an array
        of three or more dimensions, else 1.
    fs_mhz : float or None
        Sampling frequency where the header states one.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.io import ArrayInfo
    >>> ArrayInfo("npy", (4, 8), np.dtype("float32"), 1).shape
    (4, 8)
    """

    format: str
    shape: tuple[int, ...]
    dtype: np.dtype
    n_frames: int
    fs_mhz: float | None = None


def _ultrasonix_info(path):
    header = _ultrasonix.read_ultrasonix_header(path)
    return ArrayInfo(
        "ultrasonix",
        header.frame_shape,
        header.dtype,
        header.n_frames,
        header.fs_mhz or None,
    )


def _image_info(path):
    shape = _images.image_shape(path)
    return ArrayInfo("image", shape, np.dtype("uint8"), 1)


def _npy_info(path):
    array = _npy.open_npy(path)
    n_frames = array.shape[0] if array.ndim >= 3 else 1
    return ArrayInfo("npy", array.shape, array.dtype, n_frames)


@dataclass(frozen=True)
class _Reader:
    """How a kind of file is looked at and read."""

    info: Callable
    frame: Callable
    whole: Callable


_ULTRASONIX = _Reader(
    _ultrasonix_info, _ultrasonix.read_frame, lambda path: _only_frame(path)
)
_IMAGE = _Reader(
    _image_info,
    lambda path, frame: _images.read_image(path),
    lambda path: _images.read_image(path),
)
_NPY = _Reader(
    _npy_info,
    lambda path, frame: _npy_frame(path, frame),
    lambda path: np.array(_npy.open_npy(path)),
)
_READERS = {
    ".rf": _ULTRASONIX,
    ".bpr": _ULTRASONIX,
    ".b8": _ULTRASONIX,
    ".png": _IMAGE,
    ".jpg": _IMAGE,
    ".jpeg": _IMAGE,
    ".npy": _NPY,
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
        Shape, dtype, number of frames and sampling frequency.

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
    return _reader(path).info(path)


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
    if frame is None:
        return reader.whole(path)
    n_frames = reader.info(path).n_frames
    if not 0 <= frame < n_frames:
        raise ValueError(f"{path}: frame={frame} does not exist, it has {n_frames}")
    return reader.frame(path, frame)


def _only_frame(path):
    """Read the frame of a file that has one."""
    n_frames = _ultrasonix.read_ultrasonix_header(path).n_frames
    if n_frames > 1:
        raise ValueError(
            f"{path}: holds {n_frames} frames; say which one with frame=0 to "
            f"frame={n_frames - 1}"
        )
    return _ultrasonix.read_frame(path, 0)


def _npy_frame(path, frame):
    """Read one entry of a stack; an array of two dimensions is one frame."""
    array = _npy.open_npy(path)
    return np.array(array[frame] if array.ndim >= 3 else array)


def _reader(path):
    """Find the reader of a path by its suffix."""
    suffix = Path(path).suffix.lower()
    if suffix not in _READERS:
        raise SknacFormatError(
            path, f"suffix {suffix!r} is not one of {', '.join(_READERS)}"
        )
    if not os.path.isfile(path):
        raise FileNotFoundError(f"{path}: no such file")
    return _READERS[suffix]
