"""Ultrasonix files, against bytes packed by hand."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info

RF, B8, BPR = 16, 4, 2


def header(type_code=RF, n_frames=1, width=2, height=3, bits=16, fs_hz=40_000_000):
    """Pack the 19 integers in the order of the format's description."""
    corners = [11, 12, 21, 22, 31, 32, 41, 42]
    probe, density, extra = 7, 256, 0
    rest = [probe, 10_000_000, fs_hz, 5, density, extra]
    return struct.pack(
        "<19i", type_code, n_frames, width, height, bits, *corners, *rest
    )


def write(folder, name, *parts):
    """Write a file of these bytes."""
    path = folder / name
    path.write_bytes(b"".join(parts))
    return path


def test_header_fields_are_taken_from_their_places(tmp_path):
    path = write(tmp_path, "a.rf", header(n_frames=2), bytes(24))
    found, rest = read_info(path), read_info(path).header
    assert (rest["type_code"], found.n_frames, rest["sample_bits"]) == (RF, 2, 16)
    assert (found.shape, found.frame_shape(1)) == ((3, 2), (3, 2))
    assert rest["corners_px"] == ((11, 12), (21, 22), (31, 32), (41, 42))
    assert (rest["transmit_mhz"], found.fs_mhz) == (10.0, 40.0)
    assert (found.dtype, rest["frame_tag_bytes"]) == (np.int16, 0)


def test_rf_lines_become_columns(tmp_path):
    # Line 0 is 1, -2, 3 in time, line 1 is 256, 5, -32768.
    samples = struct.pack("<6h", 1, -2, 3, 256, 5, -32768)
    array = read_array(write(tmp_path, "a.rf", header(), samples))
    assert array.dtype == np.int16
    assert array.tolist() == [[1, 256], [-2, 5], [3, -32768]]
    assert array.flags.c_contiguous


def test_bmode_image_is_stored_by_rows(tmp_path):
    path = write(tmp_path, "a.b8", header(B8, bits=8, fs_hz=0), bytes(range(6)))
    assert read_array(path).tolist() == [[0, 1], [2, 3], [4, 5]]
    assert read_array(path).dtype == np.uint8
    assert read_info(path).fs_mhz is None


def test_envelope_is_stored_by_lines(tmp_path):
    path = write(tmp_path, "a.bpr", header(BPR, bits=8), bytes(range(6)))
    assert read_array(path).tolist() == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.parametrize("tag", [b"", b"\x07\x00\x00\x00"], ids=["plain", "tagged"])
def test_second_frame_is_found_with_and_without_tags(tmp_path, tag):
    first, second = struct.pack("<6h", *range(6)), struct.pack("<6h", *range(10, 16))
    path = write(tmp_path, "a.rf", header(n_frames=2), tag, first, tag, second)
    assert read_info(path).header["frame_tag_bytes"] == len(tag)
    assert read_array(path, frame=1).tolist() == [[10, 13], [11, 14], [12, 15]]
    assert read_array(path, frame=0).tolist() == [[0, 3], [1, 4], [2, 5]]


def test_several_frames_need_a_number(tmp_path):
    path = write(tmp_path, "a.rf", header(n_frames=3), bytes(36))
    with pytest.raises(ValueError, match="holds 3 frames; say which one with frame=0"):
        read_array(path)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "76-byte header is cut off: 0 bytes"),
        (header()[:75], "cut off: 75 bytes"),
        (header(), "need 88 bytes, the file has 76 (truncated)"),
        (header() + bytes(11), "the file has 87 (truncated)"),
        (header() + bytes(13), "the file has 89 (trailing bytes)"),
        (header(type_code=5) + bytes(12), "type 5 is not one of"),
        (header(bits=8) + bytes(12), "claims 8 bits a sample for type 16"),
        (header(width=0) + bytes(12), "claims 1 frames of 3 x 0"),
        (header(height=-3) + bytes(12), "claims 1 frames of -3 x 2"),
        (header(n_frames=-1) + bytes(12), "claims -1 frames"),
        (header(n_frames=0), "claims 0 frames"),
    ],
)
def test_damage_is_named_with_the_path(tmp_path, data, cause):
    path = write(tmp_path, "scan.rf", data)
    for read in (read_array, read_info):
        with pytest.raises(SknacFormatError) as caught:
            read(path)
        assert cause in str(caught.value)
        assert str(path) in str(caught.value)


def test_header_in_the_other_byte_order_is_refused(tmp_path):
    swapped = struct.pack(">19i", *struct.unpack("<19i", header()))
    with pytest.raises(SknacFormatError, match="type 268435456"):
        read_info(write(tmp_path, "a.rf", swapped, bytes(12)))


def test_forty_gigabytes_claimed_are_refused_unallocated(tmp_path, peak_bytes):
    claim = header(n_frames=10, width=60_000, height=33_000)
    path = write(tmp_path, "a.rf", claim, bytes(100))
    with pytest.raises(SknacFormatError, match="39600000076 bytes"):
        read_array(path, frame=9)
    assert peak_bytes() < 1_000_000


def test_one_frame_of_a_large_file_is_read_alone(tmp_path, peak_bytes):
    path = write(tmp_path, "a.rf", header(n_frames=1000, width=250, height=2000))
    os.truncate(path, 76 + 1000 * 1_000_000)  # sparse: 1 GB that takes no room
    assert read_array(path, frame=999).shape == (2000, 250)
    assert peak_bytes() < 4_000_000


FIELD = st.integers(-(2**31), 2**31 - 1)


@settings(max_examples=150)
@given(
    fields=st.lists(
        FIELD | st.sampled_from([0, 1, 2, 4, 8, 16]), min_size=19, max_size=19
    ),
    body=st.binary(max_size=64),
    cut=st.integers(0, 140),
)
def test_any_header_is_an_array_or_a_format_error(tmp_path_factory, fields, body, cut):
    data = (struct.pack("<19i", *fields) + body)[:cut]
    path = write(tmp_path_factory.getbasetemp(), "fuzz.rf", data)
    try:
        array = read_array(path, frame=0)
    except SknacFormatError:
        return
    assert array.size * array.itemsize <= len(data)


@settings(max_examples=100)
@given(place=st.integers(0, 75), value=st.integers(0, 255))
def test_a_flipped_header_byte_never_moves_samples(tmp_path_factory, place, value):
    data = bytearray(header(width=4, height=5) + bytes(range(40)))
    data[place] = value
    path = write(tmp_path_factory.getbasetemp(), "flipped.rf", data)
    try:
        array = read_array(path)
    except SknacFormatError:
        return
    # What passes is a file of the same samples: the size must agree.
    assert array.tobytes("F") == bytes(range(40))
