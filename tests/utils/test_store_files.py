"""Files of a store: shape and samples from bytes, and what is no entry."""

# SPDX-License-Identifier: BSD-3-Clause

import errno
import hashlib
import io

import numpy as np
import pytest

from sknac.exceptions import SknacFormatError
from sknac.utils._store_files import (
    checksum,
    digest_in,
    read_array,
    read_header,
    reading,
    writing,
)

ARRAYS = {
    "maps": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "vector": np.arange(5.0),
    "number": np.array(3, dtype=np.int16),
    "empty": np.zeros((0, 4), dtype=bool),
    "other ends": np.arange(3, dtype=">f8"),
}


def save(folder, array):
    """Write an array as NumPy does, under its checksum."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    data = buffer.getvalue()
    path = folder / f"key-{hashlib.sha256(data).hexdigest()[:32]}.npy"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_arrays_are_read_as_numpy_reads_them(tmp_path, array):
    path = save(tmp_path, array)
    assert read_header(path) == (array.shape, array.dtype)
    read = read_array(path, digest_in(path), array.shape, array.dtype)
    np.testing.assert_array_equal(read, np.load(path), strict=True)
    assert not read.flags.writeable


def test_checksum_is_the_beginning_of_sha256():
    assert checksum(b"abc") == "ba7816bf8f01cfea414140de5dae2223"


def test_every_damaged_byte_of_a_header_is_noticed(tmp_path):
    """By the header, by the length, or at last by the checksum."""
    array = ARRAYS["maps"]
    path = save(tmp_path, array)
    data = path.read_bytes()
    for at in range(128):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(SknacFormatError, match="damaged, "):
            read_array(path, digest_in(path), array.shape, array.dtype)


def test_array_of_another_shape_is_not_that_of_its_handle(tmp_path):
    path = save(tmp_path, ARRAYS["maps"])
    with pytest.raises(SknacFormatError, match="not of the shape and type"):
        read_array(path, digest_in(path), (3, 2, 4), np.dtype(np.float32))


@pytest.mark.parametrize(("said", "what"), [(writing, "written"), (reading, "read")])
def test_errors_keep_their_kind_and_say_store(said, what):
    words = rf"the store 'maps' cannot be {what} \(no\); make it"
    context = said("maps", "entry") if said is writing else said("maps")
    with pytest.raises(PermissionError, match=words) as caught, context:
        raise PermissionError(errno.EACCES, "no")
    assert caught.value.errno == errno.EACCES


def test_what_is_not_there_is_not_the_stores_fault():
    with pytest.raises(FileNotFoundError, match="gone"), reading("maps"):
        raise FileNotFoundError("gone")
