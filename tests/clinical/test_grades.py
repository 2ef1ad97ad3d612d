"""Grades of response follow the papers' definitions."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.clinical import miller_payne_response, modified_response


@pytest.mark.parametrize(
    ("after", "cellularity", "cells", "grade"),
    [
        (120, None, None, 1),  # growth
        (100, None, None, 1),  # no reduction
        (99, None, None, 2),
        (71, None, None, 2),  # 29 %
        (70, None, None, 3),  # 30 % and 90 % belong to MR 3
        (10, None, None, 3),
        (9, None, None, 4),
        (0, None, None, 4),  # no word on the cells
        (0, 0.02, True, 4),
        (0, None, False, 5),
        (100, 0.1, True, 3),  # very low cellularity raises MR 1-2
        (80, 0.11, True, 2),
        (80, None, False, 3),
        (5, 0.05, True, 4),  # and never lowers
        (50, np.nan, np.nan, 3),
    ],
)
def test_modified_response_follows_the_rules_in_order(after, cellularity, cells, grade):
    found = modified_response(100, after, cellularity, cells)
    assert found.grade == grade
    assert found.label == ("non-response" if grade <= 2 else "response")


def test_scalars_arrays_and_series_come_back_in_kind():
    assert isinstance(modified_response(5, 1).grade, int)
    array = modified_response([5, 5], [1, 5], malignant_cells=[None, True])
    assert array.label.tolist() == ["response", "non-response"]
    series = modified_response(pd.Series([5, 5], index=["P1", "P2"]), [1, 5])
    assert series.grade.to_dict() == {"P1": 3, "P2": 1}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (([5, 0], [1, 1]), "row 1: size_before must be above 0"),
        (([5, 5], [1, -1]), "row 1: size_after must not be negative"),
        (([5, np.nan], [1, 1]), "row 1: size_before is missing or infinite"),
        (([5, 5], [1, 1, 1]), "lengths differ"),
        ((5, 1, 40), "residual_cellularity must be a share"),
        ((5, 1, None, 2), "malignant_cells must be True/False or 1/0, got 2"),
        (("big", 1), "must be numbers"),
        (([[5]], [1]), "must be 1-D"),
        (([], []), "size_before is empty; give at least one patient"),
        ((10**400, 1), "size_before holds whole numbers beyond"),
    ],
)
def test_bad_sizes_are_named(args, message):
    with pytest.raises(ValueError, match=message):
        modified_response(*args)


def test_miller_payne_cuts_above_three():
    labels = miller_payne_response([1, 2, 3, 4, 5]).label
    assert labels.tolist() == ["non-response"] * 3 + ["response"] * 2
    assert miller_payne_response("G4").label == "response"
    series = miller_payne_response(pd.Series(["g3", "G5"], index=["a", "b"])).label
    assert series.to_dict() == {"a": "non-response", "b": "response"}
    found = miller_payne_response([3.0, 4.0])
    assert found.label.tolist() == ["non-response", "response"]
    assert found.to_frame()["grade"].tolist() == [3, 4]


@pytest.mark.parametrize("grade", [0, 6, "G9", None, np.nan, 3.5])
def test_no_such_grade(grade):
    with pytest.raises(ValueError, match="row 1: Miller-Payne grades must be 1 to 5"):
        miller_payne_response([4, grade])


@pytest.mark.parametrize("grade", ["4.00", "g4", " G4 ", "4.0", 4.0, np.int8(4)])
def test_a_grade_may_be_written_as_a_number(grade):
    assert miller_payne_response(grade).grade == 4


@pytest.mark.parametrize("grade", [pd.DataFrame({"g": [4, 5]}), [[4, 5]], []])
def test_grades_are_a_column(grade):
    with pytest.raises(ValueError, match="grade must be 1-D and not empty, got shape"):
        miller_payne_response(grade)


def test_the_two_gradings_differ():
    # Grade 3 is response by the one and non-response by the other.
    assert modified_response(100, 50).grade == 3
    assert modified_response(100, 50).label == "response"
    assert miller_payne_response(3).label == "non-response"


TENTHS = np.arange(1, 101)


@pytest.mark.parametrize(
    ("decimals", "kind"), [(1, np.float64), (1, np.float32), (2, np.float64)]
)
@pytest.mark.parametrize(("kept", "grades"), [(7, (3, 2)), (1, (3, 3))])
def test_exact_shares_are_exact_in_decimals(decimals, kind, kept, grades):
    # Whole numbers of tenths (hundredths) decide; the floats are as one writes them.
    unit = 10**decimals
    before = (10 * TENTHS / unit).astype(kind)
    for step, grade in zip((0, 1), grades, strict=True):
        after = ((kept * TENTHS + step) / unit).astype(kind)
        assert (modified_response(before, after).grade == grade).all()
    less = ((kept * TENTHS - 1) / unit).astype(kind)
    expected = np.where(kept * TENTHS - 1 < TENTHS, 4, 3)
    assert (modified_response(before, less).grade == expected).all()


@pytest.mark.parametrize(
    ("before", "after", "grade"),
    [
        (3.0, 2.1, 3),
        ("3.0", "2.1", 3),
        (3.0, np.nextafter(2.1, 3), 2),  # no tolerance: the next number is another
        (3.0, 0.3, 3),  # 0.3 / 3.0 is below 0.1 in binary
        (3.0, np.nextafter(0.3, 0), 4),
        (np.float32(4.1), np.float32(2.87), 3),
        (1.1, np.nextafter(1.1, 0), 2),
        (1.1, 1.1, 1),
    ],
)
def test_sizes_are_read_as_they_are_written(before, after, grade):
    assert modified_response(before, after).grade == grade
    assert modified_response([before, before], [after, after]).grade.tolist() == [
        grade,
        grade,
    ]


def test_cellularity_is_read_as_it_is_written():
    cells = np.array([0.1, 0.11, np.nan], dtype=np.float32)  # above 0.1 as float64
    assert modified_response(1.0, [0.8] * 3, cells).grade.tolist() == [3, 2, 2]
    found = modified_response(1.0, 0.8, 0.3, very_low_cellularity=np.float32(0.3))
    assert found.grade == 3


@pytest.mark.parametrize("level", [10, -0.1, np.nan, "0.1", None])
def test_what_is_no_share_is_refused(level):
    with pytest.raises(ValueError, match=r"very_low_cellularity must be a share in"):
        modified_response(5, 4, very_low_cellularity=level)


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [(50, None, "size_after"), (None, 10, "size_before"), ([50], None, "size_after")],
)
def test_a_size_that_is_none_is_missing_and_not_graded(before, after, name):
    with pytest.raises(ValueError, match=f"row 0: {name} is missing or infinite; leav"):
        modified_response(before, after)


@pytest.mark.parametrize(
    ("after", "cells", "left"),
    [(0.0, 0.5, False), (50.0, 0.6, 0), ([50, 40], [0.0, 0.01], [True, False])],
)
def test_cells_and_none_left_contradict_each_other(after, cells, left):
    with pytest.raises(ValueError, match=r"above 0 but malignant_cells .*; correct"):
        modified_response(50.0, after, cells, left)


def test_no_share_but_single_cells_left_do_not():
    assert modified_response(50.0, 50.0, 0.0, True).grade == 3
