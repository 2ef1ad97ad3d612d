"""Numbers in words."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from types import SimpleNamespace

import pytest

from sknac.utils import _text


@pytest.mark.parametrize(
    ("pvalue", "text"),
    [(0.0004, "p < 0.001"), (0.0432, "p = 0.043"), (math.nan, "p undefined")],
)
def test_pvalues_are_written_as_in_papers(pvalue, text):
    assert _text.p_equals(pvalue) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.126, "0.13"),
        (-0.126, f"{_text.MINUS}0.13"),
        (-0.001, "0.00"),
        (math.inf, "∞"),
        (-math.inf, f"{_text.MINUS}∞"),
        (math.nan, _text.ABSENT),
        (None, _text.ABSENT),
    ],
)
def test_numbers_are_typeset(value, text):
    assert _text.number(value) == text


def test_small_and_large_numbers_keep_their_digits():
    assert _text.significant(0.000123456) == "0.000123"
    assert _text.significant(17700) == "1.77e+04"


def test_a_repr_is_typed_and_a_legend_typeset():
    found = SimpleNamespace(estimate=-0.0001, low=-0.5, high=math.nan)
    assert _text.typed(found) == "0.000 [-0.500, nan]"
    assert _text.in_line(found) == f"0.00 [{_text.MINUS}0.50, {_text.ABSENT}]"


def test_rows_are_not_taken_for_patients():
    assert _text.patients(12) == "n=12 patients"
    assert _text.patients(12, 6) == "n=12 rows of 6 patients"
    assert _text.counts(12, 4, "R") == "n = 12, 4 positive (R)"
    assert _text.counts(12, 4, "R", 6) == "12 rows of 6 patients, 4 positive (R)"


def test_shares_of_nobody_have_no_percentage():
    assert _text.share(1, 3) == "1 (33.3%)"
    assert _text.share(1, 3, 0) == "1 (33%)"
    assert _text.share(0, 0) == "0"
