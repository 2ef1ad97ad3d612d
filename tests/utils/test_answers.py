"""What a classifier says is asked for once, through pipelines and searches."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from sknac.utils._answers import answers_of, score_method

X = np.random.default_rng(0).normal(size=(40, 2))
Y = np.where(X[:, 0] + np.random.default_rng(1).normal(size=40) > 0, "yes", "no")


class Costly:
    """A step that counts how often it ran."""

    def __init__(self):
        self.runs = 0

    def __call__(self, X):
        self.runs += 1
        return X


@pytest.mark.parametrize("last", [LogisticRegression(), LinearSVC()])
def test_answers_are_those_of_the_methods(last):
    model = make_pipeline(FunctionTransformer(), last).fit(X, Y)
    found = answers_of(model, X)
    np.testing.assert_array_equal(found.label, model.predict(X))
    np.testing.assert_array_equal(found.margin, model.decision_function(X))
    np.testing.assert_array_equal(found.side(0), -model.decision_function(X))
    is_probability = hasattr(model, "predict_proba")
    score = model.predict_proba(X)[:, 0] if is_probability else -found.margin
    np.testing.assert_array_equal(found.shown(0)[0], score)
    assert found.shown(0)[1] is is_probability


def test_steps_run_once_for_everything_that_is_asked():
    step = Costly()
    model = make_pipeline(FunctionTransformer(step), LogisticRegression())
    search = GridSearchCV(model, {"logisticregression__C": [1.0]}, cv=2).fit(X, Y)
    copy = search.best_estimator_[0].func
    before = copy.runs
    found = answers_of(search, X)
    for what in (found.label, found.probabilities, found.margin, found.side(1)):
        assert len(what) == len(X)
    assert copy.runs == before + 1


def test_label_is_made_of_the_probabilities_where_a_classifier_can():
    class Network:
        classes_ = np.array(["a", "b"])

        def predict_proba(self, X):
            return np.column_stack([1 - X, X])

        def _labels_of(self, probabilities):
            return self.classes_[probabilities.argmax(axis=1)]

    found = answers_of(Network(), np.array([0.2, 0.7]))
    assert found.label.tolist() == ["a", "b"]
    np.testing.assert_allclose(found.side(1), [-0.3, 0.2])


def test_method_of_the_scores_is_chosen_or_refused():
    assert score_method(LogisticRegression()) == "predict_proba"
    assert score_method(LinearSVC()) == "decision_function"
    with pytest.raises(AttributeError, match="LinearSVC must have predict_proba"):
        score_method(LinearSVC(), "predict_proba")
