"""Which array of a file is meant, and what is said where that is not clear."""

# SPDX-License-Identifier: BSD-3-Clause

import os

import numpy as np
import pytest

from sknac.exceptions import SknacFormatError
from sknac.io._variables import (
    FREE_BYTES,
    Variable,
    check_growth,
    choose,
    describe,
    remembered,
)

F8 = np.dtype("f8")


def listed(*variables):
    """Variables by their names."""
    return {variable.name: variable for variable in variables}


RF = Variable("rf", (9, 4), F8)
FS = Variable("fs", (1, 1), F8)
TIMES = Variable("t", (9, 1), F8)
ENVELOPE = Variable("acq.env", (9, 4), F8)
DATA = Variable("data", (1, 3), fields=("id", "rf"))
FIELD = Variable("data[1].rf", (9, 4), F8)
NOTE = Variable("note", (1, 5), refusal="it is text; name an array of numbers")


def test_the_only_array_of_rows_and_columns_needs_no_name():
    assert choose("a.mat", listed(FS, TIMES, NOTE, RF), None) is RF


@pytest.mark.parametrize("name", ["data[1].rf", "/data[1]/rf", "data[1]/rf/"])
def test_dots_and_slashes_lead_into_structs(name):
    assert choose("a.mat", listed(DATA, FIELD, RF), name) is FIELD


def test_a_single_struct_may_be_counted():
    assert choose("a.mat", listed(ENVELOPE), "acq[0].env") is ENVELOPE


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (None, r"holds 2 arrays \(rf: 9 x 4, data\[1\]\.rf: 9 x 4\); say which"),
        ("raw", r"no variable='raw'; it holds rf: 9 x 4, data\[1\]\.rf: 9 x 4"),
        (
            "data(2).rf",
            r"count from 0 in square ones: MATLAB's data\(1\).rf is data\[0",
        ),
        ("cells{1}", "count from 0 in square ones"),
        ("data[3].rf", r"data has 3 elements; count from 0, the last is data\[2\]"),
        ("data.rf", r"data has 3 elements; say which one, from 0: data\[0\]\.rf"),
        ("data", "is a struct with id, rf fields; name one"),
        ("note", "it is text; name an array of numbers"),
    ],
)
def test_what_is_not_clear_is_said(name, said):
    with pytest.raises(SknacFormatError, match=said):
        choose("a.mat", listed(RF, DATA, FIELD, NOTE), name)


def test_numbers_alone_are_no_array_to_choose():
    with pytest.raises(SknacFormatError, match="no array of rows and columns"):
        choose("a.mat", listed(FS, TIMES), None)


@pytest.mark.parametrize("shape", [(), (0, 4), (2, 2, 2, 2)])
def test_shapes_that_are_no_frames_are_refused(shape):
    with pytest.raises(SknacFormatError, match="save one frame"):
        describe("a.h5", "hdf5", Variable("x", shape, F8), {})


def test_complex_samples_are_iq():
    info = describe("a.h5", "hdf5", Variable("x", (5, 4, 3), np.dtype("c8")), {})
    assert (info.signal, info.n_frames, info.frame_shape(4)) == ("iq", 5, (4, 3))


def test_growth_is_bounded_by_what_the_file_has():
    check_growth("rf", FREE_BYTES, 10)
    check_growth("rf", 2 * FREE_BYTES, FREE_BYTES // 25)
    with pytest.raises(ValueError, match="would take"):
        check_growth("rf", 2 * FREE_BYTES, FREE_BYTES // 51)


def test_contents_are_remembered_until_the_file_changes(tmp_path):
    path, calls = tmp_path / "a", []
    look = remembered(lambda path: calls.append(path) or len(calls))
    path.write_bytes(b"1")
    assert [look(path), look(path)] == [1, 2]  # it may change within a tick
    os.utime(path, (1e9, 1e9))
    assert [look(path), look(path)] == [3, 3]
    os.utime(path, (1e9, 1e9 + 1))
    assert look(path) == 4
