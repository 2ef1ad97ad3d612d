"""Which module reads which suffix."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.exceptions import SknacFormatError
from sknac.io import _npy, _ultrasonix
from sknac.io._readers import find_reader


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("scan.rf", _ultrasonix),
        ("SCAN.B8", _ultrasonix),
        ("a.b.npy", _npy),
        ("folder.rf/maps.npy", _npy),
    ],
)
def test_reader_goes_by_the_end_of_the_name(name, reader):
    assert find_reader(name) is reader


@pytest.mark.parametrize("name", ["scan", "scan.xyz", "scan.rf.bak", "a.rf/scan"])
def test_unknown_suffix_is_refused(name):
    with pytest.raises(SknacFormatError, match=r"is not one of \.rf, .*; convert it"):
        find_reader(name)
