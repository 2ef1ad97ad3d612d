"""NumPy ``.npy`` files, opened without trusting them."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.exceptions import SknacFormatError


def open_npy(path) -> np.ndarray:
    """Map a ``.npy`` file; a header that claims more than the file has raises."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError) as error:
        raise SknacFormatError(path, f"damaged .npy file: {error}") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise SknacFormatError(path, "a .npz archive: save one array as .npy")
    if array.dtype.kind not in "biuf":
        raise SknacFormatError(path, f"holds {array.dtype}, numbers are needed")
    return array
