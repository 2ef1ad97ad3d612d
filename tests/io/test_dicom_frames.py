"""Compressed frames: where they lie, their size, and decoders that are missing."""

# SPDX-License-Identifier: BSD-3-Clause

import struct

import numpy as np
import pytest
from PIL import Image, features

from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info
from sknac.io._dicom_frames import _size, _unpacked_length

pydicom = pytest.importorskip("pydicom")

SMOOTH = np.add.outer(np.arange(24), np.arange(32) * 3).astype("uint8")
CINE = np.stack([SMOOTH + 40 * k for k in range(4)])
GREY = {
    "Rows": 24,
    "Columns": 32,
    "BitsAllocated": 8,
    "PixelRepresentation": 0,
    "PhotometricInterpretation": "MONOCHROME2",
}


@pytest.fixture
def jpeg(seeds, tmp_path):
    """Write these frames of JPEG."""

    def write(frames=None, **tags):
        frames = seeds.jpeg_frames(CINE, quality=95) if frames is None else frames
        tags = {"syntax": "JPEGBaseline8Bit", **GREY, **tags}
        return seeds.write_dicom(tmp_path / "scan.dcm", frames, **tags)

    return write


def test_frames_of_jpeg_are_pillows(jpeg):
    path = jpeg()
    assert (read_info(path).n_frames, read_info(path).shape) == (4, (24, 32))
    for frame in (0, 3):
        assert np.abs(read_array(path, frame).astype(int) - CINE[frame]).max() <= 2


@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize("photometric", ["YBR_FULL_422", "RGB", "YBR_FULL"])
def test_colour_jpeg_is_the_grey_that_viewers_show(jpeg, seeds, photometric, planar):
    # JFIF is YCbCr, whatever the header says.
    colour = np.stack([SMOOTH, SMOOTH[::-1], 255 - SMOOTH], axis=-1)
    frames = seeds.jpeg_frames([colour], quality=95)
    path = jpeg(
        frames,
        SamplesPerPixel=3,
        PlanarConfiguration=planar,
        PhotometricInterpretation=photometric,
    )
    (tmp := path.with_suffix(".jpg")).write_bytes(frames[0])
    expected = np.asarray(Image.open(tmp).convert("L"))
    assert np.abs(read_array(path).astype(int) - expected).max() <= 1


def test_jpeg_2000_of_sixteen_bits_is_exact(jpeg, seeds):
    if not features.check_codec("jpg_2000"):
        pytest.skip("this Pillow has no JPEG 2000")
    pixels = SMOOTH.astype("uint16") * 257
    frames = seeds.jpeg_frames([pixels], "JPEG2000", no_jp2=True)
    path = jpeg(frames, syntax="JPEG2000Lossless", BitsAllocated=16)
    np.testing.assert_array_equal(read_array(path), pixels)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
@pytest.mark.parametrize("colour", [False, True])
def test_runs_are_exact(seeds, tmp_path, dtype, colour):
    pixels = CINE.astype(dtype) * (1 if dtype == "uint8" else 100)
    if colour:
        if dtype == "int16":
            pytest.skip("colours are not signed")
        pixels = np.repeat(pixels[..., None], 3, axis=-1)
    path = seeds.write_dicom(tmp_path / "scan.dcm", pixels)
    data = pydicom.dcmread(path)
    data.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
    data.save_as(path)
    for frame in (0, 3):
        grey = pixels[frame, ..., 0] if colour else pixels[frame]
        np.testing.assert_array_equal(read_array(path, frame), grey)


# Where frames lie


def encapsulated(jpeg, parts, table=b"", **tags):
    """Write parts of frames by hand."""
    path = jpeg(**tags)
    data = path.read_bytes()
    data = data[: data.index(b"\xe0\x7f\x10\x00OB") + 12]
    for part in (table, *parts):
        part = part + bytes(len(part) % 2)
        data += struct.pack("<HHL", 0xFFFE, 0xE000, len(part)) + part
    path.write_bytes(data + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0))
    return path


def cut(frames):
    """Cut each frame in two."""
    return [part for frame in frames for part in (frame[:100], frame[100:])]


@pytest.mark.parametrize("has_table", [False, True])
def test_frames_in_several_parts_are_put_together(jpeg, seeds, has_table):
    frames = seeds.jpeg_frames(CINE)
    parts, table = cut(frames), b""
    if has_table:
        lengths = [8 + len(part) + len(part) % 2 for part in parts]
        starts = np.cumsum([0, *lengths])[:-1:2]
        table = struct.pack("<4L", *starts)
    whole = [read_array(jpeg(frames), k) for k in range(4)]
    path = encapsulated(jpeg, parts, table)
    for frame in range(4):
        np.testing.assert_array_equal(read_array(path, frame), whole[frame])


def test_parts_of_one_frame_are_all_of_it(jpeg, seeds):
    frames = seeds.jpeg_frames(CINE[:1])
    path = encapsulated(jpeg, cut(frames), NumberOfFrames=1)
    assert read_array(path).shape == (24, 32)


