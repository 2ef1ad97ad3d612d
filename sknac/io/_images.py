"""PNG, JPEG, BMP, TIFF and GIF images as grey values."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import warnings
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from sknac.exceptions import SknacFormatError
from sknac.io import _grey, _tiff
from sknac.io._info import ArrayInfo
from sknac.io._variables import remembered

# A B-mode frame has under 2 Mpx; Pillow itself only warns at 89 Mpx. Nothing shall
# take 300 MB: colour has up to 18 bytes a pixel until it is grey, others up to 12.
_MAX_PIXELS = 64_000_000
_MAX_COLOUR_PIXELS = 16_000_000
_MAX_WIDE_PIXELS = 25_000_000
_MAX_SCANS = 40  # progressive files have some ten, each as slow as the whole
_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "GIF")
_GREY = {"1": "uint8", "L": "uint8", "I;16": "uint16", "F": "float32"}
_COLOUR = ("LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "YCbCr", "CMYK")
_TURNS = {  # from what is stored to what is seen
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.T,
    6: lambda stored: stored.T[:, ::-1],
    7: lambda stored: stored.T[::-1, ::-1],
    8: lambda stored: stored.T[::-1],
}
_SWAPS = (5, 6, 7, 8)  # rows become columns


@contextmanager
def _opened(path):
    """Open an image, with one error for all damage."""
    try:
        # Pillow warns of size, which is checked here, and of damaged metadata.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Not by its path: Pillow 13 maps the pixels of a turned TIFF wrongly.
            with open(path, "rb") as file, Image.open(file, formats=_FORMATS) as image:
                yield image
    except SknacFormatError:
        raise
    except UnidentifiedImageError as error:
        raise SknacFormatError(path, _unidentified(path)) from error
    except Image.DecompressionBombError as error:
        raise SknacFormatError(
            path, f"more than {_MAX_PIXELS} pixels are refused; crop it"
        ) from error
    except Exception as error:  # struct, zlib, index, value errors: any is damage
        cause = str(error) or type(error).__name__
        raise SknacFormatError(
            path, f"damaged image: {cause}; copy it again"
        ) from error


def _unidentified(path):
    """Say what a file is that Pillow does not take, as far as its first bytes tell."""
    with open(path, "rb") as file:
        if _tiff.is_tiff(file.read(4)):
            return (
                "a damaged TIFF, or one of a pixel type that is not read; save grey "
                "values as uint8, uint16 or float32"
            )
    return "not a PNG, JPEG, BMP, TIFF or GIF image; save it as one"


def read_info(path) -> ArrayInfo:
    """Tell (height, width) as the image is shown, and the type, from the header."""
    info = _info(path)
    return replace(info, header=dict(info.header))  # the one remembered stays as it is


@remembered
def _info(path):
    """Look at the header, and at those of all pages: once for the frames of a cine."""
    with _opened(path) as image:
        n_frames = _count_frames(path, image)
        dtype = _check(path, image)
        width, height = image.size
        orientation = _orientation(path, image)
        if orientation in _SWAPS and not _is_turned(image):
            width, height = height, width
        header = _header(image, orientation)
        _check_pages(path, image, n_frames)
    return ArrayInfo(
        str(path), "image", (height, width), dtype, n_frames, header=header
    )


def _orientation(path, image):
    """Tell the EXIF orientation, without decoding a PNG as `image.getexif` does."""
    if image.format == "PNG" and "exif" not in image.info:
        image.info.update(_late_exif(path))
    return Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)


def _late_exif(path):
    """Find the EXIF block that may stand behind the pixels of a PNG."""
    with open(path, "rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8 and head[4:] != b"IEND":
            length = int.from_bytes(head[:4], "big")
            if head[4:] == b"eXIf":
                return {"exif": file.read(length)}
            file.seek(length + 4, os.SEEK_CUR)  # and its checksum
    return {}


def _is_turned(image):
    """Tell whether Pillow has turned the size already: by a TIFF's own tag."""
    tags = getattr(image, "tag_v2", {})
    return tags.get(ExifTags.Base.Orientation) in _SWAPS


def _header(image, orientation):
    """What else is said, and no text: texts name patients."""
    header = {"mode": image.mode, "colour": image.mode in _COLOUR}
    if orientation in _TURNS:
        header["orientation"] = orientation
    for name in ("dpi", "resolution"):
        if name in image.info:
            header[name] = tuple(float(value) for value in image.info[name])
    return header


