"""What is left of a calibrated classifier without its network; see test_split too."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.decision import WeightedYoudenThreshold
from sknac.nets._calibrated import Means, cut_off

X = np.random.default_rng(0).normal(size=(60, 3))
Y = np.where(X[:, 0] + np.random.default_rng(1).normal(size=60) > 0, "yes", "no")


@pytest.fixture(scope="module")
def head():
    """Any classifier without a decision_function can play the network."""
    return GaussianNB().fit(X, Y)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda net: net,
        lambda net: make_pipeline("passthrough", FrozenEstimator(net)).fit(X, Y),
        lambda net: WeightedYoudenThreshold(
            net, cv="prefit", response_method="predict_proba", pos_label="yes"
        ).fit(X, Y),
    ],
    ids=["net", "pipeline", "threshold"],
)
def test_probabilities_are_those_of_the_whole(head, wrap):
    outer = CalibratedClassifierCV(FrozenEstimator(wrap(head)), cv=3).fit(X, Y)
    found = cut_off(outer, head).predict_proba(head.predict_proba(X))
    np.testing.assert_allclose(found, outer.predict_proba(X), rtol=1e-12)


def test_steps_before_are_cut_and_steps_after_stay(head):
    scaler = StandardScaler()
    inner = make_pipeline(StandardScaler(), scaler, LogisticRegression()).fit(X, Y)
    outer = GridSearchCV(
        CalibratedClassifierCV(FrozenEstimator(inner), cv=2), {"cv": [2]}, cv=2
    ).fit(X, Y)
    seen = inner[:2].transform(X)
    found = cut_off(outer, scaler_with_classes(scaler)).predict_proba(seen)
    np.testing.assert_allclose(found, outer.predict_proba(X), rtol=1e-12)


def scaler_with_classes(step):
    """A step in the network's place, which knows its classes."""
    step.classes_ = np.array(["no", "yes"])
    return step


def test_the_original_stays_as_it_is(head):
    outer = CalibratedClassifierCV(FrozenEstimator(head), cv=2).fit(X, Y)
    before = outer.predict_proba(X)
    twin = cut_off(outer, head)
    assert isinstance(twin.calibrated_classifiers_[0].estimator, Means)
    assert isinstance(outer.calibrated_classifiers_[0].estimator, FrozenEstimator)
    np.testing.assert_array_equal(outer.predict_proba(X), before)


def test_what_does_not_hold_the_network_comes_back_itself(head):
    other = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    assert cut_off(other, head) is other
