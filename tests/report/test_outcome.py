"""Section on survival: its numbers are those of the survival functions."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.survival import hazard_ratio, kaplan_meier


def test_survival_is_that_of_the_decided_groups(study, cascade, results):
    group = cascade.predict(study.X)
    expected = kaplan_meier(study.time, study.event, group)
    found = results["survival"]["kaplan_meier"]
    assert found["logrank"]["pvalue"] == expected.logrank.pvalue
    assert [row["survival"] for row in found["curves"]] == pytest.approx(
        expected.curves["survival"].tolist()
    )
    assert [row["n"] for row in found["summary"]] == expected.summary["n"].tolist()


def test_hazard_is_that_of_the_positive_class(study, cascade, results):
    group = cascade.predict(study.X)
    expected = hazard_ratio(
        study.time, study.event, group, reference_group="non-response"
    )
    found = results["survival"]["hazard_ratio"]
    assert found["reference_group"] == "non-response"
    assert found["table"][0]["hazard_ratio"] == pytest.approx(
        expected.table["hazard_ratio"].iloc[0]
    )


def test_one_group_only_is_told(study, new):
    decided = np.full(len(study.y), "response")
    report = new().add_predictions(
        "x", study.y, None, decisions=decided, pos_label="response"
    )
    page = report.add_survival("x", study.time, study.event).to_html()
    assert "All patients got the same decision" in page


def test_wrong_follow_up_is_refused_when_it_is_added(study, new):
    decided = np.full(len(study.y), "response", dtype=object)
    decided[0] = None
    report = new().add_predictions(
        "x", study.y, None, decisions=decided, pos_label="response"
    )
    time = study.time.copy()
    time.iloc[0] = np.nan
    report.add_survival("x", time, study.event)  # nobody decided on her
    time.iloc[1] = np.nan
    with pytest.raises(ValueError, match="time is missing"):
        report.add_survival("x", time, study.event)


def test_survival_needs_decisions(study, new):
    report = new().add_predictions("x", study.y, study.X["dlr2"], pos_label="response")
    with pytest.raises(ValueError, match="must have decisions to group survival by"):
        report.add_survival("x", study.time, study.event)


def test_patients_without_a_decision_are_left_out(study, cascade, new):
    decided = cascade.predict(study.X).astype(object)
    decided[:5] = None
    report = new().add_predictions(
        "x", study.y, None, decisions=decided, pos_label="response"
    )
    report.add_survival("x", study.time, study.event)
    found = report.to_dict()["systems"][0]["results"]["survival"]["kaplan_meier"]
    expected = kaplan_meier(study.time[5:], study.event[5:], decided[5:].astype(str))
    assert [row["survival"] for row in found["curves"]] == pytest.approx(
        expected.curves["survival"].tolist()
    )
