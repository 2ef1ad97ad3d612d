"""NumPy ``.npy`` files, opened without trusting them."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io._info import ArrayInfo

_MAGIC = b"\x93NUMPY"
_MAX_HEADER_BYTES = 10_000  # NumPy's own limit, which it checks after reading


def read_info(path) -> ArrayInfo:
    """Tell shape and type from the header."""
    array = _opened(path)
    is_stack = array.ndim >= 3
    return ArrayInfo(
        str(path),
        "npy",
        array.shape,
        array.dtype,
        array.shape[0] if is_stack else 1,
        is_stack=is_stack,
    )


def read_frame(info, frame=None) -> np.ndarray:
    """Read the array, or one entry of a stack; two dimensions are one frame."""
    array = _opened(info.path)
    return np.array(array if frame is None or array.ndim < 3 else array[frame])


def _opened(path):
    """Map a ``.npy`` file; a header that claims more than the file has raises."""
    _check_start(path)
    try:
        # NumPy warns of headers written by Python 2 and of overflowing shapes.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # its parser lets nearly any kind through
        cause = str(error) or type(error).__name__
        raise SknacFormatError(
            path, f"damaged .npy file: {cause}; save it again"
        ) from error
    if array.dtype.kind == "c":
        raise SknacFormatError(
            path,
            f"holds {array.dtype}, which is IQ; load it with numpy.load and save RF "
            "that sknac.io.rf_from_iq restores, or the envelope, numpy.abs",
        )
    if array.dtype.kind not in "biuf":
        raise SknacFormatError(
            path, f"holds {array.dtype}, numbers are needed; cast it"
        )
    return array


def _check_start(path):
    """Refuse other files, and a header longer than any before it is read."""
    with open(path, "rb") as file:
        start = file.read(12)
    if start.startswith(b"PK"):
        raise SknacFormatError(path, "a .npz archive; save one array as .npy")
    if len(start) < 12 or not start.startswith(_MAGIC):
        raise SknacFormatError(path, "not a .npy file; save it with numpy.save")
    n_bytes = int.from_bytes(start[8:10] if start[6] == 1 else start[8:12], "little")
    if n_bytes > _MAX_HEADER_BYTES:
        raise SknacFormatError(
            path, f"its header claims {n_bytes} bytes; save it again"
        )
