"""Arrays of packed cohorts are read without trusting them."""

# SPDX-License-Identifier: BSD-3-Clause

import io
import zipfile

import numpy as np
import pytest

from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info


@pytest.fixture
def pack(tmp_path):
    """Write a pack of one member."""

    def write(data, name="pixels/x.npy"):
        if isinstance(data, np.ndarray):
            file = io.BytesIO()
            np.save(file, data)
            data = file.getvalue()
        with zipfile.ZipFile(tmp_path / "a.cohort", "w", zipfile.ZIP_DEFLATED) as pack:
            pack.writestr(name, data)
        return tmp_path / "a.cohort"

    return write


@pytest.mark.parametrize("dtype", ["uint8", "<i2", "float32", "bool"])
def test_arrays_come_back(pack, dtype):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    path = pack(array)
    assert read_info(path, "x").shape == (2, 3, 4)
    np.testing.assert_array_equal(read_array(path, variable="x"), array)
    np.testing.assert_array_equal(read_array(path, 1, "x"), array[1])
    assert read_array(path, variable="x").dtype == array.dtype


def test_a_pack_without_a_name_says_who_reads_it(pack):
    with pytest.raises(SknacFormatError, match="cohort_from_table"):
        read_info(pack(np.eye(3)))


def header(text):
    """Write the start of a .npy file."""
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        header("{'descr': '|u1', 'fortran_order': False, 'shape': (9, 9)}") + b"1",
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,)}"),
        header("{'descr': '|u1', 'fortran_order': False, 'shape': (-1, -1)}") + b"1",
        header("{'descr': '|u1', 'fortran_order': True, 'shape': (1, 1)}") + b"1",
        header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}") + bytes(8),
        b"\x93NUMPY\3\0" + bytes(80),
    ],
)
def test_arrays_that_lie_are_refused(pack, data):
    with pytest.raises(SknacFormatError):
        read_info(pack(data), "x")


def test_an_array_whose_samples_changed_is_refused(pack):
    path = pack(np.arange(100, dtype="uint8"))
    with zipfile.ZipFile(path) as file:
        (member,) = file.infolist()
    data = bytearray(path.read_bytes())
    data[
        member.header_offset + 30 + len(member.filename) + member.compress_size - 5
    ] ^= 8
    path.write_bytes(data)
    with pytest.raises(SknacFormatError, match="damaged packed cohort"):
        read_array(path, variable="x")


def test_absent_arrays_are_format_errors(pack):
    with pytest.raises(SknacFormatError, match="damaged packed cohort file: "):
        read_info(pack(np.eye(3)), "y")
