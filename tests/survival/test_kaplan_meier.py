"""Kaplan-Meier curves agree with R and with counting by hand."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import UndefinedMetricWarning

from sknac.survival import kaplan_meier

NAN = np.nan
INF = np.inf
# R 4.2.2, survival 3.5-3: survfit(Surv(time, event) ~ 1, conf.type = "log-log") on
# each group of data that lifelines ships: group, landmark, survival, 95% band and
# #(time >= landmark). R gives no band where survival is 0.
R_LANDMARKS = {
    "larynx": [
        ("S1", 2, 0.9393939393939394, 0.778769463621377, 0.9844888904467427, 31),
        ("S1", 4, 0.7099965168930688, 0.515446973729274, 0.8377780366689981, 23),
        ("S1", 6, 0.5930054052659418, 0.39087874516786725, 0.7477487139621063, 14),
        ("S2", 2, 0.8235294117647058, 0.5471317767029781, 0.9394053394692887, 15),
        ("S2", 4, 0.6654783125371361, 0.36437246255825795, 0.8485057951696057, 9),
        ("S2", 6, 0.6654783125371361, 0.36437246255825795, 0.8485057951696057, 5),
        ("S3", 2, 0.5925925925925926, 0.3862597802609593, 0.7498955787163728, 16),
        ("S3", 4, 0.5185185185185186, 0.3190957321901124, 0.6854803863932746, 13),
        ("S3", 6, 0.46666666666666673, 0.26737765414358244, 0.6438135979844803, 7),
        ("S4", 2, 0.38461538461538464, 0.14053765540904964, 0.627961630098095, 6),
        ("S4", 4, 0.10256410256410256, 0.006663145035951132, 0.3552694913200314, 1),
        ("S4", 6, 0.10256410256410256, 0.006663145035951132, 0.3552694913200314, 0),
    ],
    "leukemia": [
        ("0", 6, 0.8571428571428571, 0.6197179552659839, 0.951551747646997, 21),
        ("0", 12, 0.7529411764705881, 0.5031995107999565, 0.8893618351692654, 12),
        ("0", 24, 0.4481792717086834, 0.1880520059592324, 0.6801426284952413, 5),
        ("1", 6, 0.5714285714285714, 0.3379769538594931, 0.7492407099432165, 12),
        ("1", 12, 0.19047619047619047, 0.05948170136117526, 0.37743489058514995, 6),
        ("1", 24, 0.0, NAN, NAN, 0),
    ],
    "rossi": [
        ("0no", 13, 0.9490740740740742, 0.9099298789476113, 0.9714705573825996, 206),
        ("0no", 26, 0.851851851851852, 0.797063595284022, 0.8928395818481315, 187),
        ("0no", 52, 0.6944444444444442, 0.6282883075942746, 0.7511909334567407, 154),
        ("1yes", 13, 0.9583333333333333, 0.9214562934548358, 0.9781000593477736, 207),
        ("1yes", 26, 0.8981481481481479, 0.8494436155770847, 0.9317257940956358, 194),
        ("1yes", 52, 0.7777777777777776, 0.716243778974065, 0.8275804525051852, 168),
    ],
    "waltons": [
        ("control", 20, 0.98443508514924, 0.9391992058810062, 0.9960845048946165, 126),
        ("control", 40, 0.9531831776841848, 0.8987614957831936, 0.978691239404368, 122),
        ("control", 60, 0.3785945361480978, 0.2946992400743214, 0.462022292338747, 63),
        (
            "miR-137",
            20,
            0.6470588235294117,
            0.46302827101715777,
            0.7818309341328029,
            22,
        ),
        ("miR-137", 40, 0.1176470588235294, 0.0372426489801448, 0.2485939244350762, 4),
        (
            "miR-137",
            60,
            0.0588235294117647,
            0.010526764426069287,
            0.17157892776798933,
            2,
        ),
    ],
}
# The same R: quantile(survfit(...), 0.5), null where it is not reached.
R_MEDIANS = {
    "larynx": [6.5, 7, 5, 1.5],
    "leukemia": [23, 8],
    "rossi": [INF, INF],
    "waltons": [58, 26],
}


# The same R of small samples: times, events, survival after each event, and the
# quartiles as they are defined, the first time with S(t) <= 0.75, 0.5, 0.25 (R itself
# takes the middle of a flat part).
R_SMALL = {
    "one_to_six": (
        [1, 2, 3, 4, 5, 6],
        [1, 1, 1, 1, 1, 1],
        [0.8333333333333334, 0.6666666666666667, 0.5, 1 / 3, 0.1666666666666667, 0],
        [2, 3, 5],
    ),
    "flat_then_censored": (
        [2, 3, 5, 7, 8, 9, 11, 12],
        [1, 1, 1, 1, 0, 0, 0, 0],
        [0.875, 0.75, 0.6250000000000001, 0.5000000000000001],
        [3, 7, INF],
    ),
    "not_reached": (
        [4, 5, 6, 7, 9, 9, 10],
        [1, 0, 1, 0, 0, 0, 0],
        [0.8571428571428572, 0.6857142857142858],
        [6, INF, INF],
    ),
    "with_censoring": (
        [1, 2, 2, 4, 6, 7, 9, 10, 10, 13],
        [1, 1, 0, 1, 1, 0, 1, 1, 1, 0],
        [
            0.9,
            0.7999999999999999,
            0.6857142857142857,
            0.5714285714285715,
            0.4285714285714286,
            0.14285714285714288,
        ],
        [4, 9, 10],
    ),
}
# Every twentieth event of public data, and the quartiles.
R_PUBLIC = {
    "lung": (
        [
            (5, 0.995575221238938),
            (95, 0.8671895950657014),
            (176, 0.7463836086027366),
            (223, 0.6379319944657522),
            (305, 0.5174826404232896),
            (428, 0.36634704460316886),
            (613, 0.2065098874015863),
        ],
        [176, 310, 550],
    ),
    "gbsg": (
        [
            (72, 0.9985119047619048),
            (241, 0.9670652955151093),
            (410, 0.8942306276469074),
            (545, 0.8235239659856698),
            (727, 0.7494892752930772),
            (918, 0.6760580588640782),
            (1296, 0.5914063913229273),
            (1990, 0.46243118950962436),
        ],
        [727, 1807, INF],
    ),
}
# summary(survfit(...), times, extend = FALSE) of six patients, the last one censored or
# not: nothing beyond the last time.
R_BEYOND = [
    (
        [1, 1, 0, 1, 0, 0],
        [1, 3, 4, 10, 12, 12.5, 20],
        [
            1,
            0.8333333333333334,
            0.8333333333333334,
            *[0.4444444444444445] * 2,
            NAN,
            NAN,
        ],
        [6, 6, 5, 2, 1, 0, 0],
    ),
    (
        [1, 1, 0, 1, 0, 1],
        [1, 10, 11.9, 12],
        [1, 0.4444444444444445, 0.4444444444444445, 0],
        [6, 2, 1, 1],
    ),
]


@pytest.mark.parametrize("name", list(R_SMALL))
def test_curves_and_quartiles_of_small_samples_are_those_of_r(name):
    time, event, survival, quartiles = R_SMALL[name]
    result = kaplan_meier(time, event)
    steps = result.curves[result.curves["events"] > 0]
    np.testing.assert_allclose(steps["survival"], survival, rtol=1e-9)
    assert result.quantile([0.25, 0.5, 0.75]).loc["all"].tolist() == quartiles


@pytest.mark.parametrize("name", list(R_PUBLIC))
def test_curves_and_quartiles_of_public_data_are_those_of_r(request, name):
    data = request.getfixturevalue(name)
    result = kaplan_meier(data["time"], data["event"])
    times, survival = zip(*R_PUBLIC[name][0], strict=True)
    got = result.survival_at(times)["survival"]
    np.testing.assert_allclose(got, survival, rtol=1e-9)
    quartiles = result.quantile([0.25, 0.5, 0.75]).loc["all"]
    assert quartiles.tolist() == R_PUBLIC[name][1]


@pytest.mark.filterwarnings("ignore:No event by time 1")
@pytest.mark.filterwarnings("ignore:.*beyond the last follow-up")
@pytest.mark.parametrize(("event", "times", "survival", "at_risk"), R_BEYOND)
def test_r_says_nothing_beyond_the_last_time_either(event, times, survival, at_risk):
    found = kaplan_meier([3, 5, 5, 8, 10, 12], event).survival_at(times)
    np.testing.assert_allclose(found["survival"], survival, rtol=1e-9)
    assert found["at_risk"].tolist() == at_risk


@pytest.mark.parametrize("name", list(R_LANDMARKS))
def test_landmarks_are_those_of_r(datasets, name):
    data = datasets[name]
    result = kaplan_meier(data["time"], data["event"], data["group"])
    times = sorted({row[1] for row in R_LANDMARKS[name]})
    got = result.survival_at(times, extend=True)  # as in R's summary
    groups, at, *numbers = zip(*R_LANDMARKS[name], strict=True)
    assert got["group"].tolist() == list(groups)
    assert got["time"].tolist() == list(at)
    columns = ["survival", "low", "high", "at_risk"]
    np.testing.assert_allclose(
        got[columns], np.transpose(numbers), rtol=1e-8, equal_nan=True
    )


@pytest.mark.parametrize("name", list(R_MEDIANS))
def test_medians_are_those_of_r(datasets, name):
    data = datasets[name]
    result = kaplan_meier(data["time"], data["event"], data["group"])
    assert result.summary["median"].tolist() == R_MEDIANS[name]


@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=20)
)
def test_curve_is_the_product_of_surviving_shares(rows):
    time, event = map(np.array, zip(*rows, strict=True))
    curve = kaplan_meier(time, event).curves
    survival = 1.0
    for step in curve.itertuples():
        at_risk = (time >= step.time).sum()
        events = ((time == step.time) & event).sum()
        survival *= 1 - events / at_risk
        assert (step.at_risk, step.events) == (at_risk, events)
        assert step.survival == pytest.approx(survival, abs=1e-12)
    assert curve["time"].iloc[0] == 0


def test_without_censoring_survival_is_a_share():
    result = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1])
    got = result.survival_at([0, 1, 2.5, 4])["survival"]
    np.testing.assert_allclose(got, [1, 0.75, 0.5, 0], rtol=1e-14)


@pytest.mark.parametrize("n", [*range(2, 40, 2), 98, 150])
def test_median_without_censoring_is_where_half_are_left(n):
    # Whether or not the product of the shares rounds to 1/2 exactly.
    result = kaplan_meier(np.arange(1, n + 1), np.ones(n))
    assert result.summary.loc["all", "median"] == n // 2
    quarter = result.quantile([0.25, 0.5, 0.75]).loc["all"]
    assert quarter.tolist() == [-(-n // 4), n // 2, -(-3 * n // 4)]


@settings(max_examples=100)
@given(
    rows=st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=25),
    tenths=st.integers(1, 9),
)
def test_quantiles_are_those_of_whole_numbers(rows, tenths):
    time, event = map(np.array, zip(*rows, strict=True))
    left, total, want = 1, 1, INF
    for when in np.unique(time[event]).tolist():
        at_risk = int((time >= when).sum())
        left *= at_risk - int(((time == when) & event).sum())
        total *= at_risk
        if 10 * left <= (10 - tenths) * total:
            want = when
            break
    assert kaplan_meier(time, event).quantile(tenths / 10).loc["all"].item() == want


def test_the_median_begins_the_flat_part_of_the_curve():
    # R 4.2.2 and its manual take the middle of it, 3.5; lifelines and the definition
    # inf{t: S(t) <= 1/2} its beginning.
    result = kaplan_meier([1, 2, 3, 4, 5, 6], [1] * 6)
    assert result.summary.loc["all", "median"] == 3
    assert kaplan_meier([1, 2, 3, 4], [1, 1, 0, 0]).summary.loc["all", "median"] == 2
    flat = kaplan_meier([1, 2, 3, 4, 5], [1, 0, 1, 1, 0])  # 4/5, 8/15, 4/15
    assert flat.summary.loc["all", "median"] == 4


@pytest.mark.parametrize("share", [0, 1, -0.1, 25, np.nan, [0.5, 2]])
def test_quantiles_are_shares(share):
    with pytest.raises(ValueError, match="shares must lie between 0 and 1, got"):
        kaplan_meier([1, 2], [1, 1]).quantile(share)


def test_nothing_is_said_beyond_the_last_follow_up():
    result = kaplan_meier(
        [1, 2, 3, 4, 1, 6], [1, 1, 0, 0, 1, 0], ["a", "a", "a", "a", "b", "b"]
    )
    with pytest.warns(UndefinedMetricWarning, match=r"beyond the last follow-up, 4 in"):
        got = result.survival_at([4, 4.5, 6])
    assert got["survival"].tolist()[0] == 0.5
    assert np.isnan(got.loc[1:2, ["survival", "low", "high"]]).all(axis=None)
    assert got["survival"].tolist()[3:] == [0.5] * 3
    assert got["at_risk"].tolist() == [1, 0, 0, 1, 1, 1]
    longer = result.survival_at([4, 4.5, 6], extend=True)
    assert longer["survival"].tolist() == [0.5] * 6


def test_where_nobody_survived_nobody_does():
    got = kaplan_meier([1, 2, 3], [1, 1, 1]).survival_at([3, 99])
    assert got["survival"].tolist() == [0, 0]


def test_at_risk_table_counts_who_is_still_followed():
    result = kaplan_meier(
        [1, 2, 3, 4], [1, 0, 1, 0], list("aabb"), at_risk_times=[0, 2, 4, 9]
    )
    assert result.at_risk.loc["a"].tolist() == [2, 1, 0, 0]
    assert result.at_risk.loc["b"].tolist() == [2, 2, 1, 0]


@pytest.mark.parametrize("last", [0.3, 1, 7.7, 12, 35, 67, 1000])
def test_at_risk_times_are_few_and_within_the_follow_up(last):
    times = kaplan_meier([last / 2, last], [1, 0]).at_risk.columns
    assert 4 <= len(times) <= 8
    assert times[0] == 0
    assert times[-1] <= last * (1 + 1e-9)


def test_no_events_leave_the_curve_at_one():
    result = kaplan_meier([1, 2, 3], [0, 0, 0])
    assert (result.curves["survival"] == 1).all()
    assert result.summary.loc["all", "median"] == INF


def test_follow_up_of_nothing_is_a_curve_of_one_step():
    result = kaplan_meier([0, 0], [0, 1])
    assert result.curves["survival"].tolist() == [0.5]
    assert result.at_risk.columns.tolist() == [0]


def test_one_group_has_no_test():
    assert kaplan_meier([1, 2], [1, 1], ["a", "a"]).logrank is None


def test_groups_keep_their_labels():
    result = kaplan_meier([1, 2, 3], [1, 1, 0], np.array([True, False, True]))
    assert result.groups == [False, True]


@pytest.mark.parametrize("times", [[-1, 2], [0, np.nan], [np.inf]])
def test_times_of_the_table_must_be_times(times):
    with pytest.raises(ValueError, match="at_risk_times must be finite and >= 0"):
        kaplan_meier([1, 2, 3], [1, 0, 1], at_risk_times=times)
    assert [*kaplan_meier([1, 2], [1, 1], at_risk_times=[2, 0, 2]).at_risk] == [0, 2]


def test_landmarks_must_be_times():
    result = kaplan_meier([1, 2], [1, 1])
    with pytest.raises(ValueError, match="times must be finite"):
        result.survival_at([-1])


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="row 1: time is negative"):
        kaplan_meier([1, -1], [1, 1])
    with pytest.raises(ValueError, match="confidence_level"):
        kaplan_meier([1, 2], [1, 1], confidence_level=95)


def test_repr_holds_the_numbers(datasets):
    data = datasets["leukemia"]
    result = kaplan_meier(data["time"], data["event"], data["group"])
    assert "n=42 patients, events=30" in repr(result)
    assert len(result.to_frame()) == len(result.curves)


def test_before_the_first_event_the_band_is_that_of_all():
    # Clopper-Pearson of n of n: the lower bound is (alpha / 2) ** (1 / n).
    result = kaplan_meier([1, 2, 3, 4, 5, 6], [0, 1, 1, 0, 0, 0], list("aaabbb"))
    with pytest.warns(UndefinedMetricWarning, match=r"No event by time 1 in group 'a'"):
        got = result.survival_at([0, 1, 5])
    assert got["low"].tolist()[:2] == [1, pytest.approx(0.025 ** (1 / 3))]
    assert got["low"][3:].tolist() == pytest.approx([1, 0.025 ** (1 / 3), 0.025**0.5])
    assert (result.curves["low"][result.curves["survival"] == 1] == 1).all()  # as R


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([[1, 2]], r"must be 1-D, got shape \(1, 2\)"),
        (["a"], "must be numbers, got 'a'"),
        ([np.timedelta64(1, "D")], "must be numbers, got durations; give days"),
        ([-1.0], "must be finite and >= 0, got -1"),
        ([np.nan], "must be finite and >= 0, got nan"),
    ],
)
def test_times_to_read_off_are_checked(times, message):
    time, event = [1, 2, 3, 4], [1, 0, 1, 1]
    with pytest.raises(ValueError, match=f"^times {message}"):
        kaplan_meier(time, event).survival_at(times)
    with pytest.raises(ValueError, match=f"^at_risk_times {message}"):
        kaplan_meier(time, event, at_risk_times=times)
