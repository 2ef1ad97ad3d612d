"""MATLAB's version 5, against SciPy and bytes packed by hand."""

# SPDX-License-Identifier: BSD-3-Clause

import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from scipy.io import loadmat, savemat

from sknac.io import _mat5

TYPES = ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "c8", "c16", "?"]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dtype", TYPES)
def test_each_type_reads_as_scipy_reads_it(tmp_path, dtype, packed):
    path = tmp_path / "a.mat"
    values = np.random.default_rng(0).normal(scale=50, size=(7, 5, 3))
    values = values.astype(dtype) if dtype != "?" else values > 0
    savemat(
        path, {"rf": values * 1j if "c" in dtype else values}, do_compression=packed
    )
    truth = loadmat(path, mat_dtype=False)["rf"]
    variable = _mat5.contents(path)["rf"]
    np.testing.assert_array_equal(_mat5.read(path, variable), truth)
    np.testing.assert_array_equal(_mat5.read(path, variable, 2), truth[..., 2])
    assert variable.shape == (7, 5, 3)
    assert variable.dtype == (bool if dtype == "?" else truth.dtype)


# Files that MATLAB itself wrote, on several machines; not every SciPy brings them.
_WRITTEN = sorted((Path(scipy.io.__file__).parent / "matlab/tests/data").glob("test*"))


@pytest.mark.parametrize(
    "path",
    [p for p in _WRITTEN if re.search(r"(?<!hdf5)_[67]\.\d.*\.mat$", p.name)],
    ids=lambda path: path.stem,
)
@pytest.mark.filterwarnings("ignore:The default value for `spmatrix`")  # SciPy 1.18
def test_files_that_matlab_wrote_read_as_scipy_reads_them(path):
    truth = loadmat(path)
    for name, variable in _mat5.contents(path).items():
        if variable.dtype is not None and "." not in name:
            np.testing.assert_array_equal(_mat5.read(path, variable), truth[name])


def element(kind, data, order="<"):
    """One element: type, size, data, padding."""
    return struct.pack(order + "II", kind, len(data)) + data + bytes(-len(data) % 8)


def matrix(data, shape=(2, 3), kind=6, stored=2, order="<", flags=0, name=b"rf"):
    """An array of doubles that is stored as small numbers, as MATLAB does."""
    parts = [
        element(6, struct.pack(order + "II", kind | flags, 0), order),
        element(5, struct.pack(f"{order}{len(shape)}i", *shape), order),
        element(1, name, order),
        element(stored, data, order),
    ]
    return element(14, b"".join(parts), order)


def write(folder, *elements, order="<"):
    """A file of these elements."""
    mark = b"\x00\x01IM" if order == "<" else b"\x01\x00MI"
    path = folder / "a.mat"
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + mark + b"".join(elements))
    return path


@pytest.mark.parametrize("order", ["<", ">"])
def test_doubles_stored_as_bytes_are_doubles_column_by_column(tmp_path, order):
    path = write(tmp_path, matrix(bytes(range(6)), order=order), order=order)
    variable = _mat5.contents(path)["rf"]
    array = _mat5.read(path, variable).astype(variable.dtype)
    assert variable.dtype == np.float64
    assert array.tolist() == [[0, 2, 4], [1, 3, 5]]


def test_structs_in_structs_are_listed_by_their_path(tmp_path):
    path = tmp_path / "a.mat"
    scan = {"acq": {"rf": np.eye(3), "probe": {"pitch": 0.3, "name": "L14"}}}
    savemat(path, {"scan": scan})
    found = _mat5.contents(path)
    assert found["scan.acq"].fields == ("rf", "probe")
    assert found["scan.acq.probe.pitch"].value == 0.3
    assert found["scan.acq.probe.name"].value == "L14"
    assert _mat5.read(path, found["scan.acq.rf"]).tolist() == np.eye(3).tolist()


