"""Fits on resamples: seeded, grouped, counted where they fail, the same on any core."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer, roc_auc_score

from sknac.metrics._refits import Refits, call, tally
from sknac.utils._sample import check_sample


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps what it is fitted on; the probability is the first column."""

    seen = []

    def __init__(self, fail=False, random_state=None):
        self.fail = fail
        self.random_state = random_state

    def fit(self, X, y):
        Recorder.seen.append((X, y, self.random_state))
        if self.fail and len(X) < 8:
            raise RuntimeError("too few rows\nfor this")
        warnings.warn("weak", RuntimeWarning, stacklevel=2)
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        p = np.asarray(X)[:, 0]
        return np.column_stack([1 - p, p])

    def predict(self, X):
        return self.classes_[(np.asarray(X)[:, 0] > 0.5).astype(int)]


X = pd.DataFrame(
    {"p": [0.1, 0.4, 0.6, 0.9, 0.2, 0.7, 0.3, 0.8]},
    index=[f"P{i}" for i in range(8)],
)
Y = pd.Series([0, 0, 1, 1, 1, 1, 0, 0], index=X.index)


def refits(model=None, metrics=("roc_auc",), groups=None, **settings):
    """Make refits of a model on eight patients."""
    Recorder.seen.clear()
    metrics = metrics if isinstance(metrics, dict) else {m: m for m in metrics}
    sample = check_sample(Y, groups=groups)
    return Refits(model or Recorder(), X, Y, sample, metrics, 5, **settings)


def test_frames_and_labels_keep_one_name_a_row():
    refits().refit(0)
    part, y, _ = Recorder.seen[-1]
    assert part.index.is_unique
    assert part.index.equals(y.index)
    origin = part.index.str.partition("#").get_level_values(0)
    pd.testing.assert_series_equal(y, Y[origin].set_axis(y.index))


def test_indices_are_those_of_the_rows_themselves():
    scorer = make_scorer(roc_auc_score, response_method="predict_proba")
    found = refits(metrics={"area": "roc_auc", "scorer": scorer}).refit(1)
    for part in (found.training, found.everybody, found.left_out):
        np.testing.assert_allclose(part["area"], part["scorer"])
    part, y, _ = Recorder.seen[-1]
    assert found.training["area"] == pytest.approx(roc_auc_score(y, part["p"]))
    rest = [name for name in X.index if name not in set(part.index)]
    want = roc_auc_score(Y[rest], X.loc[rest, "p"])
    assert found.left_out["area"] == pytest.approx(want)


def test_chance_is_seeded_unless_it_is_set():
    work = refits()
    states = [work.refit(i) and Recorder.seen[-1][2] for i in (0, 1, 0)]
    assert states[0] == states[2] != states[1]
    refits(Recorder(random_state=3)).refit(0)
    assert Recorder.seen[-1][2] == 3


def test_failures_and_warnings_are_kept_with_their_reason():
    work = refits(Recorder(fail=True), groups=[0, 1, 2, 3, 4, 5, 5, 5])
    found = [work.refit(number) for number in range(8)]
    failed = [one.failure for one in found if one.failure]
    assert set(failed) == {"one class only", "RuntimeError: too few rows"}
    assert {one.warned for one in found if not one.failure} == {("RuntimeWarning",)}
    assert tally(failed) == {"RuntimeError: too few rows": 2, "one class only": 1}


def test_resamples_of_one_class_are_not_fitted():
    work = refits(groups=[0, 0, 1, 1, 1, 1, 0, 0])  # two patients, one of each class
    found = [work.refit(number) for number in range(8)]
    assert {one.failure for one in found} == {"", "one class only"}
    assert len(Recorder.seen) == sum(not one.failure for one in found)


@pytest.mark.parametrize(
    "backend", ["threading", pytest.param("loky", marks=pytest.mark.slow)]
)
def test_numbers_are_the_same_on_any_number_of_cores(backend):
    work = refits(LogisticRegression(), metrics=("roc_auc", "brier"))
    with parallel_config(backend, n_jobs=2):
        found = work.run(6, None)
    for one, other in zip(found, work.run(6, None), strict=True):
        assert repr(one) == repr(other)  # NaN is not NaN


def test_callbacks_hear_of_each_resample():
    class Count:
        ended = []

        def setup(self, estimator, context):
            pass

        on_fit_task_begin = teardown = setup

        def on_fit_task_end(self, estimator, context):
            self.ended.append(context.task_name)

    count = Count()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        refits(LogisticRegression()).set_callbacks(count).run(3, None)
    assert count.ended == ["resample"] * 3 + ["optimism"]


@pytest.mark.parametrize("value", [None, "0.5", np.ones(2), 1j])
def test_a_scorer_returns_one_number(value):
    with pytest.raises(ValueError, match="metric must return one number, got"):
        call(lambda model, X, y: value, None, X, Y)
