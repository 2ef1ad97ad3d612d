"""TIFF, against files written by hand: what Pillow takes in silence is refused."""

# SPDX-License-Identifier: BSD-3-Clause

import struct

import numpy as np
import pytest
from PIL import Image

from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info

WIDTH, LENGTH, BITS, PHOTOMETRIC, STRIPS, SAMPLES = 256, 257, 258, 262, 273, 277
ROWS, COUNTS, ORIENTATION, PLANAR, FORMAT, UNIT = 278, 279, 274, 284, 339, 296
DESCRIPTION, TILE_WIDTH, TILE_LENGTH, TILES, TILE_COUNTS = 270, 322, 323, 324, 325


def tiff(*pages, order="<"):
    """A TIFF of pages, each the bytes of its pixels and a dict of its tags."""
    data = (b"II*\0" if order == "<" else b"MM\0*") + bytes(4)
    links = [4]
    for pixels, tags in pages:
        place = len(data)
        data += pixels
        tags = {STRIPS: place, COUNTS: len(pixels), **tags}
        if TILES in tags:
            tags[TILES] = place
            del tags[STRIPS], tags[COUNTS]
        texts = {tag: value for tag, value in tags.items() if isinstance(value, bytes)}
        for tag, text in texts.items():
            tags[tag] = (2, len(text), len(data))
            data += text
        data += bytes(len(data) % 2)
        link = links.pop()
        data = data[:link] + struct.pack(order + "I", len(data)) + data[link + 4 :]
        data += struct.pack(order + "H", len(tags))
        for tag, value in sorted(tags.items()):
            kind, count, value = value if isinstance(value, tuple) else (4, 1, value)
            data += struct.pack(order + "HHII", tag, kind, count, value)
        links.append(len(data))
        data += bytes(4)
    return data


def page(array, **tags):
    """Pixels and tags of a grey page in one strip."""
    kinds = {"u": 1, "i": 2, "f": 3}
    height, width = array.shape
    return array.tobytes(), {
        WIDTH: width,
        LENGTH: height,
        BITS: 8 * array.itemsize,
        PHOTOMETRIC: 1,
        SAMPLES: 1,
        ROWS: height,
        FORMAT: kinds[array.dtype.kind],
        **{globals()[name]: value for name, value in tags.items()},
    }


GREY = np.arange(12, dtype="uint8").reshape(3, 4) * 20


@pytest.fixture
def write(tmp_path):
    """Write bytes as a TIFF and tell its path."""

    def write(data):
        (tmp_path / "a.tif").write_bytes(data)
        return tmp_path / "a.tif"

    return write


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "i4", "f4"])
def test_values_and_types_are_kept(write, kind, order):
    # Big-endian floats and integers, as Macs and ImageJ write them.
    values = GREY.astype(int) - (100 if kind[0] == "i" else 0)
    stored = (values if kind == "u1" else values * 100).astype(order + kind)
    path = write(tiff(page(stored), order=order))
    array = read_array(path)
    assert array.dtype == read_info(path).dtype == np.dtype(kind)
    assert array.tolist() == stored.tolist()


@pytest.mark.parametrize("order", "<>")
def test_pages_are_frames_that_must_be_named(write, order):
    frames = [(GREY.astype(int) * 200 + k).astype(order + "u2") for k in range(3)]
    path = write(tiff(*map(page, frames), order=order))
    assert read_info(path).n_frames == 3
    assert not read_info(path).is_stack
    with pytest.raises(ValueError, match="holds 3 frames; say which one"):
        read_array(path)
    for k in (2, 0, 1):
        assert read_array(path, k).tolist() == frames[k].tolist()


@pytest.mark.parametrize(
    "other",
    [page(GREY[:2]), page(GREY.astype("uint16")), page(GREY.T.copy())],
    ids=["size", "type", "turned"],
)
def test_pages_that_are_not_of_one_kind_are_refused(write, other):
    # Thumbnails and pyramids stand behind the image they belong to.
    path = write(tiff(page(GREY), page(GREY), other))
    with pytest.raises(SknacFormatError, match="page 0 is 3 x 4 L and page 2 is"):
        read_info(path)


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        ([page(GREY.astype("int8"))], "8-bit signed pixels would be read unsigned"),
        ([page(GREY.astype("uint32"))], "32-bit unsigned pixels are not read"),
        ([page(GREY.astype("float64"))], "pixel type that is not read"),
        ([page(GREY.astype("complex64").view("float64"))], "pixel type that is not"),
        ([page(GREY.astype("uint16"), PHOTOMETRIC=0)], "16-bit pixels whose 0 is whi"),
        ([page(GREY.astype("float32"), PHOTOMETRIC=0)], "32-bit pixels whose 0 is whi"),
        ([page(GREY), page(GREY.astype("int8"))], "8-bit signed pixels"),
        ([page(GREY, DESCRIPTION=b"ImageJ=1.54f\nimages=40\n")], "wrote 39 frames"),
        ([page(GREY, ROWS=1)], "strips or tiles are missing"),
        (
            [page(GREY, WIDTH=60_000, LENGTH=60_000)],
            "more than 64000000 pixels are refused",
        ),
    ],
)
def test_what_pillow_reads_otherwise_is_refused(write, pages, message):
    path = write(tiff(*pages))
    for read in (read_info, lambda path: read_array(path, 0)):
        with pytest.raises(SknacFormatError, match=message):
            read(path)


