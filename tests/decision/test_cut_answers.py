"""Label and distance come from one score and one cut."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.utils import get_tags

from sknac.decision import WeightedYoudenThreshold

# Which class the alphabet gives is not what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set")


@pytest.mark.parametrize("base", [LogisticRegression(), LinearSVC()])
@pytest.mark.parametrize("pos_label", ["malignant", "benign"])
def test_decision_is_score_beyond_threshold(cancer, base, pos_label):
    X, y = cancer
    model = WeightedYoudenThreshold(base, weight=0.8, pos_label=pos_label).fit(X, y)
    decision = model.decision_function(X)
    assert model.pos_label_ == pos_label
    assert set(model.predict(X)) == {"benign", "malignant"}
    np.testing.assert_array_equal(
        model.predict(X), np.where(decision > 0, "malignant", "benign")
    )
    reached = decision >= 0 if pos_label == "malignant" else decision <= 0
    np.testing.assert_array_equal(reached, model.predict(X) == pos_label)


def test_score_at_the_threshold_is_positive(cancer):
    X, y = cancer
    model = WeightedYoudenThreshold(LogisticRegression()).fit(X, y)
    model.threshold_ = model.predict_proba(X[:1])[0, 1]
    assert model.predict(X[:1]) == ["malignant"]
    assert model.decision_function(X[:1]) == [0.0]


def test_methods_follow_the_inner_estimator(cancer):
    svc = WeightedYoudenThreshold(LinearSVC())
    assert not hasattr(svc, "predict_proba")
    assert not hasattr(svc.fit(*cancer), "predict_proba")
    assert hasattr(WeightedYoudenThreshold(LogisticRegression()), "predict_log_proba")
    assert get_tags(svc).input_tags.sparse == get_tags(LinearSVC()).input_tags.sparse
