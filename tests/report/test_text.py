"""Numbers in words."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.metrics._proportions import proportion_ci
from sknac.report._text import (
    below,
    interval,
    listed,
    showable,
    slug,
    without_folders,
)


def test_interval_names_its_counts():
    assert interval(proportion_ci(19, 21)) == "0.90\n[0.71, 0.97]\n19/21"


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [
        (0.1, 0.25, "\n[0.10, 0.25]"),
        (float("nan"), 0.25, "\n[\N{EN DASH}, 0.25]"),
        (float("nan"), float("nan"), ""),
    ],
)
def test_an_interval_that_is_not_there_takes_no_line(low, high, written):
    assert below(low, high) == written


def test_lists():
    assert listed("abc") == "a, b and c"
    assert listed(["a"]) == "a"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b/c", "<script>", "", "Ä"])
def test_names_of_files_are_harmless(name):
    assert set(slug(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert slug(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("M(store='/data/clinic A/maps')", "M(store='…/maps')"),
        (
            "M(memory=Memory(location=/srv/x/joblib))",
            "M(memory=Memory(location=…/joblib))",
        ),
        (r"M(store='C:\\users\\me\\maps', a=1/2)", "M(store='…/maps', a=1/2)"),
        ("M(label='HR+/HER2-', by='a/b')", "M(label='HR+/HER2-', by='a/b')"),
        ("P([PosixPath('/srv/a/w.pt')])", "P([PosixPath('…/w.pt')])"),
    ],
)
def test_settings_have_no_folders(text, expected):
    assert without_folders(text, {"store": "/data/clinic A/maps"}) == expected


def test_strange_letters_are_replaced():
    fine = "a\tb\nc ä 中 \U0001f600"
    assert showable(fine) == fine
    for letter in "\0\x1b\x7f\x85\ud800\udfff\uffff":
        assert showable(f"a{letter}b") == "a\ufffdb"
    assert showable("x" * 10, 5) == "xxxx…"
