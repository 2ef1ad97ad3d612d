"""PNG and JPEG images as grey values."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from contextlib import contextmanager

import numpy as np
from PIL import Image, UnidentifiedImageError

from sknac.exceptions import SknacFormatError
from sknac.io._info import ArrayInfo

# A B-mode frame has under 2 Mpx; Pillow itself only warns at 89 Mpx.
_MAX_PIXELS = 64_000_000
_FORMATS = ("PNG", "JPEG")


@contextmanager
def _opened(path):
    """Open an image, checked by its header, with one error for all damage."""
    try:
        # Pillow warns of size, which is checked here, and of damaged metadata.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(path, formats=_FORMATS)
        with image:
            width, height = image.size
            if width * height > _MAX_PIXELS:
                raise SknacFormatError(
                    path,
                    f"{width} x {height} pixels; more than {_MAX_PIXELS} are refused",
                )
            if image.mode in ("I", "I;16", "F"):
                raise SknacFormatError(
                    path, f"{image.mode} pixels; save 16-bit and float images as .npy"
                )
            yield image
    except SknacFormatError:
        raise
    except UnidentifiedImageError as error:
        raise SknacFormatError(
            path, "not a PNG or JPEG image; save it as one"
        ) from error
    except Exception as error:  # struct, zlib, index, value errors: any is damage
        cause = str(error) or type(error).__name__
        raise SknacFormatError(
            path, f"damaged image: {cause}; copy it again"
        ) from error


def read_info(path) -> ArrayInfo:
    """Tell (height, width) from the header."""
    with _opened(path) as image:
        shape = image.height, image.width
    return ArrayInfo(str(path), "image", shape, np.dtype("uint8"))


def read_frame(info, frame=None) -> np.ndarray:
    """Read an image as (height, width) uint8 grey values (ITU-R 601 luma)."""
    with _opened(info.path) as image:
        # Transparent screenshots: RGBA -> L drops alpha, which is what is seen
        # on a black screen only if the hidden colour is black; composite it.
        if "A" in image.getbands() or "transparency" in image.info:
            image = image.convert("RGBA")
            black = Image.new("RGBA", image.size, (0, 0, 0, 255))
            image = Image.alpha_composite(black, image)
        return np.asarray(image.convert("L"))
