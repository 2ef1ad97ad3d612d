"""One pass through each stage gives everything that is asked of a cascade."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.pipeline import make_pipeline

from sknac.decision import StagedClassifier, StageFlowDisplay, WeightedYoudenThreshold
from sknac.decision._trace import Route

# Which class the alphabet gives is not what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set")

METHODS = ("predict", "predict_proba", "decision_function", "trace", "predict_each")


class Spy(TransformerMixin, BaseEstimator):
    """A costly step: notes how many patients it was given, time after time."""

    def fit(self, X, y=None):
        self.rows_ = []
        return self

    def transform(self, X):
        self.rows_.append(len(X))
        return X


class Network(ClassifierMixin, BaseEstimator):
    """Hands on a column of scores, and notes each forward."""

    def fit(self, X, y):
        self.classes_, self.rows_ = np.unique(y), []
        return self

    def predict_proba(self, X):
        self.rows_.append(len(X))
        score = np.asarray(X)[:, 0]
        return np.column_stack([1 - score, score])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@pytest.fixture
def model(fig4_alone):
    """Two stages of a costly step and a network, each at a threshold."""
    stages = [
        (
            name,
            WeightedYoudenThreshold(make_pipeline(Spy(), Network()), cv=3),
            [name],
        )
        for name in ("dlr2", "dlr4")
    ]
    model = StagedClassifier(stages).fit(*fig4_alone)
    forget(model)
    return model


def parts(model):
    """Return every step of every stage."""
    return [part for stage in model.named_stages_.values() for part in stage.estimator_]


def forget(model):
    """Start the count anew."""
    for part in parts(model):
        part.rows_.clear()


@pytest.mark.parametrize("method", METHODS)
def test_each_method_asks_each_stage_once(model, fig4_alone, method):
    getattr(model, method)(fig4_alone[0])
    second = 42 if method == "predict_each" else 30
    assert [part.rows_ for part in parts(model)] == [[42], [42], [second], [second]]


def test_a_drawing_of_the_flow_asks_each_stage_once(model, fig4_alone):
    StageFlowDisplay.from_estimator(model, *fig4_alone)
    assert [part.rows_ for part in parts(model)] == 4 * [[42]]


def test_a_cascade_inside_a_threshold_asks_each_stage_once(model, fig4_alone):
    X, y = fig4_alone
    outer = WeightedYoudenThreshold(
        model, cv="prefit", response_method="decision_function"
    ).fit(X, y)
    for method in ("predict", "decision_function"):
        forget(model)
        getattr(outer, method)(X)
        assert [len(part.rows_) for part in parts(model)] == 4 * [1]


def test_answers_of_patients_not_needed_are_none(model, fig4_alone):
    ways = model.trace(fig4_alone[0])
    assert ways["score"].notna().all()
    assert set(ways["action"]) == {"stop", "continue"}


def slowly(judged, passed, kept):
    """Take one patient through the stages by hand."""
    last = -1
    for stage, here in enumerate(judged):
        if not here:
            return last, "awaiting"
        last = stage
        if not passed[stage]:
            return last, "stop"
        if kept[stage]:
            return last, "keep"
    return last, "continue"


@given(
    st.lists(
        st.lists(st.tuples(*[st.booleans()] * 3), min_size=3, max_size=3),
        min_size=1,
        max_size=20,
    )
)
def test_route_is_that_of_each_patient_by_hand(patients):
    ways = np.moveaxis(np.array(patients), 2, 0)
    route = Route(*ways)
    found = [slowly(*way) for way in zip(*ways, strict=True)]
    assert [(last, action) for last, action in found] == list(
        zip(route.last.tolist(), route.action.tolist(), strict=True)
    )
    ends = sum(route.by_action[at].sum() for at in (0, 1, 3))  # not those who go on
    assert ends + (route.action == "continue").sum() == len(patients)


def test_no_scores_give_no_score(fig4):
    class Rule(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def predict(self, X):
            return self.classes_[(np.asarray(X)[:, 0] > 0.5).astype(int)]

    X, y = fig4
    ways = StagedClassifier([("rule", Rule(), ["dlr2"])]).fit(X, y).trace(X)
    assert ways["score"].isna().all()
    pd.testing.assert_index_equal(ways.index, X.index)
