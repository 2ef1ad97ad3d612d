"""Classifiers that were fitted on other labels than those at hand."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression

from sknac.decision import (
    ScoreColumn,
    StagedClassifier,
    ThresholdCurveDisplay,
    WeightedYoudenThreshold,
)
from sknac.metrics import (
    DecisionCurveDisplay,
    RocCIDisplay,
    SubgroupDisplay,
    clinical_scorers,
)
from sknac.utils._classes import check_known_labels

HIGH = np.arange(12) % 2 == 1
X = pd.DataFrame({"s": np.where(HIGH, 0.7, 0.2) + np.arange(12) / 100})
CODES = HIGH.astype(int)
# Of the same two classes, in the same sorting order and in the other one.
OTHERS = {
    "one more": CODES + 1,
    "words": np.where(HIGH, "response", "non-response"),
    "words that sort the other way": np.where(HIGH, "Responder", "non-responder"),
    "signs": 2 * CODES - 1,
    "text": CODES.astype(str),
    "three": np.arange(12) % 3,
}
WORD = r"y holds .*, but .* knows .*; give y the same labels"
others = pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)


def fitted(y):
    return LogisticRegression().fit(X, y)


@others
def test_cascade_refuses_a_stage_that_came_fitted_on_other_labels(other):
    # None of its answers is the label that stops: every patient went on.
    stages = [
        ("a", FrozenEstimator(fitted(other)), ["s"]),
        ("b", LogisticRegression(), ["s"]),
    ]
    with pytest.raises(ValueError, match=r"stage 'a' knows .*; give y the same labels"):
        StagedClassifier(stages, stop_label=0).fit(X, CODES)


def test_cascade_refuses_a_stage_that_is_no_classifier():
    stages = [("a", LinearRegression(), ["s"]), ("b", LogisticRegression(), ["s"])]
    with pytest.raises(TypeError, match="stage 'a' must be a classifier, got Linear"):
        StagedClassifier(stages, stop_label=0).fit(X, CODES)


@others
@pytest.mark.parametrize("cv", [None, 3, "resubstitution"])
def test_threshold_refuses_an_estimator_that_came_fitted_on_other_labels(other, cv):
    # Classes were paired by sorting order, which turns Responder and 1 round.
    frozen = WeightedYoudenThreshold(FrozenEstimator(fitted(other)), pos_label=1, cv=cv)
    with pytest.raises(ValueError, match=WORD):
        frozen.fit(X, CODES)


@others
@pytest.mark.parametrize("name", ["roc_auc", "sensitivity", "accuracy"])
def test_scorers_refuse_other_labels(other, name):
    # Fitted on 1 and 2 it knows a class 1 too: an AUC of 1 came out as 0.
    y = np.where(HIGH, 7, 5) if len(np.unique(other)) == 3 else CODES
    model = fitted(other if len(np.unique(other)) == 2 else CODES)
    scorer = clinical_scorers(pos_label=y.max())[name]
    with pytest.raises(ValueError, match=WORD):
        scorer(model, X, y)


@pytest.mark.parametrize(
    "show",
    [
        lambda model, y: RocCIDisplay.from_estimator(model, X, y, pos_label=1),
        lambda model, y: DecisionCurveDisplay.from_estimator(model, X, y, pos_label=1),
        lambda model, y: SubgroupDisplay.from_estimator(
            model, X, y, ["a", "b"] * 6, pos_label=1
        ),
        lambda model, y: ThresholdCurveDisplay.from_estimator(model, X, y),
        lambda model, y: model.score(X, y),
    ],
    ids=["roc", "decision curve", "subgroups", "threshold", "score"],
)
def test_displays_and_score_refuse_other_labels(show):
    model = WeightedYoudenThreshold(LogisticRegression(), pos_label=1, cv=3)
    model.fit(X, CODES + 1)
    with pytest.raises(ValueError, match=WORD):
        show(model, CODES)


def test_what_is_known_is_taken():
    model = ScoreColumn("s", pos_label=1).fit(X, CODES)
    assert model.score(X, HIGH) == model.score(X, CODES.astype(float)) == 1
    assert model.score(X[HIGH], CODES[HIGH]) == 1  # one class alone
    scorer = clinical_scorers(pos_label=1)["roc_auc"]
    assert scorer(fitted(CODES), X, HIGH) == 1
    frozen = FrozenEstimator(fitted(HIGH))
    threshold = WeightedYoudenThreshold(frozen, pos_label=1).fit(X, CODES)
    assert threshold.fit_sensitivity_ == 1


def test_of_several_classes_one_may_be_new():
    check_known_labels(fitted(np.arange(12) % 3), np.arange(4))
    check_known_labels(LinearRegression(), CODES)