def _count_frames(path, image):
    """Count the pages of a TIFF; an animation has none that could be meant."""
    if image.format == "TIFF":
        if n_hidden := _tiff.count_hidden_pages(image):
            raise SknacFormatError(
                path,
                f"ImageJ wrote {n_hidden} frames behind the pages that the file lists; "
                "save the stack as one file a frame, or as .nrrd or .npy",
            )
        return image.n_frames
    if image.format in ("PNG", "GIF") and getattr(image, "is_animated", False):
        raise SknacFormatError(
            path,
            f"an animation of {image.n_frames} frames; save its frames as images, or "
            "as the pages of a TIFF",
        )
    return 1


def _check(path, image):
    """Refuse by the header what is too large or would lose values; tell the dtype."""
    width, height = image.size
    most = _MAX_PIXELS if image.mode in ("1", "L") else _MAX_WIDE_PIXELS
    most = _MAX_COLOUR_PIXELS if image.mode in _COLOUR else most
    if width * height > most:
        raise SknacFormatError(
            path,
            f"{width} x {height}, and more than {most} pixels are refused; crop it",
        )
    if image.format == "TIFF":
        _tiff.check_tags(path, image)
    if image.mode in _COLOUR:
        if any(";16" in str(tile.args) for tile in image.tile):
            raise SknacFormatError(
                path, "16-bit colour would lose its low bits; save it as 16-bit grey"
            )
        return np.dtype("uint8")
    if image.format == "TIFF" and image.mode == "I":
        return _tiff.integer_type(path, image)
    if image.mode == "I;16" and "transparency" in image.info:
        raise SknacFormatError(
            path, "16-bit grey with a transparent value; save it without"
        )
    kind = _GREY.get("I;16" if image.mode == "I;16B" else image.mode)
    if kind is None:
        raise SknacFormatError(
            path, f"pixels of mode {image.mode} are not read; save it as grey or RGB"
        )
    return np.dtype(kind)


def _check_pages(path, image, n_frames):
    """Refuse pages that are not frames of one cine: thumbnails, levels, other scans."""
    first = image.size, image.mode
    for page in range(1, n_frames):
        image.seek(page)
        if (image.size, image.mode) != first:
            raise SknacFormatError(
                path,
                f"page 0 is {_written(*first)} and page {page} is "
                f"{_written(image.size, image.mode)}; pages must be frames of one "
                "size and type: save them as files of their own",
            )
        _tiff.check_tags(path, image)


def _written(size, mode):
    """Write what a page is."""
    return f"{size[1]} x {size[0]} {mode}"


def read_frame(info, frame=None) -> np.ndarray:
    """Read an image or a page as it is shown; colour becomes ITU-R 601 luma."""
    form, grey = _decoded(info, frame)
    return np.ascontiguousarray(_turned(grey, form, info), info.dtype)


def _turned(pixels, form, info):
    """Turn what is stored to what is shown; Pillow has turned TIFFs."""
    turn = _TURNS.get(info.header.get("orientation"))
    return pixels if turn is None or form == "TIFF" else turn(pixels)


def _decoded(info, frame):
    """Decode grey values as they are stored; the image itself is let go."""
    with _page(info, frame) as image:
        return image.format, np.asarray(_luma(image))


def coloured_pixels(info, frame=None, saturation=0.0) -> np.ndarray | None:
    """Tell which pixels of an image or a page are coloured, as it is shown."""
    if not info.header["colour"]:
        return None
    with _page(info, frame) as image:
        form, rgb = image.format, np.asarray(_flat(image).convert("RGB"))
    return _turned(_grey.is_coloured(rgb, saturation), form, info)


@contextmanager
def _page(info, frame):
    """Open an image at a page, not yet decoded."""
    with _opened(info.path) as image:
        if image.format in ("JPEG", "MPO"):
            _check_scans(info.path)
        if frame:
            image.seek(frame)
        yield image


def _check_scans(path):
    """Refuse a JPEG that goes over its pixels again and again."""
    n_scans, last = 0, b""
    with open(path, "rb") as file:
        while part := file.read(1 << 20):
            n_scans += (last + part).count(b"\xff\xda")
            last = part[-1:]
    if n_scans > _MAX_SCANS:
        raise SknacFormatError(
            path, f"damaged image: a JPEG of {n_scans} scans; save it again"
        )


def _luma(image):
    """Turn a colour image into grey values over black."""
    return _flat(image).convert("L") if image.mode in ("1", *_COLOUR) else image


def _flat(image):
    """Lay a colour image over black."""
    if image.mode == "La":
        image = image.convert("LA")
    # Transparent screenshots: RGBA -> L drops alpha, which is what is seen
    # on a black screen only if the hidden colour is black; composite it.
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, image)
    return image.convert("RGB") if image.mode == "CMYK" else image
