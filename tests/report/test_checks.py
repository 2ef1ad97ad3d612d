"""Checks of what a report is given."""

# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd
import pytest

from sknac.report._checks import (
    MOST_SUBGROUPS,
    check_disjoint,
    check_names,
    check_subgroups,
    check_text,
)


@pytest.mark.parametrize(
    ("text", "empty", "error"),
    [(3, True, TypeError), (" ", False, ValueError), ("", False, ValueError)],
)
def test_texts_are_texts(text, empty, error):
    with pytest.raises(error, match="title"):
        check_text(text, "title", empty=empty)


def test_empty_text_may_be_allowed():
    assert check_text("", "note") is None


def test_names_must_be_known():
    assert check_names("a", ["a", "b"], "curves") == ("a",)
    with pytest.raises(ValueError, match="curves must name some of"):
        check_names(["a", "c"], ["a", "b"], "curves")


def test_ranges_say_nothing_of_patients():
    check_disjoint("x", pd.RangeIndex(3), pd.Index([0, 1]))
    with pytest.raises(ValueError, match="1 patient is both"):
        check_disjoint("x", pd.Index(["P1"]), pd.Index(["P1", "P2"]))


def test_factors_of_many_levels_are_refused():
    table = pd.DataFrame({"age": range(MOST_SUBGROUPS + 1)})
    with pytest.raises(ValueError, match="cut numbers into groups"):
        check_subgroups(table)
    assert check_subgroups(table[:3]).equals(table[:3])


@pytest.mark.parametrize(
    "table",
    [
        {"a": [1, "1", 2]},
        {"a: b": ["c", "d", "d"], "a": ["b: c", "e", "e"]},
        {"a": [True, "True", None]},
    ],
)
def test_subgroups_that_read_alike_are_refused(table):
    with pytest.raises(ValueError, match="two subgroups would be written 'a: "):
        check_subgroups(pd.DataFrame(table, dtype=object))
