"""PNG, JPEG, BMP and GIF, against chunks written by hand."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from sknac.exceptions import SknacFormatError
from sknac.io import _tiff, read_array, read_info

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


def test_sixteen_bit_grey_stays_sixteen_bit(tmp_path):
    # Big-endian in the file: 0x0102, 0xFFFE; 0, 0x8000.
    array = read_bytes(tmp_path, png([[1, 2, 255, 254], [0, 0, 128, 0]], bits=16))
    assert array.dtype == np.uint16
    assert array.tolist() == [[258, 65534], [0, 32768]]
    assert read_info(tmp_path / "image.png").dtype == np.uint16


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (png([bytes(12)], RGB, 16), "16-bit colour would lose its low bits"),
        (png([bytes(8)], GREY_ALPHA, 16), "16-bit colour would lose its low bits"),
        (png([bytes(16)], RGBA, 16), "16-bit colour would lose its low bits"),
        (png([bytes(4)], bits=16, extra=chunk(b"tRNS", b"\0\1")), "transparent value"),
    ],
)
def test_sixteen_bits_that_pillow_would_squeeze_are_refused(tmp_path, data, message):
    path = tmp_path / "a.png"
    path.write_bytes(data)
    for read in (read_info, read_array):
        with pytest.raises(SknacFormatError, match=message):
            read(path)


UPRIGHT = np.arange(12, dtype="uint8").reshape(3, 4) * 20
# What the camera stores for a picture that is UPRIGHT on the screen.
STORED = {
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.T,
    6: UPRIGHT.T[::-1],
    7: UPRIGHT.T[::-1, ::-1],
    8: UPRIGHT.T[:, ::-1],
}


def exif(orientation):
    """An EXIF block that holds this orientation alone."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("bits", [8, 16])
def test_images_are_read_as_viewers_show_them(tmp_path, orientation, bits):
    stored = STORED[orientation].astype(f">u{bits // 8}")
    data = png(
        [row.tobytes() for row in stored],
        bits=bits,
        extra=chunk(b"eXIf", exif(orientation)),
    )
    assert read_bytes(tmp_path, data).tolist() == UPRIGHT.tolist()
    info = read_info(tmp_path / "image.png")
    assert (info.shape, info.header["orientation"]) == ((3, 4), orientation)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_orientation_in_xmp_counts_too(tmp_path, name):
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    if name == "a.png":
        text = b"XML:com.adobe.xmp" + bytes(5) + xmp
        rows = [row.tobytes() for row in STORED[6]]
        (tmp_path / name).write_bytes(png(rows, extra=chunk(b"iTXt", text)))
    else:
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[700] = xmp
        Image.fromarray(STORED[6]).save(tmp_path / name, tiffinfo=tags)
    assert read_array(tmp_path / name).tolist() == UPRIGHT.tolist()
    assert read_info(tmp_path / name).shape == (3, 4)


def test_orientation_behind_the_pixels_counts(tmp_path):
    late = chunk(b"eXIf", exif(6)) + chunk(b"IEND", b"")
    data = png([row.tobytes() for row in STORED[6]])[:-12] + late
    assert read_bytes(tmp_path, data).tolist() == UPRIGHT.tolist()
    assert read_info(tmp_path / "image.png").shape == (3, 4)


def test_info_does_not_decode(tmp_path, monkeypatch):
    Image.fromarray(UPRIGHT).save(tmp_path / "a.png")
    Image.fromarray(UPRIGHT).save(tmp_path / "a.tif")
    Image.fromarray(UPRIGHT).save(tmp_path / "a.jpg")
    Image.fromarray(UPRIGHT).save(tmp_path / "a.bmp")
    monkeypatch.setattr(ImageFile.ImageFile, "load", None)
    for name in ("a.png", "a.tif", "a.jpg", "a.bmp"):
        assert read_info(tmp_path / name).shape == (3, 4)


@pytest.mark.parametrize("orientation", [0, 1, 9, 65535])
def test_orientations_that_are_none_turn_nothing(tmp_path, orientation):
    data = png([[1, 2, 3]], extra=chunk(b"eXIf", exif(orientation)))
    assert read_bytes(tmp_path, data).tolist() == [[1, 2, 3]]
    assert read_info(tmp_path / "image.png").shape == (1, 3)


def test_turned_jpeg_has_its_shape_in_the_info(tmp_path):
    tag = Image.Exif()
    tag[0x0112] = 6
    Image.fromarray(np.full((16, 24), 93, "uint8")).save(tmp_path / "a.jpg", exif=tag)
    shape = read_info(tmp_path / "a.jpg").shape
    assert shape == read_array(tmp_path / "a.jpg").shape == (24, 16)


def test_photographs_with_a_preview_behind_are_one_image(tmp_path):
    # Phones append a second picture to the JPEG (MPO).
    photo, preview = (Image.fromarray(np.full((16, 24), k, "uint8")) for k in (93, 7))
    photo.save(tmp_path / "a.mpo", save_all=True, append_images=[preview])
    path = (tmp_path / "a.mpo").rename(tmp_path / "a.jpg")
    assert (read_info(path).n_frames, read_info(path).shape) == (1, (16, 24))
    np.testing.assert_allclose(read_array(path), 93, atol=1)


def test_bmp_is_read_from_its_lowest_row_up(tmp_path):
    # 2 x 2 of 24 bits, rows padded to 4 bytes, blue first, last row first.
    pixels = bytes([9, 9, 9, 7, 7, 7, 0, 0]) + bytes([0, 0, 255, 5, 5, 5, 0, 0])
    head = struct.pack("<IiiHHIIiiII", 40, 2, 2, 1, 24, 0, 16, 0, 0, 0, 0)
    data = b"BM" + struct.pack("<IHHI", 70, 0, 0, 54) + head + pixels
    array = read_bytes(tmp_path, data, "a.bmp")
    assert array.tolist() == [[76, 5], [9, 7]]


