"""Out-of-fold numbers are those of the metrics, patients without answers apart."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_validate,
)

from sknac.metrics import (
    RocCIDisplay,
    corrected_resampled_ttest,
    cv_auc_ci,
    cv_rates,
)
from sknac.report._cross_validation import CrossValidation
from sknac.report._parts import Options

OPTIONS = Options(n_resamples=30)
POSITIVE = {"pos_label": "response"}


def numbers(report):
    """Return the numbers of the only system."""
    return report.to_dict()["systems"][0]["results"]


@pytest.fixture(scope="module")
def by_hand(study):
    """What scikit-learn's cross-validation returns for a plain model."""
    kept = {"return_estimator": True, "return_indices": True}
    X = study.X_train[["dlr4", "her2"]]
    return X, cross_validate(LogisticRegression(), X, study.y_train, cv=5, **kept)


def test_areas_rates_and_bands_are_those_of_the_metrics(study, by_hand, new):
    X, found = by_hand
    report = new().add_cv("x", LogisticRegression(), X, study.y_train, **POSITIVE)
    results = numbers(report)
    given = {"X": X, **POSITIVE}
    area = cv_auc_ci(study.y_train, found, **given)
    curve = results["roc"]["cross-validated"]["x"]
    assert curve["auc"] == area.to_dict()
    rates = cv_rates(study.y_train, found, **given)
    shown = results["rates"]["cross-validated"]["x"]
    for name in ("sensitivity", "npv"):
        expected = getattr(rates, name)
        bounds = [expected.low, expected.high]
        assert [shown[name]["low"], shown[name]["high"]] == bounds
    drawn = RocCIDisplay.from_cv_results(
        found, X, study.y_train, n_resamples=50, random_state=0, **POSITIVE
    )
    expected = drawn.curves["out-of-fold"]
    assert curve["tpr"] == expected.tpr.tolist()
    assert curve["band_low"][50] == expected.band_low[50]


def test_results_that_are_there_give_the_same_report(study, by_hand, new):
    X, found = by_hand
    fitted = new().add_cv("x", LogisticRegression(), X, study.y_train, **POSITIVE)
    given = new().add_cv("x", found, X, study.y_train, **POSITIVE)
    assert numbers(fitted) == numbers(given)


def test_models_are_compared_by_the_corrected_test(study, crossed):
    (row,) = numbers(crossed)["resampled_test"]
    areas = [
        numbers(crossed)["roc"]["cross-validated"][m]["auc"]["by_fold"]
        for m in ("DLRP", "plain")
    ]
    expected = corrected_resampled_ttest(*areas)
    assert row["pvalue"] == pytest.approx(expected.pvalue)
    assert row["low"] == pytest.approx(expected.low)


def test_nothing_is_compared_without_being_asked(study, new):
    X = study.X_train[["dlr4", "her2"]]
    report = new().add_cv(
        "x",
        LogisticRegression(),
        X,
        study.y_train,
        others={"y": LogisticRegression(C=0.1)},
        **POSITIVE,
    )
    assert "resampled_test" not in numbers(report)
    (chapter,) = report._build().chapters
    assert "comparison of models (name pairs as compare=)" in chapter.absent


def trial(study, cv, said):
    """Return a cross-validation of given scores, by row."""
    pairs = list(cv.split(study.X_train, study.y_train))
    indices = {"train": [a for a, _ in pairs], "test": [b for _, b in pairs]}
    scores = [said[rows] for rows in indices["test"]]
    classes = ["non-response", "response"]
    return CrossValidation(study.y_train, classes, indices, {"m": scores}, {}, {}, [])


def test_patients_without_a_score_are_in_no_fold(study):
    score = study.X_train["dlr4"].to_numpy().copy()
    score[:6] = np.nan
    cv = StratifiedKFold(5)
    found = trial(study, cv, score).auc("m", OPTIONS)
    assert found.n == 74
    folds = np.empty(80, dtype=int)
    for at, (_, rows) in enumerate(cv.split(study.X_train, study.y_train)):
        folds[rows] = at
    expected = cv_auc_ci(study.y_train[6:], score[6:], folds[6:], **POSITIVE)
    assert found.estimate == pytest.approx(expected.estimate)
    assert found.low == pytest.approx(expected.low)


def test_repeats_are_averaged_and_the_first_one_is_shown(study):
    cv = RepeatedStratifiedKFold(n_splits=4, n_repeats=3, random_state=0)
    found = trial(study, cv, study.X_train["dlr4"].to_numpy())
    assert found.n_repeats == 3
    assert found.text == "cross-validated, 3 x 4 folds"
    assert found.auc("m", OPTIONS).n_repeats == 3
    np.testing.assert_array_equal(found.first(found.scores["m"]), study.X_train["dlr4"])


def test_a_warning_names_its_model(study):
    score = study.X_train["dlr4"].to_numpy().copy()
    cv = StratifiedKFold(5)
    for at, (_, rows) in enumerate(cv.split(study.X_train, study.y_train)):
        score[rows] += 5 * at
    found = trial(study, cv, score)
    with pytest.warns(UserWarning, match="m: scores lie on another scale"):
        found.auc("m", OPTIONS)
    found.roc("m", OPTIONS)  # says it once only


def test_undecided_patients_are_left_out_of_the_rates(study):
    cv = StratifiedKFold(5)
    found = trial(study, cv, study.X_train["dlr4"].to_numpy())
    decided = pd.Series(study.y_train.to_list(), dtype=object)
    decided[:10] = None
    found.decisions["m"] = [decided.to_numpy()[r] for r in found.indices["test"]]
    assert found.rates("m", OPTIONS).accuracy.total == 70
