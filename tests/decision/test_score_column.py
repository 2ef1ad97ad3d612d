"""A column of scores is handed on unchanged."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from sknac.decision import (
    ScoreColumn,
    StagedClassifier,
    WeightedYoudenThreshold,
    weighted_youden_curve,
)
from sknac.utils._warnings import HintWarning

# Which class the alphabet gives is not what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set")

Y = np.array(["non-response", "response", "non-response", "response"])
X = pd.DataFrame({"age": [50, 40, 60, 70], "dlr2": [0.2, 0.6, 0.55, 0.9]})


@parametrize_with_checks([ScoreColumn(0, kind="score")])
def test_scikit_learn_checks(estimator, check):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="invalid value encountered in cast")
        check(estimator)


@pytest.mark.parametrize("pos_label", ["response", "non-response"])
def test_probabilities_are_the_column(pos_label):
    model = ScoreColumn("dlr2", pos_label=pos_label).fit(X, Y)
    at = model.classes_.tolist().index(pos_label)
    np.testing.assert_array_equal(model.predict_proba(X)[:, at], X["dlr2"])
    np.testing.assert_array_equal(model.predict(X) == pos_label, X["dlr2"] >= 0.5)
    assert not hasattr(model, "decision_function")


def test_scores_are_the_column():
    scores = X.assign(dlr2=[-3.0, 2.0, 0.0, 40.0])
    model = ScoreColumn("dlr2", kind="score").fit(scores, Y)
    np.testing.assert_array_equal(model.decision_function(scores), scores["dlr2"])
    assert model.predict(scores).tolist() == ["non-response", *["response"] * 3]
    assert not hasattr(model, "predict_proba")


def test_scores_for_the_first_class_are_turned():
    model = ScoreColumn(1, kind="score", pos_label="non-response").fit(X, Y)
    np.testing.assert_array_equal(model.decision_function(X), -X["dlr2"])


@pytest.mark.parametrize("kind", ["probability", "score"])
@pytest.mark.parametrize("pos_label", ["response", "non-response"])
def test_threshold_over_a_column_is_that_of_its_scores(kind, pos_label):
    column = ScoreColumn("dlr2", kind=kind, pos_label=pos_label)
    for cv in ("resubstitution", 2):
        model = WeightedYoudenThreshold(column, weight=0.6, pos_label=pos_label, cv=cv)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The threshold for weight")
            model.fit(X, Y)
            expected = weighted_youden_curve(
                Y, X["dlr2"], weight=0.6, pos_label=pos_label
            ).threshold
        assert model.threshold_ == expected


@pytest.mark.parametrize(
    ("column", "score", "message"),
    [
        ("dlr4", 0.5, "X has no column dlr4; take some of age, dlr2"),
        (5, 0.5, "X has 2 columns"),
        ("dlr2", 1.5, "row 2, column dlr2: 1.5 is no probability; set kind='score'"),
        ("dlr2", np.nan, "contains NaN"),
        ("dlr2", np.inf, "contains infinity"),
    ],
)
def test_bad_columns_are_named(column, score, message):
    bad = X.copy()
    bad.loc[2, "dlr2"] = score
    with pytest.raises(ValueError, match=message):
        ScoreColumn(column).fit(bad, Y)


def test_clone_keeps_the_settings():
    model = ScoreColumn("dlr2", pos_label="response", kind="score").fit(X, Y)
    assert clone(model).get_params() == model.get_params()


WORDS = np.array(["non-responder"] * 20 + ["Responder"] * 20)
HIGH = pd.DataFrame({"s": np.r_[np.linspace(0, 0.6, 20), np.linspace(0.4, 1, 20)]})


@pytest.mark.parametrize(
    "fit",
    [
        lambda model: VotingClassifier([("a", model)]).fit(HIGH, WORDS),
        lambda model: StackingClassifier([("a", model)], cv=2).fit(HIGH, WORDS),
        lambda model: BaggingClassifier(model, n_estimators=2, random_state=0).fit(
            HIGH, WORDS
        ),
        lambda model: model.fit(HIGH, WORDS == "non-responder"),
        lambda model: (
            StagedClassifier([("a", model, ["s"])]).fit(HIGH, [1, 0] * 20)
            and StagedClassifier([("a", model, ["s"])]).fit(HIGH, WORDS != "Responder")
        ),
    ],
    ids=["voting", "stacking", "bagging", "alone", "cascade"],
)
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_scores_that_speak_for_the_other_class_are_hinted_at(fit):
    with pytest.warns(HintWarning, match=r"speak for .* by default\); set pos_label"):
        fit(ScoreColumn(0))


def test_a_class_that_is_set_is_not_doubted():
    ScoreColumn("s", pos_label=1).fit(HIGH, WORDS == "non-responder")
    ScoreColumn("s").fit(HIGH, WORDS == "Responder")
    ScoreColumn("s").fit(HIGH.iloc[[0, 1, -2, -1]], [1, 1, 0, 0])  # may be chance
