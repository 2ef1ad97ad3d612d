"""PNG and JPEG, against chunks written by hand."""

# SPDX-License-Identifier: BSD-3-Clause

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6


def chunk(name, data):
    """One PNG chunk: length, name, data, checksum."""
    return (
        struct.pack(">I", len(data))
        + name
        + data
        + struct.pack(">I", zlib.crc32(name + data))
    )


def png(rows, colour=GREY, bits=8, size=None, extra=b""):
    """A PNG of rows of bytes; ``size`` may claim another (width, height)."""
    n_samples = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}[colour]
    width = len(rows[0]) * 8 // bits // n_samples
    head = struct.pack(">IIBBBBB", *(size or (width, len(rows))), bits, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    parts = [chunk(b"IHDR", head), extra, chunk(b"IDAT", data), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def read_bytes(folder, data, name="image.png"):
    """Read these bytes as an image."""
    path = folder / name
    path.write_bytes(data)
    return read_array(path)


def test_grey_rows_are_rows(tmp_path):
    array = read_bytes(tmp_path, png([[0, 1, 2], [253, 254, 255]]))
    assert array.dtype == np.uint8
    assert array.tolist() == [[0, 1, 2], [253, 254, 255]]


def test_info_tells_height_before_width(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png([[0, 1, 2], [3, 4, 5]]))
    info = read_info(path)
    assert (info.format, info.shape, info.n_frames) == ("image", (2, 3), 1)
    assert (info.dtype, info.fs_mhz) == (np.uint8, None)


def test_colours_become_luma(tmp_path):
    # ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B
    array = read_bytes(tmp_path, png([[255, 0, 0, 0, 255, 0, 0, 0, 255]], RGB))
    np.testing.assert_allclose(array, [[76.2, 149.7, 29.1]], atol=1)


def test_palette_is_looked_up(tmp_path):
    palette = chunk(b"PLTE", bytes([10, 10, 10, 200, 200, 200]))
    assert read_bytes(tmp_path, png([[0, 1, 1]], PALETTE, extra=palette)).tolist() == [
        [10, 200, 200]
    ]


def test_transparent_pixels_show_black(tmp_path):
    # Hidden colour 200 at alpha 0, 1/5 and 1.
    row = [200, 200, 200, 0, 200, 200, 200, 51, 200, 200, 200, 255]
    assert read_bytes(tmp_path, png([row], RGBA)).tolist() == [[0, 40, 200]]
    array = read_bytes(tmp_path, png([[200, 0, 200, 51, 200, 255]], GREY_ALPHA))
    assert array.tolist() == [[0, 40, 200]]


def test_transparent_palette_entries_show_black(tmp_path):
    palette = chunk(b"PLTE", bytes([90] * 3 + [200] * 3)) + chunk(b"tRNS", b"\x00\xff")
    array = read_bytes(tmp_path, png([[0, 1]], PALETTE, extra=palette))
    assert array.tolist() == [[0, 200]]


def test_one_bit_masks_are_0_and_255(tmp_path):
    array = read_bytes(tmp_path, png([[0b10100000]], bits=1))
    assert array.tolist() == [[255, 0, 255, 0, 0, 0, 0, 0]]


def test_jpeg_of_one_grey_keeps_it(tmp_path):
    Image.fromarray(np.full((16, 24), 93, "uint8")).save(tmp_path / "a.jpg")
    array = read_array(tmp_path / "a.jpg")
    assert array.shape == (16, 24)
    np.testing.assert_allclose(array, 93, atol=1)


def test_sixteen_bits_are_refused_by_the_header(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png([[1, 2, 3, 4]], bits=16))
    for read in (read_info, read_array):
        with pytest.raises(SknacFormatError, match=r"save 16-bit .* as .npy"):
            read(path)


@pytest.mark.parametrize("side", [8001, 10_000, 60_000, 2**31 - 1])
def test_huge_claims_are_refused_by_the_header(tmp_path, side, peak_bytes):
    path = tmp_path / "image.png"
    path.write_bytes(png([[0, 1]], size=(side, side)))
    for read in (read_info, read_array):
        with pytest.raises(SknacFormatError, match=r"refused|limit"):
            read(path)
    assert peak_bytes() < 1_000_000


@pytest.mark.parametrize("kept", [0, 7, 20, 40, 45])
def test_truncated_png_is_one_error_with_the_path(tmp_path, kept):
    data = png([[0, 1, 2], [3, 4, 5]])
    with pytest.raises(SknacFormatError, match=r"image\.png: "):
        read_bytes(tmp_path, data[:kept])


def test_truncated_jpeg_is_refused(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64)).astype("uint8")
    Image.fromarray(noise).save(tmp_path / "a.jpg")
    data = (tmp_path / "a.jpg").read_bytes()
    with pytest.raises(SknacFormatError, match="damaged image"):
        read_bytes(tmp_path, data[: len(data) // 2], "b.jpg")


def test_other_formats_under_a_png_name_are_refused(tmp_path):
    Image.fromarray(np.zeros((4, 4), "uint8")).save(tmp_path / "a.gif")
    with pytest.raises(SknacFormatError, match="not a PNG or JPEG image"):
        read_bytes(tmp_path, (tmp_path / "a.gif").read_bytes())


def test_oversized_text_is_a_format_error(tmp_path):
    # Pillow raises a bare ValueError for it.
    text = chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(5_000_000)))
    with pytest.raises(SknacFormatError):
        read_bytes(tmp_path, png([[0, 1]], extra=text))


def is_array_or_format_error(path):
    """Read; any other error or warning gets through."""
    try:
        array = read_array(path)
    except SknacFormatError:
        return
    assert array.dtype == np.uint8
    assert array.ndim == 2


@settings(max_examples=150, deadline=None)
@given(
    edits=st.lists(st.tuples(st.integers(8, 120), st.integers(0, 255)), max_size=4),
    cut=st.integers(8, 140),
)
def test_any_damaged_png_is_an_array_or_a_format_error(tmp_path_factory, edits, cut):
    palette = chunk(b"PLTE", bytes(range(12))) + chunk(b"tRNS", b"\x00\x7f")
    data = bytearray(png([[0, 1, 2], [3, 2, 1]], PALETTE, extra=palette))
    for place, value in edits:
        data[place % len(data)] = value
    path = tmp_path_factory.getbasetemp() / "fuzz.png"
    path.write_bytes(data[:cut])
    is_array_or_format_error(path)


@settings(max_examples=100, deadline=None)
@given(
    head=st.binary(min_size=13, max_size=13),
    extra=st.tuples(
        st.sampled_from(
            [b"tRNS", b"PLTE", b"pHYs", b"iCCP", b"zTXt", b"eXIf", b"acTL"]
        ),
        st.binary(max_size=24),
    ),
    data=st.binary(max_size=24),
)
def test_any_valid_chunks_are_an_array_or_a_format_error(
    tmp_path_factory, head, extra, data
):
    # Checksums are right, so that the damage reaches the decoder.
    size = bytes([0, 0, head[0] % 2, head[1], 0, 0, head[2] % 2, head[3]])
    header = chunk(b"IHDR", size + bytes([8, (0, 2, 3, 4, 6)[head[4] % 5], 0, 0, 0]))
    parts = [header, chunk(*extra), chunk(b"IDAT", zlib.compress(data))]
    path = tmp_path_factory.getbasetemp() / "chunks.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b""))
    is_array_or_format_error(path)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=80), start=st.sampled_from([b"", b"\xff\xd8\xff\xe0"]))
def test_any_bytes_as_jpeg_are_an_array_or_a_format_error(
    tmp_path_factory, data, start
):
    path = tmp_path_factory.getbasetemp() / "fuzz.jpg"
    path.write_bytes(start + data)
    is_array_or_format_error(path)
