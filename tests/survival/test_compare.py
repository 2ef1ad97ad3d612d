"""Log-rank test and hazard ratio agree with R."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.survival import hazard_ratio, kaplan_meier, logrank

# R 4.2.2, survival 3.5-3: survdiff(Surv(time, event) ~ group) on data that lifelines
# ships: chi-square, degrees of freedom, p, n, observed and expected events by group.
R_LOGRANK = [
    (
        "larynx",
        (22.762757064648213, 3, 4.525211220445808e-05),
        [33, 17, 27, 13],
        [15, 7, 17, 11],
        [
            22.566039844488653,
            10.011697005528633,
            14.084547723127411,
            3.3377154268552998,
        ],
    ),
    (
        "leukemia",
        (16.79294098921654, 1, 4.168809109334531e-05),
        [21, 21],
        [9, 21],
        [19.250500948031128, 10.749499051968868],
    ),
    (
        "rossi",
        (3.837569576549055, 1, 0.05011611740900567),
        [216, 216],
        [66, 48],
        [55.574442768409554, 58.425557231590446],
    ),
    (
        "waltons",
        (122.2491255730062, 1, 2.0359832222854995e-28),
        [129, 34],
        [122, 34],
        [148.9244897286892, 7.0755102713108515],
    ),
]
# The same R: coxph(Surv(time, event) ~ group [+ covariates], ties = "efron",
# control = coxph.control(eps = 1e-11, iter.max = 100)): covariates, terms, then by
# term coef, se, p, hazard ratio and its 95% interval.
R_COX = [
    (
        "larynx",
        [],
        {
            "S2": (
                0.06481115675689936,
                0.4584270931601057,
                0.8875719342281649,
                1.066957517640316,
                0.43444347475016865,
                2.6203600942650445,
            ),
            "S3": (
                0.6148073242746892,
                0.3551870585867105,
                0.08346254821819707,
                1.8493002499624922,
                0.9218741897865168,
                3.7097376761391954,
            ),
            "S4": (
                1.7349038166588393,
                0.4193878774235793,
                3.5225582120968e-05,
                5.668382573609462,
                2.4915840711476487,
                12.895635902022672,
            ),
        },
    ),
    (
        "leukemia",
        [],
        {
            "1": (
                1.5721251488290655,
                0.4123967177094553,
                0.00013775376198676533,
                4.816873898279393,
                2.1465082127254598,
                10.80931068158597,
            )
        },
    ),
    (
        "leukemia",
        ["logWBC"],
        {
            "1": (
                1.3860755306308499,
                0.42479839397962305,
                0.0011027764562446499,
                3.999124773810417,
                1.7393056428346874,
                9.195048048276973,
            ),
            "logWBC": (
                1.6908903888205877,
                0.3358975902787924,
                4.80484641396311e-07,
                5.42430829906334,
                2.8081985978154256,
                10.477578240433733,
            ),
        },
    ),
    (
        "rossi",
        [],
        {
            "1yes": (
                -0.36906921027551315,
                0.1897224367890965,
                0.05173751650498616,
                0.6913775583631017,
                0.47667595744574737,
                1.002783800486786,
            )
        },
    ),
    (
        "rossi",
        ["age", "prio", "race"],
        {
            "1yes": (
                -0.3640839089518001,
                0.19070987522106217,
                0.05624940500038298,
                0.6948328895973407,
                0.47813201821894424,
                1.0097477810931954,
            ),
            "prio": (
                0.10024202387634351,
                0.027142424042629433,
                0.0002214618093424545,
                1.1054384281958747,
                1.0481679705515554,
                1.1658380649516908,
            ),
        },
    ),
    (
        "waltons",
        [],
        {
            "miR-137": (
                2.052535154485155,
                0.21697400373489892,
                3.0847193018068295e-21,
                7.787618918926673,
                5.089980103335079,
                11.91497946852233,
            )
        },
    ),
]


@pytest.fixture
def silent_group():
    """Give follow-up, events, groups of which "a" has none, and two covariates."""
    rng = np.random.default_rng(3)
    by = np.repeat(["a", "b", "c"], 30)
    table = pd.DataFrame({"age": rng.normal(size=90), "size": rng.normal(size=90)})
    time = rng.exponential(np.exp(-0.5 * table["age"].to_numpy()))
    return time, (rng.random(90) < 0.7) & (by != "a"), by, table


@pytest.mark.parametrize(("name", "test", "n", "observed", "expected"), R_LOGRANK)
def test_logrank_is_that_of_r(datasets, name, test, n, observed, expected):
    data = datasets[name]
    result = logrank(data["time"], data["event"], data["group"])
    assert (result.statistic, result.df, result.pvalue) == pytest.approx(test, rel=1e-8)
    assert result.table["n"].tolist() == n
    assert result.table["observed"].tolist() == observed
    np.testing.assert_allclose(result.table["expected"], expected, rtol=1e-8)


@pytest.mark.parametrize(("name", "covariates", "terms"), R_COX)
def test_hazard_ratio_is_that_of_r(datasets, name, covariates, terms):
    data = datasets[name]
    result = hazard_ratio(
        data["time"],
        data["event"],
        data["group"],
        covariates=data[covariates] if covariates else None,
    )
    columns = ["coef", "se", "pvalue", "hazard_ratio", "low", "high"]
    for term, values in terms.items():
        np.testing.assert_allclose(result.table.loc[term, columns], values, rtol=1e-8)


def test_reference_turns_the_ratio(datasets):
    data = datasets["leukemia"]
    about = data["time"], data["event"], data["group"]
    one = hazard_ratio(*about, reference_group="0").table.loc["1", "hazard_ratio"]
    other = hazard_ratio(*about, reference_group="1").table.loc["0", "hazard_ratio"]
    assert one * other == pytest.approx(1)


@pytest.mark.parametrize("reference", [False, True])
def test_groups_may_be_true_and_false(datasets, reference):
    data = datasets["leukemia"]
    named = np.where(data["group"] == data["group"].iloc[0], "yes", "no")
    of_text = hazard_ratio(
        data["time"], data["event"], named, reference_group="yes" if reference else "no"
    )
    of_flags = hazard_ratio(
        data["time"], data["event"], named == "yes", reference_group=reference
    )
    np.testing.assert_array_equal(of_flags.table, of_text.table)
    assert of_flags.table.index.tolist() == [not reference]


def test_confidence_level_sets_the_interval(datasets):
    data = datasets["leukemia"]
    about = data["time"], data["event"], data["group"]
    row = hazard_ratio(*about, confidence_level=0.5).table.loc["1"]
    # The normal quantile at 0.75 is 0.67449.
    assert np.log(row["high"] / row["hazard_ratio"]) == pytest.approx(
        0.6744897501960817 * row["se"]
    )


def test_expected_events_sum_to_the_observed():
    rng = np.random.default_rng(0)
    time, event = rng.integers(1, 9, 60), rng.integers(0, 2, 60)
    table = logrank(time, event, rng.integers(0, 3, 60)).table
    assert table["expected"].sum() == pytest.approx(table["observed"].sum())


def test_group_that_left_before_the_first_event_tells_nothing():
    time, event = [1, 1, 2, 3, 4, 5, 6], [0, 0, 1, 1, 1, 0, 1]
    group = ["gone", "gone", "a", "b", "a", "b", "b"]
    with_it = logrank(time, event, group)
    without = logrank(time[2:], event[2:], group[2:])
    assert with_it.df == without.df == 1
    assert with_it.pvalue == without.pvalue


@pytest.mark.parametrize(
    ("time", "event", "group"),
    [
        ([1, 2, 3, 4], [0, 0, 0, 0], ["a", "a", "b", "b"]),  # no events
        ([1, 1, 2, 3], [0, 0, 1, 1], ["a", "a", "b", "b"]),  # never together
        ([1, 1, 1, 1], [1, 1, 1, 1], ["a", "a", "b", "b"]),  # all at once
    ],
)
def test_comparison_of_nothing_is_nan_with_a_warning(time, event, group):
    with pytest.warns(UndefinedMetricWarning, match="log-rank test is NaN"):
        result = logrank(time, event, group)
    assert np.isnan(result.statistic)
    assert np.isnan(result.pvalue)


def test_group_without_events_has_no_ratio():
    time, event = [1, 2, 3, 4, 5, 6], [1, 0, 1, 1, 1, 0]
    group = ["a", "b", "c", "a", "c", "b"]
    with pytest.warns(UndefinedMetricWarning, match="no maximum for b"):
        table = hazard_ratio(time, event, group).table
    assert np.isnan(table.loc["b"]).all()
    assert np.isfinite(table.loc["c"]).all()


@pytest.mark.parametrize(
    "event",
    [
        [0, 0, 0, 1, 1, 1],  # none in the reference
        [0, 0, 0, 0, 0, 0],  # none at all
        [1, 1, 1, 1, 1, 1],  # all of one group before all of the other
    ],
)
def test_ratio_without_a_maximum_is_nan_with_a_warning(event):
    with pytest.warns(UndefinedMetricWarning, match="no maximum for b"):
        table = hazard_ratio([4, 5, 6, 1, 2, 3], event, list("aaabbb")).table
    assert np.isnan(table.loc["b"]).all()


def test_covariates_are_kept_where_the_reference_has_no_event(silent_group):
    # Which group is the reference changes nothing about the covariates.
    time, event, by, table = silent_group
    assert not event[by == "a"].any()
    about = {"covariates": table}
    with pytest.warns(UndefinedMetricWarning, match="no maximum for b, c"):
        found = hazard_ratio(time, event, by, **about).table
    with pytest.warns(UndefinedMetricWarning, match="no maximum for a"):
        other = hazard_ratio(time, event, by, reference_group="b", **about).table
    assert np.isnan(found.loc[["b", "c"]]).all(axis=None)
    np.testing.assert_allclose(found.loc[["age", "size"]], other.loc[["age", "size"]])


def test_covariates_are_the_limit_of_an_infinite_ratio(silent_group):
    # As the group's log ratio goes to infinity, patients of the reference no longer
    # count in any risk set: Cox's model of the others alone.
    time, event, by, table = silent_group
    rest = by == "b"
    two = rest | (by == "a")
    with pytest.warns(UndefinedMetricWarning, match="no maximum for b"):
        found = hazard_ratio(time[two], event[two], by[two], covariates=table[two])
    from lifelines import CoxPHFitter

    alone = table[rest].assign(time=time[rest], event=event[rest])
    want = CoxPHFitter().fit(alone, "time", "event").params_
    np.testing.assert_allclose(
        found.table.loc[["age", "size"], "coef"], want, rtol=1e-4
    )


def test_without_any_event_covariates_have_no_ratio():
    with pytest.warns(UndefinedMetricWarning, match="no maximum for b, x"):
        table = hazard_ratio(
            [1, 2, 3, 4],
            [0] * 4,
            list("abab"),
            covariates=pd.DataFrame({"x": range(4)}),
        ).table
    assert np.isnan(table).all(axis=None)


@pytest.mark.parametrize("function", [logrank, hazard_ratio])
def test_a_continuous_score_is_no_group(function, datasets):
    data = datasets["leukemia"]
    with pytest.raises(ValueError, match=r"by must name groups, got \d+ distinct"):
        function(data["time"], data["event"], data["logWBC"])


@pytest.mark.parametrize("function", [logrank, hazard_ratio])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": [1, -2, 3]}, "row 1: time is negative"),
        ({"time": [1, np.nan, 3]}, "row 1: time is missing"),
        ({"event": [1, 2, 0]}, "row 1: event must be 1"),
        ({"event": [1, 0, None]}, "row 2: event is missing"),
        ({"event": ["dead", "alive", "dead"]}, "row 0: event must be 1"),
        ({"by": ["a", None, "b"]}, "row 1: by is missing"),
        ({"by": ["a", "a", "a"]}, "at least 2 are needed"),
        ({"by": ["a", "b"]}, "inconsistent numbers of samples"),
    ],
)
def test_bad_input_is_named(function, change, message):
    good = {"time": [1, 2, 3], "event": [1, 0, 1], "by": ["a", "b", "a"]}
    with pytest.raises(ValueError, match=message):
        function(**(good | change))


def test_rows_are_named_as_in_the_table():
    time = pd.Series([1.0, -1.0], index=["P1", "P2"])
    with pytest.raises(ValueError, match="row P2: time is negative"):
        logrank(time, [1, 1], ["a", "b"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reference_group": "z"}, "reference_group='z' is no group"),
        ({"covariates": pd.DataFrame({"x": [1.0] * 6})}, "constant or collinear"),
        ({"covariates": pd.DataFrame({"x": [1.0, 2] * 2})}, "covariates has 4 rows"),
        ({"covariates": pd.DataFrame({"b": range(6)})}, "share the names"),
        ({"covariates": pd.DataFrame({"x": [np.nan] * 6})}, "missing values"),
        ({"covariates": pd.DataFrame({"x": list("uvwuvw")})}, "must be numbers"),
        (
            {"covariates": pd.DataFrame(np.eye(6)[:, :2], columns=["x", "x"])},
            "two columns of one name",
        ),
    ],
)
def test_bad_models_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        hazard_ratio([1, 2, 3, 4, 5, 6], [1] * 6, list("ababab"), **change)


def test_covariates_named_like_a_group_without_events_are_refused():
    table = pd.DataFrame({"c": range(6)})
    with pytest.raises(ValueError, match=r"share the names \['c'\]"):
        hazard_ratio(range(1, 7), [1, 1, 0] * 2, list("abcabc"), covariates=table)


def test_results_show_their_numbers(datasets):
    data = datasets["leukemia"]
    about = data["time"], data["event"], data["group"]
    assert "statistic=16.79, df=1" in repr(logrank(*about))
    assert "1: 4.82 [2.15, 10.8]" in repr(hazard_ratio(*about))
    assert hazard_ratio(*about).to_frame().shape == (1, 7)
    assert logrank(*about).to_frame().shape == (2, 3)


LEVELS = {
    "ordered": pd.CategoricalDtype(["resp", "none", "gone"], ordered=True),
    "unordered": pd.CategoricalDtype(["resp", "gone", "none"]),
    "never seen first": pd.CategoricalDtype(["gone", "resp", "none"], ordered=True),
}


@pytest.mark.parametrize("how", LEVELS)
@pytest.mark.parametrize("kind", [pd.Series, pd.Categorical, pd.CategoricalIndex])
def test_levels_have_their_own_order(how, kind):
    time, event, words = np.arange(1.0, 21), [1] * 20, ["resp", "none"] * 10
    by = kind(words, dtype=LEVELS[how])
    found = hazard_ratio(time, event, by)
    assert found.reference_group == "resp"
    assert "reference_group='resp'" in repr(found)
    want = hazard_ratio(time, event, words, reference_group="resp")
    pd.testing.assert_frame_equal(found.table, want.table)
    assert kaplan_meier(time, event, by).groups == ["resp", "none"]
    test, plain = logrank(time, event, by), logrank(time, event, words)
    assert test.table.index.tolist() == ["resp", "none"]
    assert test.pvalue == plain.pvalue
    assert plain.table.index.tolist() == ["none", "resp"]


def test_levels_may_be_numbers_and_intervals():
    ages = pd.cut([35, 62, 47, 71] * 4, [0, 50, 60, 100])  # nobody is 50 to 60
    found = hazard_ratio(np.arange(1.0, 17), [1] * 16, ages)
    assert found.reference_group == pd.Interval(0, 50)
    stages = pd.Categorical([3, 1, 2, 3] * 4, [3, 2, 1])
    found = hazard_ratio(np.arange(1.0, 17), [1] * 16, stages)
    assert found.reference_group == 3
    assert found.table.index.tolist() == [2, 1]


@pytest.mark.parametrize(
    "grade",
    [
        pd.Categorical(["1", "2", "3", "1"]),
        pd.Categorical([1, 2, 3, 1], ordered=True),
        pd.Categorical(["low", "high", "low", "low"]),
    ],
)
def test_categories_are_no_number(grade):
    # "1", "2", "3" would be one slope, whatever the levels mean.
    with pytest.raises(ValueError, match="covariate 'grade' must be numbers, got a ca"):
        hazard_ratio(
            [1, 2, 3, 4],
            [1] * 4,
            list("abab"),
            covariates=pd.DataFrame({"grade": grade}),
        )


@pytest.mark.parametrize("value", [np.inf, -np.inf, "inf"])
def test_infinite_covariates_are_refused(value):
    with pytest.raises(ValueError, match="covariates holds infinite values"):
        hazard_ratio(
            [1, 2, 3, 4],
            [1] * 4,
            list("abab"),
            covariates=pd.DataFrame({"x": [value, 1, 2, 3]}),
        )


# The same R: survdiff(Surv(time, event) ~ group + strata(strata)): chi-square, degrees
# of freedom, p, observed and expected events, summed over the strata.
R_STRATIFIED = [
    (
        "lung",
        "sex",
        "ecog",
        (10.795059633496416, 1, 0.001017713344724149),
        [110, 53],
        [89.64102266365485, 73.35897733634516],
    ),
    (
        "gbsg",
        "hormon",
        "grade",
        (7.395796537923184, 1, 0.006537646841981781),
        [205, 94],
        [182.25303694619495, 116.74696305380509],
    ),
    (
        "gbsg",
        "grade",
        "hormon",
        (19.560282864814003, 2, 5.656379552783019e-05),
        [18, 202, 79],
        [41.55873586269935, 197.34591023375577, 60.095353903544876],
    ),
]


@pytest.mark.parametrize(
    ("name", "group", "strata", "test", "observed", "expected"), R_STRATIFIED
)
def test_stratified_logrank_is_that_of_r(
    request, name, group, strata, test, observed, expected
):
    data = request.getfixturevalue(name)
    found = logrank(data["time"], data["event"], data[group], strata=data[strata])
    assert (found.statistic, found.df, found.pvalue) == pytest.approx(test, rel=1e-9)
    assert found.table["observed"].tolist() == observed
    np.testing.assert_allclose(found.table["expected"], expected, rtol=1e-9)
    assert f"n_strata={data[strata].nunique()}" in repr(found)


def test_logrank_without_strata_of_the_same_data_is_that_of_r(lung):
    found = logrank(lung["time"], lung["event"], lung["sex"])
    test = (9.715962594450465, 1, 0.001826743756744234)
    assert (found.statistic, found.df, found.pvalue) == pytest.approx(test, rel=1e-9)
    expected = [90.30978789695631, 72.6902121030437]
    np.testing.assert_allclose(found.table["expected"], expected, rtol=1e-9)
    assert found.table["observed"].tolist() == [110, 53]


def test_logrank_of_late_entries_is_the_score_test_of_cox(entered):
    # Without ties, the score test of Cox's model at 1: here lifelines' risk sets.
    x = entered.sort_values("stop")
    time = x["stop"] + np.arange(len(x)) * 1e-4
    found = logrank(time, x["event"], x["group"], entry=x["start"])
    gap = spread = 0.0
    for at in time[x["event"] == 1]:
        share = x["group"][(x["start"] < at) & (time >= at)].mean()
        gap += x["group"][time == at].iloc[0] - share
        spread += share * (1 - share)
    assert found.statistic == pytest.approx(gap**2 / spread)
    assert found.df == 1


def test_strata_of_one_group_each_tell_nothing():
    with pytest.warns(UndefinedMetricWarning, match="log-rank test is NaN"):
        found = logrank([1, 2, 3, 4], [1] * 4, list("aabb"), strata=[0, 0, 1, 1])
    assert np.isnan(found.pvalue)
