"""Forest plots of several cohorts, and the folds of a cross-validation."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.report._cohorts import cohort_section, fold_section
from sknac.report._parts import Options

OPTIONS = Options(n_resamples=20)


def system_of(report):
    """Return the only system."""
    return next(iter(report._systems.values()))


def test_forests_hold_each_cohort_and_nothing_pooled(two_cohorts):
    found = cohort_section(system_of(two_cohorts), OPTIONS)
    areas, rates = (drawing.display.rows for drawing in found.drawings)
    assert list(areas)[:2] == [("DLR-2", "Hospital A"), ("DLR-2", "Hospital B")]
    assert len(areas) == 6
    assert set(rates["DLRP", "Hospital B"]) == {"sensitivity", "specificity"}
    assert rates["DLRP", "Hospital B"]["sensitivity"].n == 30
    assert "Nothing is pooled" in found.text[0]


def test_one_model_needs_no_heading(study, new, other_cohort):
    X, y = other_cohort
    report = new().add_predictions(
        "reader", study.y, study.X["dlr2"], pos_label="response"
    )
    report.add_cohort("reader", "Hospital B", y, scores=X["dlr2"])
    (forest,) = cohort_section(system_of(report), OPTIONS).drawings
    assert list(forest.display.rows) == ["Test", "Hospital B"]


def test_one_cohort_has_no_forest(full, crossed):
    assert cohort_section(system_of(full), OPTIONS) is None
    assert cohort_section(system_of(crossed), OPTIONS) is None


def test_folds_are_counted(crossed):
    crossed.to_dict()  # notes what the areas warn of
    system = system_of(crossed)
    found = fold_section(system, OPTIONS)
    folds = found.results["folds"]
    assert sum(fold["n"] for fold in folds) == 80
    assert all(fold["n"] + fold["n_train"] == 80 for fold in folds)
    area = system.cv.auc("plain", OPTIONS)
    assert [fold["areas"]["plain"] for fold in folds] == list(area.by_fold)
    assert set(folds[0]["thresholds"]) == {"DLR-2", "DLR-4"}
    (table,) = found.tables
    assert list(table.frame.index) == list("12345")


def test_a_study_without_folds_has_none(full):
    assert fold_section(system_of(full), OPTIONS) is None


@pytest.mark.parametrize("fixture", ["two_cohorts", "crossed"])
def test_flow_counts_the_patients_of_each(fixture, request):
    report = request.getfixturevalue(fixture)
    found = report.to_dict()["systems"][0]["results"]
    counted = sum(cohort["n"] for cohort in found["patients"].values())
    assert counted == {"two_cohorts": 70, "crossed": 80}[fixture]
