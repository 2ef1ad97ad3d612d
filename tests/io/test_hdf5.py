"""HDF5 files, what hides in them, and what they claim."""

# SPDX-License-Identifier: BSD-3-Clause

import h5py
import numpy as np
import pytest

from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info

STACK = np.arange(24, dtype="i2").reshape(4, 3, 2)


@pytest.fixture
def h5(tmp_path):
    """A new file to write into; its path is `filename`."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        yield file


def refused(file, variable=None):
    """What is said of a file that was written."""
    path = file.filename
    file.close()
    with pytest.raises(SknacFormatError) as caught:
        read_info(path, variable)
    return str(caught.value)


def test_the_first_of_three_axes_counts_the_frames(h5):
    h5["scan/rf"] = STACK
    h5["fs"] = 40.0
    path = h5.filename
    h5.close()
    info = read_info(path)
    assert (info.variable, info.shape, info.n_frames) == ("scan/rf", (4, 3, 2), 4)
    assert read_array(path, 2, "scan/rf").tolist() == STACK[2].tolist()
    assert read_array(f"{path}::/scan/rf").tolist() == STACK.tolist()


@pytest.mark.parametrize("dtype", [">f4", "<i8", "f2", "c16", "?"])
def test_types_are_kept_in_the_order_of_this_machine(h5, dtype):
    h5["x"] = STACK[0].astype(dtype)
    path = h5.filename
    h5.close()
    assert read_info(path).dtype == np.dtype(dtype).newbyteorder("=")
    assert read_array(path).tolist() == STACK[0].astype(dtype).tolist()


@pytest.mark.parametrize("packed", ["gzip", "lzf"])
def test_packed_frames_are_read_one_by_one(h5, packed):
    h5.create_dataset(
        "x", data=STACK, compression=packed, chunks=(1, 3, 2), shuffle=True
    )
    path = h5.filename
    h5.close()
    assert read_array(path, 3).tolist() == STACK[3].tolist()


def test_links_are_named_and_not_followed(tmp_path, h5):
    with h5py.File(tmp_path / "secret.h5", "w") as other:
        other["x"] = STACK[0]
    h5["x"] = STACK[0]
    h5["out"] = h5py.ExternalLink("secret.h5", "/x")
    h5["soft"] = h5py.SoftLink("/x")
    h5.flush()
    assert read_info(h5.filename).variable == "x"
    with pytest.raises(SknacFormatError, match=r"link, which is not followed"):
        read_info(h5.filename, "soft")
    assert "link into another file, which is not followed" in refused(h5, "out")


def test_samples_in_other_files_are_refused(tmp_path, h5):
    (tmp_path / "secret.bin").write_bytes(bytes(48))
    h5.create_dataset("x", (4, 3), "i4", external=[("secret.bin", 0, 48)])
    assert "lies in another file" in refused(h5)


def test_virtual_arrays_are_refused(tmp_path, h5):
    layout = h5py.VirtualLayout((4, 3), "i2")
    layout[:] = h5py.VirtualSource("secret.h5", "x", (4, 3))
    h5.create_virtual_dataset("x", layout)
    assert "lies in another file" in refused(h5)


def test_groups_that_hold_themselves_are_refused(h5):
    h5.create_group("a")["b"] = h5["/"]
    assert "stands in two places" in refused(h5)


def test_filters_of_other_packages_are_refused(h5):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((4, 3))
    plist.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, ())  # Zstandard
    space = h5py.h5s.create_simple((4, 3))
    h5py.h5d.create(h5.id, b"x", h5py.h5t.NATIVE_INT16, space, plist)
    assert "packed with filter 32015" in refused(h5)


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ({"shape": (70_000, 70_000), "chunks": (100, 100)}, "would take 39200000000"),
        ({"shape": (70_000, 70_000)}, "of which 0 are there"),
        ({"shape": (20, 20)}, "of which 0 are there"),
        ({"shape": (20, 20), "chunks": (10, 10)}, "only 0 of 4 chunks were written"),
        ({"shape": (1500, 1500), "chunks": (1, 1)}, "2250000 chunks"),
        (
            {"shape": (2, 2), "chunks": (9000, 9000), "maxshape": (None, None)},
            "a chunk",
        ),
    ],
)
def test_claims_without_samples_are_refused(h5, settings, cause):
    h5.create_dataset("x", dtype="f8", **settings)
    assert cause in refused(h5)


def test_holes_are_no_samples(h5):
    data = h5.create_dataset("x", (4, 3, 2), "i2", chunks=(1, 3, 2))
    data[0], data[3] = 1, 1
    assert "only 2 of 4 chunks were written" in refused(h5)


def test_a_chunk_that_grows_beyond_its_size_is_refused(h5, peak_bytes):
    import zlib

    data = h5.create_dataset(
        "x", (1, 300, 300), "u1", chunks=(1, 300, 300), compression=9
    )
    data.id.write_direct_chunk((0, 0, 0), zlib.compress(bytes(100_000_000), 9))
    path, before = h5.filename, peak_bytes()
    h5.close()
    with pytest.raises(SknacFormatError, match="a chunk of /x is not 90000 bytes"):
        read_array(path)
    assert peak_bytes() - before < 5_000_000


@pytest.mark.parametrize("value", ["text", b"bytes", np.void(b"opaque")])
def test_what_is_no_number_says_so(h5, value):
    h5["x"] = value
    assert "; name numbers" in refused(h5, "x")


def test_empty_arrays_are_refused(h5):
    h5["x"] = h5py.Empty("f8")
    assert "it holds nothing" in refused(h5, "x")


@pytest.mark.parametrize("data", [b"", b"\x89HDF\r\n\x1a\n", b"text" * 300])
def test_other_files_are_refused(tmp_path, data):
    (tmp_path / "a.hdf5").write_bytes(data)
    with pytest.raises(SknacFormatError, match=r"damaged HDF5 .*; write it again"):
        read_info(tmp_path / "a.hdf5")
