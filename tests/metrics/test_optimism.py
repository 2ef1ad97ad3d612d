"""Optimism by the bootstrap: R's validate, closed forms, and what fit does inside."""

# SPDX-License-Identifier: BSD-3-Clause

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import log_loss, make_scorer, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sknac.clinical import StepwiseLogisticRegression
from sknac.decision import WeightedYoudenThreshold
from sknac.features import MapStatistics
from sknac.metrics import clinical_scorers, optimism
from sknac.metrics._indices import newton
from sknac.testing import make_check_cohort

R = json.loads((Path(__file__).parent / "data" / "r_optimism.json").read_text())
N_RESAMPLES = 120


class Newton(ClassifierMixin, BaseEstimator):
    """Unpenalised logistic regression, quicker than scikit-learn's."""

    def fit(self, X, y):
        self.classes_, codes = np.unique(y, return_inverse=True)
        design = np.column_stack([X, np.ones(len(X))])
        self.coef_ = newton(design, codes.astype(float), np.ones(len(y)))
        return self

    def decision_function(self, X):
        return np.column_stack([X, np.ones(len(X))]) @ self.coef_

    def predict_proba(self, X):
        p = expit(self.decision_function(X))
        return np.column_stack([1 - p, p])

    def predict(self, X):
        return self.classes_[(self.decision_function(X) > 0).astype(int)]


def joint_intercept(model, X, y):
    """Return rms's intercept: that of y on the predicted log-odds, slope free."""
    odds = np.column_stack([model.decision_function(X), np.ones(len(y))])
    return newton(odds, np.asarray(y, dtype=float), np.ones(len(y)))[1]


def table_of(case):
    """Return the predictors, standardised, and the outcome of a case of R's."""
    outcome, right = case["values"]["formula"].split(" ~ ")
    arrays = R["data"][case["data"]]["arrays"]
    X = np.column_stack([arrays[name] for name in right.split(" + ")]).astype(float)
    return (X - X.mean(axis=0)) / X.std(axis=0), np.array(arrays[outcome])


@pytest.mark.parametrize("case", R["cases"], ids=lambda case: case["id"])
def test_optimism_is_that_of_rms_validate(case):
    X, y = table_of(case)
    metrics = {
        "dxy": "roc_auc",
        "brier": "brier",
        "slope": "calibration_slope",
        "intercept": joint_intercept,
    }
    found = optimism(
        Newton(), X, y, metrics, n_resamples=N_RESAMPLES, random_state=0
    ).table
    want = case["values"]
    for name in metrics:
        factor = 2 if name == "dxy" else 1  # Dxy = 2 AUC - 1
        apparent = factor * found["apparent"][name] - (factor - 1)
        assert apparent == pytest.approx(want["apparent"][name], rel=1e-6, abs=1e-6)
        pooled, own = want["optimism_pooled"][name], want["optimism_own"][name]
        error = np.hypot(pooled["mc_se"], own["sd_per_resample"] / N_RESAMPLES**0.5)
        assert abs(factor * found["optimism"][name] - pooled["mean"]) < 4 * error
        se = own["sd_per_resample"] / N_RESAMPLES**0.5
        assert factor * found["mc_se"][name] == pytest.approx(se, rel=0.25)


@pytest.fixture
def noise(rng):
    """Give 60 patients, labels in words and six predictors without a signal."""
    X = pd.DataFrame(
        rng.normal(size=(60, 6)),
        columns=list("abcdef"),
        index=[f"P{i:02d}" for i in range(60)],
    )
    y = pd.Series(np.repeat(["response", "non-response"], [24, 36]), index=X.index)
    return X, y


def test_predictors_without_a_signal_are_worth_nothing(noise):
    X, y = noise
    found = optimism(
        Newton(), X, y, method=".632+", pos_label="response", n_resamples=40,
        random_state=0,
    ).table  # fmt: skip
    row = found.loc["roc_auc"]
    assert row["apparent"] > 0.65
    assert row["low"] < 0.5 < row["high"]
    assert row["weight"] > 0.7


def test_harrell_with_many_predictors_is_told_to_be_too_good(rng):
    X, y = rng.normal(size=(100, 40)), np.arange(100) % 2
    X[:, :4] += 0.6 * y[:, None]
    given = {"n_resamples": 20, "random_state": 0}
    with pytest.warns(UserWarning, match="many predictors for few .*'.632\\+'"):
        harrell = optimism(LogisticRegression(), X, y, **given).table
    plus = optimism(LogisticRegression(), X, y, method=".632+", **given).table
    assert harrell["corrected"]["roc_auc"] > plus["corrected"]["roc_auc"] + 0.05


