"""What Pillow takes from a TIFF in silence, and we do not."""

# SPDX-License-Identifier: BSD-3-Clause

import re

import numpy as np
from PIL import TiffImagePlugin as tiff

from sknac.exceptions import SknacFormatError

_MAX_TILE_PIXELS = 16_000_000  # a tile is decoded whole, however small the image
_WHITE_IS_0 = 0
_SIGNED = 2
_IMAGEJ_PAGES = re.compile(r"^images=(\d+)", re.MULTILINE)


def is_tiff(start: bytes) -> bool:
    """Tell a TIFF, or a BigTIFF, by its first four bytes."""
    return start in tiff.PREFIXES


def check_tags(path, image) -> None:
    """Refuse a page whose tags Pillow would not heed."""
    tags = image.tag_v2
    bits, signed = _bits(tags), _is_signed(tags)
    if signed and bits == 8:
        raise SknacFormatError(
            path, "8-bit signed pixels would be read unsigned; save them as int16"
        )
    if tags.get(tiff.PHOTOMETRIC_INTERPRETATION) == _WHITE_IS_0 and bits > 8:
        raise SknacFormatError(
            path, f"{bits}-bit pixels whose 0 is white; save them with 0 as black"
        )
    _check_tiles(path, image)


def integer_type(path, image) -> np.dtype:
    """Tell the type of signed integers, which Pillow holds in 32 bits."""
    tags = image.tag_v2
    if not _is_signed(tags):
        raise SknacFormatError(
            path,
            "32-bit unsigned pixels are not read; save them as uint16 or float32",
        )
    return np.dtype("int16" if _bits(tags) == 16 else "int32")


def count_hidden_pages(image) -> int:
    """Count what ImageJ wrote behind the first page of a stack without saying so.

    Beyond 4 GB it writes one page, and the number of frames into the description.
    """
    text = image.tag_v2.get(tiff.IMAGEDESCRIPTION)
    if not isinstance(text, str) or not text.startswith("ImageJ="):
        return 0
    found = _IMAGEJ_PAGES.search(text[:1000])
    return max(int(found[1][:9]) - image.n_frames, 0) if found else 0


def _check_tiles(path, image):
    """Refuse tiles larger than any, and pixels that no tile or strip brings."""
    tags = image.tag_v2
    sides = tags.get(tiff.TILEWIDTH, 0), tags.get(tiff.TILELENGTH, 0)
    if not all(isinstance(side, int) for side in sides):
        raise SknacFormatError(path, f"damaged image: tiles of {sides}; copy it again")
    if sides[0] * sides[1] > _MAX_TILE_PIXELS:
        raise SknacFormatError(
            path,
            f"tiles of {sides[0]} x {sides[1]} pixels; save it in strips or smaller "
            "tiles",
        )
    # Pillow leaves black what the offsets of uncompressed strips do not reach; it
    # gives one tile to libtiff, which notices.
    size = tags[tiff.IMAGEWIDTH] * tags[tiff.IMAGELENGTH]
    covered = sum(
        (tile.extents[2] - tile.extents[0]) * (tile.extents[3] - tile.extents[1])
        for tile in image.tile
    )
    if tags.get(tiff.PLANAR_CONFIGURATION) == 2 and image.tile[0].codec_name == "raw":
        size *= len(image.getbands())
    if covered < size:
        raise SknacFormatError(
            path, "damaged image: strips or tiles are missing; copy it again"
        )


def _bits(tags):
    """Bits of a sample."""
    bits = tags.get(tiff.BITSPERSAMPLE, (1,))
    return max(bits) if isinstance(bits, tuple) else bits


def _is_signed(tags):
    """Tell whether samples are signed integers."""
    return _SIGNED in tuple(tags.get(tiff.SAMPLEFORMAT, (1,)))
