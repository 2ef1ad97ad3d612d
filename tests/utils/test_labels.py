"""Reading labels: what is legal, and which row is wrong."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from sknac.clinical import StepwiseLogisticRegression
from sknac.decision import (
    ScoreColumn,
    StagedClassifier,
    ThresholdCurveDisplay,
    WeightedYoudenThreshold,
    weighted_youden_curve,
)
from sknac.metrics import (
    auc_ci,
    bootstrap_ci,
    calibration,
    clinical_scorers,
    confusion_rates,
    decision_curve,
    delong_test,
    npv_score,
    performance_table,
    specificity_score,
    subgroup_rates,
    weighted_youden_score,
)
from sknac.survival import kaplan_meier, logrank
from sknac.utils import _labels


@pytest.mark.parametrize("labels", [[0, 1], [1, -1], [True, False], [1], []])
def test_numbers_have_a_positive_class_of_their_own(labels):
    assert _labels.positive_label(labels, None) == 1


@pytest.mark.parametrize("labels", [["R", "N"], [1, 2], ["0", "1"]])
def test_other_labels_have_none(labels):
    with pytest.raises(ValueError, match="pos_label is not specified; either"):
        _labels.positive_label(labels, None)


def test_target_is_classes_in_order_and_their_numbers():
    classes, codes = _labels.check_target(np.array(["b", "a", "b"], dtype=object))
    assert classes.tolist() == ["a", "b"]
    assert classes[codes].tolist() == ["b", "a", "b"]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "the target y is None; pass"),
        (["a", None], "row 1: Input y contains NaN; leave"),
        (pd.Series(["a", None], index=["P1", "P2"]), "row P2: Input y contains NaN"),
        ([0.5, 1.5, 2.5], "Unknown label type: continuous"),
        (["a", "b", "c"], "Only binary classification is supported"),
        (["a", "a"], r"y holds one class only \(every row is 'a'\); fit needs both"),
    ],
)
def test_bad_targets_are_named(y, message):
    with pytest.raises(ValueError, match=message):
        _labels.check_target(y)


def test_several_classes_are_legal_where_they_may_be():
    assert len(_labels.check_target(["a", "b", "c"], binary=False)[0]) == 3
    with pytest.raises(ValueError, match="give classes, not numbers"):
        _labels.check_target([0.5, 1.5, 2.5], binary=False)


def test_first_wrong_row_has_the_name_it_has_in_the_index():
    wrong = np.array([False, True, True])
    with pytest.raises(ValueError, match=r"^row 1: it is odd \(2 such rows\)$"):
        _labels.raise_first(wrong, "it is odd")
    with pytest.raises(ValueError, match="row y: it is odd"):
        _labels.raise_first(wrong[:, None], "it is odd", pd.Index(list("xyz")))
    _labels.raise_first(~wrong & wrong, "nothing")


@pytest.mark.parametrize(
    ("label", "default", "index"), [("b", 0, 1), ("a", 1, 0), (None, 1, 1)]
)
def test_position_of_a_class(label, default, index):
    found = _labels.class_index(["a", "b"], label, name="pos_label", default=default)
    assert found == index


def test_unknown_class_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"stop_label must be .*'a', 'b'.* got 'c'"):
        _labels.class_index(["a", "b"], "c", name="stop_label", default=0)


WORDS = np.array(["Responder", "non-responder"] * 6)
SCORES = pd.DataFrame({"s": np.linspace(0.1, 0.9, 12), "t": [1.0, 3, 2, 5, 2, 1] * 2})
ESTIMATORS = {
    "ScoreColumn": (ScoreColumn("s"), "pos_label", 1),
    "WeightedYoudenThreshold": (
        WeightedYoudenThreshold(LogisticRegression(), cv="resubstitution"),
        "pos_label",
        1,
    ),
    "StepwiseLogisticRegression": (
        StepwiseLogisticRegression(entry=0.9, removal=0.95),
        "pos_label",
        1,
    ),
    "StagedClassifier": (
        StagedClassifier([("a", LogisticRegression(), ["s", "t"])]),
        "stop_label",
        0,
    ),
}


@pytest.mark.filterwarnings("ignore:The threshold for weight")
@pytest.mark.parametrize("name", ESTIMATORS)
def test_words_without_a_class_are_warned_of(name):
    estimator, setting, taken = ESTIMATORS[name]
    label = ["Responder", "non-responder"][taken]
    text = (
        rf"{setting} is not set and y holds .*: '{label}' is taken, .* set {setting}="
    )
    for y in (WORDS, WORDS.astype(object), pd.Series(WORDS, dtype="category")):
        with pytest.warns(UserWarning, match=text):
            clone(estimator).fit(SCORES, y)
    chosen = clone(estimator).set_params(**{setting: label}).fit(SCORES, WORDS)
    assert getattr(chosen, f"{setting}_") == label
    for y in (label == WORDS, np.where(label == WORDS, 1, -1), 1 * (label == WORDS)):
        clone(estimator).fit(SCORES, y)  # these have a default


@pytest.mark.parametrize("name", ESTIMATORS)
def test_words_for_codes_are_told_what_to_write(name):
    estimator, setting, _ = ESTIMATORS[name]
    inner = clone(estimator).set_params(**{setting: "non-response"})
    y = np.where(WORDS == "Responder", "response", "non-response")
    for outer in (
        StackingClassifier([("a", inner)], cv=2),
        VotingClassifier([("a", inner)]),
        BaggingClassifier(inner, n_estimators=1),
    ):
        with pytest.raises(ValueError, match=f"there, write {setting}=0$"):
            outer.fit(SCORES, y)
    if hasattr(inner, "predict_proba"):
        with pytest.raises(ValueError, match="cross_val_predict hand on 0 and 1"):
            cross_val_predict(inner, SCORES, y, cv=2, method="predict_proba")
    with pytest.raises(
        ValueError, match=f"write {setting}=0 or {setting}=1, the place"
    ):
        inner.set_params(**{setting: "Responder"}).fit(SCORES, WORDS == "Responder")


ABSENT = {
    "specificity_score": lambda y, s: specificity_score(y, y, pos_label="Response"),
    "weighted_youden_score": lambda y, s: weighted_youden_score(
        y, y, pos_label="Response"
    ),
    "confusion_rates": lambda y, s: confusion_rates(y, y, pos_label="Response"),
    "subgroup_rates": lambda y, s: subgroup_rates(y, y, s > 0.5, pos_label="Response"),
    "auc_ci": lambda y, s: auc_ci(y, s, pos_label="Response"),
    "bootstrap_ci": lambda y, s: bootstrap_ci(
        "accuracy", y, y, pos_label="Response", n_resamples=9
    ),
    "bootstrap_ci of a function": lambda y, s: bootstrap_ci(
        specificity_score, y, y, pos_label="Response", n_resamples=9
    ),
    "calibration": lambda y, s: calibration(y, s, pos_label="Response"),
    "decision_curve": lambda y, s: decision_curve(y, s, pos_label="Response"),
    "delong_test": lambda y, s: delong_test(y, s, s, pos_label="Response"),
    "performance_table": lambda y, s: performance_table(y, {"a": y}, preset="qus"),
    "scorer": lambda y, s: clinical_scorers(pos_label="non-response")["npv"](
        DummyClassifier().fit(SCORES, [*y[1:], "non-response"]), SCORES, y
    ),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.parametrize("name", ABSENT)
def test_a_positive_class_that_no_row_holds_is_warned_of(name):
    y = np.array(["response"] * 12)
    text = r"No row holds pos_label='(Response|non-response)': .* holds \{'response'\}"
    with pytest.warns(UndefinedMetricWarning, match=text):
        ABSENT[name](y, SCORES["s"])


@pytest.mark.parametrize(
    "score",
    [
        specificity_score,
        npv_score,
        confusion_rates,
        partial(subgroup_rates, by=["a", "b"]),
        partial(bootstrap_ci, "specificity", n_resamples=20, random_state=0),
        lambda y, p, pos_label: performance_table(y, {"m": p}, pos_label=pos_label),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_a_class_that_only_the_predictions_hold_is_warned_of(score):
    text = r"No row holds pos_label='R': y_true holds \{'N'\} only; check the spelling"
    with pytest.warns(UndefinedMetricWarning, match=text):
        score(["N", "N"], ["N", "R"], pos_label="R")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="No row holds")
        score(["N", "R"], ["N", "N"], pos_label="R")  # nobody called positive


def test_numbers_say_nothing_of_a_part_without_positives():
    assert specificity_score([0, 0], [0, 1]) == 0.5


@pytest.mark.parametrize(
    "labels",
    [
        ["response", "Response"],
        ["R", "R "],
        ["non response", "Non-response", "nonresponse"],
        [1, "1"],
        [1.0, "1"],
        [True, "true"],
    ],
)
def test_labels_that_differ_by_capitals_blanks_or_type_are_alike(labels):
    assert repr(labels[0]) in _labels.alike(labels)


@pytest.mark.parametrize("labels", [["a", "b"], [0, 1], [0.5, 0], ["1", "10"], []])
def test_other_labels_are_not(labels):
    assert _labels.alike(labels) == ""


@pytest.mark.parametrize(
    "call",
    [
        lambda y: auc_ci(y, SCORES["s"], pos_label="R"),
        lambda y: confusion_rates(["R"] * 12, y, pos_label="R"),
        lambda y: ScoreColumn("s", pos_label="R").fit(SCORES, y),
        lambda y: StepwiseLogisticRegression(
            pos_label="R", entry=0.98, removal=0.99
        ).fit(SCORES, y),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_two_classes_that_may_be_one_are_warned_of(call):
    with pytest.warns(UserWarning, match=r"two labels of .* may be one: \{.*; write"):
        call(np.array(["R", "r "] * 6))


def test_thresholds_and_curves_refuse_a_class_that_no_row_holds():
    y = np.array(["response"] * 12)
    for draw in (weighted_youden_curve, ThresholdCurveDisplay.from_predictions):
        with (
            pytest.warns(UndefinedMetricWarning, match="No row holds pos_label='Yes'"),
            pytest.raises(ValueError, match="one class only"),
        ):
            draw(y, SCORES["s"], weight=0.5, pos_label="Yes")


DAYS = pd.to_timedelta([1, 2], unit="D")
DATES = pd.DatetimeIndex(["2020-01-01", pd.NaT])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (DATES, r"must be numbers, got dates; give days, such as \(t - start\) / pd.T"),
        (list(DATES), "got dates"),
        (pd.Series(DATES).dt.tz_localize("UTC"), "got dates"),
        (DAYS, r"got durations; give days, such as t / pd.Timedelta\(days=1\)"),
        (pd.Series(DAYS, dtype=object), "got durations"),
        (np.ma.masked_values([1.0, -9], -9), "row 1: s is masked, which is missing"),
    ],
)
def test_dates_durations_and_masked_values_are_no_scores(values, message):
    with pytest.raises(ValueError, match=message):
        _labels.finite_scores(values, "s")


def test_masked_labels_are_missing_and_an_empty_mask_is_none():
    with pytest.raises(ValueError, match="row 0: y_true is masked, which is missing"):
        specificity_score(np.ma.masked_values([9, 0, 1], 9), [0, 0, 1])
    assert _labels.finite_scores(np.ma.array([1.0, 2.0]), "s").tolist() == [1, 2]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            [10**400, 1],
            r"s holds whole numbers beyond 2\*\*53",
        ),
        ([2**60, 2**60 + 1], r"beyond 2\*\*53"),
        (np.array([-(2**53) - 1, 0]), r"beyond 2\*\*53"),
        (np.array([1j, 0]), "s must be numbers, got 1j"),
        (["high", 1.0], "s must be numbers, got 'high'"),
        (pd.Series([0.1, "high"]), "s must be numbers, got 'high'"),
        (pd.Series([0.1, pd.NA], dtype="Float64"), "row 1: s is NaN or infinite"),
    ],
)
def test_what_no_float_can_tell_apart_is_no_score(values, message):
    with pytest.raises(ValueError, match=message):
        _labels.finite_scores(values, "s")


def test_numbers_in_other_types_are_scores():
    for values in ([True, False], [1, 0], ["1", "0.0"], np.array([1, 0], "u1")):
        assert _labels.as_floats(values, "s").tolist() == [1.0, 0.0]
    assert _labels.as_floats([2**53], "s").tolist() == [2.0**53]


@pytest.mark.parametrize("labels", [[1, "2"], [True, "yes"], [0, "b", "a"]])
def test_labels_of_several_kinds_have_no_order(labels):
    groups = pd.Series(labels * 4, dtype=object)
    n = len(groups)
    calls = [
        lambda: logrank(range(1, n + 1), [1] * n, groups),
        lambda: kaplan_meier(range(1, n + 1), [1] * n, groups),
        lambda: _labels.in_order(groups.tolist(), "by"),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="by holds labels of several kinds, "):
            call()


@pytest.mark.parametrize(
    "wide", [np.ones((4, 2)), [[1, 2]] * 4, pd.DataFrame([[1, 2]])]
)
def test_a_table_is_no_column(wide):
    with pytest.raises(ValueError, match=r"time must be 1-D, got shape \("):
        _labels.one_column(wide, "time")


def test_one_label_is_positive():
    for label in ([1], np.array([1]), (1, 0)):
        with pytest.raises(ValueError, match="pos_label must be one label, got "):
            specificity_score([0, 1], [0, 1], pos_label=label)


@pytest.mark.parametrize("name", ["y_true", "y_score", "groups"])
def test_rows_have_one_value_each(name):
    given = {"y_true": [0, 1], "y_score": [0.1, 0.2], "groups": [1, 2]}
    for value in ([[1], [1, 2]], [1, [2]]):
        with pytest.raises(ValueError, match=f"{name} must be one value per row, got"):
            auc_ci(**(given | {name: value}))
    for value in (3, {"a": 1}, iter("ab")):
        with pytest.raises(ValueError, match=f"{name} must be 1-D, got [3{{<]"):
            auc_ci(**(given | {name: value}))


TABLE = pd.DataFrame({"y": [0, 1, 0, 1], "reader": [1, 3, 2, 4]})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"y_true": TABLE[["y"]]}, "y_true must be 1-D, one column of 'y', got shape"),
        ({"y_true": TABLE[["y"]].to_numpy()}, "y_true must be 1-D, one column, got"),
        ({"y_score": TABLE}, "y_score must be 1-D, one column of 'y', 'reader', got"),
        ({"y_score": TABLE.to_numpy()}, "1-D, the column of the positive class, got"),
        ({"groups": "reader"}, "groups must be 1-D, the values and not the name of a"),
        ({"y_score": pd.DataFrame(np.ones((4, 9)))}, "column of 0, 1, 2, 3, 4, ..., g"),
    ],
)
def test_what_is_no_column_says_which_is_meant(given, said):
    with pytest.raises(ValueError, match=said):
        auc_ci(**({"y_true": TABLE["y"], "y_score": TABLE["reader"]} | given))


TEXTS = {
    "astype(str)": pd.Series([np.nan, "a", "b", "a"], dtype=object).astype(str),
    "None": [str(None), "a", "b", "a"],
    "NA": pd.array([None, "a", "b", "a"], dtype="string").to_numpy(dtype=str),
    "blank": [" ", "a", "b", "a"],
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("where", ["groups", "by", "y"])
def test_missing_values_in_text_are_said(text, where):
    text = np.asarray(text, dtype=object)
    calls = {
        "groups": lambda: _labels.group_codes(text, 4),
        "by": lambda: logrank([1, 2, 3, 4], [1, 1, 1, 1], text),
        "y": lambda: _labels.check_target(text, binary=False),
    }
    with pytest.warns(UserWarning, match=f"is a label of {where}, as missing values"):
        calls[where]()


def test_words_that_are_no_missing_values_stay_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _labels.warn_of_alike(["none", "NA", "Nancy", "0", 0.5, "null-type"], "by")


@pytest.mark.parametrize("name", ["y_true", "y_score", "groups"])
def test_an_index_of_several_levels_is_no_column(name):
    # Patient and image together name every row, and no row would share its patient.
    levels = pd.MultiIndex.from_product([["P1", "P2"], [0, 1]], names=["p", "image"])
    given = {"y_true": [0, 1] * 2, "y_score": [1, 2, 3, 4], "groups": [1, 2, 3, 4]}
    with pytest.raises(ValueError, match=rf"{name} must be .* \['p', 'image'\]; take"):
        auc_ci(**(given | {name: levels}))
    auc_ci(**(given | {"groups": levels.get_level_values("p")}))


@pytest.mark.parametrize("other", ["P\u200b1", "\uff301", "\u04201"])
def test_labels_that_unicode_alone_tells_apart_are_alike(other):
    assert repr(other) in _labels.alike(["P1", other])
