"""One small valid file of each format, for whoever damages files.

`SEEDS` names a function per format: it writes a file into a folder and returns its
path (``path::variable`` where the file holds several arrays), or a pair of that path
and the file of it that is to be damaged, where it is another one (a header beside
its samples). `BOMBS` names functions alike, whose files claim or unfold to more than
they should be given. A format whose package is missing leaves its seed out.

Tests get both as fixtures; ``benchmarks/fuzz_readers.py`` reads this file.
"""

# SPDX-License-Identifier: BSD-3-Clause

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

SEEDS = {}
BOMBS = {}


def seed(name):
    """Register a function that writes a valid file."""
    return lambda function: SEEDS.setdefault(name, function)


def bomb(name):
    """Register a function that writes a file which claims too much."""
    return lambda function: BOMBS.setdefault(name, function)


def speckle(shape, dtype="uint8"):
    """Samples that no compression makes trivial."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 200, shape).astype(dtype)


# NumPy and Ultrasonix


@seed("npy")
def write_npy(folder):
    """A stack of two frames."""
    path = Path(folder) / "stack.npy"
    np.save(path, speckle((2, 12, 10), "float32"))
    return path


@bomb("npy of 40 GB")
def write_npy_bomb(folder):
    """A header that claims 5e9 doubles."""
    text = b"{'descr': '<f8', 'fortran_order': False, 'shape': (5000000000,)}"
    path = Path(folder) / "bomb.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text)
    return path


def write_ultrasonix(folder, name, code, dtype):
    """Two frames of 12 x 10 under the 76-byte header."""
    samples = speckle((2, 10, 12), dtype)
    fields = [0] * 19
    fields[:5] = code, 2, 10, 12, 8 * samples.itemsize
    fields[14:16] = 5_000_000, 40_000_000
    path = Path(folder) / name
    path.write_bytes(struct.pack("<19i", *fields) + samples.tobytes())
    return path


@seed("ultrasonix rf")
def write_rf(folder):
    """RF of 16 bits."""
    return write_ultrasonix(folder, "scan.rf", 16, "<i2")


@seed("ultrasonix b8")
def write_b8(folder):
    """A B-mode image of 8 bits."""
    return write_ultrasonix(folder, "scan.b8", 4, "u1")


# Images


@seed("png")
def write_png(folder):
    """Grey of 8 bits."""
    path = Path(folder) / "image.png"
    Image.fromarray(speckle((12, 10))).save(path)
    return path


@seed("jpeg")
def write_jpeg(folder):
    """Grey of 8 bits."""
    path = Path(folder) / "image.jpg"
    Image.fromarray(speckle((24, 16))).save(path, quality=90)
    return path


def save_image(folder, name, array, **settings):
    """Save with Pillow."""
    path = Path(folder) / name
    Image.fromarray(array).save(path, **settings)
    return path


@seed("png 16-bit turned")
def write_png_16(folder):
    """Grey of 16 bits with an EXIF orientation."""
    turned = Image.Exif()
    turned[0x0112] = 6
    return save_image(folder, "a.png", speckle((12, 10), "uint16") * 300, exif=turned)


@seed("png rgba")
def write_png_rgba(folder):
    """Colour over a transparent ground."""
    return save_image(folder, "a.png", speckle((12, 10, 4)))


@seed("jpeg progressive")
def write_jpeg_progressive(folder):
    """Colour with an EXIF orientation."""
    turned = Image.Exif()
    turned[0x0112] = 8
    array = speckle((24, 16, 3))
    return save_image(folder, "a.jpg", array, progressive=True, exif=turned)


@seed("bmp")
def write_bmp(folder):
    """Colour of 24 bits."""
    return save_image(folder, "a.bmp", speckle((12, 10, 3)))


@seed("gif")
def write_gif(folder):
    """A palette."""
    return save_image(folder, "a.gif", speckle((12, 10)))


@seed("tiff")
def write_tiff(folder):
    """Three uncompressed pages of 16 bits."""
    pages = speckle((3, 12, 10), "uint16") * 300
    rest = [Image.fromarray(page) for page in pages[1:]]
    return save_image(folder, "a.tif", pages[0], save_all=True, append_images=rest)


@seed("tiff lzw")
def write_tiff_lzw(folder):
    """Colour, compressed."""
    return save_image(folder, "a.tif", speckle((12, 10, 3)), compression="tiff_lzw")


@seed("tiff jpeg")
def write_tiff_jpeg(folder):
    """Grey, compressed with loss."""
    return save_image(folder, "a.tif", speckle((24, 16)), compression="jpeg")


@seed("tiff float")
def write_tiff_float(folder):
    """32-bit floats, deflated."""
    array = speckle((12, 10), "float32") / 7
    return save_image(folder, "a.tif", array, compression="tiff_deflate")


@bomb("tiff tile of 3.6 gigapixels")
def write_tiff_bomb(folder):
    """An image of 4 x 3 in one tile of 60000 x 60000."""
    tags = [(256, 4), (257, 3), (258, 8), (259, 5), (262, 1), (277, 1)]
    tags += [(322, 60_000), (323, 60_000), (324, 8), (325, 12)]
    data = b"II*\0" + struct.pack("<I", 20) + bytes(12) + struct.pack("<H", len(tags))
    data += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    path = Path(folder) / "bomb.tif"
    path.write_bytes(data + bytes(4))
    return path


@bomb("png of 2 gigapixels")
def write_png_bomb(folder):
    """A header of 45000 x 45000 over one row."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", 45_000, 45_000, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(1000))),
        (b"IEND", b""),
    ]
    path = Path(folder) / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(data))
            + name
            + data
            + struct.pack(">I", zlib.crc32(name + data))
            for name, data in parts
        )
    )
    return path
