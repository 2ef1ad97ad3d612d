"""One way to read any file: what it holds, then its array."""

# SPDX-License-Identifier: BSD-3-Clause

import os

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io._info import ArrayInfo, check_info
from sknac.io._readers import find_reader


def read_info(
    path: str | os.PathLike, variable: str | None = None, *, reader: str | None = None
) -> ArrayInfo:
    """Tell what a file holds without reading its samples.

    Parameters
    ----------
    path : str or path-like
        A file whose suffix is known; the formats page of the documentation lists
        them.
    variable : str, optional
        Which array of a file that holds several; ``file.mat::name`` as the path
        says the same.
    reader : str, optional
        Who reads it: an import path as `ArrayInfo.reader` tells, or ``"sknac"``. By
        default the suffix decides.

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
    return _look(path, variable, reader)[0]


def _look(path, variable, reader):
    """Tell what a file holds, and who reads it."""
    path, variable = split_path(path, variable)
    reader = find_reader(path, reader)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"{path}: no such file; check the path")
    if variable is None:
        return check_info(reader.read_info(path)), reader
    if not getattr(reader, "HAS_VARIABLES", False):
        raise SknacFormatError(
            path, f"the file holds one array; leave out variable={variable!r}"
        )
    return check_info(reader.read_info(path, variable)), reader


def read_array(
    path: str | os.PathLike,
    frame: int | None = None,
    variable: str | None = None,
    *,
    reader: str | None = None,
) -> np.ndarray:
    """Read an array, or one frame of it.

    Parameters
    ----------
    path : str or path-like
        A file that `read_info` knows.
    frame : int, optional
        Which frame, from 0. Needed for a file of several frames (a cine, the pages
        of a TIFF); for ``.npy`` it indexes the first axis of an array of three or
        more dimensions.
    variable : str, optional
        Which array of a file that holds several, as in `read_info`.
    reader : str, optional
        Who reads it: an import path as `ArrayInfo.reader` tells, or ``"sknac"``. By
        default the suffix decides. Handles give it, so that a file is read in a
        worker as it was read when its handle was made.

    Returns
    -------
    ndarray
        RF as (n_samples, n_lines), images as (height, width) grey values in the type
        that they are stored in (colour becomes uint8 ITU-R 601 luma), ``.npy`` as
        stored.

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
    info, found = _look(path, variable, reader)
    shape = info.frame_shape(frame)  # refuses a frame that is not there
    array = found.read_frame(info, frame)
    if array.shape != shape or array.dtype != info.dtype:
        raise SknacFormatError(
            info.path,
            f"the array must be {shape} of {info.dtype} as the header said, got "
            f"{array.shape} of {array.dtype}",
        )
    return array


def split_path(path, variable=None):
    """Part ``file.mat::name`` into the file and the array's name in it."""
    path, mark, name = os.fspath(path).partition("::")
    if mark and variable is not None and variable != name:
        raise ValueError(
            f"{path}: variable={variable!r} contradicts ::{name} of the path; give one"
        )
    return path, name if mark else variable
