"""``.mat`` files of both kinds, in MATLAB's order of axes."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from sknac.cohort import ArrayRef
from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info

STACK = np.arange(2 * 3 * 4, dtype="i2").reshape(2, 3, 4)


@pytest.fixture(params=["v5", "v7.3"])
def save(request, seeds):
    """Write arrays and structs as one of the two kinds of file."""

    def save_v5(path, arrays, structs=()):
        arrays = dict(arrays)
        if structs:
            arrays["data"] = np.zeros((1, len(structs)), [(n, "O") for n in structs[0]])
            for number, struct in enumerate(structs):
                arrays["data"][0, number] = tuple(struct.values())
        savemat(path, arrays, do_compression=True)
        return path

    def save_v73(path, arrays, structs=()):
        def write(file):
            for name, array in arrays.items():
                kind = np.asarray(array).dtype.name.replace("float64", "double")
                seeds.put_matlab(file, name, array, kind)
            if structs:
                seeds.put_struct_array(file, "data", structs)

        return seeds.as_matlab(path, write)

    return save_v5 if request.param == "v5" else save_v73


def test_the_last_of_three_axes_counts_the_frames(tmp_path, save):
    path = save(tmp_path / "a.mat", {"rf": STACK})
    info = read_info(path)
    assert (info.shape, info.n_frames, info.is_stack) == ((4, 2, 3), 4, True)
    assert info.frame_shape(3) == (2, 3)
    np.testing.assert_array_equal(read_array(path, frame=3), STACK[:, :, 3])
    np.testing.assert_array_equal(read_array(path), np.moveaxis(STACK, 2, 0))
    assert read_array(path, frame=3).flags.c_contiguous


def test_rows_stay_rows(tmp_path, save):
    path = save(tmp_path / "a.mat", {"rf": STACK[..., 0], "fs": 40.0})
    assert read_array(path).tolist() == STACK[..., 0].tolist()
    assert read_info(path).variable == "rf"


def test_elements_of_a_struct_array_are_counted_from_0(tmp_path, save):
    structs = [{"id": f"S{k}", "rf1": np.eye(3, 4) * (k + 1)} for k in range(3)]
    path = save(tmp_path / "a.mat", {"rf": STACK}, structs)
    info = read_info(f"{path}::data[2].rf1")
    assert info.header == {"fields": {"id": "S2"}}
    assert (
        read_array(path, variable="data[2].rf1").tolist() == (np.eye(3, 4) * 3).tolist()
    )
    with pytest.raises(SknacFormatError, match=r"count from 0, the last is data\[2\]"):
        read_info(path, "data[3].rf1")
    with pytest.raises(SknacFormatError, match="it is text"):
        read_info(path, "data[0].id")


def test_complex_samples_are_iq(tmp_path):
    iq = np.exp(1j * STACK[..., 0]).astype("c8")
    savemat(tmp_path / "a.mat", {"iq": iq})
    info = read_info(tmp_path / "a.mat")
    assert (info.signal, info.dtype) == ("iq", np.complex64)
    assert (read_array(info.path) == iq).all()


def test_the_layout_of_a_public_set_opens_by_name(tmp_path, seeds):
    savemat(tmp_path / "a.mat", {"data": seeds.oasbud_like(3)})
    truth = loadmat(tmp_path / "a.mat")["data"][0, 2]
    info = read_info(tmp_path / "a.mat", "data[2].rf2")
    assert info.header["fields"] == {"id": "S2", "birads": "4a", "class": 0}
    np.testing.assert_array_equal(
        read_array(info.path, variable="data[2].rf2"), truth["rf2"]
    )
    assert read_info(info.path, "data[2].roi2").dtype == bool


def test_handles_know_the_array_and_stay_small(tmp_path, save):
    structs = [{"rf1": np.eye(5, 4) * k} for k in (1, 2)]
    path = save(tmp_path / "a.mat", {}, structs)
    first, second = (ArrayRef.from_file(f"{path}::data[{k}].rf1") for k in (0, 1))
    assert first.digest != second.digest
    again = pickle.loads(pickle.dumps(second))
    assert again.load()[1, 1] == 2
    assert len(pickle.dumps(second)) < 600


def test_a_stack_of_lines_is_refused(tmp_path, save):
    path = save(tmp_path / "a.mat", {"rf": STACK[:1]})
    with pytest.raises(SknacFormatError, match="the last axis counts the frames"):
        read_info(path)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "not a MATLAB file"),
        (bytes(200), "of version 4; save it with"),
        (b"\x89HDF\r\n\x1a\n" + bytes(200), "without MATLAB's header"),
        (b"MATLAB 5.0".ljust(124) + b"\x00\x03IM", "version that is not known"),
        (b"MATLAB 5.0".ljust(124) + b"\x00\x01IM", "no array of rows and columns"),
        (b"MATLAB 7.3".ljust(124) + b"\x00\x02IM" + bytes(600), "damaged .mat file"),
    ],
)
def test_other_files_are_told(tmp_path, data, cause):
    (tmp_path / "a.mat").write_bytes(data)
    with pytest.raises(SknacFormatError, match=cause):
        read_info(tmp_path / "a.mat")


def test_objects_of_the_new_kind_are_no_numbers(tmp_path, seeds):
    # A string object is stored as integers that point elsewhere.
    def write(file):
        seeds.put_matlab(file, "s", np.ones((6, 2), "uint64"), "string")
        seeds.put_matlab(file, "c", np.ones((6, 2), "uint16"), "char")

    seeds.as_matlab(tmp_path / "a.mat", write)
    with pytest.raises(SknacFormatError, match="MATLAB object"):
        read_info(tmp_path / "a.mat", "s")
    with pytest.raises(SknacFormatError, match="it is text"):
        read_info(tmp_path / "a.mat", "c")


def test_complex_of_the_new_kind(tmp_path, seeds):
    iq = np.zeros((2, 3), [("real", "f4"), ("imag", "f4")])
    iq["real"], iq["imag"] = STACK[..., 0], -STACK[..., 1]
    seeds.as_matlab(
        tmp_path / "a.mat", lambda file: seeds.put_matlab(file, "iq", iq, "single")
    )
    assert read_info(tmp_path / "a.mat").dtype == np.complex64
    array = read_array(tmp_path / "a.mat")
    np.testing.assert_array_equal(array, STACK[..., 0] - 1j * STACK[..., 1])
