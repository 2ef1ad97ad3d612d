"""Cross-validations and further cohorts are taken in together, or refused."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from sknac.cohort import Plane, Study
from sknac.metrics import auc_ci, confusion_rates

POSITIVE = {"pos_label": "response"}


def numbers(report):
    """Return the numbers of the only system."""
    return report.to_dict()["systems"][0]["results"]


def test_a_patient_with_two_rows_is_refused(study, new):
    X = pd.concat([study.X_train, study.X_train.iloc[:1]])
    y = pd.concat([study.y_train, study.y_train.iloc[:1]])
    with pytest.raises(ValueError, match=r"several rows named 'MRN-0000'"):
        new().add_cv("x", LogisticRegression(), X, y, **POSITIVE)


def test_rows_of_images_are_refused(study, new):
    names = pd.MultiIndex.from_arrays(
        [study.X_train.index.repeat(2)[:80], range(80)], names=["patient_id", "image"]
    )
    X, y = study.X_train.set_axis(names), study.y_train.set_axis(names)
    with pytest.raises(ValueError, match="a report counts patients"):
        new().add_cv("x", LogisticRegression(), X, y, **POSITIVE)


def test_an_image_in_two_folds_is_refused(new):
    rng = np.random.default_rng(0)
    images = rng.normal(size=(20, 6, 6))
    images[15] = images[2]
    cells = [Study([Plane(image, "bmode")]) for image in images]
    X = pd.DataFrame({"us_pre": cells}, index=[f"P{i}" for i in range(20)])
    y = pd.Series(["response", "non-response"] * 10, index=X.index)
    with pytest.raises(ValueError, match=r"1 image is both in training and test"):
        new().add_cv("x", LogisticRegression(), X, y, cv=2, **POSITIVE)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"name": ""}, ValueError, "name"),
        ({"estimator": object()}, TypeError, "x must be a classifier or the result"),
        ({"estimator": LogisticRegression}, TypeError, "must be a classifier"),
        ({"pos_label": "r"}, ValueError, "x: pos_label must be one of"),
        ({"others": {"x": LogisticRegression()}}, ValueError, "two models are named"),
        ({"compare": [("x", "y")]}, ValueError, "x: compare must name some of"),
        ({"compare": [("x", "x")]}, ValueError, "pairs of two models"),
        ({"compare": "auto"}, ValueError, "x: compare must be a list of pairs"),
        ({"compare": ("x", "y")}, ValueError, "x: compare must be a list of pairs"),
        ({"X": np.zeros((3, 2))}, ValueError, "X has .* rows but y has 80"),
    ],
)
def test_what_is_wrong_is_named_before_anything_is_fitted(
    study, new, change, error, message
):
    given = {"name": "x", "estimator": LogisticRegression(), "X": study.X_train}
    given |= {"y": study.y_train, **POSITIVE} | change
    with pytest.raises(error, match=message):
        new().add_cv(**given)


def test_labels_in_another_order_are_refused(study, new):
    y = study.y_train.iloc[::-1]
    with pytest.raises(ValueError, match="y has other row names than X"):
        new().add_cv("x", LogisticRegression(), study.X_train, y, **POSITIVE)


def test_each_cohort_has_numbers_of_its_own(two_cohorts, other_cohort, cascade):
    X, y = other_cohort
    results = numbers(two_cohorts)
    area = auc_ci(y, X["dlr2"], **POSITIVE)
    assert results["roc"]["Hospital B"]["DLR-2"]["auc"] == area.to_dict()
    rates = confusion_rates(y, cascade.predict(X), **POSITIVE)
    found = results["rates"]["Hospital B"]["DLRP"]["npv"]
    assert found == rates.npv.to_dict()
    assert results["patients"]["Hospital B"]["n"] == 30
    assert "DLR-2" in results["calibration_by_cohort"]["Hospital B"]
    assert "Hospital B" in results["decision_curve_by_cohort"]
    assert "Hospital A" in results["roc"]


def test_predictions_of_a_further_cohort_are_given(study, new, other_cohort):
    X, y = other_cohort
    report = new().add_predictions(
        "reader", study.y, study.X["dlr2"], probabilities=True, **POSITIVE
    )
    report.add_cohort("reader", "elsewhere", y, scores=X["dlr2"], X=X[["age"]])
    results = numbers(report)
    assert set(results["roc"]) == {"test", "elsewhere"}
    assert "age" in str(results["baseline"]["elsewhere"])


def test_patients_of_two_cohorts_are_refused(study, new, two_cohorts, cascade):
    report = new().add_estimator(
        "D",
        cascade,
        study.X,
        study.y,
        X_train=study.X_train,
        y_train=study.y_train,
        cohort="Hospital A",
        **POSITIVE,
    )
    for X, y, where in (
        (study.X, study.y, "Hospital A"),
        (study.X_train, study.y_train, "training"),
    ):
        with pytest.raises(ValueError, match=f"both in {where} and Hospital B"):
            report.add_cohort("D", "Hospital B", y, X=X)
    names = [f"C{i}" for i in range(len(study.y))]
    X, y = study.X.set_axis(names), study.y.set_axis(names)
    report.add_cohort("D", "Hospital B", y, X=X)
    with pytest.raises(ValueError, match="both in Hospital B and Hospital C"):
        report.add_cohort("D", "Hospital C", y, X=X)
    assert len(numbers(report)["roc"]) == 3


@pytest.mark.parametrize("cohort", ["test", "training", "cross-validated", ""])
def test_names_of_cohorts_that_are_taken_are_refused(scored, study, cohort):
    with pytest.raises(ValueError, match="cohort"):
        scored.add_cohort("x", cohort, study.y, scores=study.X["dlr4"])


def test_a_cross_validated_system_has_no_model_to_test(crossed, other_cohort):
    X, y = other_cohort
    with pytest.raises(ValueError, match="has no one model that could be tested"):
        crossed.add_cohort("DLRP", "elsewhere", y, X=X)


def test_scores_beside_models_and_nothing_at_all_are_refused(
    two_cohorts, scored, other_cohort
):
    X, y = other_cohort
    with pytest.raises(ValueError, match="which judge the cohort; pass X and y"):
        two_cohorts.add_cohort("DLRP", "C", y, X=X, scores=X["dlr2"])
    with pytest.raises(ValueError, match="must have scores, decisions or both"):
        scored.add_cohort("x", "C", y)
    with pytest.raises(ValueError, match="x: scores must name some of"):
        scored.add_cohort("x", "C", y, scores={"unknown": X["dlr2"]})


def test_a_model_fitted_again_is_noticed(study, new, other_cohort):
    X, y = other_cohort
    columns = ["dlr2", "dlr4"]
    model = LogisticRegression().fit(study.X_train[columns], study.y_train)
    report = new().add_estimator("m", model, study.X[columns], study.y, **POSITIVE)
    model.fit(study.X[columns], study.y)
    with pytest.raises(ValueError, match="m says something else of the patients"):
        report.add_cohort("m", "elsewhere", y, X=X[columns])
