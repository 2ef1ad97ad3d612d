"""The one way to read any file."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pytest

from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info


@pytest.fixture
def stack(tmp_path):
    """A file of two frames of 3 x 2."""
    np.save(tmp_path / "stack.npy", np.arange(12).reshape(2, 3, 2))
    return tmp_path / "stack.npy"


def test_frame_of_a_stack_is_its_entry(stack):
    assert read_array(stack, frame=1).tolist() == [[6, 7], [8, 9], [10, 11]]
    assert read_array(stack).shape == (2, 3, 2)


def test_frame_0_of_a_matrix_is_the_matrix(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(3))
    assert read_array(tmp_path / "a.npy", frame=0).tolist() == np.eye(3).tolist()


@pytest.mark.parametrize("frame", [-1, 2])
def test_missing_frame_names_how_many_there_are(stack, frame):
    with pytest.raises(ValueError, match=f"frame={frame} does not exist, it has 2"):
        read_array(stack, frame=frame)


def test_suffix_is_read_in_any_case(stack):
    shouting = stack.rename(stack.with_suffix(".NPY"))
    assert read_info(str(shouting)).shape == (2, 3, 2)


@pytest.mark.parametrize("name", ["scan.xyz", "scan", "scan.npz"])
def test_unknown_suffix_lists_the_known(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(SknacFormatError, match=r"is not one of \.rf, .*\.npy"):
        read_info(tmp_path / name)


def test_no_file_and_a_folder_are_not_found(tmp_path):
    (tmp_path / "folder.npy").mkdir()
    for name in ("absent.npy", "folder.npy"):
        with pytest.raises(FileNotFoundError, match=f"{name}: no such file"):
            read_array(tmp_path / name)


def test_format_errors_survive_pickling():
    # Workers send errors to the parent by pickle.
    error = pickle.loads(pickle.dumps(SknacFormatError("scan.rf", "cut off")))
    assert str(error) == "scan.rf: cut off"
    assert error.path == "scan.rf"


def test_one_array_takes_no_variable(stack):
    for path, variable in ((stack, "rf"), (f"{stack}::rf", None)):
        with pytest.raises(SknacFormatError, match="holds one array; leave out"):
            read_info(path, variable)


def test_variable_said_twice_must_agree(stack):
    with pytest.raises(ValueError, match=r"'iq' contradicts ::rf of the path"):
        read_array(f"{stack}::rf", variable="iq")