def test_text_cells_sparse_and_objects_say_what_they_are(tmp_path):
    from scipy.sparse import csc_array

    path = tmp_path / "a.mat"
    cells = np.array([["a", np.eye(2)]], dtype=object)
    savemat(path, {"t": "text", "c": cells, "s": csc_array(np.eye(3))})
    found = _mat5.contents(path)
    assert "is text" in found["t"].refusal
    assert "is a cell array" in found["c"].refusal
    assert "is sparse" in found["s"].refusal
    path = write(tmp_path, matrix(b"", kind=17))
    assert "is a MATLAB object" in _mat5.contents(path)["rf"].refusal


SIX = bytes(range(6))


@pytest.mark.parametrize(
    ("elements", "cause"),
    [
        ([matrix(SIX, shape=(2, 4))], "6 bytes of type 2 for an array of shape"),
        ([matrix(SIX, shape=(-2, -3))], "an array of shape"),
        ([matrix(SIX, shape=(6,))], "an array of shape"),
        ([matrix(SIX, shape=(2**31 - 1,) * 3)], "would take"),
        ([matrix(SIX, stored=77)], "6 bytes of type 77"),
        ([matrix(SIX), matrix(SIX)], "two arrays of the name rf"),
        ([matrix(SIX, name=b"a\nb")], "cannot be printed"),
        ([matrix(SIX)[:-8]], "an array of 64 bytes where the file has 56"),
        ([matrix(SIX), b"\0\0\0"], "cut off between two arrays"),
        ([element(15, zlib.compress(matrix(SIX))[:-3])], "cut off|ends early"),
        ([element(15, zlib.compress(matrix(SIX)[:50]))], "ends early"),
        ([element(15, zlib.compress(element(15, SIX)))], "element of type 15"),
        (
            [element(15, zlib.compress(matrix(SIX))[:-1] + b"\0")],
            "incorrect data check",
        ),
    ],
)
def test_damage_is_told(tmp_path, elements, cause):
    with pytest.raises((ValueError, zlib.error), match=cause):
        _mat5.contents(write(tmp_path, *elements))


def test_structs_that_claim_more_than_they_have_are_not_walked(tmp_path):
    path = tmp_path / "a.mat"
    savemat(path, {"data": np.zeros((1, 2), dtype=[("rf", object)])})
    data = path.read_bytes()
    claim = data.replace(struct.pack("<2i", 1, 2), struct.pack("<2i", 9999, 9999), 1)
    assert claim != data
    path.write_bytes(claim)
    with pytest.raises(ValueError, match="does not fit"):
        _mat5.contents(path)


def test_many_empty_fields_are_not_walked(tmp_path):
    head = element(6, struct.pack("<2I", 2, 0)) + element(
        5, struct.pack("<2i", 1, 10**6)
    )
    names = element(1, b"data") + struct.pack("<HHi", 5, 4, 4) + element(1, b"rf\0\0")
    body = head + names + struct.pack("<2I", 14, 0) * 10**6
    path = write(tmp_path, element(15, zlib.compress(element(14, body))))
    with pytest.raises(ValueError, match="does not fit"):
        _mat5.contents(path)


def test_many_elements_are_not_walked(tmp_path, monkeypatch):
    monkeypatch.setattr(_mat5, "MOST_VARIABLES", 3)
    with pytest.raises(ValueError, match="more than 3 elements"):
        _mat5.contents(write(tmp_path, bytes(8 * 4)))


def test_deep_structs_are_refused(tmp_path):
    path, scan = tmp_path / "a.mat", np.eye(2)
    for _ in range(25):
        scan = {"s": scan}
    savemat(path, {"scan": scan})
    with pytest.raises(ValueError, match="deep"):
        _mat5.contents(path)


def test_one_frame_of_a_long_stack_is_read_alone(tmp_path, peak_bytes):
    path = tmp_path / "a.mat"
    stack = np.zeros((500, 100, 100), "i2")
    stack[:, :, 70] = 7
    savemat(path, {"rf": stack})
    before = peak_bytes()
    del stack
    array = _mat5.read(path, _mat5.contents(path)["rf"], 70)
    assert (array == 7).all()
    assert peak_bytes() - before < 1_000_000