def test_a_scorer_gives_what_the_name_gives(noise):
    X, y = noise
    names = ("roc_auc", "sensitivity", "accuracy")
    scorers = clinical_scorers(pos_label="response", lower_bounds=())
    scorers = {f"{name} again": scorers[name] for name in names}
    found = optimism(
        Newton(),
        X[["a"]] + (y == "response").to_numpy()[:, None],
        y,
        {name: name for name in names} | scorers,
        n_resamples=5,
        random_state=0,
        pos_label="response",
        method=".632+",
    ).table
    for name in names:
        want, got = found.loc[name], found.loc[f"{name} again"]
        assert got["apparent"] == want["apparent"]
        assert got["mc_se"] == pytest.approx(want["mc_se"], rel=0.02)
        # Outcomes are permuted for a scorer, by formula for a name.
        assert got["no_information"] == pytest.approx(want["no_information"], abs=0.1)


@pytest.mark.filterwarnings("ignore:sensitivity has no spread")
@pytest.mark.filterwarnings("ignore:Fits on resamples warned")
def test_selection_and_threshold_are_repeated_in_every_resample(noise):
    X, y = noise
    model = WeightedYoudenThreshold(
        StepwiseLogisticRegression(
            entry=0.3, removal=0.4, direction="forward", pos_label="response"
        ),
        weight=0.8,
        pos_label="response",
        cv=2,
    )
    found = optimism(
        model, X, y, ["roc_auc", "sensitivity"], n_resamples=2, random_state=0,
        pos_label="response",
    )  # fmt: skip
    assert found.n_failed == 0
    assert found.table["optimism"]["roc_auc"] > 0
    fitted = model.fit(X, y)
    want = np.mean(fitted.predict(X[y == "response"]) == "response")
    assert found.table["apparent"]["sensitivity"] == want


def test_cohort_frames_are_drawn_by_patient():
    X, y = make_check_cohort("bmode")
    model = make_pipeline(MapStatistics(), LogisticRegression(max_iter=2000))
    given = {"metrics": "brier", "pos_label": y.iloc[0], "random_state": 1}
    found = optimism(model, X, y, n_resamples=3, method=".632+", **given)
    assert (found.n, found.n_failed) == (len(X), 0)


def test_copies_and_images_of_a_patient_stay_in_one_inner_fold(rng):
    X = rng.normal(size=(40, 1))
    who, y = np.repeat(np.arange(20), 2), np.repeat(np.arange(20) % 2, 2)
    folds = StratifiedGroupKFold(3)
    model = WeightedYoudenThreshold(Newton(), cv=Apart(folds))
    given = {"groups": who, "n_resamples": 4, "random_state": 0}
    found = optimism(model, X + y[:, None], y, **given)
    assert (found.n, found.n_groups, found.n_failed) == (40, 20, 0)
    assert "n=40 rows of 20 patients" in repr(found)


class Apart(StratifiedGroupKFold):
    """Says so if rows of one patient, or copies, are on both sides."""

    def __init__(self, inner):
        super().__init__(inner.n_splits)
        self.inner = inner

    def split(self, X, y, groups):
        for train, test in super().split(X, y, groups):
            assert not set(X[train, 0]) & set(X[test, 0])
            yield train, test


class Moody(Newton):
    """Cannot be fitted where the first row comes twice."""

    def fit(self, X, y):
        if np.sum(np.asarray(X)[:, 0] == 9) > 1:
            raise ValueError("a patient comes twice")
        return super().fit(X, y)


def test_failed_resamples_are_counted_and_told(noise):
    X, y = noise
    X = X.assign(a=X["a"].where(X.index != "P00", 9.0))[["a", "b"]]
    with pytest.warns(UserWarning, match="of 20 resamples could not be fitted") as told:
        found = optimism(
            Moody(), X, y, "brier", n_resamples=20, random_state=0,
            pos_label="response",
        )  # fmt: skip
    assert found.failures == {"ValueError: a patient comes twice": found.n_failed}
    assert 0 < found.n_failed < 20
    assert f"20 resamples, {found.n_failed} failed" in repr(found)
    assert "ValueError: a patient comes twice" in str(told[0].message)


def test_too_few_resamples_are_refused():
    y = np.repeat([0, 1], [29, 1])
    with pytest.raises(ValueError, match=r"of 2 resamples .* one class only"):
        optimism(Newton(), np.arange(30.0)[:, None] % 7, y, n_resamples=2,
                 random_state=3)  # fmt: skip


def test_seed_repeats_the_numbers(noise):
    X, y = noise
    given = {"pos_label": "response", "n_resamples": 5, "metrics": "brier"}
    first = optimism(Newton(), X[["a"]], y, **given)
    again = optimism(Newton(), X[["a"]], y, random_state=first.seed, **given)
    pd.testing.assert_frame_equal(first.to_frame(), again.to_frame())
    other = optimism(Newton(), X[["a"]], y, random_state=first.seed + 1, **given)
    assert other.table["optimism"]["brier"] != first.table["optimism"]["brier"]


