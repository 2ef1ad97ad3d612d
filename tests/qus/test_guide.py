"""The guide's snippets run and print what the guide says."""

# SPDX-License-Identifier: BSD-3-Clause

import doctest
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("page", ["qus", "first_map"])
def test_snippets_of_the_guide_run(page):
    path = str(GUIDE / f"{page}.rst")
    found = doctest.testfile(path, module_relative=False, optionflags=FLAGS)
    assert found.attempted > 5
    assert found.failed == 0
