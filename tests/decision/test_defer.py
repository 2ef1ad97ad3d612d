"""A stage with a band decides only where it is sure; the last decides on all."""

# SPDX-License-Identifier: BSD-3-Clause

import io
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sknac.decision import (
    ScoreColumn,
    StagedClassifier,
    StageFlowDisplay,
    WeightedYoudenThreshold,
    stage_flow,
)

GO, STOP = "response", "non-response"
BOTH = {"sensitivity": 0.9, "specificity": 0.9}


def scored(n=160, seed=0):
    """Return three scores and labels."""
    rng = np.random.default_rng(seed)
    responds = np.arange(n) % 2
    X = {name: rng.normal(size=n) + 1.5 * responds for name in "abc"}
    return pd.DataFrame(X).set_index(np.arange(n) + 500), np.where(responds, GO, STOP)


def banded(n_stages=2, positive=GO, **settings):
    """Return a cascade of thresholds, the first with a band."""
    stages = []
    for name in "abc"[:n_stages]:
        column = ScoreColumn(name, pos_label=GO, kind="score")
        weight = 0.4 if positive == GO else 0.6  # the same index from either class
        cut = WeightedYoudenThreshold(column, weight=weight, pos_label=positive, cv=3)
        stages.append((name, cut, [name]))
    settings = {"stop_label": STOP, "defer": {"a": BOTH}} | settings
    return StagedClassifier(stages, **settings)


def slowly(model, X, stages):
    """Take each patient through the stages by hand: last stage, label, action."""
    found = []
    for _, row in X.iterrows():
        for name in stages:
            score, last = row[name], name == stages[-1]
            band = model.bands_.get(name)
            cut = model.named_stages_[name].threshold_
            if band is None:
                if score < cut:
                    found.append((name, STOP, "stop"))
                    break
                if last:
                    found.append((name, GO, "continue"))
            elif score < band.low:
                found.append((name, STOP, "stop"))
                break
            elif score >= band.high:
                found.append((name, GO, "keep"))
                break
    return found


@pytest.mark.parametrize("bands", ["a", "b", "ab"])
def test_way_of_each_patient_is_that_by_hand(bands):
    X, y = scored()
    defer = {name: BOTH if name == "a" else (0.1, 1.4) for name in bands}
    model = banded(3, defer=defer).fit(X, y)
    ways = model.trace(X)
    found = slowly(model, X, "abc")
    assert list(zip(ways["stage"], ways["label"], ways["action"], strict=True)) == found
    assert set(ways["action"]) == {"stop", "keep", "continue"}
    np.testing.assert_array_equal(model.predict(X), ways["label"])
    np.testing.assert_array_equal(model.decision_function(X) > 0, ways["label"] == GO)


@pytest.mark.parametrize("stop_label", [GO, STOP])
def test_either_class_may_be_positive_and_either_may_stop(stop_label):
    X, y = scored()
    one = banded(stop_label=stop_label).fit(X, y)
    two = banded(stop_label=stop_label, positive=STOP).fit(X, y)
    np.testing.assert_array_equal(one.predict(X), two.predict(X))
    np.testing.assert_allclose(one.decision_function(X), two.decision_function(X))
    assert one.bands_["a"].low == pytest.approx(-two.bands_["a"].high)
    sign = one.decision_function(X) > 0
    np.testing.assert_array_equal(sign, one.predict(X) == GO)
    kept = one.trace(X)["action"] == "keep"
    assert (one.predict(X)[kept] != stop_label).all()


def test_decision_values_lie_in_their_intervals_and_keep_the_order():
    X, y = scored()
    model = banded(3, defer={"a": BOTH, "b": (None, 1.0)}).fit(X, y)
    ways = model.trace(X)
    lows = {
        ("a", "stop"): -3,
        ("b", "stop"): -2,
        ("c", "stop"): -1,
        ("c", "continue"): 2,
        ("b", "keep"): 3,
        ("a", "keep"): 4,
    }
    seen = set()
    for (stage, action), part in ways.groupby(["stage", "action"]):
        low = lows[stage, action]
        assert part["score"].between(low, low + 1, inclusive="neither").all()
        order = X.loc[part.index, stage].argsort()
        assert (np.diff(part["score"].iloc[order]) > 0).all()
        seen.add((stage, action))
    assert seen == set(lows) - {("b", "stop")}  # an open end stops nobody