def test_an_undefined_metric_is_counted(noise):
    X, y = noise
    flat = LogisticRegression(C=1e-9)  # all predictions are nearly equal
    with pytest.warns(UndefinedMetricWarning, match="ppv is undefined in 6 of 6"):
        found = optimism(
            flat, X, y, "ppv", n_resamples=6, random_state=0, pos_label="response"
        )
    row = found.table.loc["ppv"]
    assert row["n_undefined"] == 6
    assert row[["corrected", "low", "high"]].isna().all()


def test_what_is_not_fitted_again_is_told(noise):
    X, y = noise
    frozen = FrozenEstimator(Newton().fit(X[["a"]], y))
    with pytest.warns(UserWarning, match="the estimator is not fitted again"):
        optimism(
            frozen, X[["a"]], y, "brier", n_resamples=3, random_state=0,
            pos_label="response",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"metrics": "net_benefit@1"}, ValueError, r"a threshold in \[0, 1\), such as"),
        ({"metrics": {"b": "net_benefit"}}, ValueError, "'b' must name a threshold"),
        ({"metrics": "f1"}, ValueError, "metric 'f1' must be one of {'roc_auc', "),
        ({"metrics": []}, ValueError, "metrics is empty; name"),
        ({"metrics": ["brier"] * 2}, ValueError, "two columns of one name, 'brier'"),
        ({"metrics": roc_auc_score}, ValueError, "metrics must be names, or a dict"),
        ({"metrics": {"a": roc_auc_score}}, ValueError, "wrap it by .*make_scorer"),
        ({"metrics": {"a": log_loss}}, ValueError, "wrap it by .*make_scorer"),
        ({"metrics": {"a": lambda y_true, p: 1}}, ValueError, "make_scorer"),
        ({"method": ".632"}, ValueError, r"method must be one of {'harrell', '.632\+'"),
        ({"n_resamples": 1}, ValueError, "n_resamples must be a whole number >= 2"),
        ({"confidence_level": 95}, ValueError, "for 95 % write 0.95"),
        ({"y": [1] * 20}, ValueError, "one class only .* the optimism needs both"),
        ({"y": ["a", "b"] * 10}, ValueError, "pos_label is not specified"),
        ({"y": [0, 1, 2, 1] * 5}, ValueError, "must be binary, got 3 labels"),
        ({"y": [0, 1] * 9}, ValueError, "inconsistent numbers of samples|18"),
        ({"groups": [1, 2]}, ValueError, "groups has 2 rows"),
        (
            {"estimator": LinearSVC(), "metrics": "brier"},
            ValueError,
            "brier needs probabilities, which LinearSVC does not give; take Cali",
        ),
        (
            {"estimator": LogisticRegressionCV(cv=[([0], [1])])},
            ValueError,
            "holds positions, which a resample does not have",
        ),
    ],
)
def test_bad_input_is_named(change, error, message):
    X = np.arange(20.0)[:, None] % 7
    given = {"estimator": Newton(), "X": X, "y": [0, 1] * 10, "n_resamples": 2}
    with pytest.raises(error, match=message):
        optimism(**(given | {"random_state": 0} | change))


def test_make_scorer_and_levels(noise):
    X, y = noise
    scorer = make_scorer(log_loss, response_method="predict_proba")
    given = {"n_resamples": 8, "random_state": 0, "pos_label": "response"}
    wide = optimism(Newton(), X[["a"]], y, {"log loss": scorer}, **given).table
    narrow = optimism(
        Newton(), X[["a"]], y, {"log loss": scorer}, confidence_level=0.5, **given
    ).table
    assert wide["optimism"]["log loss"] < 0  # a loss looks too small
    assert wide["low"]["log loss"] < narrow["low"]["log loss"]


def test_net_benefit_is_that_at_the_usual_thresholds(rng):
    X, y = rng.normal(size=(30, 2)), np.arange(30) % 2
    with pytest.warns(UndefinedMetricWarning, match=r"net_benefit@0.95 has no spread"):
        found = optimism(Newton(), X, y, "net_benefit", n_resamples=3, random_state=0)
    names = found.table.index
    assert (names[0], names[-1], len(names)) == (
        "net_benefit@0.05",
        "net_benefit@0.95",
        19,
    )
    with pytest.raises(ValueError, match=r"net_benefit@0.05 needs probabilities"):
        optimism(LinearSVC(), X, y, "net_benefit", n_resamples=3, random_state=0)
