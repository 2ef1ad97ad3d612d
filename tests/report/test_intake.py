"""Patients, labels and models are taken in together or refused."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.decision import weighted_youden_curve


def test_training_patients_in_the_test_are_refused(study, cascade, new):
    with pytest.raises(ValueError, match="40 patients are both in training and test"):
        new().add_estimator(
            "DLRP",
            cascade,
            study.X,
            study.y,
            pos_label="response",
            X_train=study.X,
            y_train=study.y,
        )


def test_training_labels_without_patients_are_refused(study, cascade, new):
    with pytest.raises(ValueError, match="must come together"):
        new().add_estimator(
            "D", cascade, study.X, study.y, pos_label="response", y_train=study.y
        )


def test_curve_of_the_other_class_is_refused(study, new):
    curve = weighted_youden_curve(
        study.y, study.X["dlr4"], weight=0.5, pos_label="response"
    )
    with pytest.raises(ValueError, match="must count 'non-response' as positive"):
        new().add_predictions(
            "x",
            study.y,
            study.X["dlr4"],
            pos_label="non-response",
            curves={"x": curve},
        )


@pytest.mark.parametrize("where", ["test", "training"])
def test_labels_in_another_order_than_the_patients_are_refused(
    study, cascade, new, where
):
    given = {"X": study.X, "y": study.y, "X_train": study.X_train}
    given["y_train"] = study.y_train
    label = "y" if where == "test" else "y_train"
    given[label] = given[label].iloc[::-1]
    with pytest.raises(ValueError, match="DLRP: y has other row names than X"):
        new().add_estimator("DLRP", cascade, pos_label="response", **given)


def test_labels_without_names_take_those_of_the_patients(study, cascade, new):
    numbers = []
    for y in (study.y, study.y.tolist(), study.y.reset_index(drop=True)):
        report = new(show_ids=True)
        report.add_estimator("DLRP", cascade, study.X, y, pos_label="response")
        numbers.append(report.to_dict())
    assert numbers[0] == numbers[1] == numbers[2]


def test_a_plain_range_of_patients_takes_the_names_of_the_labels(study, cascade, new):
    numbers = []
    for X in (study.X, study.X.reset_index(drop=True)):
        report = new(show_ids=True)
        report.add_estimator("DLRP", cascade, X, study.y, pos_label="response")
        report.add_subgroups("DLRP", ["subtype"])
        numbers.append(report.to_dict())
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("order", ["sorted", "reversed"])
def test_numbers_of_a_range_in_another_order_are_refused(study, new, order):
    y, score = study.y.reset_index(drop=True), study.X["dlr4"].reset_index(drop=True)
    score = score.sort_values() if order == "sorted" else score[::-1]
    with pytest.raises(ValueError, match="other row names than y, or another order"):
        new().add_predictions("x", y, score, pos_label="response")


def test_another_model_cannot_take_the_place_of_the_system(study, cascade, new):
    with pytest.raises(ValueError, match="two models are named 'D'"):
        new().add_estimator(
            "D",
            cascade,
            study.X,
            study.y,
            pos_label="response",
            others={"D": cascade.named_stages_["DLR-2"]},
        )
