"""Restricted means agree with R, and with areas that are known."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.survival import kaplan_meier, restricted_mean
from sknac.survival._restricted import area

# R 4.2.2, survival 3.5-3: summary(survfit(Surv(time, event) ~ group), rmean = tau):
# horizon, means, standard errors; difference, its 95 % interval and p.
R_MEANS = [
    (
        ("lung", "sex", 365),
        [243.65677762135192, 297.4654095320368],
        [10.39428686313449, 10.79132397880009],
        [53.80863191068488, 24.44225714082402, 83.17500668054575],
        0.00032905331155841475,
    ),
    (
        ("lung", "sex", 700),
        [311.84585905604894, 428.05845435101594],
        [18.9804270936011, 26.0855140023485],
        [116.212595294967, 52.98406439807555, 179.44112619185844],
        0.0003153302865185796,
    ),
    (
        ("gbsg", "hormon", 1825),
        [1264.1180997950967, 1413.4220854734524],
        [30.673968002551046, 37.90679187865997],
        [149.30398567835573, 53.73052286696698, 244.8774484897445],
        0.002199826702062352,
    ),
]


@pytest.mark.parametrize(("data", "means", "errors", "difference", "pvalue"), R_MEANS)
def test_means_are_those_of_r(request, data, means, errors, difference, pvalue):
    name, group, until = data
    x = request.getfixturevalue(name)
    about = {"until": until, "method": "wald"}
    found = restricted_mean(x["time"], x["event"], x[group], **about)
    np.testing.assert_allclose(found.table["mean"], means, rtol=1e-9)
    np.testing.assert_allclose(found.table["se"], errors, rtol=1e-9)
    row = found.differences.iloc[0]
    got = row[["difference", "low", "high"]].astype(float)
    np.testing.assert_allclose(got, difference, rtol=1e-9)
    assert row["pvalue"] == pytest.approx(pvalue, rel=1e-9)


@pytest.mark.parametrize("until", [1, 2.5, 4, 5])
def test_without_censoring_it_is_the_mean_of_the_shorter_times(until):
    time = np.array([1, 2, 3, 4, 5, 9.0])
    shorter = np.minimum(time, until)
    if until == 1:
        with pytest.warns(UndefinedMetricWarning, match="no spread"):
            row = restricted_mean(time, np.ones(6), until=until).table.loc["all"]
    else:
        row = restricted_mean(time, np.ones(6), until=until).table.loc["all"]
        assert row["se"] == pytest.approx(np.std(shorter) / np.sqrt(6))
    assert row["mean"] == pytest.approx(shorter.mean())


def test_bounds_stay_inside_and_turn_with_the_groups(lung):
    about = lung["time"], lung["event"], lung["sex"]
    one = restricted_mean(*about, until=365)
    other = restricted_mean(*about, until=365, reference_group=2)
    a, b = one.differences.loc[2], other.differences.loc[1]
    got = [-b["high"], -b["low"], b["pvalue"]]
    assert a[["low", "high", "pvalue"]].tolist() == pytest.approx(got)
    assert ((one.table["low"] > 0) & (one.table["high"] < 365)).all()


@pytest.mark.parametrize("shift", [0.0, 1.0, 3.0])
def test_p_value_is_where_the_interval_touches_zero(shift):
    rng = np.random.default_rng(2)
    time = rng.exponential(5, 40) + np.repeat([0, shift], 20)
    about = time, np.ones(40), np.repeat(["a", "b"], 20)
    p = restricted_mean(*about, until=8).differences.loc["b", "pvalue"]
    row = restricted_mean(*about, until=8, confidence_level=1 - p).differences.loc["b"]
    assert min(abs(row["low"]), abs(row["high"])) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("method", ["logit", "wald"])
def test_group_without_events_has_a_bound(method):
    time, event = [5, 6, 7, 8, 1, 2, 3, 8], [0, 0, 0, 0, 1, 1, 1, 0]
    with pytest.warns(UndefinedMetricWarning, match="is Clopper-Pearson's"):
        found = restricted_mean(time, event, list("aaaabbbb"), until=5, method=method)
    row = found.table.loc["a"]
    assert row[["mean", "low", "high"]].tolist() == pytest.approx(
        [5, 5 * 0.025**0.25, 5]
    )
    assert row["method"] == "clopper-pearson"
    row = found.differences.loc["b"]
    assert row["method"] == "mover"
    assert row["low"] < row["difference"] < row["high"]
    assert 0 < row["pvalue"] < 0.5


def test_where_all_die_at_once_there_is_no_interval():
    with pytest.warns(UndefinedMetricWarning, match="events are at one time"):
        found = restricted_mean([3, 3, 3], [1, 1, 1], until=5)
    assert found.table.loc["all", "mean"] == 3
    assert np.isnan(found.table.loc["all", "high"])


def test_beyond_follow_up_nothing_is_said():
    time, event, by = [1, 2, 3, 1, 2, 9], [1, 0, 0, 1, 0, 1], list("aaabbb")
    with pytest.warns(UndefinedMetricWarning, match="group 'a' ends at 3, before"):
        found = restricted_mean(time, event, by, until=5)
    assert np.isnan(found.table.loc["a", "mean"])
    assert found.differences.loc["b"].iloc[:5].isna().all()
    assert restricted_mean(time, event, by).until == 3
    dead = restricted_mean([1, 2, 3], [1, 1, 1], until=5).table["mean"].item()
    assert dead == pytest.approx(2)


def test_landmark_counts_from_there(lung):
    about = lung["time"], lung["event"], lung["sex"]
    found = restricted_mean(*about, entry=100, until=400)
    rest = lung[lung["time"] > 100]
    other = restricted_mean(rest["time"] - 100, rest["event"], rest["sex"], until=300)
    np.testing.assert_allclose(found.table["mean"], other.table["mean"])
    np.testing.assert_allclose(found.table["se"], other.table["se"])
    assert "left out" in repr(found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"until": 0}, "until"),
        ({"until": np.nan}, "until"),
        ({"entry": 2, "until": 2}, "until must be later than 2, got 2"),
        ({"entry": [0, 1, 0, 0]}, "entry must be one landmark here"),
        ({"reference_group": "z"}, "reference_group='z' must be one of"),
        ({"method": "log"}, "method"),
    ],
)
def test_bad_settings_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        restricted_mean([1, 2, 3, 4], [1, 1, 0, 1], list("abab"), **change)


def test_area_of_steps():
    curve = kaplan_meier([1, 2, 4], [1, 1, 0]).curves
    assert area(curve, 0, 3)[0] == pytest.approx(1 + 2 / 3 + 1 / 3)
