"""Clinical values come in as numbers and go out in the form they came."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.clinical._checks import as_flags, as_numbers, like, same_length


def test_missing_values_are_nan_where_they_may_be():
    assert np.isnan(as_numbers([1, None], "size", missing=True)).tolist() == [0, 1]
    with pytest.raises(ValueError, match="row 1: size is missing or infinite; leave"):
        as_numbers([1, None], "size")


def test_wrong_rows_have_their_patients_name():
    with pytest.raises(ValueError, match="row P2: her2 must be True/False or 1/0, got"):
        as_flags(pd.Series([1, 3], index=["P1", "P2"]), "her2")


@pytest.mark.parametrize(
    ("values", "message"),
    [("big", "must be numbers"), ([[1]], "must be 1-D"), ([np.inf], "infinite")],
)
def test_what_is_no_number_is_named(values, message):
    with pytest.raises(ValueError, match=message):
        as_numbers(values, "size")


def test_single_values_are_repeated():
    one, _ = same_length(a=np.array([1]), b=np.array([1, 2]))
    assert one.tolist() == [1, 1]
    with pytest.raises(ValueError, match="lengths differ; give one value per patient"):
        same_length(a=np.zeros(2), b=np.zeros(3))


def test_answers_have_the_form_of_the_question():
    assert like(3, np.array([4]), "grade") == 4
    series = like(pd.Series([3], index=["P1"]), np.array([4]), "grade")
    assert series.to_dict() == {"P1": 4}
    assert like([3], np.array([4]), "grade").tolist() == [4]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pd.to_datetime(["2020", "2021"]), "size must be numbers, got dates; give"),
        (pd.to_timedelta([1, 2], unit="D"), "size must be numbers, got durations; "),
        (np.ma.masked_values([1, 9], 9), "row 1: size is masked, which is missing; "),
    ],
)
def test_dates_durations_and_masked_values_are_no_numbers(values, message):
    with pytest.raises(ValueError, match=message):
        as_numbers(values, "size")
