"""Scorers in searches with several metrics."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.svm import LinearSVC

from sknac.metrics import (
    auc_ci,
    bootstrap_ci,
    clinical_scorers,
    confusion_rates,
    weighted_youden_score,
)


@pytest.fixture(scope="module")
def cancer():
    """Give two features of 150 tumours with string labels."""
    data = load_breast_cancer()
    y = np.where(data.target[:150] == 0, "malignant", "benign")
    X = data.data[:150, [1, 4]]
    return (X - X.mean(axis=0)) / X.std(axis=0), y


@pytest.mark.parametrize("pos_label", ["malignant", "benign"])
@pytest.mark.parametrize("model", [LogisticRegression(), LinearSVC()])
def test_scorers_equal_the_functions(cancer, pos_label, model):
    X, y = cancer
    model.fit(X, y)
    called = model.predict(X)
    score = model.decision_function(X) * (1 if pos_label == "malignant" else -1)
    rates = confusion_rates(y, called, pos_label=pos_label)
    area = auc_ci(y, score, pos_label=pos_label)
    want = {name: getattr(rates, name).estimate for name in ("npv", "ppv", "accuracy")}
    want |= {"sensitivity": rates.sensitivity.estimate}
    want |= {"specificity": rates.specificity.estimate}
    want |= {"roc_auc": area.estimate, "delong_lower_bound": area.low}
    want["weighted_youden"] = weighted_youden_score(
        y, called, weight=0.8, pos_label=pos_label
    )
    boot = {"pos_label": pos_label, "random_state": 0}
    want["accuracy_lower_bound"] = bootstrap_ci("accuracy", y, called, **boot).low
    scorers = clinical_scorers(pos_label=pos_label, weight=0.8)
    got = {name: scorer(model, X, y) for name, scorer in scorers.items()}
    assert got == pytest.approx(want)


@pytest.mark.parametrize("refit", ["npv", "weighted_youden", "delong_lower_bound"])
def test_each_key_can_choose_the_winner_in_nested_folds(cancer, refit):
    X, y = cancer
    scorers = clinical_scorers(pos_label="malignant", weight=0.2)
    grid = {"C": [0.05, 1.0]}
    search = GridSearchCV(
        LogisticRegression(), grid, cv=3, scoring=scorers, refit=refit
    )
    found = cross_validate(search, X, y, cv=3, scoring=scorers)
    assert np.isfinite(found[f"test_{refit}"]).all()
    search.fit(X, y)
    best = np.argmax(search.cv_results_[f"mean_test_{refit}"])
    assert search.best_index_ == best


@pytest.mark.filterwarnings("ignore:No row holds pos_label")
def test_fold_of_one_class_is_nan_and_not_averaged_away(cancer):
    X, y = cancer
    order = np.argsort(y == "benign", kind="stable")
    scorers = {"npv": clinical_scorers(pos_label="malignant")["sensitivity"]}
    folds = KFold(5)  # sorted by class: folds of benign tumours alone
    with pytest.warns(UndefinedMetricWarning, match="no positive row"):
        found = cross_validate(
            LogisticRegression(), X[order], y[order], cv=folds, scoring=scorers
        )
    assert np.isnan(found["test_npv"]).any()
    assert np.isnan(found["test_npv"].mean())


def test_any_rate_may_have_a_lower_bound(cancer):
    X, y = cancer
    model = LogisticRegression().fit(X, y)
    scorers = clinical_scorers(pos_label="benign", lower_bounds=["npv", "ppv"])
    assert "accuracy_lower_bound" not in scorers
    boot = {"pos_label": "benign", "random_state": 0}
    want = bootstrap_ci("npv", y, model.predict(X), **boot).low
    assert scorers["npv_lower_bound"](model, X, y) == want
    found = cross_validate(model, X, y, cv=3, scoring=scorers)
    assert (found["test_npv_lower_bound"] <= found["test_npv"]).all()


def test_one_class_fold_is_nan_and_warned_of(cancer):
    X, y = cancer
    model, benign = LogisticRegression().fit(X, y), y == "benign"
    scorer = clinical_scorers(pos_label="benign")["delong_lower_bound"]
    with pytest.warns(UndefinedMetricWarning, match="one class only"):
        assert np.isnan(scorer(model, X[benign], y[benign]))


def test_weight_must_be_a_share():
    with pytest.raises(ValueError, match=r"weight must be a share in \[0, 1\], got 2"):
        clinical_scorers(pos_label=1, weight=2)


@pytest.fixture
def routing():
    """Turn metadata routing on."""
    with config_context(enable_metadata_routing=True):
        yield


def test_every_scorer_takes_weights(cancer, rng):
    # Weights 0 and 1 leave rows out, but for the resamples of a bound.
    X, y = cancer
    weight = rng.integers(0, 2, len(y)).astype(float)
    model = LogisticRegression().fit(X, y)
    scorers = clinical_scorers(
        pos_label="malignant", weight=0.8, lower_bounds=["accuracy", "npv"]
    )
    for name, scorer in scorers.items():
        got = scorer(model, X, y, sample_weight=weight)
        kept = scorer(model, X[weight == 1], y[weight == 1])
        assert got == pytest.approx(kept, abs=0.04 if "bound" in name else 1e-12)
        assert scorer(model, X, y, sample_weight=np.ones(len(y))) == pytest.approx(
            scorer(model, X, y), abs=0.02 if "bound" in name else 1e-12
        )


@pytest.mark.usefixtures("routing")
def test_a_search_hands_weights_to_every_scorer(cancer, rng):
    X, y = cancer
    scorers = {
        name: scorer.set_score_request(sample_weight=True)
        for name, scorer in clinical_scorers(pos_label="malignant").items()
    }
    model = LogisticRegression().set_fit_request(sample_weight=True)
    weights = {"sample_weight": rng.random(len(y)) + 0.1}
    found = cross_validate(model, X, y, scoring=scorers, cv=3, params=weights)
    assert all(np.isfinite(found[f"test_{name}"]).all() for name in scorers)


def test_labels_in_a_list_are_labels(cancer):
    X, y = cancer
    model = LogisticRegression().fit(X, y)
    for scorer in clinical_scorers(pos_label="benign").values():
        assert scorer(model, X, y.tolist()) == scorer(model, X, y)


def test_bounds_of_a_perfect_fold_follow_the_rule_in_silence():
    X, y = np.repeat([[-1.0], [1.0]], 6, axis=0), np.repeat(["N", "R"], 6)
    model = LogisticRegression().fit(X, y)
    scorers = clinical_scorers(pos_label="R", lower_bounds=["accuracy", "specificity"])
    got = {name: scorer(model, X, y) for name, scorer in scorers.items()}
    assert got["accuracy_lower_bound"] == pytest.approx(0.025 ** (1 / 12))
    assert got["specificity_lower_bound"] == pytest.approx(0.025 ** (1 / 6))
    assert got["delong_lower_bound"] == pytest.approx(0.025 ** (1 / 6))


def test_rows_are_paired_by_their_names():
    names = [f"P{row}" for row in range(20)]
    y = pd.Series([0, 1] * 10, names)
    X = pd.DataFrame({"s": np.linspace(0, 1, 20) + y}, names)
    model = LogisticRegression().fit(X, y)
    weights = pd.Series(np.arange(20.0) + 1, names)
    for name, scorer in clinical_scorers(pos_label=1).items():
        scorer(model, X, y, sample_weight=weights)
        scorer(model, X, y.to_numpy())  # arrays have no names
        for wrong in ((y[::-1], None), (y, weights[::-1])):
            with pytest.raises(ValueError, match="or another order"):
                scorer(model, X, wrong[0], sample_weight=wrong[1])
        assert repr(scorer).startswith("make_scorer("), name
        assert pickle.loads(pickle.dumps(scorer))(model, X, y) == scorer(model, X, y)
