"""Numbers in words."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.metrics._proportions import proportion_ci
from sknac.report._text import interval, listed, number, pvalue, significant, slug


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (0.126, "0.13"),
        (-0.126, "\N{MINUS SIGN}0.13"),
        (-0.001, "0.00"),
        (float("nan"), "\N{EN DASH}"),
        (float("inf"), "\N{INFINITY}"),
        (None, "\N{EN DASH}"),
    ],
)
def test_numbers(given, written):
    assert number(given) == written


def test_small_and_large_numbers_keep_their_digits():
    assert significant(0.000123456) == "0.000123"
    assert significant(17700) == "1.77e+04"


def test_pvalues():
    assert [pvalue(p) for p in (0.0004, 0.0412, float("nan"))] == [
        "< 0.001",
        "0.041",
        "\N{EN DASH}",
    ]


def test_interval_names_its_counts():
    assert interval(proportion_ci(19, 21)) == "0.90\n[0.71, 0.97]\n19/21"


def test_lists():
    assert listed("abc") == "a, b and c"
    assert listed(["a"]) == "a"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b/c", "<script>", "", "Ä"])
def test_names_of_files_are_harmless(name):
    assert set(slug(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert slug(name)
