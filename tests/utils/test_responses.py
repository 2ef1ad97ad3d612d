"""Scores of fitted classifiers, towards the class that was asked for."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, cross_validate

from sknac.utils._responses import cv_responses, label_of, responses_of


@pytest.fixture
def data(request):
    rng = np.random.default_rng(0)
    y = np.array(["N", "R"])[rng.integers(0, 2, 30)]
    return rng.normal(size=(30, 2)) + (y == "R")[:, None], y


@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
def test_scores_turn_round_with_the_class(data, method):
    model = LogisticRegression().fit(*data)
    up, _ = responses_of(model, data[0], method, "R")
    down, _ = responses_of(model, data[0], method, "N")
    assert np.allclose(up, -down if method == "decision_function" else 1 - down)
    assert np.corrcoef(up, data[1] == "R")[0, 1] > 0


def test_auto_takes_probabilities(data):
    model = LogisticRegression().fit(*data)
    got, label = responses_of(model, data[0], "auto", "R")
    assert label == "R"
    assert np.array_equal(got, model.predict_proba(data[0])[:, 1])


@pytest.mark.parametrize("classes", [[0, 1], [-1, 1], [False, True]])
def test_numbers_and_flags_keep_scikit_learns_class(data, classes):
    model = LogisticRegression().fit(data[0], np.array(classes)[(data[1] == "R") * 1])
    assert label_of(model, None) == 1


def test_rows_tested_twice_stand_in_two_repeats(data):
    X, y = data
    found = cross_validate(
        LogisticRegression(),
        X,
        y,
        cv=RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0),
        return_estimator=True,
        return_indices=True,
    )
    folds, scores, label = cv_responses({"a": found}, X, y, None, "auto", "R")
    rows = np.concatenate(found["indices"]["test"])
    assert folds.row.tolist() == rows.tolist()
    assert (folds.n_repeats, label) == (2, "R")
    first = found["estimator"][0].predict_proba(X[rows[:10]])[:, 1]
    assert np.array_equal(scores["a"][:10], first)
