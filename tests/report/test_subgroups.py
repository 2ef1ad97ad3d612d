"""Subgroups of test patients and out of fold."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.metrics import subgroup_rates
from sknac.report._parts import Options


def numbers(report):
    """Return the subgroups of the only system."""
    return report.to_dict()["systems"][0]["results"]["subgroups"]


def test_numbers_are_those_of_subgroup_rates(full, study, cascade):
    decided = cascade.predict(study.X)
    found = subgroup_rates(
        study.y, decided, study.X["subtype"], pos_label="response"
    ).rates["subtype", "TN"]
    shown = numbers(full)["subtype: TN"]["accuracy"]
    assert shown == found.accuracy.to_dict()


def test_out_of_fold_subgroups_add_up_and_are_wider_than_wilsons(crossed):
    found = numbers(crossed)
    parts = [x["accuracy"] for key, x in found.items() if key != "all patients"]
    everybody = found["all patients"]["accuracy"]
    assert sum(part["total"] for part in parts) == everybody["total"] == 80
    assert sum(part["count"] for part in parts) == everybody["count"]
    assert all(part["inflation"] > 1.2 for part in parts)


def test_subgroups_smaller_than_the_folds_are_named(study, new, cascade):
    report = new().add_cv(
        "D", cascade, study.X_train, study.y_train, pos_label="response"
    )
    by = pd.Series(np.where(np.arange(80) == 3, "rare", "common"), name="kind")
    report.add_subgroups("D", by.set_axis(study.X_train.index))
    (chapter,) = report._build().chapters
    section = next(x for x in chapter.sections if x.key == "subgroups")
    assert "few patients for as many folds: kind: rare." in section.tables[0].note


@pytest.mark.parametrize("kind", ["full", "crossed"])
def test_labels_are_read_in_figure_and_table(kind, study, cascade, new):
    labels = {"subtype": "Molecular subtype", ("subtype", "TN"): "triple negative"}
    report = new(labels=labels)
    given = {"pos_label": "response"}
    if kind == "full":
        report.add_estimator("D", cascade, study.X, study.y, **given)
    else:
        report.add_cv("D", cascade, study.X_train, study.y_train, **given)
    report.add_subgroups("D", ["subtype"])
    (chapter,) = report._build().chapters
    section = next(x for x in chapter.sections if x.key == "subgroups")
    assert "Molecular subtype: triple negative" in section.tables[0].frame.index
    assert "subtype: TN" in section.results["subgroups"]
    display = section.drawings[0].display
    names = display.rates.rates if kind == "full" else display.rows
    assert "triple negative" in str(list(names))


def test_names_without_labels_are_as_they_are():
    options = Options(labels={"er": "ER", ("er", 1): "positive"})
    assert options.named("er", 1.0) == "ER: positive"
    assert options.named("er", 0) == "ER: 0"
    assert options.named("age") == "age"
    assert options.named("er") == "ER"
