"""Rows are compared by their labels wherever two arguments have some."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedGroupKFold,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline

from sknac.clinical import (
    PatientFlow,
    StepwiseLogisticRegression,
    TumorChange,
    baseline_table,
    modified_response,
    molecular_subtype,
)
from sknac.datasets import make_bmode_cohort
from sknac.decision import (
    ScoreColumn,
    StagedClassifier,
    StageFlowDisplay,
    ThresholdCurveDisplay,
    WeightedYoudenThreshold,
    stage_flow,
    weighted_youden_curve,
)
from sknac.inspection import grad_cam, prediction_difference
from sknac.metrics import (
    DecisionCurveDisplay,
    RocCIDisplay,
    SubgroupDisplay,
    auc_ci,
    bootstrap_ci,
    calibration,
    confusion_rates,
    decision_curve,
    delong_contrast,
    delong_test,
    performance_table,
    roc_ci,
    sensitivity_score,
    subgroup_rates,
    weighted_youden_score,
)
from sknac.nets import PlaneFeatureNet, PredictiveNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper
from sknac.survival import KaplanMeierDisplay, hazard_ratio, kaplan_meier, logrank
from sknac.utils._responses import cv_responses
from sknac.utils._rows import patients_of, same_rows

UNDEFINED = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.UndefinedMetricWarning"
)
IDS = [f"P{row}" for row in range(12)]
Y = pd.Series([0, 1] * 6, index=IDS)
PRED = pd.Series([0, 1, 1, 0] * 3, index=IDS)
SCORE = pd.Series(np.linspace(0.05, 0.95, 12), index=IDS)
TIME = pd.Series(np.arange(12.0) + 1, index=IDS)
X = SCORE.to_frame("score").assign(age=[30, 41, 50, 60] * 3)
B = {"n_resamples": 20, "random_state": 0}
MODEL = LogisticRegression().fit(X, Y)
CUT = WeightedYoudenThreshold(LogisticRegression(), cv="resubstitution").fit(X, Y)
CASCADE = StagedClassifier([("a", ScoreColumn("score"), ["score"])]).fit(X, Y)

# What is called, the argument that is put into another order, the others as they are.
CALLS = {
    "auc_ci": (lambda v: auc_ci(Y, v), SCORE),
    "auc_ci groups": (lambda v: auc_ci(Y, SCORE, groups=v), PRED),
    "auc_ci of an array": (lambda v: auc_ci(Y.to_numpy(), SCORE, groups=v), PRED),
    "roc_ci": (lambda v: roc_ci(Y, v, **B), SCORE),
    "bootstrap_ci": (lambda v: bootstrap_ci("accuracy", Y, v, **B), PRED),
    "bootstrap_ci weights": (
        lambda v: bootstrap_ci("accuracy", Y, PRED, sample_weight=v, **B),
        TIME,
    ),
    "bootstrap_ci function": (
        lambda v: bootstrap_ci(lambda a, b: np.mean(a == b), Y, v, **B),
        PRED,
    ),
    "calibration": (lambda v: calibration(Y, v), SCORE),
    "decision_curve": (lambda v: decision_curve(Y, {"a": SCORE, "b": v}), SCORE),
    "delong_test": (lambda v: delong_test(Y, SCORE.to_numpy(), v), SCORE),
    "delong_contrast": (
        lambda v: delong_contrast(Y, pd.DataFrame({"a": v, "b": v**2})),
        SCORE,
    ),
    "performance_table": (lambda v: performance_table(Y, {"a": v}), PRED),
    "confusion_rates": (lambda v: confusion_rates(Y, v), PRED),
    "subgroup_rates": (lambda v: subgroup_rates(Y, PRED, v), PRED),
    "sensitivity_score": (lambda v: sensitivity_score(Y, v), PRED),
    "score weights": (
        lambda v: weighted_youden_score(Y, PRED, sample_weight=v),
        TIME,
    ),
    "weighted_youden_curve": (
        lambda v: weighted_youden_curve(Y, v, weight=0.5),
        SCORE,
    ),
    "stage_flow": (lambda v: stage_flow(Y, {"a": v}, stop_label=0), PRED),
    "kaplan_meier": (lambda v: kaplan_meier(TIME, v), Y),
    "logrank": (lambda v: logrank(TIME, Y, v), PRED),
    "hazard_ratio": (
        lambda v: hazard_ratio(TIME, Y, PRED, covariates=v.to_frame("x")),
        SCORE,
    ),
    "baseline_table": (lambda v: baseline_table(X, v), Y),
    "modified_response": (lambda v: modified_response(TIME, v), SCORE),
    "molecular_subtype": (lambda v: molecular_subtype(Y, v, Y), PRED),
    "ScoreColumn": (lambda v: ScoreColumn("score").fit(X, v), Y),
    "StagedClassifier": (lambda v: CASCADE.fit(X, v), Y),
    "WeightedYoudenThreshold": (lambda v: CUT.fit(X, v), Y),
    "StepwiseLogisticRegression": (
        lambda v: StepwiseLogisticRegression(entry=0.9, removal=0.95).fit(X, v),
        Y,
    ),
}
SHOWN = {
    "RocCIDisplay": lambda v: RocCIDisplay.from_estimator(MODEL, X, v, **B),
    "DecisionCurveDisplay": lambda v: DecisionCurveDisplay.from_estimator(MODEL, X, v),
    "SubgroupDisplay": lambda v: SubgroupDisplay.from_estimator(MODEL, X, v, PRED),
    "ThresholdCurveDisplay": lambda v: ThresholdCurveDisplay.from_estimator(CUT, X, v),
    "StageFlowDisplay": lambda v: StageFlowDisplay.from_estimator(CASCADE, X, v),
    "KaplanMeierDisplay": lambda v: KaplanMeierDisplay.from_estimator(
        MODEL, X, TIME, v, predictions="new"
    ),
}


@UNDEFINED
@pytest.mark.parametrize("name", CALLS)
def test_rows_in_another_order_or_of_others_are_refused(name):
    call, values = CALLS[name]
    call(values)
    call(values.reset_index(drop=True))  # a default index says nothing
    with pytest.raises(ValueError, match=r"or another order .*; pass .*\.loc\["):
        call(values[::-1])
    with pytest.raises(ValueError, match=r"has other row names than .*\.loc\["):
        call(values.set_axis([f"Q{row}" for row in range(12)]))


@pytest.mark.mpl
@pytest.mark.parametrize("name", SHOWN)
def test_displays_compare_rows_before_they_predict(name):
    import matplotlib.pyplot as plt

    SHOWN[name](Y)
    plt.close("all")
    with pytest.raises(ValueError, match="another order"):
        SHOWN[name](Y.sample(frac=1, random_state=0))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a", "b"], ["a", "b"]),
        (range(2), ["a", "b"]),
        ([7, 8], range(2)),
        ([1, 2], [1.0, 2.0]),
        ([1, 2], ["1", "2"]),
        (pd.MultiIndex.from_tuples([("a", 1), ("b", 1)]), ["a", "b"]),
        (["a", "a"], ["a", "a"]),
        (["a", "b"], ["a", "b", "c"]),  # told elsewhere: the lengths differ
    ],
)
def test_labels_that_agree_or_say_nothing_pass(one, other):
    same_rows(y=_labelled(one), score=_labelled(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (range(3), [2, 1, 0]),
        (range(3), range(3, 6)),
        ([4, 5, 6], [7, 8, 9]),
        ([1, 2, 3], ["3", "2", "1"]),
        (["a", "a", "b"], ["a", "b", "a"]),
        (["a", "b", "c"], ["a", "b", "d"]),
        (
            pd.MultiIndex.from_product([["a"], [1, 2, 3]]),
            pd.MultiIndex.from_product([["a"], [1, 3, 2]]),
        ),
        (pd.date_range("2024", periods=3), pd.date_range("2025", periods=3)),
    ],
)
def test_other_labels_are_refused(one, other):
    with pytest.raises(ValueError, match="score has other row names than y"):
        same_rows(y=_labelled(one), score=_labelled(other))


@pytest.mark.parametrize(
    ("one", "other"), [(["a", "b", "c"], [5, 3, 8]), (range(3), [5, 1, 2])]
)
def test_picked_rows_of_a_default_index_are_taken_by_position_and_said(one, other):
    with pytest.warns(UserWarning, match="are taken by position; give both one index"):
        same_rows(y=_labelled(one), score=_labelled(other))


def _labelled(index):
    """Return a Series with these row labels."""
    return pd.Series(0.0, index=pd.Index(index) if isinstance(index, list) else index)


TWICE = pd.Index([f"P{row // 2}" for row in range(12)])
IMAGES = pd.MultiIndex.from_product([range(6), range(2)], names=["patient_id", "plane"])
CENTRES = pd.MultiIndex.from_arrays(
    [[0] * 6 + [1] * 6, [0, 0, 1, 1, 2, 2] * 2, range(12)],
    names=["centre", "patient", "id"],
)
VISITS = pd.MultiIndex.from_product([["pre", "post"], range(6)])
VISITS = VISITS.set_names(["visit", "patient"])
COUNTED = {
    "auc_ci": lambda i: auc_ci(Y.set_axis(i), SCORE.to_numpy()),
    "roc_ci": lambda i: roc_ci(Y.to_numpy(), SCORE.set_axis(i), **B),
    "bootstrap_ci": lambda i: (
        bootstrap_ci("ppv", Y, PRED.to_numpy(), **B)
        and bootstrap_ci("ppv", Y.to_numpy(), PRED.set_axis(i), **B)
    ),
    "delong_test": lambda i: (
        delong_test(Y.to_numpy(), SCORE, SCORE.to_numpy() ** 2)
        and delong_test(Y.to_numpy(), SCORE.to_numpy(), SCORE.set_axis(i))
    ),
    "delong_contrast": lambda i: delong_contrast(
        Y.to_numpy(), X[["score", "age"]].set_axis(i)
    ),
    "calibration": lambda i: calibration(Y.to_numpy(), SCORE.set_axis(i)),
    "decision_curve": lambda i: decision_curve(Y.to_numpy(), {"a": SCORE.set_axis(i)}),
    "performance_table": lambda i: performance_table(
        Y.to_numpy(), {"a": PRED.set_axis(i)}
    ),
    "confusion_rates": lambda i: confusion_rates(Y.set_axis(i), PRED.to_numpy()),
    "subgroup_rates": lambda i: subgroup_rates(
        Y.to_numpy(), PRED.to_numpy(), X["age"].set_axis(i)
    ),
    "stage_flow": lambda i: stage_flow(
        Y.to_numpy(), {"a": PRED.set_axis(i)}, stop_label=0
    ),
    "weighted_youden_curve": lambda i: weighted_youden_curve(
        Y.set_axis(i), SCORE.to_numpy(), weight=0.5
    ),
    "PatientFlow": lambda i: PatientFlow.from_labels({"all": Y.set_axis(i)}),
    "kaplan_meier": lambda i: kaplan_meier(TIME.set_axis(i), Y.to_numpy()),
    "logrank": lambda i: logrank(TIME.to_numpy(), Y.to_numpy(), PRED.set_axis(i)),
    "hazard_ratio": lambda i: hazard_ratio(TIME.set_axis(i), Y.to_numpy(), [0, 1] * 6),
    "baseline_table": lambda i: baseline_table(X.set_axis(i), Y.to_numpy()),
    "StepwiseLogisticRegression": lambda i: StepwiseLogisticRegression(
        entry=0.9, removal=0.95
    ).fit(X.set_axis(i), Y.to_numpy()),
    "WeightedYoudenThreshold": lambda i: WeightedYoudenThreshold(
        LogisticRegression()
    ).fit(X.set_axis(i), Y.to_numpy()),
}


@UNDEFINED
@pytest.mark.parametrize(
    "index", [TWICE, IMAGES, CENTRES, VISITS], ids=["twice", "images", "c", "visits"]
)
@pytest.mark.parametrize("name", COUNTED)
def test_several_rows_of_a_patient_are_warned_of_once(name, index):
    with pytest.warns(UserWarning, match="12 rows but only") as caught:
        COUNTED[name](index)
    assert sum("12 rows but" in str(found.message) for found in caught) == 1


def test_groups_and_folds_of_ones_own_silence_it():
    auc_ci(Y.set_axis(TWICE), SCORE.to_numpy(), groups=TWICE.to_numpy())
    folds = StratifiedGroupKFold(2).split(X, Y, TWICE)
    model = WeightedYoudenThreshold(LogisticRegression(), cv=folds)
    model.fit(X.set_axis(TWICE), Y.to_numpy())


@pytest.mark.parametrize(
    ("names", "n"),
    [
        (["visit", "patient"], 6),
        (["patient", "visit"], 2),
        (["Visite", "Patient-ID"], 6),
        (["image", "subject_id"], 6),
        (["lesion", "participant"], 6),
        (["centre", "patient"], 12),
        (["Data set", "patient"], 12),
        (["hospitalID", "subject"], 12),
        ([None, None], 2),
    ],
)
def test_only_places_and_data_sets_have_patients_of_their_own(names, n):
    assert patients_of(VISITS.rename(names)).nunique() == n


def test_patients_are_the_level_of_that_name_within_its_place():
    assert patients_of(TWICE) is TWICE
    assert patients_of(IMAGES).tolist() == np.repeat(range(6), 2).tolist()
    assert patients_of(CENTRES).nlevels == 2
    assert patients_of(IMAGES.rename([None, None])).nlevels == 1


@pytest.fixture(scope="module")
def cohort():
    """Simulated patients with images, clinical columns and labels."""
    return make_bmode_cohort(n_patients=12, random_state=0)


QUICK = {"max_epochs": 1, "random_state": 0, "torch_threads": 1}
TABLE_NET = PredictiveNet(module="mlp_tiny", **QUICK)
PLANE_NET = make_pipeline(
    PlaneResizer(columns="us_pre", image_size=32),
    MapScaler(columns="us_pre"),
    PlaneFeatureNet(module="resnet_tiny", columns="us_pre", **QUICK),
)
FITS = {
    "step": lambda c, y: ROICropper(columns="us_pre").fit(c.X, y),
    "TumorChange": lambda c, y: TumorChange({"pre": "age", "post2": "ki67"}).fit(
        c.X, y
    ),
    "table": lambda c, y: TABLE_NET.fit(c.X[["age", "ki67"]], y),
    "weights": lambda c, y: TABLE_NET.fit(
        c.X[["age", "ki67"]], c.y, sample_weight=1.0 + (y == "response")
    ),
    "groups": lambda c, y: TABLE_NET.fit(
        c.X[["age", "ki67"]], c.y, groups=pd.Series(y.index, index=y.index)
    ),
    "planes": lambda c, y: clone(PLANE_NET).fit(c.X, y),
    "threshold": lambda c, y: WeightedYoudenThreshold(
        clone(PLANE_NET), cv="resubstitution", pos_label="response"
    ).fit(c.X, y),
}


@pytest.mark.filterwarnings("ignore:The threshold for weight")
@pytest.mark.parametrize("name", FITS)
def test_labels_of_a_cohort_in_another_order_are_refused(cohort, name):
    FITS[name](cohort, cohort.y)
    with pytest.raises(ValueError, match=r"or another order .*\.loc\[X\.index\]"):
        FITS[name](cohort, cohort.y.sort_values(kind="stable"))


def test_splitters_pick_the_same_rows_of_all(cohort):
    X = cohort.X[["age", "ki67"]]
    for y in (cohort.y, cohort.y.to_numpy(), list(cohort.y)):
        cross_val_score(TABLE_NET, X, y, cv=2, error_score="raise")
    numbered = cohort.y.reset_index(drop=True)
    with pytest.warns(UserWarning, match="taken by position"):
        cross_val_score(TABLE_NET, X, numbered, cv=2, error_score="raise")
    model = WeightedYoudenThreshold(LogisticRegression(), pos_label="response", cv=2)
    GridSearchCV(model, {"weight": [0.4, 0.6]}, cv=2).fit(X, cohort.y)


def test_a_default_validation_split_warns_of_several_rows_of_a_patient(cohort):
    X = cohort.X[["age", "ki67"]].set_axis(IMAGES)
    y = cohort.y.set_axis(IMAGES)
    with pytest.warns(UserWarning, match="12 rows but only 6 .* pass the patients as"):
        TABLE_NET.fit(X, y)
    TABLE_NET.fit(X, y, groups=IMAGES.get_level_values(0))
    clone(TABLE_NET).set_params(validation_fraction=None).fit(X, y)


def test_targets_in_another_order_are_refused(cohort):
    net = clone(PLANE_NET).fit(cohort.X, cohort.y)
    for explain in (grad_cam, prediction_difference):
        with pytest.raises(ValueError, match=r"target\.loc\[X\.index\]"):
            explain(net, cohort.X, target=cohort.y[::-1])


def test_pooled_folds_compare_groups_with_patients(cohort):
    X = cohort.X[["age", "ki67"]]
    found = cross_validate(
        LogisticRegression(), X, cohort.y, return_estimator=True, return_indices=True
    )
    groups = pd.Series(X.index, index=X.index)[::-1]
    for wrong in ({"y": cohort.y[::-1]}, {"y": cohort.y, "groups": groups}):
        with pytest.raises(ValueError, match="another order"):
            RocCIDisplay.from_cv_results(found, X, pos_label="response", **wrong)
    twice = X.set_axis(IMAGES)
    with pytest.warns(UserWarning, match="12 rows but only 6"):
        cv_responses({"m": found}, twice, cohort.y.to_numpy(), None, "auto", "response")


@pytest.mark.parametrize(
    "make",
    [
        lambda: ScoreColumn("score"),
        lambda: StagedClassifier([("a", ScoreColumn("score"), ["score"])]),
        lambda: WeightedYoudenThreshold(LogisticRegression(), cv="resubstitution"),
        lambda: StepwiseLogisticRegression(entry=0.9, removal=0.95),
        lambda: PredictiveNet(module="mlp_tiny", **QUICK),
    ],
    ids=["column", "staged", "threshold", "stepwise", "net"],
)
def test_a_score_pairs_rows_by_their_names(make):
    model = make().fit(X, Y)
    right = model.predict(X) == Y
    assert model.score(X, Y) == pytest.approx(np.mean(right))
    weighted = np.average(right, weights=TIME)
    assert model.score(X, Y, sample_weight=TIME) == pytest.approx(weighted)
    for y, weights in ((Y[::-1], None), (Y, TIME[::-1])):
        with pytest.raises(ValueError, match=r"or another order .*\.loc\["):
            model.score(X, y, sample_weight=weights)


ALIKE = {
    "blanks": [*IDS[:-1], "P0 "],
    "capitals": [*IDS[:-1], "p0"],
    "types": [*range(11), "0"],
}


@UNDEFINED
@pytest.mark.parametrize("how", ALIKE)
@pytest.mark.parametrize(
    "call",
    [
        lambda i: auc_ci(Y.to_numpy(), SCORE.set_axis(i)),
        lambda i: auc_ci(Y.to_numpy(), SCORE.to_numpy(), groups=i),
        lambda i: confusion_rates(Y.set_axis(i), PRED.to_numpy()),
        lambda i: kaplan_meier(TIME.set_axis(i), Y.to_numpy()),
    ],
    ids=["index", "groups", "rates", "survival"],
)
def test_patients_whose_names_may_be_one_are_warned_of(call, how):
    index = pd.Index(ALIKE[how], dtype=object)
    with pytest.warns(UserWarning, match=r"two labels of .* may be one: \{'?P?0'?, "):
        call(index)


def test_patients_of_a_network_are_named_in_one_way():
    def fit(groups):
        net = PredictiveNet(module="mlp_tiny", **QUICK)
        net.fit(X.to_numpy(), Y.to_numpy(), groups=np.array(groups, dtype=object))

    with pytest.warns(UserWarning, match="two labels of groups may be one"):
        fit(ALIKE["blanks"])
    with (
        pytest.warns(UserWarning, match="two labels of groups may be one"),
        pytest.raises(ValueError, match="groups holds labels of several kinds, "),
    ):
        fit(ALIKE["types"])
