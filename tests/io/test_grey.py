"""Colour to grey, against Pillow and the formula of ITU-R BT.601."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from PIL import Image

from sknac.io._grey import is_coloured, to_grey


def test_grey_is_pillows():
    rgb = np.random.default_rng(0).integers(0, 256, (700, 600, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(rgb).convert("L"))
    np.testing.assert_array_equal(to_grey(rgb), expected)


def test_grey_of_sixteen_bits_keeps_them():
    rgb = np.random.default_rng(0).integers(0, 65536, (30, 20, 3), dtype=np.uint16)
    luma = rgb @ [0.299, 0.587, 0.114]
    assert to_grey(rgb).dtype == np.uint16
    np.testing.assert_allclose(to_grey(rgb), luma, atol=2)  # weights have 16 bits


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_grey_of_grey_is_itself(dtype):
    levels = np.arange(np.iinfo(dtype).max + 1).astype(dtype)
    np.testing.assert_array_equal(to_grey(np.repeat(levels[:, None], 3, 1)), levels)


def test_what_is_not_colour_is_refused():
    for wrong in (np.zeros((4, 4), "uint8"), np.zeros((4, 4, 3))):
        with pytest.raises(TypeError, match="rgb must be"):
            to_grey(wrong)


@pytest.mark.parametrize(("dtype", "factor"), [("uint8", 1), ("uint16", 257)])
def test_coloured_pixels_are_counted(dtype, factor):
    rgb = np.full((10, 10, 3), 90) * factor
    rgb[0, :5] = np.array([200, 0, 0]) * factor  # a Doppler pixel
    rgb[1] = np.array([90, 93, 88]) * factor  # grey after JPEG
    rgb[2, :3] = np.array([120, 130, 160]) * factor  # a tinted screen
    found = is_coloured(rgb.astype(dtype))
    assert found.sum() == 8
    found = is_coloured(rgb.astype(dtype), saturation=0.4)
    assert np.argwhere(found).tolist() == [[0, column] for column in range(5)]
