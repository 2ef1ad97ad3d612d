"""Bad input of the statistics: a clear error, or NaN with a warning that says why.

One table over metrics, decision, clinical and survival; the packages' own tests hold
the details.
"""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression

from sknac.clinical import PatientFlow, StepwiseLogisticRegression, baseline_table
from sknac.decision import (
    ScoreColumn,
    StagedClassifier,
    WeightedYoudenThreshold,
    weighted_youden_curve,
)
from sknac.metrics import (
    auc_ci,
    bootstrap_ci,
    calibration,
    confusion_rates,
    delong_test,
    sensitivity_score,
)
from sknac.nets import DLRClassifier, PredictiveNet
from sknac.survival import hazard_ratio, kaplan_meier, logrank

Y = [0, 0, 0, 1, 1, 1]
S = [0.1, 0.2, 0.6, 0.4, 0.7, 0.9]
X = pd.DataFrame({"s2": S, "s4": S[::-1]})
FLAT = [0.5] * 6


def cascade(names=("a", "b"), columns=("s2", "s4"), **settings):
    """Return a cascade of two score columns."""
    stages = [
        (name, ScoreColumn(column), [column])
        for name, column in zip(names, columns, strict=True)
    ]
    return StagedClassifier(stages, **settings)


ERRORS = {
    "NaN scores, area": (lambda: auc_ci(Y, [np.nan, *S[1:]]), "NaN or infinite"),
    "NaN scores, DeLong": (lambda: delong_test(Y, S, [np.nan, *S[1:]]), "score_b"),
    "NaN scores, threshold": (
        lambda: weighted_youden_curve(Y, [np.nan, *S[1:]], weight=0.5).threshold,
        "NaN",
    ),
    "NaN scores, column": (
        lambda: ScoreColumn("s2").fit(X.assign(s2=np.nan), Y),
        "NaN",
    ),
    "one class, threshold": (
        lambda: weighted_youden_curve([1, 1], [0.1, 0.2], weight=0.5).threshold,
        "one class only",
    ),
    "one class, cascade": (lambda: cascade().fit(X, [1] * 6), "one class only"),
    "n = 2, folds": (
        lambda: WeightedYoudenThreshold(LogisticRegression()).fit(
            [[0.0], [1.0]], [0, 1]
        ),
        "n_splits=5",
    ),
    "weight 0": (lambda: weighted_youden_curve(Y, S, weight=0.0).threshold, "weight"),
    "weight 1": (
        lambda: WeightedYoudenThreshold(ScoreColumn("s2"), weight=1.0).fit(X, Y),
        "weight",
    ),
    "unequal lengths, area": (lambda: auc_ci(Y, S[1:]), "5 rows but y_true has 6"),
    "unequal lengths, rates": (lambda: confusion_rates(Y, Y[1:]), "5 rows"),
    "unequal lengths, survival": (
        lambda: logrank([1, 2], [1, 1], ["a"]),
        "inconsistent numbers of samples",
    ),
    "label not in y": (lambda: auc_ci(Y, S, pos_label=7), "not a valid label"),
    "label not in y, threshold": (
        lambda: WeightedYoudenThreshold(ScoreColumn("s2"), pos_label="x").fit(X, Y),
        "must be a label of y",
    ),
    "groups that straddle": (
        lambda: bootstrap_ci("roc_auc", Y, S, groups=[0, 1, 2, 0, 1, 2], stratify=True),
        "hold rows of both classes",
    ),
    "groups of another length": (lambda: auc_ci(Y, S, groups=[0, 1]), "groups has 2"),
    "weights to DeLong's interval": (
        lambda: auc_ci(Y, S, sample_weight=[1] * 6),
        "no weighted form",
    ),
    "stage names that clash": (lambda: cascade(("a", "a")).fit(X, Y), "not unique"),
    "columns that are missing": (
        lambda: cascade(columns=("s2", "s6")).fit(X, Y),
        "has no column s6",
    ),
    "a stop label no stage can predict": (
        lambda: cascade(stop_label="stop").fit(X, Y),
        "must be a label of y",
    ),
    "perfect separation": (
        lambda: StepwiseLogisticRegression(on_degenerate="raise").fit(
            np.arange(40.0)[:, None], np.arange(40) > 19
        ),
        "separate the classes",
    ),
    "collinear predictors": (
        lambda: StepwiseLogisticRegression(on_degenerate="raise").fit(
            X.assign(twice=2 * X["s2"]), Y
        ),
        r"twice \(collinear\)",
    ),
    "constant predictors": (
        lambda: StepwiseLogisticRegression(on_degenerate="raise").fit(
            X.assign(one=1), Y
        ),
        r"one \(constant\)",
    ),
    "negative times": (
        lambda: kaplan_meier([1, -2], [1, 1]),
        "row 1: time is negative",
    ),
}

DAYS = pd.to_timedelta([1, 2, 3, 4, 5, 6], unit="D")
DATES = pd.DatetimeIndex([pd.NaT, *pd.date_range("2020", periods=5)])
FOLLOWED = kaplan_meier([1, 2, 3, 4, 5, 6], Y)
TIMES = {
    "column": lambda v: ScoreColumn("t", kind="score").fit(X.assign(t=v), Y),
    "predictor": lambda v: StepwiseLogisticRegression().fit(X.assign(t=v), Y),
    "landmarks": lambda v: FOLLOWED.survival_at(v),
    "at-risk table": lambda v: kaplan_meier(S, Y, at_risk_times=v),
    "events": lambda v: kaplan_meier(S, v),
    "covariate": lambda v: hazard_ratio(S, Y, Y, covariates=pd.DataFrame({"t": v})),
    "own metric": lambda v: bootstrap_ci(lambda a, b: np.mean(b), Y, v),
    "weights of a curve": lambda v: weighted_youden_curve(
        Y, S, weight=0.5, sample_weight=v
    ),
    "features": lambda v: PredictiveNet().fit(X.assign(t=v), Y),
    "weights of a network": lambda v: PredictiveNet().fit(X, Y, sample_weight=v),
}


