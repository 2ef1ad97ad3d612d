"""Numbers in words."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.metrics._proportions import proportion_ci
from sknac.report._text import interval, listed, slug


def test_interval_names_its_counts():
    assert interval(proportion_ci(19, 21)) == "0.90\n[0.71, 0.97]\n19/21"


def test_lists():
    assert listed("abc") == "a, b and c"
    assert listed(["a"]) == "a"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b/c", "<script>", "", "Ä"])
def test_names_of_files_are_harmless(name):
    assert set(slug(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert slug(name)
