"""The guide's snippets run and print what the guide says."""

# SPDX-License-Identifier: BSD-3-Clause

import doctest
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "inspection.rst"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def test_snippets_of_the_guide_run():
    mpl.use("Agg")
    found = doctest.testfile(str(GUIDE), module_relative=False, optionflags=FLAGS)
    plt.close("all")
    assert found.attempted > 5
    assert found.failed == 0
