"""The shape of a frame, by the format and the number of frames."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

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
