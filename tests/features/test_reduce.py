"""One number of each of a visit's planes."""

import numpy as np
import pytest

from sknac.features._reduce import reduce_planes

NAN = np.nan
PLANES = [[1.0, NAN, -4.0, NAN], [3.0, 5.0, -2.0, NAN], [8.0, 7.0, NAN, NAN]]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("mean", [4.0, 6.0, -3.0, NAN]),
        ("max", [8.0, 7.0, -2.0, NAN]),
        ("largest", PLANES[1]),
    ],
)
def test_numbers_are_those_of_numpy_where_they_are_defined(how, expected):
    found = reduce_planes(PLANES, how, areas=[2.0, 6.0, 5.0])
    np.testing.assert_array_equal(found, expected)


def test_first_of_equal_planes_is_the_largest():
    assert reduce_planes(PLANES, "largest", [2.0, 6.0, 6.0])[0] == 3.0


def test_only_plane_needs_no_area():
    np.testing.assert_array_equal(reduce_planes(PLANES[:1], "largest"), PLANES[0])
