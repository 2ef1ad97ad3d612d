"""NumPy ``.npy`` files, opened without trusting them."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np

from sknac.exceptions import SknacFormatError

_MAGIC = b"\x93NUMPY"
_MAX_HEADER_BYTES = 10_000  # NumPy's own limit, which it checks after reading


def open_npy(path) -> np.ndarray:
    """Map a ``.npy`` file; a header that claims more than the file has raises."""
    _check_start(path)
    try:
        # NumPy warns of headers written by Python 2 and of overflowing shapes.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # its parser lets nearly any kind through
        cause = str(error) or type(error).__name__
        raise SknacFormatError(path, f"damaged .npy file: {cause}") from error
    if array.dtype.kind not in "biuf":
        raise SknacFormatError(path, f"holds {array.dtype}, numbers are needed")
    return array


def _check_start(path):
    """Refuse other files, and a header longer than any before it is read."""
    with open(path, "rb") as file:
        start = file.read(12)
    if start.startswith(b"PK"):
        raise SknacFormatError(path, "a .npz archive: save one array as .npy")
    if len(start) < 12 or not start.startswith(_MAGIC):
        raise SknacFormatError(path, "not a .npy file")
    n_bytes = int.from_bytes(start[8:10] if start[6] == 1 else start[8:12], "little")
    if n_bytes > _MAX_HEADER_BYTES:
        raise SknacFormatError(path, f"its header claims {n_bytes} bytes")
