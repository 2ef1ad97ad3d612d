"""The public ICC: its record, and what it refuses."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.metrics import icc


def test_table_of_readers_is_taken_and_said():
    table = pd.DataFrame({"a": [9, 6, 8, 7], "b": [8, 6, 9, 5]})
    found = icc(table, confidence_level=0.9)
    assert found.low < found.estimate < found.high
    assert "90% mcgraw-wong, n=4 patients x 2 measurements" in repr(found)


@pytest.mark.parametrize(
    ("table", "what"),
    [
        (np.ones((5, 2)), "All measurements are equal"),
        (np.arange(5.0)[:, None] + [0, 0], "All repeats are equal"),
    ],
)
def test_what_does_not_vary_is_told(table, what):
    with pytest.warns(UndefinedMetricWarning, match=what):
        found = icc(table)
    assert np.isnan(found.low)
    assert np.isnan(found.estimate) == (what == "All measurements are equal")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([1, 2, 3], "at least 2 patients"),
        ([[1], [2], [3]], "got shape \\(3, 1\\)"),
        ([[1, 2]], "got shape \\(1, 2\\)"),
        ([[1, 2], [3, np.nan]], "row 1: a measurement is missing"),
        ([["a", 2], [3, 4]], "must be numbers"),
    ],
)
def test_bad_input_is_named(table, message):
    with pytest.raises(ValueError, match=message):
        icc(table)


def test_repeats_as_rows_and_patients_twice_are_told():
    table = np.arange(12.0).reshape(2, 6) % 5
    with pytest.warns(UserWarning, match="2 rows, the patients, and 6 columns"):
        icc(table)
    twice = pd.DataFrame(table.T, index=["P1", "P1", "P2", "P2", "P3", "P3"])
    with pytest.warns(UserWarning, match="6 rows but only 3 distinct"):
        icc(twice)
