"""Sections on decisions: thresholds, cascade, subgroups, wrong decisions."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from sknac.decision import (
    ScoreColumn,
    StagedClassifier,
    WeightedYoudenThreshold,
    stage_flow,
    weighted_youden_curve,
)
from sknac.metrics import subgroup_rates, weighted_youden_score


def test_threshold_is_shown_on_chosen_training_and_test_scores(study, cascade, results):
    stage = cascade.named_stages_["DLR-2"]
    found = results["thresholds"]["DLR-2"]
    assert found["threshold"] == stage.threshold_
    rows = found["at_threshold"]
    assert list(rows) == [
        "training patients, 5-fold cross-validated",
        "training patients, resubstituted",
        "test patients",
    ]
    chosen, again, test = rows.values()
    assert chosen["youden"] == stage.curve_.youden[stage.curve_.best]
    for row, X, y in (
        (again, study.X_train, study.y_train),
        (test, study.X, study.y),
    ):
        expected = weighted_youden_score(
            y, stage.predict(X[["dlr2"]]), weight=0.8, pos_label="response"
        )
        assert row["youden"] == pytest.approx(expected)


def test_nested_rates_stand_beside_those_of_the_fit(cascade, results):
    stage = cascade.named_stages_["DLR-2"]
    nested = (stage.nested_sensitivity_, stage.nested_specificity_)
    assert results["thresholds"]["DLR-2"]["nested"] == list(nested)


def test_bounds_of_cut_and_cascade_are_told(study, new):
    def stage(name, **ask):
        column = ScoreColumn(name, pos_label="response")
        cut = WeightedYoudenThreshold(column, pos_label="response", **ask)
        return name, cut, [name]

    ask = {"at_least": {"sensitivity": 0.7}, "guarantee": 0.8}
    about = {"stop_label": "non-response"}
    told = {}
    for key, model in {
        "cut": StagedClassifier([stage("dlr2", **ask)], **about),
        "cascade": StagedClassifier(
            [stage("dlr2"), stage("dlr4")], stop_at_most=0.3, guarantee=0.8, **about
        ),
    }.items():
        fitted = model.fit(study.X_train[["dlr2", "dlr4"]], study.y_train)
        report = new().add_estimator(
            "D", fitted, study.X[["dlr2", "dlr4"]], study.y, pos_label="response"
        )
        system = report.to_dict()["systems"][0]
        told[key] = str(report.to_html())
        if key == "cut":
            found = system["results"]["thresholds"]["dlr2"]
            assert found["bounds"]["sensitivity"] >= 0.7
    assert "sensitivity of at least 0.7, guaranteed at 0.8" in told["cut"]
    assert "each fold at the cut of the others" in told["cut"]
    assert "at most 0.3 of the class response" in told["cascade"]


def test_curve_given_with_predictions_is_applied_to_the_test(study, new):
    curve = weighted_youden_curve(
        study.y_train, study.X_train["dlr4"], weight=0.2, pos_label="response"
    )
    report = new().add_predictions(
        "x", study.y, study.X["dlr4"], pos_label="response", curves={"x": curve}
    )
    found = report.to_dict()["systems"][0]["results"]["thresholds"]["x"]
    test = found["at_threshold"]["test patients"]
    called = study.X["dlr4"] >= curve.threshold
    positive = study.y == "response"
    assert test["sensitivity"] == pytest.approx(called[positive].mean())
    assert test["specificity"] == pytest.approx(1 - called[~positive].mean())


def test_cascade_is_that_of_stage_flow(study, cascade, results):
    flow = stage_flow(study.y, cascade.predict_each(study.X), stop_label="non-response")
    found = results["cascade"]
    assert [row["n"] for row in found["counts"]] == flow.counts["n"].tolist()
    assert list(found["rates"]) == ["cascade", "DLR-2", "DLR-4"]
    for name, rates in flow.rates.items():
        assert found["rates"][name]["tp"] == rates.tp


def test_cascade_has_the_intervals_of_the_report(study, cascade, new):
    report = new(confidence_level=0.8)
    report.add_estimator("D", cascade, study.X, study.y, pos_label="response")
    found = report.to_dict()["systems"][0]["results"]["cascade"]["rates"]["cascade"]
    flow = stage_flow(
        study.y,
        cascade.predict_each(study.X),
        stop_label="non-response",
        confidence_level=0.8,
    )
    expected = flow.rates["cascade"].sensitivity
    assert found["sensitivity"]["confidence_level"] == 0.8
    assert found["sensitivity"]["low"] == expected.low
    assert "alone, test patients [80\N{NO-BREAK SPACE}% interval]" in report.to_html()


def test_cascade_from_labels_equals_that_of_the_estimator(study, cascade, new, results):
    report = new().add_predictions(
        "x", study.y, None, decisions=cascade.predict(study.X), pos_label="response"
    )
    labels = cascade.predict_each(study.X)
    report.add_cascade("x", labels, stop_label="non-response")
    assert report.to_dict()["systems"][0]["results"]["cascade"] == results["cascade"]


@pytest.mark.parametrize("wrong", ["x", "DLR-2", "DLR-4"])
def test_a_cascade_decides_as_the_decisions_of_its_name(study, cascade, new, wrong):
    labels = cascade.predict_each(study.X)
    decisions = {"x": pd.Series(cascade.predict(study.X), study.X.index)}
    decisions |= {stage: labels[stage] for stage in labels}
    turned = decisions[wrong].copy()
    turned.iloc[7] = {"response": "non-response"}.get(turned.iloc[7], "response")
    for given in (decisions, decisions | {wrong: turned}):
        report = new().add_predictions(
            "x", study.y, None, decisions=given, pos_label="response"
        )
        if given is decisions:
            report.add_cascade("x", labels, stop_label="non-response")
            continue
        text = f"otherwise than the decisions of '{wrong}' for 1 of 40 patients, first"
        with pytest.raises(ValueError, match=text):
            report.add_cascade("x", labels, stop_label="non-response")


def test_a_cascade_with_a_band_is_added_with_whom_it_hands_on(study, new):
    X, y = study.X_train[["dlr2", "dlr4"]], study.y_train
    stages = []
    for name in X:
        column = ScoreColumn(name, pos_label="response")
        stages.append(
            (name, WeightedYoudenThreshold(column, pos_label="response"), [name])
        )
    about = {"stop_label": "non-response"}
    model = StagedClassifier(stages, defer={"dlr2": (0.3, 0.9)}, **about).fit(X, y)
    X = study.X[["dlr2", "dlr4"]]
    labels, deferred = model.predict_each(X), model.deferred_each(X)
    assert 0 < deferred["dlr2"].sum() < len(X)

    def report():
        return new().add_predictions(
            "x", study.y, None, decisions=model.predict(X), pos_label="response"
        )

    found = report().add_cascade("x", labels, deferred=deferred, **about)
    found = found.to_dict()["systems"][0]["results"]["cascade"]
    flow = stage_flow(study.y, labels, deferred=deferred, **about)
    assert [row["n"] for row in found["counts"]] == flow.counts["n"].tolist()
    assert "keep" in flow.counts.index.get_level_values("action")
    html = new().add_estimator("D", model, X, study.y, pos_label="response").to_html()
    band = model.bands_["dlr2"]
    told = f"nobody: dlr2 decides below {band.low:.1f} and from {band.high:.1f} on"
    assert html.count("In the cascade this cut decides on") == 1
    assert told in html
    assert "dlr2: rates along the threshold, and the cut chosen by the stage" in html
    assert "dlr4: rates along the threshold, and the cut chosen by the" not in html
    with pytest.raises(ValueError, match=r"stage 'dlr2' has a band .*; pass deferred="):
        report().add_cascade("x", labels, **about)
    plain = {name: labels[name].tolist() for name in labels}
    with pytest.raises(ValueError, match="otherwise than the decisions of 'x'"):
        report().add_cascade("x", plain, **about)
    with pytest.raises(ValueError, match="must name stages before the last"):
        report().add_cascade("x", labels, deferred=deferred.assign(dlr4=True), **about)


def test_whom_a_cascade_awaits_it_does_not_decide_on(study, new):
    report = new().add_predictions(
        "x", study.y, None, decisions=study.y, pos_label="response"
    )
    early = study.y.replace("non-response", "response")
    awaits = {"a": early, "b": pd.Series(None, study.y.index, dtype=object)}
    report.add_cascade("x", awaits, stop_label="non-response")


def test_subgroups_are_those_of_subgroup_rates(study, cascade, results):
    expected = subgroup_rates(
        study.y, cascade.predict(study.X), study.X["subtype"], pos_label="response"
    )
    found = results["subgroups"]
    assert found["all patients"]["tp"] == expected.rates["all", "all"].tp
    for level in ("HR+", "HER2+", "TN"):
        rates = expected.rates["subtype", level]
        assert found[f"subtype: {level}"]["accuracy"] == rates.accuracy.to_dict()


def test_wrong_decisions_are_those_and_only_those(study, cascade, full_html):
    html = full_html
    wrong = np.flatnonzero(cascade.predict(study.X) != study.y.to_numpy())
    listed = [row for row in range(40) if f">test patient {row + 1}<" in html]
    assert listed == wrong.tolist()
    assert f"DLRP is wrong on {len(wrong)} of 40 test patients." in html


def test_each_patient_is_in_the_numbers(study, results):
    patients = results["test_patients"]
    assert [one["true"] for one in patients] == study.y.tolist()
    assert [one["scores"]["DLR-2"] for one in patients] == study.X["dlr2"].tolist()


@pytest.mark.parametrize("weight", [0.8, 0.2])
def test_trivial_threshold_is_called_so(study, new, weight):
    flat = np.zeros(len(study.y_train))
    curve = weighted_youden_curve(
        study.y_train, flat, weight=weight, pos_label="response"
    )
    called = "response" if weight > 0.5 else "non-response"
    page = (
        new()
        .add_predictions(
            "x", study.y, study.X["dlr4"], pos_label="response", curves={"x": curve}
        )
        .to_html()
    )
    assert f"It is trivial: all who chose it are called {called}." in page


def test_subgroups_leave_out_patients_without_a_decision(study, cascade, new):
    decided = cascade.predict(study.X).astype(object)
    decided[:5] = None
    report = new().add_predictions(
        "x", study.y, None, decisions=decided, pos_label="response"
    )
    report.add_subgroups("x", study.X["subtype"])
    found = report.to_dict()["systems"][0]["results"]["subgroups"]
    expected = subgroup_rates(
        study.y[5:], decided[5:], study.X["subtype"][5:], pos_label="response"
    )
    for level in ("HR+", "HER2+", "TN"):
        rates = expected.rates["subtype", level]
        assert found[f"subtype: {level}"]["accuracy"] == rates.accuracy.to_dict()


@pytest.mark.parametrize(
    ("test_scores", "sentence"),
    [
        (
            [0.1, 0.6, 0.2, 0.9],
            "the weighted Youden index was 0.500 better there than on the test",
        ),
        (
            [0.1, 0.2, 0.6, 0.9],
            "the weighted Youden index was 0.000 better there than on the test",
        ),
    ],
)
def test_a_score_at_the_threshold_is_positive_and_optimism_is_told(
    new, test_scores, sentence
):
    curve = weighted_youden_curve([0, 0, 1, 1], [0.1, 0.2, 1.0, 1.0], weight=0.5)
    assert curve.threshold == 0.6
    report = new().add_predictions(
        "x", [0, 0, 1, 1], test_scores, pos_label=1, curves={"x": curve}
    )
    assert sentence in report.to_html()


def test_a_threshold_that_does_better_on_the_test_is_not_called_optimistic(new):
    curve = weighted_youden_curve([0, 1, 0, 1], [0.1, 0.2, 0.8, 1.0], weight=0.5)
    report = new().add_predictions(
        "x", [0, 0, 1, 1], [0.0, 0.05, 1.0, 1.0], pos_label=1, curves={"x": curve}
    )
    assert (
        "the weighted Youden index was 0.250 worse there than on the test"
        in report.to_html()
    )


def test_subgroups_need_decisions(study, new):
    report = new().add_predictions("x", study.y, study.X["dlr4"], pos_label="response")
    with pytest.raises(ValueError, match="must have decisions to show in subgroups"):
        report.add_subgroups("x", study.X["subtype"])


def test_a_band_is_told_and_counted(study, cascade, new):
    banded = clone(cascade).set_params(defer={"DLR-2": (0.3, 0.7)})
    banded.fit(study.X, study.y)
    report = new().add_estimator("D", banded, study.X, study.y, pos_label="response")
    found = report.to_dict()["systems"][0]["results"]["cascade"]
    ways = banded.trace(study.X)
    kept = [row["n"] for row in found["counts"] if row["action"] == "keep"]
    assert kept == [(ways["action"] == "keep").sum()]
    rates = found["rates"]["cascade"]
    assert (
        rates["tp"] == ((ways["label"] == "response") & (study.y == "response")).sum()
    )
    page = report.to_html()
    assert "DLR-2 decides both ways outside a band of scores for response, 0.3" in page
    assert "What it gains is time" not in page


def test_a_band_is_counted_in_cross_validation(study, cascade, new):
    banded = clone(cascade).set_params(defer={"DLR-2": (0.3, 0.7)})
    given = study.X, study.y
    report = new().add_cv("D", banded, *given, cv=3, pos_label="response")
    found = report.to_dict()["systems"][0]["results"]["cascade"]["counts"]
    kept = [row["n"] for row in found if row["action"] == "keep"]
    assert kept == [(study.X["dlr2"] >= 0.7).sum()]  # the band is of given scores
