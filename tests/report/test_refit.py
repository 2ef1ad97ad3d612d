"""Each fold's models are fitted to the others, and thresholds are chosen anew."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ShuffleSplit, StratifiedKFold, cross_validate

from sknac.decision import WeightedYoudenThreshold

POSITIVE = {"pos_label": "response"}


def numbers(report):
    """Return the numbers of the only system."""
    return report.to_dict()["systems"][0]["results"]


class Memory(ClassifierMixin, BaseEstimator):
    """Knows whom it was fitted to, and calls them all right."""

    def fit(self, X, y):
        """Keep labels by name."""
        self.classes_, self.known_ = np.unique(y), dict(zip(X.index, y, strict=True))
        return self

    def predict(self, X):
        """Return labels known, the first class for others."""
        return np.array([self.known_.get(name, self.classes_[0]) for name in X.index])


def test_nobody_is_judged_by_a_model_that_knows_her(study, new):
    report = new().add_cv("x", Memory(), study.X_train, study.y_train, **POSITIVE)
    rates = numbers(report)["rates"]["cross-validated"]["x"]
    assert rates["sensitivity"]["estimate"] == 0
    assert rates["specificity"]["estimate"] == 1


def test_thresholds_are_those_of_the_folds(study, new):
    X, y = study.X_train[["dlr4"]], study.y_train
    model = WeightedYoudenThreshold(LogisticRegression(), weight=0.5, **POSITIVE)
    folds = numbers(new().add_cv("x", model, X, y, cv=4, **POSITIVE))["folds"]
    found = cross_validate(model, X, y, cv=4, return_estimator=True)
    cuts = [one.threshold_ for one in found["estimator"]]
    assert [fold["thresholds"]["x"] for fold in folds] == pytest.approx(cuts)
    assert len(set(cuts)) > 1


def test_jobs_give_the_same_numbers(study, new):
    X = study.X_train[["dlr4", "her2"]]
    given = LogisticRegression(), X, study.y_train
    one = new().add_cv("x", *given, **POSITIVE)
    with parallel_config("threading"):
        two = new().add_cv("x", *given, n_jobs=2, **POSITIVE)
    assert numbers(one) == numbers(two)


@pytest.mark.slow
def test_processes_give_the_same_numbers(study, new):
    X = study.X_train[["dlr4", "her2"]]
    given = LogisticRegression(), X, study.y_train
    one, two = (
        new().add_cv("x", *given, n_jobs=n, callbacks=[Ear()], **POSITIVE)
        for n in (None, 2)
    )
    assert numbers(one) == numbers(two)


class Ear:
    """A callback that counts folds."""

    def __init__(self):
        self.heard = []

    def setup(self, estimator, context):
        """Do nothing."""

    def teardown(self, estimator, context):
        """Do nothing."""

    def on_fit_task_begin(self, estimator, context, **kwargs):
        """Do nothing."""

    def on_fit_task_end(self, estimator, context, **kwargs):
        """Count."""
        self.heard.append(context.task_name)


def test_callbacks_hear_of_each_fold(study, new):
    ear = Ear()
    X = study.X_train[["dlr4"]]
    given = LogisticRegression(), X, study.y_train
    new().add_cv("x", *given, callbacks=[ear], **POSITIVE)
    assert ear.heard.count("fold") == 5


class Broken(Memory):
    """Cannot be fitted."""

    def fit(self, X, y):
        """Raise."""
        raise RuntimeError("out of paper")


def test_an_error_names_model_and_fold(study, new):
    with pytest.raises(RuntimeError, match="out of paper") as caught:
        new().add_cv("x", Broken(), study.X_train, study.y_train, **POSITIVE)
    assert caught.value.__notes__ == ["while 'x' was fitted without fold 0"]


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        (ShuffleSplit(3, random_state=0), "tested equally often"),
        (StratifiedKFold(70), "makes no folds"),
        ("five", "cv must be a number of folds"),
        (0.2, "cv must be a number of folds"),
        (1, "makes no folds"),
        ([(range(80), range(10))], "both in training and test of fold 0"),
        ([(range(40), range(40, 90)), (range(40, 80), range(40))], "names row 89"),
    ],
)
def test_bad_folds_are_refused_before_anything_is_fitted(study, new, cv, message):
    with pytest.raises(ValueError, match=message):
        new().add_cv("x", Broken(), study.X_train, study.y_train, cv=cv, **POSITIVE)


def test_leave_one_out_is_refused(study, new):
    X, y = study.X_train.iloc[:20], study.y_train.iloc[:20]
    folds = [(np.delete(np.arange(20), i), np.array([i])) for i in range(20)]
    with pytest.raises(ValueError, match=r"no area|one patient"):
        new().add_cv("x", Broken(), X, y, cv=folds, **POSITIVE)


def test_folds_without_a_class_are_refused(study, new):
    order = np.argsort(study.y_train.to_numpy())
    halves = order[:40], order[40:]
    folds = [(halves[0], halves[1]), (halves[1], halves[0])]
    with pytest.raises(ValueError, match=r"trains without any|no area"):
        new().add_cv("x", Broken(), study.X_train, study.y_train, cv=folds, **POSITIVE)


def result(study, **settings):
    """Return a cross-validation that is there."""
    kept = {"return_estimator": True, "return_indices": True} | settings
    X = study.X_train[["dlr4", "her2"]]
    return X, cross_validate(LogisticRegression(), X, study.y_train, **kept)


def test_results_lacking_folds_or_beside_other_folds_are_refused(study, new):
    X, bare = result(study, return_indices=False)
    with pytest.raises(ValueError, match="lacks its estimators or indices"):
        new().add_cv("x", bare, X, study.y_train, **POSITIVE)
    X, found = result(study)
    with pytest.raises(ValueError, match="leave cv out"):
        new().add_cv("x", found, X, study.y_train, cv=5, **POSITIVE)
    _, other = result(study, cv=4)
    with pytest.raises(ValueError, match="'y' has other folds than 'x'"):
        new().add_cv("x", found, X, study.y_train, others={"y": other}, **POSITIVE)