def test_who_waits_in_a_band_is_not_decided():
    X, y = scored()
    model = banded(on_missing="defer").fit(X, y)
    before = model.trace(X)["stage"] == "b"
    X.loc[before, "b"] = np.nan
    ways = model.trace(X)
    assert (ways["action"] == "awaiting").equals(before)
    assert ways.loc[before, "score"].between(0, 1, inclusive="neither").all()
    strict = banded().fit(*scored())
    with pytest.raises(ValueError, match=r"row 50\d has to be judged by stage 'b'"):
        strict.predict(X)
    X["b"] = X["b"].where(before, np.nan)  # the sure need no second visit
    assert not before.all()


def test_later_stages_are_read_for_those_in_the_band_alone():
    X, y = scored()
    model = banded().fit(X, y)
    labels = model.predict(X)
    sure = model.trace(X)["stage"] == "a"
    X.loc[sure, "b"] = np.nan
    np.testing.assert_array_equal(model.predict(X), labels)


def test_flow_counts_those_kept_and_agrees_with_the_cascade():
    X, y = scored()
    model = banded(3).fit(X, y)
    each, deferred = model.predict_each(X), model.deferred_each(X)
    flow = stage_flow(y, each, stop_label=STOP, deferred=deferred)
    ways = model.trace(X)
    for stage, action in flow.counts.index:
        if action != "continue" or stage == "c":
            expected = ((ways["stage"] == stage) & (ways["action"] == action)).sum()
            assert flow.counts.loc[(stage, action), "n"] == expected
    assert ("b", "keep") not in flow.counts.index
    cascade = flow.rates["cascade"]
    assert cascade.tp == ((ways["label"] == GO) & (y == GO)).sum()
    assert cascade.tn == ((ways["label"] == STOP) & (y == STOP)).sum()
    assert deferred.columns.tolist() == ["a"]
    assert deferred["a"].sum() == flow.counts.loc[("a", "continue"), "n"]
    drawn = StageFlowDisplay.from_estimator(model, X, y)
    pd.testing.assert_frame_equal(drawn.flow.counts, flow.counts)
    texts = [text.get_text() for text in drawn.ax_.get_yticklabels()]
    assert texts[:3] == ["a: stopped", "a: kept", "a: goes on"]


def test_those_passed_are_those_in_the_band():
    X, y = scored()
    model = banded(fit_on="passed").fit(X, y)
    assert model.n_fit_["b"] == model.deferred_each(X)["a"].sum() < len(X)


def test_a_band_of_scores_reads_any_stage_with_a_positive_class():
    X, y = scored()
    inner = make_pipeline(FunctionTransformer(), ScoreColumn(0, pos_label=GO))
    X = 1 / (1 + np.exp(-X))
    for first in (
        ScoreColumn("a", pos_label=GO),
        inner,
        WeightedYoudenThreshold(ScoreColumn("a", pos_label=GO), pos_label=GO, cv=2),
    ):
        last = ScoreColumn("b", pos_label=GO)
        stages = [("first", first, ["a"]), ("last", last, ["b"])]
        model = StagedClassifier(stages, stop_label=STOP, defer={"first": (0.4, 0.8)})
        ways = model.fit(X, y).trace(X)
        expected = np.where(X["a"] < 0.4, "stop", np.where(X["a"] < 0.8, "on", "keep"))
        early = ways["stage"] == "first"
        np.testing.assert_array_equal(early, expected != "on")
        assert ways["action"][early].tolist() == expected[early].tolist()
        assert model.bands_["first"].n_deferred == (expected == "on").sum()


def test_bands_of_several_stages_share_the_guarantee():
    X, y = scored(n=200)
    bands = banded(3, defer={"a": BOTH, "b": BOTH}, guarantee=0.9).fit(X, y).bands_
    assert [band.guarantee for band in bands.values()] == [pytest.approx(0.95)] * 2
    alone = banded(3, guarantee=0.9).fit(X, y).bands_["a"]
    assert alone.guarantee == pytest.approx(0.9)
    assert bands["a"].low <= alone.low


def test_a_band_is_a_parameter_that_is_searched_copied_and_saved():
    X, y = scored()
    model = banded()
    assert clone(model).get_params()["defer"] == {"a": BOTH}
    grid = {"defer": [None, {"a": BOTH}], "a__weight": [0.5]}
    search = GridSearchCV(model, grid, cv=2, scoring="roc_auc").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    model.fit(X, y)
    file = io.BytesIO()
    joblib.dump(model, file)
    back = joblib.load(file)
    pd.testing.assert_frame_equal(back.trace(X), model.trace(X))
    assert back.bands_ == model.bands_
    assert back.feature_names_in_.tolist() == ["a", "b", "c"]


