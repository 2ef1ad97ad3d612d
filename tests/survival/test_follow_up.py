"""Follow-up is checked: entry, landmark, strata, whose predictions."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.survival import hazard_ratio, kaplan_meier, logrank

TIME, EVENT, BY = [3, 4, 5, 6, 7, 8], [1, 1, 0, 1, 1, 0], list("ababab")


@pytest.mark.parametrize("function", [kaplan_meier, logrank, hazard_ratio])
@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ([0, 4, 0, 0, 0, 0], "row 1: entry must be earlier than time"),
        ([0, 5, 0, 0, 0, 0], "row 1: entry must be earlier than time"),
        ([0, -1, 0, 0, 0, 0], "row 1: entry is negative"),
        ([0, np.nan, 0, 0, 0, 0], "row 1: entry is missing"),
        ([0, 1], "entry has 2 rows but time has 6; give one of each"),
        (list("abcdef"), "entry must be numbers, got 'a'"),
        (pd.to_datetime(["2020"] * 6), "entry must be numbers, got dates"),
        (9, "nobody is followed beyond the landmark entry=9"),
        (-1, "entry"),
        (np.inf, "entry"),
        (np.nan, "entry"),
    ],
)
def test_entry_must_be_a_time_before_the_end(function, entry, message):
    with pytest.raises(ValueError, match=message):
        function(TIME, EVENT, BY, entry=entry)


def test_rows_are_those_of_time():
    time = pd.Series(TIME, index=[f"P{n}" for n in range(6)])
    entry = pd.Series([0.0, 9, 0, 0, 0, 0], index=time.index)
    with pytest.raises(ValueError, match="row P1: entry must be earlier than time"):
        logrank(time, EVENT, BY, entry=entry)
    with pytest.raises(ValueError, match="name"):
        logrank(time, EVENT, BY, entry=entry.rename(index={"P1": "P9"}))


@pytest.mark.parametrize("function", [logrank, hazard_ratio])
@pytest.mark.parametrize(
    ("strata", "message"),
    [
        ([1, 1, None, 2, 2, 2], "row 2: strata is missing"),
        ([1, 1], "strata has 2 rows but time has 6; give one of each"),
        (np.linspace(0, 1, 6), "strata must name groups, got 6 distinct numbers"),
    ],
)
def test_strata_must_be_groups(function, strata, message):
    with pytest.raises(ValueError, match=message):
        function(TIME, EVENT, BY, strata=strata)


@pytest.mark.parametrize("function", [kaplan_meier, logrank, hazard_ratio])
def test_predictions_are_shown_and_those_of_training_are_warned_of(function):
    assert "predictions" not in repr(function(TIME, EVENT, BY))
    for told in ("new", "out-of-fold"):
        assert f"predictions='{told}'" in repr(
            function(TIME, EVENT, BY, predictions=told)
        )
    with pytest.warns(UserWarning, match="use out-of-fold predictions") as seen:
        found = function(TIME, EVENT, BY, predictions="training")
    assert len(seen) == 1
    assert found.to_dict()["predictions"] == "training"
    with pytest.raises(ValueError, match="predictions"):
        function(TIME, EVENT, BY, predictions="test")


@pytest.mark.parametrize("landmark", [3, 3.0000000001, np.float32(3)])
def test_landmark_leaves_out_who_did_not_pass_it(landmark):
    found = logrank(TIME, EVENT, BY, entry=landmark)
    assert found.table["n"].sum() == 5
    assert "start='landmark 3 (1 left out)'" in repr(found)