@pytest.mark.parametrize("case", TIMES)
def test_dates_and_durations_are_no_numbers(case):
    for values, what in ((DATES, "dates"), (DAYS, "durations")):
        with pytest.raises(ValueError, match=f"must be numbers, got {what}; give "):
            TIMES[case](values)


MASKED = {
    "X of a column": lambda v: ScoreColumn(0).fit(v[:, None], Y),
    "X of a column, predicted": lambda v: (
        ScoreColumn(0).fit(np.array(v)[:, None], Y).predict(v[:, None])
    ),
    "X of a cascade": lambda v: StagedClassifier([("a", ScoreColumn(0), [0])]).fit(
        v[:, None], Y
    ),
    "X of a model": lambda v: StepwiseLogisticRegression().fit(v[:, None], Y),
    "X of a network": lambda v: PredictiveNet().fit(v[:, None], Y),
    "images": lambda v: DLRClassifier().fit([v.reshape(1, 2, 1, 3, 1)] * 6, Y),
    "y of a threshold": lambda v: WeightedYoudenThreshold(ScoreColumn("s2")).fit(X, v),
    "y of a model": lambda v: StepwiseLogisticRegression().fit(X, v),
    "y of a network": lambda v: PredictiveNet().fit(X, v),
    "weights": lambda v: PredictiveNet().fit(X, Y, sample_weight=v),
    "landmarks": lambda v: FOLLOWED.survival_at(v),
    "own metric": lambda v: bootstrap_ci(lambda a, b: np.mean(b), Y, v),
    "groups of a table": lambda v: baseline_table(X, v),
    "flow": lambda v: PatientFlow.from_labels({"a": v}),
}


@pytest.mark.parametrize("case", MASKED)
def test_masked_values_are_missing(case):
    values = np.ma.masked_array(Y, mask=[False, True, *[False] * 4])
    with pytest.raises(ValueError, match=r"row \d: .* masked, which is missing; leave"):
        MASKED[case](values)


@pytest.mark.parametrize("case", ERRORS)
def test_error_says_what_is_wrong(case):
    call, message = ERRORS[case]
    with pytest.raises(ValueError, match=message):
        call()


UNDEFINED = {
    "constant scores, area": (
        lambda: auc_ci(Y, FLAT).low,
        UndefinedMetricWarning,
        "All scores are equal",
    ),
    "constant scores, slope": (
        lambda: calibration(Y, FLAT).slope.estimate,
        UndefinedMetricWarning,
        "All predictions are equal",
    ),
    "one class, area": (
        lambda: auc_ci([1, 1], [0.1, 0.2]).estimate,
        UndefinedMetricWarning,
        "one class only",
    ),
    "one class, rate": (
        lambda: sensitivity_score([0, 0], [0, 1]),
        UndefinedMetricWarning,
        "no positive row",
    ),
    "n = 2, DeLong": (
        lambda: delong_test([0, 1], [0.1, 0.2], [0.2, 0.1]).pvalue,
        UndefinedMetricWarning,
        "no variance",
    ),
    "no events, log-rank": (
        lambda: logrank([1, 2, 3, 4], [0] * 4, list("aabb")).pvalue,
        UndefinedMetricWarning,
        "No event",
    ),
    "no events, hazard ratio": (
        lambda: hazard_ratio([1, 2, 3, 4], [0] * 4, list("aabb")).table["coef"].iloc[0],
        UndefinedMetricWarning,
        "no events",
    ),
    "perfect separation": (
        lambda: (
            StepwiseLogisticRegression()
            .fit(np.arange(40.0)[:, None], np.arange(40) > 19)
            .summary_["se"]
            .iloc[0]
        ),
        ConvergenceWarning,
        "separate the classes",
    ),
}


@pytest.mark.filterwarnings("ignore:brier has no spread")  # beside its slope
@pytest.mark.parametrize("case", UNDEFINED)
def test_what_is_undefined_is_nan_and_warned_of(case):
    call, category, message = UNDEFINED[case]
    with pytest.warns(category, match=message):
        assert np.isnan(call())


def test_constant_scores_make_a_trivial_threshold_with_a_warning():
    model = WeightedYoudenThreshold(ScoreColumn(0, kind="score"), cv="resubstitution")
    with pytest.warns(UserWarning, match="all scores are equal"):
        model.fit(np.column_stack([FLAT]), Y)
    assert np.isfinite(model.threshold_)


def test_two_patients_are_enough_where_the_answer_exists():
    # Perfect order of one pair: Clopper-Pearson of 1 in 1, the lower bound 0.025.
    found = auc_ci([0, 1], [0.1, 0.9])
    assert (found.low, found.high) == pytest.approx((0.025, 1.0))
    assert weighted_youden_curve([0, 1], [0.25, 0.75], weight=0.5).threshold == 0.5


def test_no_events_leave_survival_at_one():
    assert (kaplan_meier([1, 2, 3], [0, 0, 0]).curves["survival"] == 1).all()