@pytest.mark.parametrize(
    ("n_frames", "table"),
    [
        (3, b""),
        (5, b""),
        (1_000_000, b""),
        (3, struct.pack("<4L", 0, 8, 16, 24)),
        (4, struct.pack("<4L", 0, 8, 16, 24)),
        (4, struct.pack("<4L", 0, 0, 0, 0)),
        (4, struct.pack("<4L", 2**32 - 1, 0, 0, 0)),
    ],
)
def test_frames_that_cannot_be_told_apart_are_refused(jpeg, seeds, n_frames, table):
    frames = seeds.jpeg_frames(CINE)
    path = encapsulated(jpeg, frames, table, NumberOfFrames=n_frames)
    with pytest.raises(SknacFormatError, match=f"4 parts cannot .* {n_frames} frames"):
        read_info(path)


def test_cut_and_foreign_parts_are_refused_when_the_cohort_is_built(jpeg):
    path = jpeg()
    data = path.read_bytes()
    for kept in (-1, -9, -300):
        path.write_bytes(data[:kept])
        with pytest.raises(SknacFormatError, match="pixels are cut off"):
            read_info(path)
    path.write_bytes(data.replace(b"OB\0\0\xff\xff\xff\xff", b"OB\0\0\x00\x40\0\0"))
    with pytest.raises(SknacFormatError, match="must have an undefined length"):
        read_info(path)


# What a frame claims


@pytest.mark.parametrize("tags", [{"Rows": 23}, {"Columns": 320}, {"Rows": 32}])
def test_frame_must_be_of_the_headers_size(jpeg, tags):
    path = jpeg(**tags)
    with pytest.raises(SknacFormatError, match=r"frame 2 is not compressed as .* says"):
        read_array(path, 2)


def test_size_is_read_from_each_kind_of_codestream(seeds):
    colour = np.repeat(SMOOTH[..., None], 3, axis=-1)
    for kind, settings in (
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG", {"exif": b"Exif\0\0" + bytes(40)}),
        ("JPEG2000", {"no_jp2": True}),
    ):
        assert _size(*seeds.jpeg_frames([SMOOTH], kind, **settings)) == (24, 32, 1)
        assert _size(*seeds.jpeg_frames([colour], kind, **settings)) == (24, 32, 3)
    # JPEG-LS, by hand: a frame header of 8 bits, 24 x 32, one component.
    head = b"\xff\xd8\xff\xff\xf7\0\x0b\x08" + struct.pack(">HHB", 24, 32, 1)
    assert _size(head + b"\1\x11\0") == (24, 32, 1)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG", b"ab"])
def test_no_codestream_has_no_size(data):
    assert _size(data) is None


@pytest.mark.parametrize(
    ("runs", "length"),
    [(b"\0a", 1), (b"\x02abc", 3), (b"\x81a", 128), (b"\xffa", 2), (b"\x80\x80", 0)],
)
def test_length_of_runs(runs, length):
    # PackBits: n < 128 copies n + 1 bytes, n > 128 repeats one 257 - n times.
    assert _unpacked_length(runs, 1000) == length
    assert _unpacked_length(runs * 3, 1000) == 3 * length


def test_large_compressed_frames_are_refused_by_the_header(jpeg):
    path = jpeg(Rows=6000, Columns=6000)
    with pytest.raises(SknacFormatError, match="16 MiB is the most; export it without"):
        read_info(path)


# Decoders


@pytest.mark.parametrize(
    ("syntax", "cause"),
    [
        (
            "JPEGLosslessSV1",
            "of 8 bits needs .*; pip install pylibjpeg pylibjpeg-libjpeg",
        ),
        ("JPEGLSLossless", "needs a decoder; pip install pyjpegls"),
        ("HTJ2KLossless", "needs a decoder; pip install pylibjpeg pylibjpeg-openjpeg"),
        ("MPEG4HP41", "is not read; export frames without compression"),
    ],
)
def test_missing_decoder_is_named_with_its_package(jpeg, syntax, cause, monkeypatch):
    # Whatever is installed where this runs.
    from pydicom.pixels.common import CoderBase

    monkeypatch.setattr(CoderBase, "available_plugins", property(lambda coder: ()))
    path = jpeg(syntax=syntax)
    with pytest.raises(SknacFormatError, match=cause):
        read_info(path)


@pytest.mark.parametrize(
    ("syntax", "samples"), [("JPEGExtended12Bit", 1), ("JPEG2000Lossless", 3)]
)
def test_bits_that_pillow_has_not_are_refused_by_the_header(
    jpeg, syntax, samples, monkeypatch
):
    from pydicom.pixels.common import CoderBase

    monkeypatch.setattr(
        CoderBase, "available_plugins", property(lambda coder: ("pillow",))
    )
    photometric = "RGB" if samples == 3 else "MONOCHROME2"
    tags = {"SamplesPerPixel": samples, "PhotometricInterpretation": photometric}
    path = jpeg(syntax=syntax, BitsAllocated=16, **tags)
    with pytest.raises(SknacFormatError, match="of 16 bits needs a decoder; pip inst"):
        read_info(path)


def test_frame_that_no_decoder_unpacks_names_one_that_may(jpeg, seeds):
    frames = seeds.jpeg_frames(CINE)
    frames[1] = frames[1][:-200] + bytes(200)
    frames[2] = frames[2][:200]
    path = jpeg(frames)
    assert read_array(path, 0).shape == (24, 32)
    with pytest.raises(SknacFormatError, match=r"frame 2 cannot be unpacked \(JPEG B"):
        read_array(path, 2)