def test_a_cascade_saved_before_there_were_bands_has_none():
    X, y = scored()
    model = banded(defer=None).fit(X, y)
    ways = model.trace(X)
    del model.bands_
    pd.testing.assert_frame_equal(model.trace(X), ways)
    assert model.deferred_each(X).shape == (160, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"defer": {}}, "must be a dict of bands by stage, such as .*got {}"),
        ({"defer": (0.2, 0.7)}, "must be a dict of bands by stage"),
        ({"defer": {"x": (0, 1)}}, "must name some of the earlier stages {'a'}, got"),
        ({"defer": {"b": (0, 1)}}, "the last stage, which decides all; name an ear"),
        ({"defer": {"a": 0.5}}, "two increasing scores, of which .* got 0.5"),
        ({"defer": {"a": (0.7, 0.2)}}, r"two increasing scores.* got \(0.7, 0.2\)"),
        ({"defer": {"a": (0.5, 0.5)}}, "two increasing scores"),
        ({"defer": {"a": (None, None)}}, "two increasing scores"),
        ({"defer": {"a": (0, np.nan)}}, "two increasing scores"),
        ({"defer": {"a": (0, True)}}, "two increasing scores"),
        ({"defer": {"a": (0, "1")}}, "two increasing scores"),
        ({"defer": {"a": (0, 1, 2)}}, "two increasing scores"),
        ({"defer": {"a": {}}}, r"defer\['a'\] must be a dict of rates"),
        (
            {"defer": {"a": {"npv": 0.9}}},
            r"defer\['a'\] must name some of {'sensitivity', 'specificity'}, got 'npv'",
        ),
        (
            {"defer": {"a": {"sensitivity": 95}}},
            r"defer\['a'\]\['sensitivity'\] must be a rate .*for 95 % write 0.95",
        ),
        (
            {"defer": {"a": {"sensitivity": 1}}, "guarantee": 0.9},
            r"defer\['a'\]\['sensitivity'\] must be less than 1 with a guarantee",
        ),
        ({"stop_at_most": 0.1}, "defer and stop_at_most both say where"),
        ({"guarantee": 2}, "guarantee must lie between 0 and 1"),
        (
            {"guarantee": 0.9, "defer": {"a": (0, 1)}},
            "has no bound to hold for, as defer gives scores; give rates",
        ),
        ({"guarantee": 0.9, "fit_on": "passed"}, "with data for a stage; set fit_on"),
        (
            {"guarantee": 0.9, "defer": {"a": {"sensitivity": 0.99}}},
            "stage 'a': no cut reaches sensitivity >= 0.99 .* take at least 230 positi",
        ),
        ({"a": ScoreColumn("a", kind="score", pos_label=GO)}, "'a' is a ScoreColumn;"),
        ({"a__at_least": {"npv": 0.5}}, "stage 'a' sets at_least, and the cascade def"),
        (
            {"a__cv": "resubstitution", "guarantee": 0.9},
            "whom stage 'a' has not seen; set its cv to folds",
        ),
        (
            {"a": LogisticRegression(), "defer": {"a": (0.2, 0.7)}},
            "stage 'a', a LogisticRegression, which has no positive class; wrap it",
        ),
        (
            {"a__estimator": LogisticRegression(), "defer": {"a": (20, 70)}},
            r"defer\['a'\] must be probabilities, .* got 20; for 20 % write 0.2",
        ),
    ],
)
def test_bands_that_cannot_be_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        banded().set_params(**change).fit(*scored())


def test_without_a_band_nothing_changes():
    X, y = scored()
    model = banded(defer=None).fit(X, y)
    assert model.bands_ == {}
    each = model.predict_each(X)
    np.testing.assert_array_equal(
        model.predict(X) == STOP, (each == STOP).any(axis=1).to_numpy()
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flow = stage_flow(y, each, stop_label=STOP, deferred=model.deferred_each(X))
    plain = stage_flow(y, each, stop_label=STOP)
    pd.testing.assert_frame_equal(flow.counts, plain.counts)


@pytest.mark.parametrize(
    "handed_down",
    [
        lambda each: each,
        lambda each: each.iloc[:80],
        lambda each: each.reset_index(drop=True),
        lambda each: pd.concat([each[:50], each[50:]]),
        lambda each: {"a": each["a"], "b": each["b"]},
    ],
)
@pytest.mark.parametrize("deferred", [None, {}])
def test_a_band_is_not_counted_as_one_sided(handed_down, deferred):
    X, y = scored()
    each = handed_down(banded().fit(X, y).predict_each(X))
    known = {"stop_label": STOP, "deferred": deferred}
    text = r"stage 'a' has a band .*; pass deferred="
    for count in (stage_flow, StageFlowDisplay.from_predictions):
        with pytest.raises(ValueError, match=text):
            count(y[: len(each["a"])], each, **known)
