"""Follow-up is read once, and the row that is wrong is named."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.survival import hazard_ratio, kaplan_meier, logrank
from sknac.survival._checks import check_follow_up, group_labels


def test_follow_up_becomes_numbers_and_flags():
    time, event, by = check_follow_up([1, 2], [1, False], ["b", "a"])
    assert time.dtype == np.float64
    assert event.tolist() == [True, False]
    assert by.tolist() == ["b", "a"]
    assert check_follow_up([1], [0])[2] is None


@pytest.mark.parametrize(
    ("time", "event", "message"),
    [
        ([], [], "time is empty"),
        ([1, np.nan], [1, 1], "row 1: time is missing or infinite; leave"),
        ([1, -1], [1, 1], "row 1: time is negative"),
        ([1, 2], [1, None], "row 1: event is missing; leave"),
        ([1, 2], [1, 2], "row 1: event must be 1"),
        ([1, 2], [1], "inconsistent numbers of samples"),
    ],
)
def test_wrong_rows_are_named(time, event, message):
    with pytest.raises(ValueError, match=message):
        check_follow_up(time, event)


def test_rows_have_their_patients_name():
    time = pd.Series([1.0, -1.0], index=["P001", "P002"])
    with pytest.raises(ValueError, match="row P002: time is negative"):
        check_follow_up(time, [1, 1])


def test_groups_are_sorted_and_counted():
    assert group_labels(np.array(["b", "a"])) == ["a", "b"]
    with pytest.raises(ValueError, match="at least 2 are needed"):
        group_labels(np.array(["a"]), at_least=2)


@pytest.mark.parametrize(
    "by",
    [
        [0.1, 0.4, 0.35, 0.8, 0.7, 0.2],  # a score
        np.array([0.1, 0.1, 0.1, 0.4, 0.4, 0.9], dtype=np.float32),  # a rounded one
        [37, 41, 52, 58, 60, 37],  # an age
        np.array([0.5, 1, 2, 0.5, 1, 2], dtype=object),
        pd.Series([1.5, 2, 2.5, 1.5, 2, 2.5]),
        ["0.1", "0.4", "0.35", "0.8", "0.7", "0.2"],  # a score read as text
    ],
)
def test_measured_numbers_are_no_groups(by):
    with pytest.raises(ValueError, match="cut a score first"):
        check_follow_up([1, 2, 3, 4, 5, 6], [1] * 6, by)


@pytest.mark.parametrize("kind", [None, object])
def test_dates_are_no_groups(kind):
    by = pd.Series(pd.to_datetime(["2020", "2021", "2020"]), dtype=kind)
    with pytest.raises(ValueError, match="by must name groups, got dates; cut them"):
        check_follow_up([1, 2, 3], [1] * 3, by)


@pytest.mark.parametrize(
    "by",
    [
        [0.2, 0.8] * 3,
        [1, 2, 3] * 2,
        [1.0, 2.0, 3.0] * 2,
        list("abcdef"),
        list("123456"),
        ["0.5", "1", "1.5"] * 2,
        [True, False] * 3,
    ],
)
def test_few_or_whole_numbers_and_words_are_groups(by):
    assert check_follow_up([1, 2, 3, 4, 5, 6], [1] * 6, by)[2].tolist() == by


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pd.to_datetime(["2020", "2021"]), "time must be numbers, got dates; give"),
        (pd.to_timedelta([1, 2], unit="D"), "time must be numbers, got durations; "),
        (np.ma.masked_values([1, 9], 9), "row 1: time is masked, which is missing; "),
    ],
)
def test_dates_durations_and_masked_values_are_no_numbers(values, message):
    with pytest.raises(ValueError, match=message):
        check_follow_up(values, [1, 1])


TIED = {
    "sums": [0.1 + 0.2, 0.3, 1.0, 2.0, 0.3, 5.0],
    "products": [3 * 0.1, 0.3, 1.0, 2.0, 0.3, 5.0],
    "single precision": np.array([0.3, 0.3, 1.0, 2.0, 0.3, 5.0], dtype=np.float32),
    "half precision": np.array([0.3, 0.3, 1.0, 2.0, 0.3, 5.0], dtype=np.float16),
}


@pytest.mark.parametrize("how", TIED)
def test_times_are_tied_as_in_decimals(how):
    clean, event, by = [0.3, 0.3, 1, 2, 0.3, 5], [1] * 6, list("ababab")
    time = TIED[how]
    assert logrank(time, event, by).statistic == logrank(clean, event, by).statistic
    found, want = (hazard_ratio(t, event, by).table for t in (time, clean))
    pd.testing.assert_frame_equal(found, want)
    curve = kaplan_meier(time, event)
    assert curve.curves["time"].tolist() == [0, 0.3, 1, 2, 5]
    asked = [0.3, 0.1 + 0.2, np.float32(0.3)]
    # Three of six have had the event by then.
    assert curve.survival_at(asked)["survival"].tolist() == pytest.approx([0.5] * 3)
    assert curve.survival_at(asked)["at_risk"].tolist() == [6] * 3
    table = kaplan_meier(time, event, at_risk_times=[0.1 + 0.2]).at_risk
    assert table.loc["all"].tolist() == [6]


@pytest.mark.parametrize("last", [0.1 + 0.2, np.float32(0.3), 3 * 0.1])
def test_the_last_time_is_reached(last):
    curve = kaplan_meier([0.1, 0.2, last], [1, 1, 0])
    assert curve.survival_at(0.3)["survival"].item() == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "time",
    [
        [20200131, 20191201, 20210228, 20200401],
        pd.Series([19990101.0, 20001231, 20010615, 20000101]),
        pd.date_range("2020", periods=4).strftime("%Y%m%d").tolist(),
    ],
    ids=["integers", "floats", "text"],
)
@pytest.mark.parametrize("function", [kaplan_meier, logrank, hazard_ratio])
def test_dates_written_as_numbers_are_no_follow_up(function, time):
    with pytest.raises(
        ValueError, match=r"time must be .* got dates, such as \d+; sub"
    ):
        function(time, [1, 1, 0, 1], ["a", "b", "a", "b"])


@pytest.mark.parametrize(
    "time", [[20200131, 20], [20201331, 20200101], [20200101.5, 20200101]]
)
def test_large_times_that_are_no_dates_are_taken(time):
    assert check_follow_up(time, [1, 1])[0].tolist() == sorted(time, key=time.index)
