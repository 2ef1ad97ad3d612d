"""Checks of what a report is given."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sknac.cohort import cohort_from_table
from sknac.report._checks import (
    MOST_SUBGROUPS,
    check_disjoint,
    check_images_apart,
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


@pytest.mark.parametrize("text", ["a\0", "\ud800", "x" * 30_000])
def test_texts_that_no_page_can_show_are_refused(text):
    with pytest.raises(ValueError, match=r"^title h.*; (delete|shorten) it"):
        check_text(text, "title")
    check_text("two\nlines \u200d", "title")


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


@pytest.mark.parametrize(
    ("test", "train"),
    [("P1", "p1"), ("P1", "P1 "), ("1", 1)],
    ids=["capitals", "blanks", "type"],
)
def test_patients_of_nearly_one_name_on_both_sides_are_said(test, train):
    with pytest.warns(UserWarning, match="of training and test may be one"):
        check_disjoint("x", pd.Index([test]), pd.Index([train, "P3"], dtype=object))


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


@pytest.fixture
def cohort(tmp_path):
    """Three patients; the last has the first's image, saved again."""
    rng = np.random.default_rng(0)
    pixels = [rng.integers(0, 256, (16, 16), "uint8") for _ in range(2)]
    for number, image in enumerate([*pixels, pixels[0]]):
        Image.fromarray(image).save(tmp_path / f"{number}.png", compress_level=number)
    table = pd.DataFrame({"path": [f"{number}.png" for number in range(3)]})
    table["patient_id"] = ["P0", "P1", "P2"]
    table = table.assign(visit=["pre", "pre", "post2"], kind="bmode")
    return cohort_from_table(table, root=tmp_path, duplicates="ignore")


def test_an_image_in_training_and_test_names_both_patients(cohort):
    said = (
        r"^s: 1 image is both in training and test, by the pixels: patient 'P0' "
        r"\(us_pre\) in training is patient 'P2' \(us_post2\) in test; leave them"
    )
    with pytest.raises(ValueError, match=said):
        check_images_apart("s", cohort.iloc[2:], cohort.iloc[:2])
    check_images_apart("s", cohort.iloc[1:], cohort.iloc[:1].drop(columns="us_pre"))
    check_images_apart("s", cohort.iloc[1:2], cohort.iloc[::2])


def test_tables_without_images_are_not_looked_into(cohort):
    check_images_apart("s", cohort, None)
    check_images_apart("s", np.eye(3), np.eye(3))
    check_images_apart("s", pd.DataFrame({"age": [1]}), pd.DataFrame({"age": [1]}))
