"""Copies of a patient stay in one fold, at whatever depth the folds are made."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneOut,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.decision import WeightedYoudenThreshold
from sknac.utils._patient_folds import (
    PatientFolds,
    by_patient,
    frozen_parts,
    takes_groups,
    unseeded,
)

WHO = np.array([0, 1, 1, 2, 3, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 9])
Y = WHO % 2
PARTS = []


class Watcher(ClassifierMixin, BaseEstimator):
    """Remembers which patients it was fitted on; the first column is the patient."""

    def __init__(self, C=1.0):
        self.C = C

    def fit(self, X, y):
        self.classes_, self.known_ = np.unique(y), set(np.asarray(X)[:, 0])
        return self

    def decision_function(self, X):
        PARTS.append((self.known_, set(np.asarray(X)[:, 0])))
        return np.asarray(X)[:, 0] * 1.0

    def predict(self, X):
        return self.classes_[(self.decision_function(X) > 4).astype(int)]


@pytest.mark.parametrize(
    "splitter",
    [
        StratifiedKFold(3),
        KFold(4, shuffle=True, random_state=0),
        ShuffleSplit(2, random_state=0),
        RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=0),
        LeaveOneOut(),
    ],
)
@pytest.mark.parametrize("told", ["groups", "names", "rows"])
def test_no_patient_is_on_both_sides(splitter, told):
    X = np.column_stack([WHO, WHO**2]) * (1 + 1e-15 * np.arange(16)[:, None])
    if told == "names":
        first = ~pd.Series(WHO).duplicated()
        names = [f"P{w}" + ("" if f else "#2") for w, f in zip(WHO, first, strict=True)]
        X = pd.DataFrame({"a": np.arange(16)}, index=names)
    folds = PatientFolds(splitter, "#")
    parts = list(folds.split(X, Y, WHO if told == "groups" else None))
    assert len(parts) == folds.get_n_splits(X, Y, WHO)
    for train, test in parts:
        assert not set(WHO[train]) & set(WHO[test])
        assert isinstance(splitter, ShuffleSplit) or train.size + test.size == 16


def test_without_copies_the_folds_are_those_of_the_splitter():
    X, y = np.arange(12.0)[:, None], np.arange(12) % 2
    ours = PatientFolds(StratifiedKFold(3), "#").split(X, y, np.arange(12))
    for a, b in zip(ours, StratifiedKFold(3).split(X, y), strict=True):
        np.testing.assert_array_equal(np.concatenate(a), np.concatenate(b))


@pytest.mark.parametrize(
    "model",
    [
        WeightedYoudenThreshold(Watcher(), cv=3),
        WeightedYoudenThreshold(Watcher(), cv=0.4, random_state=0),
        GridSearchCV(Watcher(), {"C": [1, 2]}, cv=3),
        make_pipeline("passthrough", GridSearchCV(Watcher(), {"C": [1, 2]}, cv=3)),
        GridSearchCV(
            WeightedYoudenThreshold(Watcher(), cv=2), {"estimator__C": [1, 2]}, cv=2
        ),
        CalibratedClassifierCV(Watcher(), cv=3),
        StackingClassifier([("a", Watcher())], cv=3),  # takes no groups
    ],
    ids=lambda model: type(model).__name__,
)
def test_inner_folds_are_of_patients(model):
    PARTS.clear()
    X = np.column_stack([WHO, np.ones(16)]).astype(float)
    model = by_patient(model, "#", 0)
    if takes_groups(model):
        with config_context(enable_metadata_routing=True):
            model.fit(X, Y, groups=WHO)
    else:
        model.fit(X, Y)
    scored = [(known, seen) for known, seen in PARTS if known != seen]
    assert scored
    assert not any(known & seen for known, seen in scored)


def test_settings_that_are_no_folds_stay():
    search = GridSearchCV(LogisticRegression(), {"C": [1]}, cv=GroupKFold(2))
    assert isinstance(by_patient(search, "#", 0).cv, GroupKFold)
    assert by_patient(RidgeClassifierCV(), "#", 0).cv is None
    cut = WeightedYoudenThreshold(LogisticRegression(), cv="resubstitution")
    assert by_patient(cut, "#", 0).cv == "resubstitution"


def test_positions_are_refused():
    search = GridSearchCV(LogisticRegression(), {"C": [1]}, cv=[([0], [1])])
    with pytest.raises(ValueError, match=r"cv=.* of GridSearchCV holds positions"):
        by_patient(search, "#", 0)


def test_rows_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match="cannot tell which rows are copies"):
        list(PatientFolds(KFold(2), "#").split(np.array([["a"], ["b"]]), [0, 1]))


def test_what_is_left_to_chance_or_frozen_is_found():
    model = make_pipeline(StandardScaler(), LogisticRegression())
    assert unseeded(model) == ["logisticregression__random_state"]
    assert frozen_parts(model) == []
    fitted = LogisticRegression().fit([[0], [1]], [0, 1])
    model = make_pipeline(StandardScaler(), FrozenEstimator(fitted))
    assert frozen_parts(model) == ["frozenestimator"]
