"""Checks inside scikit-learn's tools catch what works only alone."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from sknac.cohort import check_cohort
from sknac.features import MapStatistics
from sknac.roi import ROIMasker
from sknac.testing import make_check_cohort
from sknac.testing._meta_checks import _plane_means


class _LearnsFromNobody(MapStatistics):
    """Counts how often any estimator of its class was fitted."""

    n_fits = 0

    def fit(self, X, y=None):
        type(self).n_fits += 1
        self.level_ = type(self).n_fits
        return super().fit(X)

    def transform(self, X):
        return super().transform(X) + self.level_


class _ChangesWhenUsed(MapStatistics):
    """Drifts with each use."""

    def fit(self, X, y=None):
        self.level_ = 0.0
        return super().fit(X)

    def transform(self, X):
        self.level_ += 1.0
        return super().transform(X) * self.level_


class _DecidesByTurns(ClassifierMixin, BaseEstimator):
    """Decides for another class each time that any of its kind is fitted."""

    kinds = ("maps",)
    n_fits = 0

    def fit(self, X, y):
        check_cohort(self, X, reset=True)
        type(self).n_fits += 1
        self.classes_ = np.unique(y)
        self.turn_ = type(self).n_fits % 2
        return self

    def predict(self, X):
        return np.repeat(self.classes_[self.turn_], len(X))


@pytest.mark.parametrize(
    ("estimator", "check", "mend"),
    [
        (_LearnsFromNobody(), "check_pipeline", "Pipeline.*; let fit depend on X"),
        (_LearnsFromNobody(), "check_grid_search", "GridSearchCV.*; keep no state"),
        (_ChangesWhenUsed(), "check_calibration", "frozen.*; write .* in fit alone"),
        (_DecidesByTurns(), "check_stages", "StagedClassifier.*; let fit depend"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_fault_is_caught_and_its_mend_said(complaint, estimator, check, mend):
    with pytest.raises(AssertionError, match=mend):
        raise AssertionError(complaint(estimator, check))


@pytest.mark.parametrize("kind", ["rf", "bmode", "maps"])
def test_any_frame_becomes_a_column_of_means_per_visit(kind):
    X, _ = make_check_cohort(kind, visits=("pre", "post2"))
    study = X["us_post2"].iloc[5]
    expected = np.mean([plane.load().mean(dtype=float) for plane in study.planes])
    assert _plane_means(X)[5, 1] == pytest.approx(expected, rel=1e-5)


def test_means_leave_tables_alone():
    table = np.eye(3)
    assert _plane_means(table) is table


def test_a_step_that_hands_on_frames_feeds_the_meta_estimators(complaint):
    assert complaint(ROIMasker(), "check_stages") is None
