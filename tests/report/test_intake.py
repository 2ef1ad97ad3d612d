"""Patients, labels and models are taken in together or refused."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from sknac.cohort import Plane, Study
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


_SCORES = {"a": [0.1, 0.9, 0.3, 0.8], "b": [0.2, 0.7, 0.9, 0.6]}
_TRUE, _DECIDED = ["n", "r", "n", "r"], ["n", "r", "r", "r"]


def _main(report):
    return report.to_dict()["systems"][0]["main_model"]


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_the_order_of_models_does_not_choose_the_main_one(new, order):
    scores = {name: _SCORES[name] for name in order}
    given = {"pos_label": "r"}
    with pytest.raises(ValueError, match="say with main= which"):
        new().add_predictions("x", _TRUE, scores, **given)
    with pytest.raises(ValueError, match="say with main= which"):
        new().add_predictions(
            "x", _TRUE, None, decisions=dict.fromkeys(order, _DECIDED), **given
        )
    for main in order:
        report = new().add_predictions("x", _TRUE, scores, main=main, **given)
        assert _main(report) == main
    alone = new().add_predictions(
        "x", _TRUE, scores, decisions={"a": _DECIDED}, **given
    )
    assert _main(alone.add_subgroups("x", pd.Series(["u", "v"] * 2, name="f"))) == "a"
    named = {name: _SCORES[name] for name in order} | {"x": _SCORES["a"]}
    assert _main(new().add_predictions("x", _TRUE, named, **given)) == "x"


@pytest.mark.parametrize(
    ("main", "error", "message"),
    [
        ("c", ValueError, "x: main must name some of"),
        (["a"], TypeError, "x: main must be text"),
        ("", ValueError, "x: main must name some of"),
    ],
)
def test_main_is_one_of_the_models(new, main, error, message):
    with pytest.raises(error, match=message):
        new().add_predictions("x", _TRUE, _SCORES, main=main, pos_label="r")


def test_a_main_model_without_decisions_names_those_that_have_some(new):
    report = new().add_predictions(
        "x", _TRUE, _SCORES, decisions={"a": _DECIDED}, main="b", pos_label="r"
    )
    with pytest.raises(ValueError, match="as main= a model that has some: a"):
        report.add_subgroups("x", pd.Series(["u", "v"] * 2))
    with pytest.raises(ValueError, match="as main= a model that has some: a"):
        report.add_survival("x", [1, 2, 3, 4], [1, 0, 1, 0])


def test_subgroups_of_no_column_are_refused(new):
    report = new().add_predictions("x", _TRUE, [1, 2, 3, 4], pos_label="r")
    with pytest.raises(ValueError, match="by must name one column or more"):
        report.add_subgroups("x", [])


class _LabelsOnly(ClassifierMixin, BaseEstimator):
    """A classifier that gives no scores."""

    def fit(self, X, y):
        """Keep the classes."""
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        """Call the older patients the second class."""
        return self.classes_[(np.asarray(X)[:, 0] > 50).astype(int)]


@pytest.mark.parametrize("first", [True, False])
def test_a_classifier_without_scores_is_shown_by_its_decisions(study, new, first):
    X = pd.DataFrame({"age": study.X["age"]})
    labels = _LabelsOnly().fit(X, study.y)
    scores = LogisticRegression().fit(X, study.y)
    own, other = (labels, scores) if first else (scores, labels)
    report = new().add_estimator(
        "own", own, X, study.y, others={"other": other}, pos_label="response"
    )
    found = report.to_dict()["systems"][0]
    assert found["main_model"] == "own"
    assert set(found["results"]["rates"]["test"]) == {"own", "other"}
    assert list(found["results"]["roc"]["test"]) == ["other" if first else "own"]


class Mean(ClassifierMixin, BaseEstimator):
    """Decides by the mean of the first plane."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        means = [cell.planes[0].load().mean() for cell in X["us_pre"]]
        return self.classes_[(np.array(means) > 0).astype(int)]


def test_a_test_image_that_was_trained_on_is_refused(new):
    rng = np.random.default_rng(0)
    images = rng.normal(size=(12, 6, 6))
    images[9] = images[2]
    cells = [Study([Plane(image, "bmode")]) for image in images]
    X = pd.DataFrame({"us_pre": cells}, index=[f"P{i}" for i in range(12)])
    y = pd.Series(["response", "non-response"] * 6, index=X.index)
    given = {"X_train": X[:6], "y_train": y[:6], "pos_label": "response"}
    model = Mean().fit(X[:6], y[:6])
    with pytest.raises(ValueError, match=r"patient 'P2' \(us_pre\) in training is pat"):
        new().add_estimator("s", model, X[6:], y[6:], **given)
    kept = X.drop("P9")
    new().add_estimator("s", model, kept[6:], y[kept.index][6:], **given)
