"""Counts of patients add up, or the difference is named."""

# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pytest

from sknac.clinical import PatientFlow

# The DLRP paper: 126 and 42 patients by response.
COHORTS = {
    "training": {"response": 65, "non-response": 61},
    "validation": {"response": 21, "non-response": 21},
}


def test_sums_are_taken():
    flow = PatientFlow(COHORTS, excluded={"images missing": 20, "other": 4})
    assert (flow.enrolled, flow.analysed) == (192, 168)
    table = flow.to_frame()["n"]
    assert table["excluded", "all"] == 24
    assert table["training", "all"] == 126
    assert table["validation", "response"] == 21


def test_counts_given_may_change_later():
    reasons = {"images missing": 20}
    flow = PatientFlow(COHORTS, excluded=reasons)
    reasons["images missing"] = 5
    assert flow.enrolled == flow.analysed + sum(flow.excluded.values())


def test_patients_unaccounted_for_are_counted():
    with pytest.raises(ValueError, match="make 170; account for 10 patients"):
        PatientFlow(COHORTS, excluded={"images missing": 2}, enrolled=180)
    assert PatientFlow(COHORTS, enrolled=168).enrolled == 168


def test_labels_are_counted_by_cohort_and_class():
    y = np.array(["response", "non-response", "response"])
    flow = PatientFlow.from_labels(
        {"training": y, "test": y[1:2]}, excluded={"no image": 3}
    )
    assert flow.cohorts == {
        "training": {"non-response": 1, "response": 2},
        "test": {"non-response": 1, "response": 0},
    }
    assert flow.enrolled == 7


@pytest.mark.parametrize("labels", [[0, 1, 1], [False, True, True]])
def test_labels_may_be_numbers_and_json_holds_all(labels):
    flow = PatientFlow.from_labels({"all": labels})
    plain = json.loads(json.dumps(flow.to_dict()))
    assert list(plain["cohorts"]["all"].values()) == [1, 2]
    assert (plain["enrolled"], plain["excluded"]) == (3, {})


@pytest.mark.parametrize("count", [-1, 1.5, True, "3"])
def test_counts_must_be_counts(count):
    with pytest.raises(
        ValueError, match="test, response must be a whole number of patients"
    ):
        PatientFlow({"test": {"response": count}})


def test_labels_of_several_kinds_are_refused():
    with pytest.raises(ValueError, match="several kinds"):
        PatientFlow.from_labels({"training": [0, 1], "test": ["0", "1"]})


def test_a_cohort_named_excluded_is_checked_too():
    with pytest.raises(ValueError, match="must be a whole number of patients, got -1"):
        PatientFlow({"excluded": {"response": -1}})


def test_missing_labels_and_no_cohorts_are_refused():
    with pytest.raises(ValueError, match="'test' holds 1 missing labels"):
        PatientFlow.from_labels({"test": ["response", None]})
    with pytest.raises(ValueError, match="cohorts is empty"):
        PatientFlow({})


@pytest.mark.parametrize("label", ["Response", "response ", "RES PONSE"])
def test_a_class_is_written_in_one_way(label):
    cohorts = {"train": {"response": 3, "other": 4}, "test": {label: 3, "other": 4}}
    with pytest.raises(ValueError, match=r"must spell .* one way; \{'response', "):
        PatientFlow(cohorts)
    labels = {"train": ["response", "other"], "test": [label, "other"]}
    with pytest.raises(ValueError, match="by capitals, blanks or type only; write"):
        PatientFlow.from_labels(labels)


def test_a_number_and_its_text_are_one_class():
    with pytest.raises(ValueError, match=r"in one way; \{1, '1'\} differ"):
        PatientFlow({"train": {1: 3, 0: 4}, "test": {"1": 3, 0: 4}})
