"""The guide's snippet runs and prints what the guide says."""

# SPDX-License-Identifier: BSD-3-Clause

import doctest
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "report.rst"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def test_snippet_of_the_guide_runs():
    found = doctest.testfile(str(GUIDE), module_relative=False, optionflags=FLAGS)
    assert found.attempted == 8
    assert found.failed == 0
