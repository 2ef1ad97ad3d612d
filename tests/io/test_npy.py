"""NumPy files, against headers written by hand."""

# SPDX-License-Identifier: BSD-3-Clause

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info

HEAD = "{{'descr': {descr!r}, 'fortran_order': {order}, 'shape': {shape}}}"


def npy(header, body=b"", version=1):
    """A ``.npy`` file of a header text and a body."""
    text = header if isinstance(header, bytes) else header.encode("latin1")
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + body


def head(shape, descr="<f8", order=False):
    """The header text of an array."""
    return HEAD.format(descr=descr, order=order, shape=shape)


def read_bytes(folder, data):
    """Read these bytes as a ``.npy`` file."""
    path = folder / "array.npy"
    path.write_bytes(data)
    return read_array(path)


@pytest.mark.parametrize("version", [1, 2])
def test_values_come_in_the_order_of_the_bytes(tmp_path, version):
    body = struct.pack("<6d", *range(6))
    array = read_bytes(tmp_path, npy(head("(2, 3)"), body, version))
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert type(array) is np.ndarray


def test_fortran_order_and_byte_order_are_honoured(tmp_path):
    body = struct.pack(">6h", *range(6))
    array = read_bytes(tmp_path, npy(head("(2, 3)", ">i2", True), body))
    assert array.tolist() == [[0, 2, 4], [1, 3, 5]]


def test_headers_of_python_2_are_read_without_a_warning(tmp_path):
    assert read_bytes(tmp_path, npy(head("(1L,)"), bytes(8))).tolist() == [0.0]


def test_array_outlives_its_file(tmp_path):
    array = read_bytes(tmp_path, npy(head("(2,)"), struct.pack("<2d", 3, 4)))
    (tmp_path / "array.npy").write_bytes(b"")
    assert array.tolist() == [3.0, 4.0]


def test_info_counts_frames_of_stacks_only(tmp_path):
    for shape, n_frames in [((5, 4, 3), 5), ((4, 3), 1), ((3,), 1)]:
        np.save(tmp_path / "a.npy", np.zeros(shape, "f4"))
        info = read_info(tmp_path / "a.npy")
        assert (info.shape, info.n_frames, info.dtype) == (shape, n_frames, np.float32)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "not a .npy file"),
        (b"\x93NUMPY\x01", "not a .npy file"),
        (b"PK\x03\x04 not really", "a .npz archive; save one array as .npy"),
        (npy(head("(2, 3)"), bytes(47)), "damaged .npy file: mmap length is greater"),
        (npy(head("(2, 3)"))[:30], "EOF"),
        (npy(head("(5_000_000_000,)"), bytes(8)), "damaged .npy file"),
        (npy(head("(4294967296, 4294967296)"), bytes(8)), "damaged .npy file"),
        (npy(head("(99999999999999999999,)"), bytes(8)), "damaged .npy file"),
        (npy(head("(-1,)"), bytes(8)), "negative"),
        (npy(head("(True,)"), bytes(8)), "damaged .npy file"),
        (npy(head("(1,)", "|O"), bytes(8)), "damaged .npy file"),
        (npy(head("(1,)", "<U2"), bytes(8)), "holds <U2, numbers are needed"),
        (npy(head("(1,)", "<c16"), bytes(16)), "rf_from_iq restores"),
        (npy(head("(1,)", "<M8[ns]"), bytes(8)), "holds datetime64[ns], numbers"),
        (npy("{1: 2, 'a': 3}"), "damaged .npy file"),
        (npy("{[]: 1}"), "damaged .npy file"),
        (npy("{'descr': '<f8'"), "damaged .npy file"),
        (npy("-" * 9000 + "1"), "damaged .npy file"),
        (npy(r"{'descr': '\d', 'fortran_order': False, 'shape': ()}"), "damaged"),
        (npy("{}", version=9), "damaged .npy file"),
    ],
)
def test_damage_is_named_with_the_path(tmp_path, data, cause):
    with pytest.raises(SknacFormatError) as caught:
        read_bytes(tmp_path, data)
    assert cause in str(caught.value)
    assert str(tmp_path / "array.npy") in str(caught.value)
    assert str(caught.value)[-2:] != ": "


def test_pickles_are_never_loaded(tmp_path):
    path = tmp_path / "evil.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(SknacFormatError):
        read_array(path)


def test_archives_are_refused_with_the_mend(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros(3))
    with pytest.raises(SknacFormatError, match="save one array as"):
        read_bytes(tmp_path, (tmp_path / "a.npz").read_bytes())


@pytest.mark.parametrize(
    "data",
    [
        npy(head("(5_000_000_000,)")),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}",  # a header of 4 GB
    ],
    ids=["array", "header"],
)
def test_claims_beyond_the_file_are_refused_unallocated(tmp_path, data, peak_bytes):
    with pytest.raises(SknacFormatError):
        read_bytes(tmp_path, data)
    assert peak_bytes() < 1_000_000


def is_array_or_format_error(path, n_bytes):
    """Read; any other error or warning gets through."""
    try:
        array = read_array(path)
    except SknacFormatError:
        return
    assert array.dtype.kind in "biuf"
    assert array.nbytes <= n_bytes


TEXT = head("(2, 3)", "<f4")


@settings(max_examples=200)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(TEXT) + 9), st.integers(0, 255)), max_size=4
    ),
    cut=st.integers(0, len(TEXT) + 40),
)
def test_any_damaged_header_is_an_array_or_a_format_error(tmp_path_factory, edits, cut):
    data = bytearray(npy(TEXT, bytes(24)))
    for place, value in edits:
        data[place] = value
    path = tmp_path_factory.getbasetemp() / "fuzz.npy"
    path.write_bytes(data[:cut])
    is_array_or_format_error(path, cut)


ATOM = st.integers() | st.booleans() | st.text("<f8|Oi2", max_size=4) | st.none()
TREE = st.recursive(ATOM, lambda t: st.lists(t, max_size=3) | st.tuples(t, t))


@settings(max_examples=150)
@given(descr=TREE | st.just("<f8"), shape=TREE | st.just((1, 1)), order=ATOM)
def test_any_header_values_are_an_array_or_a_format_error(
    tmp_path_factory, descr, shape, order
):
    path = tmp_path_factory.getbasetemp() / "values.npy"
    path.write_bytes(npy(head(shape, descr, order), bytes(16)))
    is_array_or_format_error(path, 16)
