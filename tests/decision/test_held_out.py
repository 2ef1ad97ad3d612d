"""Cuts are chosen on scores of patients whom the classifier has not seen."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    KFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_predict,
)

from sknac.decision import WeightedYoudenThreshold, weighted_youden_curve

# Which class the alphabet gives is not what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set")


@pytest.mark.parametrize("cv", [None, 3, KFold(4)])
@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
def test_partitions_agree_with_cross_val_predict(cancer, cv, method):
    X, y = cancer
    model = WeightedYoudenThreshold(
        LogisticRegression(), weight=0.8, cv=cv, response_method=method
    ).fit(X, y)
    scores = cross_val_predict(LogisticRegression(), X, y, cv=cv, method=method)
    scores = scores[:, 1] if method == "predict_proba" else scores
    expected = weighted_youden_curve(y, scores, weight=0.8, pos_label="malignant")
    assert model.threshold_ == expected.threshold
    assert model.fit_sensitivity_ == expected.sensitivity[expected.best]
    assert model.fit_specificity_ == expected.specificity[expected.best]
    assert model.n_optima_ == expected.n_optima


def test_one_shuffle_split_pools_its_test_rows_alone(cancer):
    X, y = cancer
    cv = ShuffleSplit(1, test_size=0.4, random_state=0)
    model = WeightedYoudenThreshold(LogisticRegression(), cv=cv).fit(X, y)
    train, test = next(cv.split(X))
    inner = LogisticRegression().fit(X.iloc[train], y[train])
    expected = weighted_youden_curve(
        y[test],
        inner.predict_proba(X.iloc[test])[:, 1],
        weight=0.5,
        pos_label="malignant",
    )
    assert model.threshold_ == expected.threshold
    assert model.curve_.n_pos + model.curve_.n_neg == len(test)


def test_kept_classifier_is_trained_on_everyone(cancer):
    X, y = cancer
    model = WeightedYoudenThreshold(LogisticRegression()).fit(X, y)
    alone = LogisticRegression().fit(X, y)
    np.testing.assert_array_equal(model.estimator_.coef_, alone.coef_)
    np.testing.assert_array_equal(model.predict_proba(X), alone.predict_proba(X))


def test_resubstitution_scores_the_training_patients(cancer):
    X, y = cancer
    model = WeightedYoudenThreshold(LogisticRegression(), cv="resubstitution").fit(X, y)
    scores = LogisticRegression().fit(X, y).predict_proba(X)[:, 1]
    expected = weighted_youden_curve(y, scores, weight=0.5, pos_label="malignant")
    assert model.threshold_ == expected.threshold


def test_prefit_keeps_the_estimator_and_uses_new_patients(cancer):
    X, y = cancer
    inner = LogisticRegression().fit(X[:100], y[:100])
    coef = inner.coef_.copy()
    model = WeightedYoudenThreshold(inner, cv="prefit").fit(X[100:], y[100:])
    assert model.estimator_ is inner
    np.testing.assert_array_equal(inner.coef_, coef)
    assert model.curve_.n_pos == (y[100:] == "malignant").sum()


def test_prefit_wants_a_fitted_estimator(cancer):
    with pytest.raises(NotFittedError):
        WeightedYoudenThreshold(LogisticRegression(), cv="prefit").fit(*cancer)


def test_prefit_wants_the_same_labels(cancer):
    X, y = cancer
    inner = LogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match="knows \\['benign', 'malignant'\\]"):
        WeightedYoudenThreshold(inner, cv="prefit").fit(X, y == "benign")


def test_each_fold_trains_with_the_weights_of_its_rows(cancer):
    X, y = cancer
    weights, cv = np.linspace(0.1, 2, len(y)), StratifiedKFold(2)
    with config_context(enable_metadata_routing=True):
        inner = LogisticRegression().set_fit_request(sample_weight=True)
        model = WeightedYoudenThreshold(inner, cv=cv).fit(X, y, sample_weight=weights)
    scores = np.empty(len(y))
    for train, test in cv.split(X, y):
        fold = LogisticRegression().fit(X.iloc[train], y[train], weights[train])
        scores[test] = fold.predict_proba(X.iloc[test])[:, 1]
    expected = weighted_youden_curve(y, scores, weight=0.5, pos_label="malignant")
    assert model.threshold_ == expected.threshold


def test_groups_reach_the_splitter(cancer):
    X, y = cancer
    groups = np.arange(len(y)) // 4
    cv = StratifiedGroupKFold(3)
    with config_context(enable_metadata_routing=True):
        model = WeightedYoudenThreshold(LogisticRegression(), cv=cv)
        model.fit(X, y, groups=groups)
    splits = list(cv.split(X, y, groups))
    same = WeightedYoudenThreshold(LogisticRegression(), cv=splits).fit(X, y)
    assert model.threshold_ == same.threshold_


def test_parallel_folds_give_the_same_threshold(cancer):
    X, y = cancer
    one = WeightedYoudenThreshold(LogisticRegression()).fit(X, y)
    two = WeightedYoudenThreshold(LogisticRegression(), n_jobs=2).fit(X, y)
    assert one.threshold_ == two.threshold_


def test_guarantee_is_by_patient_where_groups_are_asked_for(cancer):
    X, y = cancer
    groups = np.arange(len(y)) // 2
    y = y[2 * groups.clip(0, len(y) // 2 - 1)]  # both rows of one class
    ask = {"at_least": {"sensitivity": 0.8}, "guarantee": 0.9, "weight": 0.5}
    cv = StratifiedGroupKFold(3)
    with config_context(enable_metadata_routing=True):
        model = WeightedYoudenThreshold(LogisticRegression(), cv=cv, **ask)
        rows = clone(model).fit(X, y, groups=groups)
        model.set_fit_request(groups=True).fit(X, y, groups=groups)
        leaky = clone(model).set_params(cv=3)
        with pytest.raises(ValueError, match="fold 0 trains on rows of a patient"):
            leaky.fit(X, y, groups=groups)
    rows_, scores = model._held_out.rows, model._held_out.score
    expected = weighted_youden_curve(
        y[rows_], scores, groups=groups[rows_], pos_label="malignant", **ask
    )
    assert model.threshold_ == expected.threshold < rows.threshold_
    assert model.curve_.bounds == expected.bounds


def test_patients_scored_several_times_count_once_in_the_guarantee(cancer):
    X, y = cancer
    ask = {"at_least": {"sensitivity": 0.8}, "guarantee": 0.9}
    once = WeightedYoudenThreshold(LogisticRegression(), cv=StratifiedKFold(4), **ask)
    folds = list(StratifiedKFold(4).split(X, y))
    twice = clone(once).set_params(cv=folds + folds).fit(X, y)
    assert twice.threshold_ == once.fit(X, y).threshold_
    assert twice.curve_.bounds == once.curve_.bounds


def test_a_guarantee_warns_where_the_model_kept_has_memorised_its_patients():
    rng = np.random.default_rng(0)
    y = np.repeat([1, 0], 30)
    ask = {"at_least": {"sensitivity": 0.85}, "guarantee": 0.9, "pos_label": 1}
    wide = rng.normal(size=(60, 40)) + 0.2 * y[:, None]
    inner = LogisticRegression(C=1e4)
    with pytest.warns(UserWarning, match="tells its own patients apart without error"):
        WeightedYoudenThreshold(inner, **ask).fit(wide, y)
    WeightedYoudenThreshold(inner, **ask).fit(wide[:, :2], y)  # a few features: none
    WeightedYoudenThreshold(inner.fit(wide, y), cv="prefit", **ask).fit(wide, y)
    apart = y[:, None] + 0.1 * rng.normal(size=(60, 1))  # those of the folds could too
    WeightedYoudenThreshold(inner, **ask).fit(apart, y)