def test_cmyk_is_grey_of_its_colours(tmp_path):
    # C, M, Y and K as ink: none, full cyan, full black.
    inks = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 0, 0, 255]]], "uint8")
    Image.fromarray(inks, "CMYK").save(tmp_path / "a.tif")
    np.testing.assert_allclose(read_array(tmp_path / "a.tif"), [[255, 179, 0]], atol=1)


def test_still_gif_opens_and_moving_pictures_are_refused(tmp_path):
    frames = [Image.fromarray(np.full((4, 5), grey, "uint8")) for grey in (10, 90, 200)]
    frames[1].save(tmp_path / "still.gif")
    assert np.unique(read_array(tmp_path / "still.gif")).tolist() == [90]
    for name in ("a.gif", "a.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        with pytest.raises(SknacFormatError, match=r"an animation of 3 frames; save"):
            read_info(tmp_path / name)


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA", "LA", "L"])
def test_share_of_coloured_pixels_is_told(tmp_path, mode):
    # A Doppler box over a quarter of a grey image.
    scan = np.repeat(UPRIGHT[:2, :, None], 3, axis=2)
    scan[0, :2] = 200, 40, 40
    Image.fromarray(scan).convert(mode).save(tmp_path / "a.png")
    info = read_info(tmp_path / "a.png")
    assert info.header["colour"] == (mode != "L")
    assert info.coloured_share() == (0 if "L" in mode else 2 / 8)


@pytest.mark.parametrize(("suffix", "where"), [("png", (2, 1)), ("tif", (2, 1))])
def test_coloured_pixels_are_where_the_image_shows_them(tmp_path, suffix, where):
    stored = np.full((3, 4, 3), 90, "uint8")
    stored[1, 2] = 90, 160, 90
    exif = Image.Exif()
    exif[0x0112] = 6  # shown a quarter turn to the right
    Image.fromarray(stored).save(tmp_path / f"a.{suffix}", exif=exif)
    info = read_info(tmp_path / f"a.{suffix}")
    found = info.coloured_pixels()
    assert found.shape == info.shape == (4, 3)
    assert np.argwhere(found).tolist() == [[*where]]
    assert read_array(tmp_path / f"a.{suffix}")[where] > 90
    assert not info.coloured_pixels(saturation=0.5).any()


def test_files_without_colour_have_no_coloured_pixel(tmp_path):
    np.save(tmp_path / "a.npy", UPRIGHT)
    info = read_info(tmp_path / "a.npy")
    assert info.coloured_share() == 0
    assert info.coloured_pixels().shape == UPRIGHT.shape
    assert not info.coloured_pixels().any()


def test_pages_are_looked_at_once_for_all_frames(tmp_path, monkeypatch):
    path = tmp_path / "cine.tif"
    pages = [Image.fromarray(UPRIGHT + k) for k in range(5)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    os.utime(path, (1e9, 1e9))  # a file that has settled
    looks = []
    check = _tiff.check_tags
    monkeypatch.setattr(
        _tiff, "check_tags", lambda *page: looks.append(page) or check(*page)
    )
    for k in range(5):
        assert read_array(path, k)[0, 0] == k
    assert len(looks) == 5
    read_info(path).header.clear()
    assert read_info(path).header["mode"] == "L"
    pages[0].save(path)
    assert read_info(path).n_frames == 1


def test_resolution_is_told_and_is_no_spacing(tmp_path):
    Image.fromarray(UPRIGHT).save(tmp_path / "a.png", dpi=(254, 254))
    info = read_info(tmp_path / "a.png")
    assert info.spacing_mm is None
    assert info.header["dpi"] == pytest.approx((254, 254), rel=1e-4)


def test_texts_of_a_file_stay_in_it(tmp_path):
    notes = PngInfo()
    notes.add_text("Comment", "Jane Doe")
    Image.fromarray(UPRIGHT).save(tmp_path / "a.png", pnginfo=notes)
    assert "Doe" not in repr(read_info(tmp_path / "a.png"))


def test_colour_has_a_lower_limit_than_grey(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png([[0, 1]], size=(4001, 4001)))
    assert read_info(path).shape == (4001, 4001)
    path.write_bytes(png([[0, 1, 2]], RGB, size=(4001, 4001)))
    with pytest.raises(SknacFormatError, match="more than 16000000 pixels are refused"):
        read_info(path)


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


def test_formats_go_by_content_and_others_are_refused(tmp_path):
    # Phones write JPEG under any name.
    Image.fromarray(np.full((8, 8), 93, "uint8")).save(tmp_path / "a.jpg")
    array = read_bytes(tmp_path, (tmp_path / "a.jpg").read_bytes())
    np.testing.assert_allclose(array, 93, atol=1)
    Image.fromarray(np.zeros((4, 4), "uint8")).save(tmp_path / "a.ppm")
    with pytest.raises(SknacFormatError, match="not a PNG, JPEG, BMP, TIFF or GIF"):
        read_bytes(tmp_path, (tmp_path / "a.ppm").read_bytes())


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
    assert array.dtype in (np.uint8, np.uint16)
    assert array.shape == read_info(path).shape


@settings(max_examples=150)
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


@settings(max_examples=100)
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


@settings(max_examples=60)
@given(data=st.binary(max_size=80), start=st.sampled_from([b"", b"\xff\xd8\xff\xe0"]))
def test_any_bytes_as_jpeg_are_an_array_or_a_format_error(
    tmp_path_factory, data, start
):
    path = tmp_path_factory.getbasetemp() / "fuzz.jpg"
    path.write_bytes(start + data)
    is_array_or_format_error(path)
