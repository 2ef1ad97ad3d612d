"""The suffixes that sknac reads itself."""

# SPDX-License-Identifier: BSD-3-Clause

from importlib import import_module

import pytest

from sknac.io._suffixes import READERS


@pytest.mark.parametrize("name", sorted(set(READERS.values())))
def test_every_reader_has_its_two_functions(name):
    module = import_module(name)
    assert callable(module.read_info)
    assert callable(module.read_frame)


def test_suffixes_are_written_as_they_are_looked_up():
    assert all(s == s.lower() and s[0] == "." and s[-1] != "." for s in READERS)
