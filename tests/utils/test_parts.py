"""The parts of fitted estimators."""

import numpy as np
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.utils._parts import parts_of

X, Y = np.arange(12.0)[:, None], [0, 1] * 6


def test_steps_are_named_and_passthrough_is_none():
    pipeline = make_pipeline(StandardScaler(), "passthrough", LogisticRegression())
    found = list(parts_of(pipeline))
    assert [name for _, name, _ in found] == ["standardscaler", "logisticregression"]
    assert found[0][0] == "['standardscaler']"


def test_what_is_wrapped_has_no_name_of_its_own():
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2).fit(X, Y)
    found = [(".best_estimator_", "", search.best_estimator_)]
    assert list(parts_of(search)) == found


def test_pipelines_of_an_ensemble_come_whole():
    inner = make_pipeline(StandardScaler(), LogisticRegression())
    voting = VotingClassifier([("a", inner), ("b", inner)]).fit(X, Y)
    assert [part for *_, part in parts_of(voting)] == voting.estimators_
    assert [name for _, name, _ in parts_of(voting)] == ["1", "2"]


def test_a_plain_classifier_holds_nothing():
    assert list(parts_of(LogisticRegression().fit(X, Y))) == []
