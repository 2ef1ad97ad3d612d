"""A cascade judges each patient only while they are still in."""

# SPDX-License-Identifier: BSD-3-Clause

import io
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    StratifiedGroupKFold,
    cross_validate,
)
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from sknac.decision import ScoreColumn, StagedClassifier, WeightedYoudenThreshold
from sknac.metrics import confusion_rates

# Which class the alphabet gives is not what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set")

EVERY = slice(None)


class Visit:
    """Stands for a study: neither a number nor iterable."""

    def __init__(self, value):
        self.value = value


class VisitClassifier(ClassifierMixin, BaseEstimator):
    """Scores the mean of two visits, and notes whom it was asked about."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.seen_ = []
        self._mean(X)
        return self

    def _mean(self, X):
        return np.mean([[visit.value for visit in row] for row in X.to_numpy()], axis=1)

    def predict_proba(self, X):
        self.seen_.append(X.index.tolist())
        return np.column_stack([1 - self._mean(X), self._mean(X)])

    def predict(self, X):
        return self.classes_[(self.predict_proba(X)[:, 1] >= 0.5).astype(int)]


def cascade(**settings):
    """Two stages on two columns of scores."""
    return StagedClassifier(
        [
            ("dlr2", ScoreColumn("dlr2"), ["dlr2"]),
            ("dlr4", ScoreColumn("dlr4"), ["dlr4"]),
        ],
        **settings,
    )


def visits():
    """Return a cohort frame of four patients with visits as objects."""
    X = pd.DataFrame(
        {
            "us_pre": [Visit(0.1), Visit(0.8), Visit(0.9), Visit(0.3)],
            "us_post2": [Visit(0.2), Visit(0.7), Visit(0.9), Visit(0.2)],
            "us_post4": [None, Visit(0.1), Visit(0.9), Visit(0.1)],
        },
        index=["P1", "P2", "P3", "P4"],
    )
    return X, np.array(["non-response", "non-response", "response", "non-response"])


def visit_cascade(**settings):
    """Two stages on visits: pre with post2, post2 with post4."""
    return StagedClassifier(
        [
            ("dlr2", VisitClassifier(), ["us_pre", "us_post2"]),
            ("dlr4", VisitClassifier(), ["us_post2", "us_post4"]),
        ],
        **settings,
    )


def failures_of_tuned(estimator):
    """Return the checks that TunedThresholdClassifierCV fails on the same base."""
    if not isinstance(estimator.stages[0][1], WeightedYoudenThreshold):
        return {}
    return {
        "check_classifiers_train": "predict is not the argmax of predict_proba once "
        "a stage's threshold moves; TunedThresholdClassifierCV fails it too"
    }


@parametrize_with_checks(
    [
        StagedClassifier(
            [("a", LogisticRegression(), EVERY), ("b", LinearSVC(), EVERY)]
        ),
        StagedClassifier(
            [
                ("a", WeightedYoudenThreshold(LogisticRegression(), cv=3), EVERY),
                ("b", LogisticRegression(), EVERY),
            ]
        ),
    ],
    expected_failed_checks=failures_of_tuned,
    xfail_strict=True,
)
def test_scikit_learn_checks(estimator, check):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The threshold for weight")
        warnings.filterwarnings("ignore", message="invalid value encountered in cast")
        check(estimator)


def test_fig_4_of_the_dlrp_paper(fig4):
    X, y = fig4
    model = cascade().fit(X, y)
    rates = confusion_rates(y, model.predict(X), pos_label="response")
    assert (rates.tp, rates.fn, rates.fp, rates.tn) == (15, 6, 2, 19)
    ways = model.trace(X)
    stopped_first = (ways["stage"] == "dlr2") & (ways["action"] == "stop")
    assert (y[stopped_first] == "non-response").sum() == 10
    assert (y[stopped_first] == "response").sum() == 2
    assert model.n_fit_ == {"dlr2": 42, "dlr4": 30}


def test_methods_of_a_decision_agree(fig4):
    X, y = fig4
    model = cascade().fit(X, y)
    labels, ways = model.predict(X), model.trace(X)
    last = ways["stage"]
    assert ways.columns.tolist() == ["stage", "label", "score", "action"]
    assert ways.index.equals(X.index)
    np.testing.assert_array_equal(labels == "non-response", ways["action"] == "stop")
    np.testing.assert_array_equal(ways["label"], labels)
    np.testing.assert_array_equal(ways["score"], model.decision_function(X))
    early = model.predict_each(X)["dlr2"]
    assert (early == "non-response").sum() == 12
    np.testing.assert_array_equal((last == "dlr4"), early == "response")
    np.testing.assert_array_equal(
        model.predict_proba(X)[:, 1], np.where(last == "dlr2", X["dlr2"], X["dlr4"])
    )


def test_later_stages_see_only_those_still_in():
    X, y = visits()
    model = visit_cascade().fit(X, y)
    for _, stage, _ in model.stages_:
        stage.seen_.clear()
    assert model.predict(X).tolist() == [
        "non-response",
        "non-response",
        "response",
        "non-response",
    ]
    assert model.named_stages_["dlr2"].seen_ == [["P1", "P2", "P3", "P4"]]
    assert model.named_stages_["dlr4"].seen_ == [["P2", "P3"]]


def test_stage_is_not_asked_about_nobody():
    X, y = visits()
    model = visit_cascade().fit(X, y)
    model.named_stages_["dlr4"].seen_.clear()
    assert model.trace(X.loc[["P1", "P4"]])["action"].tolist() == ["stop", "stop"]
    assert model.named_stages_["dlr4"].seen_ == []


def test_missing_visit_of_one_still_in_is_named():
    X, y = visits()
    model = visit_cascade().fit(X, y)
    X.loc["P3", "us_post4"] = None
    with pytest.raises(ValueError, match=r"row P3 .* stage 'dlr4' .*us_post4"):
        model.predict(X)


def test_missing_visit_can_be_awaited():
    X, y = visits()
    model = visit_cascade(on_missing="defer").fit(X, y)
    X.loc["P3", "us_post4"] = None
    assert model.trace(X)["action"].tolist() == ["stop", "stop", "awaiting", "stop"]
    assert model.trace(X)["stage"].iloc[2] == "dlr2"
    assert model.predict(X)[2] == "response"
    assert model.predict_proba(X)[2, 1] == pytest.approx(0.9)
    assert np.isfinite(model.decision_function(X)).all()
    assert model.decision_function(X)[2] > 0


@pytest.mark.parametrize("on_missing", ["raise", "defer"])
def test_first_stage_needs_everyone(on_missing):
    X, y = visits()
    model = visit_cascade(on_missing=on_missing).fit(X, y)
    X.loc["P2", "us_pre"] = None
    with pytest.raises(ValueError, match="first stage needs data of every patient"):
        model.predict(X)


def test_single_missing_values_go_to_the_stage_or_count_as_missing():
    X = pd.DataFrame({"a": [0.1, 0.9, 0.2, 0.8], "b": [0.1, np.nan, 0.2, 0.9]})
    y = [0, 1, 0, 1]
    stages = [("only", LogisticRegression(), ["a", "b"])]
    with pytest.raises(ValueError, match="contains NaN"):
        StagedClassifier(stages).fit(X, y)
    model = StagedClassifier(stages, missing="any").fit(X, y)
    assert model.n_fit_ == {"only": 3}


def test_rows_of_nan_alone_count_as_missing_in_arrays():
    X = np.array([[0.1, np.nan], [0.9, 0.1], [0.8, 0.9], [0.9, 0.2]])
    stages = [("a", ScoreColumn(0), [0]), ("b", ScoreColumn(0), 1)]
    model = StagedClassifier(stages).fit(X, [0, 0, 1, 0])
    assert model.n_fit_ == {"a": 4, "b": 3}
    assert model.predict(X).tolist() == [0, 0, 1, 0]


def test_three_stages_work():
    X = np.array([[0.1, 0.9, 0.9], [0.9, 0.1, 0.9], [0.9, 0.9, 0.1], [0.9, 0.9, 0.9]])
    stages = [(f"s{k}", ScoreColumn(0), [k]) for k in range(3)]
    model = StagedClassifier(stages).fit(X, [0, 0, 0, 1])
    assert model.predict(X).tolist() == [0, 0, 0, 1]
    assert model.trace(X)["stage"].tolist() == ["s0", "s1", "s2", "s2"]
    assert (np.diff(model.decision_function(X)) > 0).all()


@pytest.mark.parametrize("stop_label", ["non-response", "response"])
def test_stop_label_may_be_either_class(fig4_alone, stop_label):
    X, y = fig4_alone
    model = cascade(stop_label=stop_label).fit(X, y)
    each = model.predict_each(X)
    stopped = (each == stop_label).any(axis=1)
    assert model.stop_label_ == stop_label
    np.testing.assert_array_equal(model.predict(X) == stop_label, stopped)
    sign = model.decision_function(X) > 0
    np.testing.assert_array_equal(sign, model.predict(X) == "response")


@settings(max_examples=100)
@given(
    rows=st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=1, max_size=12),
    stop_label=st.booleans(),
)
def test_decision_values_are_banded_and_agree_with_predict(rows, stop_label):
    X = np.array(rows)
    stages = [(f"s{k}", ScoreColumn(0), [k]) for k in range(3)]
    model = StagedClassifier(stages, stop_label=stop_label)
    model.fit(np.array([[0.0] * 3, [1.0] * 3]), [False, True])
    values = model.decision_function(X)
    np.testing.assert_array_equal(values > 0, model.predict(X))
    towards_go = values if stop_label is False else -values
    last = model.trace(X)["stage"].str.removeprefix("s").astype(int)
    stopped = model.trace(X)["action"] == "stop"
    low = np.where(stopped, last - 3, last)
    assert ((low < towards_go) & (towards_go < low + 1)).all()


@pytest.mark.parametrize("stop_label", [False, True])
def test_scores_order_the_patients_of_a_band(stop_label):
    score = np.array([0.01, 0.2, 0.45, 0.55, 0.8, 0.99])
    X = np.column_stack([score, np.full(6, 0.9 if stop_label is False else 0.1)])
    model = StagedClassifier(
        [("a", ScoreColumn(0), [0]), ("b", ScoreColumn(0), [1])], stop_label=stop_label
    ).fit(np.array([[0.0, 0.0], [1.0, 1.0]]), [False, True])
    values = model.decision_function(X)
    stopped = model.predict(X) == stop_label
    assert stopped.sum() == 3
    assert (np.diff(values[stopped]) > 0.01).all()
    again = model.decision_function(
        np.column_stack([np.full(6, 1 - stop_label), score])
    )
    np.testing.assert_array_equal(np.argsort(again), np.arange(6))
    assert len(np.unique(again)) == 6


def test_infinite_margins_stay_in_their_band():
    class Endless(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def decision_function(self, X):
            return np.where(X[:, 0] > 0, np.inf, -np.inf)

        def predict(self, X):
            return self.classes_[(X[:, 0] > 0).astype(int)]

    X = np.array([[-1.0], [1.0]])
    model = StagedClassifier([("a", Endless(), EVERY)]).fit(X, [0, 1])
    low, high = model.decision_function(X)
    assert -1 < low < 0 < high < 1


@pytest.mark.parametrize(
    "columns",
    [["dlr2"], "dlr2", [0], 0, [True, False], slice("dlr2", "dlr2"), slice(0, 1)],
)
def test_columns_may_be_chosen_in_many_ways(fig4_alone, columns):
    X, y = fig4_alone
    model = StagedClassifier([("a", ScoreColumn("dlr2"), columns)]).fit(X, y)
    assert model.stages_[0][2].tolist() == [0]
    assert model.named_stages_["a"].feature_names_in_.tolist() == ["dlr2"]


def test_columns_may_be_found_by_a_function(fig4_alone):
    X, y = fig4_alone
    model = StagedClassifier([("a", ScoreColumn(0), lambda X: [X.columns[1]])])
    assert model.fit(X, y).stages_[0][2].tolist() == [1]


def test_sparse_features_stay_sparse():
    X = sparse.csr_array(np.array([[0.0, 1], [1, 0], [0, 2], [2, 0]]))
    model = StagedClassifier([("a", LogisticRegression(), [0, 1])])
    assert model.fit(X, [0, 1, 0, 1]).predict(X).tolist() == [0, 1, 0, 1]


def test_labels_come_back_as_given(fig4_alone):
    X, y = fig4_alone
    for given_labels in (np.array([0, 1]), np.array([False, True])):
        labels = given_labels[(y == "response").astype(int)]
        assert cascade().fit(X, labels).predict(X).dtype == labels.dtype


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"stages": []}, ValueError, "at least one"),
        ({"stages": [("a", ScoreColumn(0))]}, ValueError, "name, estimator, columns"),
        (
            {"stages": [("a", ScoreColumn(0), [0]), ("a", ScoreColumn(0), [1])]},
            ValueError,
            "not unique",
        ),
        (
            {"stages": [("a__b", ScoreColumn(0), [0])]},
            ValueError,
            "must not contain __",
        ),
        ({"stages": [("fit_on", ScoreColumn(0), [0])]}, ValueError, "conflict"),
        ({"stages": [("a", ScoreColumn, [0])]}, TypeError, "instance"),
        ({"stages": [("a", "drop", [0])]}, TypeError, "must be a classifier"),
        (
            {"stages": [("a", ScoreColumn(0), ["us_post2"])]},
            ValueError,
            "stage 'a': X has no column us_post2; take some of dlr2, dlr4",
        ),
        ({"stages": [("a", ScoreColumn(0), [7])]}, ValueError, "X has 2 columns"),
        (
            {"stop_label": "maybe"},
            ValueError,
            "stop_label must be a label of y",
        ),
        ({"fit_on": "some"}, ValueError, "fit_on"),
        ({"on_missing": "ignore"}, ValueError, "on_missing"),
    ],
)
def test_bad_settings_are_named(fig4_alone, change, error, message):
    model = cascade()
    for name, value in change.items():
        setattr(model, name, value)
    with pytest.raises(error, match=message):
        model.fit(*fig4_alone)


def test_names_need_a_frame():
    with pytest.raises(ValueError, match="X is no DataFrame"):
        cascade().fit(np.array([[0.1, 0.2], [0.8, 0.9]]), [0, 1])


def test_other_columns_in_prediction_are_refused(fig4_alone):
    X, y = fig4_alone
    model = cascade().fit(X, y)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(X.rename(columns={"dlr4": "dlr5"}))


def test_weights_and_groups_are_routed_to_stages_that_ask(cancer):
    X, y = cancer
    rng = np.random.default_rng(0)
    weights, groups = rng.uniform(0.1, 2, len(y)), np.arange(len(y)) // 4
    with config_context(enable_metadata_routing=True):
        first = LogisticRegression().set_fit_request(sample_weight=True)
        second = LogisticRegression().set_fit_request(sample_weight=False)
        model = StagedClassifier(
            [
                ("a", first, EVERY),
                (
                    "b",
                    WeightedYoudenThreshold(second, cv=StratifiedGroupKFold(2)),
                    EVERY,
                ),
            ]
        )
        model.fit(X, y, sample_weight=weights, groups=groups)
        nested = cross_validate(
            GridSearchCV(model, {"b__weight": [0.4, 0.6]}, cv=GroupKFold(2)),
            X,
            y,
            cv=GroupKFold(2),
            params={"sample_weight": weights, "groups": groups},
        )
    alone = LogisticRegression().fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(model.named_stages_["a"].coef_, alone.coef_)
    assert (nested["test_score"] > 0.7).all()


def test_metadata_without_routing_is_refused(fig4_alone):
    with pytest.raises(ValueError, match="enable_metadata_routing"):
        cascade().fit(*fig4_alone, sample_weight=np.ones(42))


def test_saved_cascade_predicts_the_same():
    X, y = visits()
    model = visit_cascade().fit(X, y)
    file = io.BytesIO()
    joblib.dump(model, file)
    back = joblib.load(file)
    np.testing.assert_array_equal(back.predict(X), model.predict(X))


def test_fit_leaves_inputs_and_parameters_alone(fig4_alone):
    X, y = fig4_alone
    before, model = X.copy(), cascade()
    model.fit(X, y).predict(X)
    assert not hasattr(model.stages[0][1], "classes_")
    pd.testing.assert_frame_equal(X, before)
