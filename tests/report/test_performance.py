"""Sections on scores: their numbers are those of the metric functions."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.metrics import (
    auc_ci,
    calibration,
    confusion_rates,
    decision_curve,
    delong_test,
    roc_ci,
)
from sknac.utils._pvalues import holm

POSITIVE = {"pos_label": "response"}


def test_areas_are_those_of_auc_ci(study, results):
    for cohort, X, y in (
        ("test", study.X, study.y),
        ("training", study.X_train, study.y_train),
    ):
        expected = auc_ci(y, X["dlr2"], **POSITIVE)
        found = results["roc"][cohort]["DLR-2"]["auc"]
        assert found == expected.to_dict()


def test_bands_are_those_of_roc_ci(study, results):
    expected = roc_ci(
        study.y, study.X["dlr4"], n_resamples=50, random_state=0, **POSITIVE
    )
    found = results["roc"]["test"]["DLR-4"]
    assert found["band_low"] == expected.band_low.tolist()
    assert found["tpr"] == expected.tpr.tolist()


@pytest.mark.parametrize("rate", ["sensitivity", "specificity", "ppv", "npv"])
def test_rates_are_those_of_confusion_rates(study, cascade, results, rate):
    expected = confusion_rates(study.y, cascade.predict(study.X), **POSITIVE)
    found = results["rates"]["test"]["DLRP"]
    assert found[rate] == getattr(expected, rate).to_dict()


def test_comparisons_are_delong_tests_adjusted_by_holm(study, cascade, results):
    scores = {
        "DLR-2": study.X["dlr2"],
        "DLR-4": study.X["dlr4"],
        "DLRP": cascade.decision_function(study.X),
    }
    found = results["delong"]
    pairs = [(row["a"], row["b"]) for row in found]
    assert pairs == [("DLR-2", "DLR-4"), ("DLR-2", "DLRP"), ("DLR-4", "DLRP")]
    tests = [delong_test(study.y, scores[a], scores[b], **POSITIVE) for a, b in pairs]
    assert [row["pvalue"] for row in found] == [test.pvalue for test in tests]
    adjusted = holm(test.pvalue for test in tests)
    assert [row["pvalue_holm"] for row in found] == pytest.approx(adjusted)


def test_calibration_and_net_benefit_take_the_probabilities(study, results):
    slope = calibration(study.y, study.X["dlr2"], **POSITIVE).slope
    assert results["calibration"]["DLR-2"]["slope"] == slope.to_dict()
    scores = {"DLR-2": study.X["dlr2"], "DLR-4": study.X["dlr4"]}
    curve = decision_curve(study.y, scores, **POSITIVE)
    assert results["decision_curve"] == curve.to_dict()


def test_cascade_score_is_no_probability(results):
    assert "DLRP" not in results["calibration"]
    assert "DLRP" not in results["decision_curve"]["net_benefit"]


def test_positive_class_turns_the_rates_around(study, new):
    """The other class as positive: sensitivity and specificity change places."""
    decided = np.where(study.X["dlr4"] > 0.5, "response", "non-response")
    found = {}
    for label in ("response", "non-response"):
        report = new().add_predictions(
            "x", study.y, None, decisions=decided, pos_label=label
        )
        found[label] = report.to_dict()["systems"][0]["results"]["rates"]["test"]["x"]
    one, other = found["response"], found["non-response"]
    assert one["sensitivity"]["estimate"] == other["specificity"]["estimate"]
    assert one["ppv"]["estimate"] == other["npv"]["estimate"]


def test_models_without_a_score_count_the_other_patients(study, new):
    score = study.X["dlr2"].copy()
    score.iloc[:7] = np.nan
    report = new().add_predictions(
        "x", study.y, {"a": score, "b": study.X["dlr4"]}, main="b", **POSITIVE
    )
    results = report.to_dict()["systems"][0]["results"]
    assert results["roc"]["test"]["a"]["n"] == len(study.y) - 7
    assert results["roc"]["test"]["b"]["n"] == len(study.y)
    assert results["delong"][0]["n"] == len(study.y) - 7
    assert results["without_score"]["test"] == {"a": 7, "b": 0}
    assert "no score for 7 of 40 test patients" in report.to_html()


def test_undefined_numbers_become_notes(study, new):
    """Nobody is called positive: no PPV, a dash and a note instead of a warning."""
    decided = ["non-response"] * len(study.y)
    report = new().add_predictions("x", study.y, None, decisions=decided, **POSITIVE)
    system = report.to_dict()["systems"][0]
    assert system["results"]["rates"]["test"]["x"]["ppv"]["estimate"] is None
    assert any("ppv" in note for note in system["notes"])
    assert "Note: " in report.to_html()


def test_first_table_counts_those_whom_the_model_scored(study, new):
    score = study.X["dlr4"].copy()
    score.iloc[:3] = np.nan
    report = new().add_predictions("x", study.y, score, pos_label="response")
    n_pos = (study.y.iloc[3:] == "response").sum()
    assert f"n = 37 of 40 ({n_pos} positive)" in report.to_html()


def test_decision_curves_are_those_of_patients_whom_all_models_scored(study, new):
    score = study.X["dlr2"].copy()
    score.iloc[:7] = np.nan
    scores = {"a": score, "b": study.X["dlr4"]}
    report = new().add_predictions(
        "x", study.y, scores, main="b", probabilities=True, **POSITIVE
    )
    found = report.to_dict()["systems"][0]["results"]["decision_curve"]
    rest = {name: column[7:] for name, column in scores.items()}
    assert found == decision_curve(study.y[7:], rest, **POSITIVE).to_dict()


@pytest.mark.parametrize(
    ("positives", "signals", "method"),
    [
        (40, (3, 1), "DeLong, paired"),
        (10, (3, 1), "DeLong, paired, logit bounds"),
        (
            10,
            (3, 1, 0.8),
            "DeLong, paired; bounds near an area of 1 on the logit scale",
        ),
    ],
)
def test_caption_of_comparisons_follows_their_method(new, positives, signals, method):
    rng, y = np.random.default_rng(0), np.repeat([1, 0], [positives, 40])
    scores = {f"m{by}": by * y + rng.normal(size=y.size) for by in signals}
    report = new().add_predictions("x", y, scores, pos_label=1, main="m3")
    found = report.to_dict()["systems"][0]["results"]["delong"]
    n_logit = sum(row["method"].endswith("logit bounds") for row in found)
    html = report.to_html()
    assert f"the ROC curve, test patients ({method})" in html
    # A column tells which rows where there are both.
    assert html.count(">logit<") == (n_logit if ";" in method else 0)
    assert (n_logit > 0) == ("logit" in method)