def test_eight_bits_whose_0_is_white_are_turned_to_black(write):
    assert (
        read_array(write(tiff(page(GREY, PHOTOMETRIC=0)))).tolist()
        == (255 - GREY.astype(int)).tolist()
    )


def test_imagej_stack_that_lists_its_pages_opens(write):
    pages = [page(GREY, DESCRIPTION=b"ImageJ=1.54f\nimages=2\n"), page(GREY + 1)]
    path = write(tiff(*pages))
    assert read_array(path, 1).tolist() == (GREY + 1).tolist()


@pytest.mark.parametrize("orientation", [3, 6, 8])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_orientation_is_applied_to_pixels_and_shape(write, orientation, dtype):
    upright = GREY.astype(dtype)
    stored = {3: upright[::-1, ::-1], 6: upright.T[::-1], 8: upright.T[:, ::-1]}
    stored = np.ascontiguousarray(stored[orientation])
    path = write(tiff(page(stored, ORIENTATION=orientation)))
    assert read_info(path).shape == (3, 4)
    assert read_array(path).tolist() == upright.tolist()


def test_tiles_are_put_together(write):
    # Two tiles of 16 x 16 for an image of 16 x 20: the second is mostly padding.
    image = np.arange(320, dtype="uint8").reshape(16, 20)
    padded = np.zeros((16, 32), "uint8")
    padded[:, :20] = image
    tiles = padded[:, :16].tobytes() + padded[:, 16:].tobytes()
    tags = {WIDTH: 20, LENGTH: 16, BITS: 8, PHOTOMETRIC: 1, SAMPLES: 1}
    tags |= {TILE_WIDTH: 16, TILE_LENGTH: 16}
    both = struct.pack("<II", 8, 8 + 256)  # offsets, behind the pixels
    data = bytearray(tiff((tiles + both, {**tags, TILES: 8, TILE_COUNTS: 256})))
    entry = data.index(struct.pack("<HHI", TILES, 4, 1))
    data[entry + 4 : entry + 12] = struct.pack("<II", 2, 8 + 512)
    assert read_array(write(data)).tolist() == image.tolist()


def test_huge_tiles_are_refused(write):
    tags = {WIDTH: 4, LENGTH: 3, BITS: 8, PHOTOMETRIC: 1, SAMPLES: 1, TILES: 8}
    tags |= {TILE_WIDTH: 60_000, TILE_LENGTH: 60_000, TILE_COUNTS: 12}
    with pytest.raises(SknacFormatError, match="tiles of 60000 x 60000 pixels; save"):
        read_info(write(tiff((GREY.tobytes(), tags))))


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "packbits"])
def test_compressed_pages_keep_their_values(tmp_path, compression):
    noise = np.random.default_rng(0).integers(0, 65_535, (2, 40, 30)).astype("uint16")
    pages = [Image.fromarray(frame) for frame in noise]
    pages[0].save(
        tmp_path / "a.tif",
        save_all=True,
        append_images=pages[1:],
        compression=compression,
    )
    assert read_array(tmp_path / "a.tif", 1).tolist() == noise[1].tolist()


def test_resolution_is_no_spacing(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "a.tif", dpi=(300, 300))
    info = read_info(tmp_path / "a.tif")
    assert info.spacing_mm is None
    assert info.header["dpi"] == (300, 300)


def test_pages_in_a_circle_end(write):
    data = bytearray(tiff(page(GREY), page(GREY + 1)))
    data[-4:] = data[4:8]  # the last page is followed by the first
    path = write(data)
    assert read_info(path).n_frames == 2
    assert read_array(path, 1).tolist() == (GREY + 1).tolist()
