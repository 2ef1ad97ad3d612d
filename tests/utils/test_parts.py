"""The parts of fitted estimators."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    RandomizedSearchCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.decision import StagedClassifier, WeightedYoudenThreshold
from sknac.utils._parts import only_part, opened, parts_of

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


def threshold():
    return WeightedYoudenThreshold(LogisticRegression(), cv="resubstitution")


def calibration(estimator, **settings):
    return CalibratedClassifierCV(estimator, cv=2, **settings).fit(X, Y)


@pytest.mark.filterwarnings("ignore:The threshold for weight")
@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: inner,
        FrozenEstimator,
        lambda inner: calibration(inner, ensemble=False),
        lambda inner: calibration(FrozenEstimator(inner)),
        lambda inner: calibration(FrozenEstimator(inner), ensemble=True),
        lambda inner: GridSearchCV(inner, {"weight": [0.5]}, cv=2).fit(X, Y),
        lambda inner: RandomizedSearchCV(
            calibration(inner, ensemble=False), {"cv": [2]}, n_iter=1, cv=2
        ).fit(X, Y),
        lambda inner: FrozenEstimator(make_pipeline(StandardScaler(), inner).fit(X, Y)),
        lambda inner: FixedThresholdClassifier(inner).fit(X, Y),
    ],
)
def test_what_has_an_attribute_is_found_under_every_wrapper(wrap):
    found, seen = opened(wrap(threshold().fit(X, Y)), X, until="threshold_")
    assert isinstance(getattr(found, "estimator_", None), LogisticRegression)
    assert len(seen) == len(X)


def test_data_comes_as_the_inner_one_saw_it():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    inner, seen = opened(FrozenEstimator(pipeline), X)
    assert inner is pipeline[-1]
    np.testing.assert_array_equal(seen, pipeline[0].transform(X))
    assert opened(FrozenEstimator(pipeline))[1] is None


def test_a_calibration_of_several_holds_them_all():
    outer = calibration(LogisticRegression(), ensemble=True)
    parts = list(parts_of(outer))
    assert [name for _, name, _ in parts] == ["1", "2"]
    for at, _, part in parts:
        assert eval(f"outer{at}") is part
    assert only_part(outer) is None


@pytest.mark.parametrize(
    "several",
    [
        VotingClassifier([("a", LogisticRegression())]),
        BaggingClassifier(n_estimators=1),
        make_pipeline(LogisticRegression()),
        StagedClassifier([("a", LogisticRegression(), [0])]),
        LogisticRegression(),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_pipelines_cascades_and_ensembles_have_no_only_part(several):
    assert only_part(several.fit(X, Y)) is None
