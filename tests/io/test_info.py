"""The shape of a frame, by the format and the number of frames."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.exceptions import SknacFormatError
from sknac.io import ArrayInfo

INT16 = np.dtype("int16")


@pytest.mark.parametrize(
    ("info", "frame", "shape"),
    [
        (
            ArrayInfo("a.npy", "npy", (5, 4, 3), INT16, 5, is_stack=True),
            None,
            (5, 4, 3),
        ),
        (ArrayInfo("a.npy", "npy", (5, 4, 3), INT16, 5, is_stack=True), 4, (4, 3)),
        (ArrayInfo("a.npy", "npy", (4, 3), INT16), 0, (4, 3)),
        (ArrayInfo("a.rf", "ultrasonix", (4, 3), INT16, 2), 1, (4, 3)),
        (ArrayInfo("a.rf", "ultrasonix", (4, 3), INT16), None, (4, 3)),
        (ArrayInfo("a.png", "image", (4, 3), INT16), 0, (4, 3)),
    ],
)
def test_shape_of_a_frame(info, frame, shape):
    assert info.frame_shape(frame) == shape


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (None, "a.rf: holds 2 frames; say which one with frame=0 to frame=1"),
        (2, "a.rf: frame=2 does not exist, it has 2"),
        (-1, "a.rf: frame=-1 does not exist"),
    ],
)
def test_frame_that_is_not_there_is_refused(frame, message):
    with pytest.raises(ValueError, match=message):
        ArrayInfo("a.rf", "ultrasonix", (4, 3), INT16, 2).frame_shape(frame)


@pytest.mark.parametrize("frame", [1.0, True, "1"])
def test_frame_that_is_no_number_of_a_frame_is_refused(frame):
    with pytest.raises(TypeError, match="frame must be a whole number from 0, got"):
        ArrayInfo("a.rf", "ultrasonix", (4, 3), INT16, 2).frame_shape(frame)


def test_frame_counted_by_numpy_is_one():
    info = ArrayInfo("a.rf", "ultrasonix", (4, 3), INT16, 2)
    assert info.frame_shape(np.int64(1)) == (4, 3)


def test_frame_beyond_the_room_is_a_format_error():
    # Formats that compress claim more than the file has.
    info = ArrayInfo("a.h5", "hdf5", (5_000_000_000,), INT16)
    with pytest.raises(SknacFormatError, match=r"a\.h5: an array .* would take"):
        info.frame_shape()
