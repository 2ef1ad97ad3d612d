"""All results have one interface: plain values, a table, a notebook view, patients."""

# SPDX-License-Identifier: BSD-3-Clause

import json

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from sknac import clinical, decision, metrics, survival
from sknac.cohort import cohort_summary
from sknac.testing import make_check_cohort
from sknac.utils._result import Result

mpl.use("Agg")

Y = np.array([0, 0, 0, 1, 1, 1, 0, 1])
S = np.array([0.1, 0.3, 0.6, 0.4, 0.8, 0.9, 0.2, 0.7])
CALLED = (S > 0.5).astype(int)
ARMS = np.where(Y == 1, "response", "non-response")
TIME, EVENT = np.arange(1, 9), np.array([1, 0, 1, 1, 0, 1, 1, 1])


def nomogram():
    """Return the points of a model."""
    X = pd.DataFrame({"age": S, "er": CALLED})
    model = LogisticRegression().fit(X, Y)
    return clinical.NomogramDisplay.from_estimator(model, X).nomogram


RESULTS = {
    "cohort_summary": lambda: cohort_summary(make_check_cohort("bmode")[0]),
    "auc_ci": lambda: metrics.auc_ci(Y, S),
    "average_precision_ci": lambda: metrics.average_precision_ci(Y, S),
    "bootstrap_ci": lambda: metrics.bootstrap_ci("accuracy", Y, CALLED),
    "calibration": lambda: metrics.calibration(Y, S),
    "compare_rates": lambda: metrics.compare_rates(Y, CALLED, CALLED[::-1]),
    "cv_auc_ci": lambda: metrics.cv_auc_ci(Y, S, [0, 0, 0, 0, 0, 1, 1, 1]),
    "cv_rates": lambda: metrics.cv_rates(Y, CALLED, [0, 0, 1, 1] * 2),
    "confusion_rates": lambda: metrics.confusion_rates(Y, CALLED),
    "decision_curve": lambda: metrics.decision_curve(Y, S),
    "delong_test": lambda: metrics.delong_test(Y, S, S[::-1]),
    "delong_contrast": lambda: metrics.delong_contrast(Y, {"a": S, "b": S[::-1]}),
    "optimism": lambda: metrics.optimism(
        LogisticRegression(), S[:, None], Y, "brier", n_resamples=5, random_state=4
    ),
    "icc": lambda: metrics.icc([[1, 2], [2, 2], [4, 3]]),
    "performance_table": lambda: metrics.performance_table(Y, {"a": CALLED}, {"a": S}),
    "roc_ci": lambda: metrics.roc_ci(Y, S, n_resamples=20, random_state=0),
    "sensitivity_at_specificity": lambda: metrics.sensitivity_at_specificity(
        Y, S, specificity=0.7, n_resamples=20, random_state=0
    ),
    "subgroup_rates": lambda: metrics.subgroup_rates(Y, CALLED, [0, 1] * 4),
    "baseline_table": lambda: clinical.baseline_table(pd.DataFrame({"age": S}), Y),
    "riley_sample_size": lambda: clinical.riley_sample_size(5, prevalence=0.5, r2=0.2),
    "NomogramDisplay": nomogram,
    "modified_response": lambda: clinical.modified_response([5, 5], [1, 4]),
    "miller_payne_response": lambda: clinical.miller_payne_response([1, 5]),
    "PatientFlow": lambda: clinical.PatientFlow({"all": {"R": 4, "N": 4}}),
    "kaplan_meier": lambda: survival.kaplan_meier(TIME, EVENT, ARMS),
    "logrank": lambda: survival.logrank(TIME, EVENT, ARMS),
    "hazard_ratio": lambda: survival.hazard_ratio(TIME, EVENT, ARMS),
    "concordance": lambda: survival.concordance(
        TIME, EVENT, S, high_score="later", predictions="new"
    ),
    "time_dependent_auc": lambda: survival.time_dependent_auc(
        TIME,
        EVENT,
        S,
        times=[5],
        high_score="later",
        predictions="new",
        n_resamples=5,
        random_state=0,
    ),
    "restricted_mean": lambda: survival.restricted_mean(TIME, EVENT, ARMS, until=6),
    "weighted_youden_curve": lambda: decision.weighted_youden_curve(Y, S, weight=0.5),
    "stage_flow": lambda: decision.stage_flow(Y, {"a": CALLED}, stop_label=0),
}


@pytest.fixture(params=RESULTS)
def result(request):
    return RESULTS[request.param]()


def test_results_are_plain_values_in_a_dictionary(result):
    assert isinstance(result, Result)
    assert json.loads(json.dumps(result.to_dict())).keys() == result.to_dict().keys()


def test_results_are_tables_and_shown_as_such_in_notebooks(result):
    frame = result.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert not frame.empty
    assert "<table" in result._repr_html_()


@pytest.mark.parametrize("name", sorted(set(RESULTS) - {"PatientFlow"}))
def test_the_repr_says_how_many_patients(name):
    assert "patients" in repr(RESULTS[name]())


@pytest.mark.parametrize(
    "name", ["auc_ci", "delong_test", "hazard_ratio", "roc_ci", "time_dependent_auc"]
)
def test_the_repr_says_the_level(name):
    assert "95%" in repr(RESULTS[name]()) or "level=0.95" in repr(RESULTS[name]())
    assert "two-sided" in repr(RESULTS["delong_test"]())


def test_rows_of_patients_are_told_apart_from_patients():
    found = metrics.auc_ci(Y, S, groups=[0, 0, 1, 2, 2, 3, 4, 5])
    assert "n=8 rows of 6 patients" in repr(found)


def test_printed_tables_are_texts_and_frames_numbers():
    for name in ("baseline_table", "performance_table"):
        found = RESULTS[name]()
        assert found.formatted().map(lambda cell: isinstance(cell, str)).all(axis=None)
        kept = found.to_frame().select_dtypes("number")
        assert kept.shape[1] >= 3
