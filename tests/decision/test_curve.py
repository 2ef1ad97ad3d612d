"""The threshold search finds the exact optimum."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_curve

from sknac.decision import weighted_youden_curve
from sknac.decision._curve import warn_if_trivial
from sknac.metrics import sensitivity_score, specificity_score, weighted_youden_score

# R 4.2.2, brute force over sort(unique(x)) and Inf, rule x >= cut, optima compared as
# exact integers; best value checked there against cutpointr 1.1.2 and pROC 1.18.0.
# Data: scikit-learn's breast cancer, malignant positive; "42" takes the first 21 of
# each class; "_r2" columns are rounded to 2 decimals to make ties. Each row: data,
# column, weight, 2 (w sens + (1 - w) spec) - 1, and all optima as (highest cut below,
# highest cut with these decisions, TP, TN).
INF = math.inf
R_OPTIMA = [
    ("all", "mean radius", 0.5, 0.728621637334179, [(15.04, 15.05, 161, 346)]),
    ("all", "mean radius", 0.2, 0.8547116959991543, [(15.27, 15.28, 154, 349)]),
    ("all", "mean radius", 0.8, 0.7842397336293008, [(13.08, 13.11, 199, 252)]),
    ("all", "mean texture", 0.5, 0.471803815865969, [(19.31, 19.32, 160, 256)]),
    ("all", "mean texture", 0.2, 0.603065377094234, [(30.72, 31.12, 4, 356)]),
    ("all", "mean texture", 0.8, 0.6690026954177899, [(15.5, 15.51, 206, 102)]),
    ("all", "mean smoothness_r2", 0.5, 0.29195074256117537, [(0.09, 0.1, 148, 212)]),
    ("all", "mean smoothness_r2", 0.2, 0.6009407536599547, [(0.12, 0.13, 10, 353)]),
    ("all", "mean smoothness_r2", 0.8, 0.6151577612176946, [(0.07, 0.08, 210, 27)]),
    ("42", "mean texture", 0.5, 0.5238095238095237, [(19.31, 19.98, 15, 17)]),
    ("42", "mean texture", 0.2, 0.7333333333333334, [(22.3, 22.61, 7, 21)]),
    ("42", "mean texture", 0.8, 0.6000000000000001, [(-INF, 10.38, 21, 0)]),
    (
        "42",
        "mean concavity",
        0.5,
        0.8571428571428572,
        [(0.06664, 0.07395, 20, 19), (0.08606, 0.0869, 19, 20)],
    ),
    ("42", "mean concavity", 0.2, 0.8857142857142857, [(0.08606, 0.0869, 19, 20)]),
    ("42", "mean concavity", 0.8, 0.8857142857142855, [(0.06664, 0.07395, 20, 19)]),
    ("42", "mean smoothness_r2", 0.5, 0.3333333333333335, [(0.1, 0.11, 11, 17)]),
    (
        "42",
        "mean smoothness_r2",
        0.2,
        0.657142857142857,
        [(0.11, 0.12, 7, 20), (0.12, 0.13, 3, 21)],
    ),
    ("42", "mean smoothness_r2", 0.8, 0.6000000000000001, [(-INF, 0.08, 21, 0)]),
    (
        "42",
        "mean symmetry_r2",
        0.5,
        0.38095238095238093,
        [(0.19, 0.2, 12, 17), (0.2, 0.21, 11, 18)],
    ),
    ("42", "mean symmetry_r2", 0.2, 0.6190476190476191, [(0.23, 0.24, 5, 20)]),
    ("42", "mean symmetry_r2", 0.8, 0.6190476190476191, [(0.14, 0.15, 21, 1)]),
    (
        "42",
        "mean smoothness",
        0.5,
        0.38095238095238093,
        [(0.1066, 0.1073, 11, 18), (0.1075, 0.1096, 10, 19)],
    ),
    ("42", "mean smoothness", 0.2, 0.676190476190476, [(0.1134, 0.1139, 8, 20)]),
    ("42", "mean smoothness", 0.8, 0.6761904761904762, [(0.08139, 0.08206, 21, 4)]),
]

scores = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])),
    min_size=2,
    max_size=25,
).filter(lambda rows: len({label for label, _ in rows}) == 2)
floats = st.lists(
    st.tuples(st.booleans(), st.floats(-1e300, 1e300)), min_size=2, max_size=25
).filter(lambda rows: len({label for label, _ in rows}) == 2)
weights = st.floats(0.01, 0.99)


def oracle_data(which, column):
    """Return labels (1 = malignant) and one column as the R script had them."""
    frame = load_breast_cancer(as_frame=True).frame
    y = (frame["target"] == 0).astype(int).to_numpy()
    x = frame[column.removesuffix("_r2")].to_numpy()
    if column.endswith("_r2"):
        x = np.round(x, 2)
    if which == "42":
        rows = np.r_[np.flatnonzero(y == 1)[:21], np.flatnonzero(y == 0)[:21]]
        y, x = y[rows], x[rows]
    return y, x


@pytest.mark.parametrize(("which", "column", "weight", "best", "optima"), R_OPTIMA)
def test_curve_finds_the_optima_of_r(which, column, weight, best, optima):
    y, x = oracle_data(which, column)
    curve = weighted_youden_curve(y, x, weight=weight)
    # The weight decides between R's tied optima, which are in increasing order.
    at = 0 if weight > 0.5 else -1 if weight < 0.5 else (len(optima) - 1) // 2
    low, high, tp, tn = optima[at]
    assert 2 * (curve.youden[curve.best] + 1) - 1 == pytest.approx(best, rel=1e-9)
    assert curve.n_optima == len(optima)
    assert low < curve.threshold <= high
    assert (round(curve.sensitivity[curve.best] * curve.n_pos)) == tp
    assert (round(curve.specificity[curve.best] * curve.n_neg)) == tn


@settings(max_examples=150)
@given(rows=scores, weight=weights)
def test_no_cut_beats_the_threshold(rows, weight):
    y, s = map(np.array, zip(*rows, strict=True))
    curve = weighted_youden_curve(y, s, weight=weight, pos_label=True)
    cuts = [-np.inf, *np.unique(s), np.inf]
    every = [
        weighted_youden_score(y, s >= cut, weight=weight, pos_label=True)
        for cut in cuts
    ]
    got = weighted_youden_score(y, s >= curve.threshold, weight=weight, pos_label=True)
    assert got == pytest.approx(max(every), abs=1e-12)
    assert got == pytest.approx(curve.youden[curve.best], abs=1e-12)
    # More cuts may give the same decisions, never fewer.
    distinct = {tuple(s >= cut) for cut, j in zip(cuts, every, strict=True)}
    assert len(curve.thresholds) == len(distinct)


@settings(max_examples=150)
@given(rows=floats, weight=weights)
def test_stored_rates_are_those_of_applying_each_threshold(rows, weight):
    y, s = map(np.array, zip(*rows, strict=True))
    curve = weighted_youden_curve(y, s, weight=weight, pos_label=True)
    assert np.isfinite(curve.thresholds).all()
    for cut, sens, spec in zip(
        curve.thresholds, curve.sensitivity, curve.specificity, strict=True
    ):
        assert sensitivity_score(y, s >= cut, pos_label=True) == sens
        assert specificity_score(y, s >= cut, pos_label=True) == spec


@settings(max_examples=50)
@given(rows=scores, weight=weights)
def test_swapping_classes_and_weight_mirrors_the_curve(rows, weight):
    y, s = map(np.array, zip(*rows, strict=True))
    one = weighted_youden_curve(y, s, weight=weight, pos_label=True)
    other = weighted_youden_curve(y, -s, weight=1 - weight, pos_label=False)
    np.testing.assert_allclose(one.youden, other.youden[::-1], atol=1e-12)
    assert one.n_optima == other.n_optima


def test_neighbouring_floats_are_cut_at_the_upper_one():
    low = 1.0
    high = np.nextafter(low, 2)
    cut = weighted_youden_curve([0, 1], [low, high], weight=0.5).threshold
    assert cut == high


def test_curve_agrees_with_roc_curve():
    rng = np.random.default_rng(0)
    y, s = rng.integers(0, 2, 500), rng.normal(size=500).round(1)
    curve = weighted_youden_curve(y, s, weight=0.5)
    fpr, tpr, _ = roc_curve(y, s, drop_intermediate=False)
    np.testing.assert_allclose(curve.sensitivity[::-1], tpr, atol=1e-15)
    np.testing.assert_allclose(1 - curve.specificity[::-1], fpr, atol=1e-15)


# Scores 1..4 with labels 0 1 0 1: cuts at 1.5 and 3.5 tie for w = 0.5; those at 0.5
# and 1.5 (2.5 and 3.5) never do.
@pytest.mark.parametrize(("weight", "threshold"), [(0.5, 1.5), (0.8, 1.5), (0.2, 3.5)])
def test_weight_decides_between_tied_optima(weight, threshold):
    curve = weighted_youden_curve([0, 1, 0, 1], [1.0, 2.0, 3.0, 4.0], weight=weight)
    assert curve.threshold == threshold


def test_middle_of_three_ties_is_taken_at_even_weight():
    y = [0, 1, 0, 1, 0, 1]
    curve = weighted_youden_curve(y, [1, 2, 3, 4, 5, 6], weight=0.5)
    assert curve.n_optima == 3
    assert curve.threshold == 3.5


@pytest.mark.parametrize(("weight", "called"), [(0.9, "positive"), (0.1, "negative")])
def test_trivial_optimum_is_finite_and_warned_of(weight, called):
    y, s = [0, 1, 0, 1], [1.0, 0.0, 3.0, 2.0]
    curve = weighted_youden_curve(y, s, weight=weight)
    with pytest.warns(UserWarning, match=f"every patient is called {called}"):
        warn_if_trivial(curve)
    step = np.spacing(3.0)
    assert curve.threshold == (-step if called == "positive" else 3 + step)


def test_cut_above_a_highest_score_of_0_is_no_denormal():
    y, s = [0, 1, 0, 1], [-2.0, -3.0, 0.0, -1.0]
    curve = weighted_youden_curve(y, s, weight=0.1)
    with pytest.warns(UserWarning, match="every patient is called negative"):
        warn_if_trivial(curve)
    assert curve.threshold == np.spacing(3.0)


def test_constant_scores_are_warned_of():
    with pytest.warns(UserWarning, match="all scores are equal"):
        warn_if_trivial(weighted_youden_curve([0, 1], [0.5, 0.5], weight=0.8))


def test_weighted_patients_count_as_repeated_ones():
    rng = np.random.default_rng(1)
    y, s = np.r_[0, 1, rng.integers(0, 2, 30)], rng.normal(size=32)
    times = np.r_[1, 1, rng.integers(0, 4, 30)]
    weighted = weighted_youden_curve(y, s, weight=0.3, sample_weight=times)
    repeated = weighted_youden_curve(
        np.repeat(y, times), np.repeat(s, times), weight=0.3
    )
    np.testing.assert_array_equal(weighted.thresholds, repeated.thresholds)
    np.testing.assert_allclose(weighted.youden, repeated.youden, atol=1e-14)


@pytest.mark.parametrize(
    ("labels", "pos_label", "found"),
    [
        ([0, 1], None, 1),
        ([-1, 1], None, 1),
        ([False, True], None, True),
        ([False, True], False, False),
        (["non-response", "response"], "non-response", "non-response"),
    ],
)
def test_positive_class_is_kept_as_given(labels, pos_label, found):
    curve = weighted_youden_curve(labels, [0.1, 0.2], weight=0.5, pos_label=pos_label)
    assert curve.pos_label == found
    assert type(curve.pos_label) is type(found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_true": ["a", "b"]}, "pass pos_label"),
        ({"pos_label": 2}, "pos_label=2 is not a valid label"),
        ({"y_true": [1, 1]}, "one class only"),
        ({"y_true": [0, 1, 2], "y_score": [1.0, 2, 3]}, "y_true must be binary"),
        ({"y_score": [0.1, np.nan]}, "row 1: y_score is NaN or infinite"),
        ({"y_score": [0.1, np.inf]}, "row 1: y_score is NaN or infinite"),
        ({"y_score": [0.1, 0.2, 0.3]}, "y_score has 3 rows but y_true has 2"),
        ({"weight": 1.0}, "weight"),
        ({"weight": 0}, "weight"),
        ({"sample_weight": [1.0, 0.0]}, "one class without weight"),
        ({"sample_weight": [1.0, -1.0]}, "sample_weight must be non-negative"),
    ],
)
def test_bad_input_is_named(change, message):
    good = {"y_true": [0, 1], "y_score": [0.1, 0.2], "weight": 0.5}
    with pytest.raises(ValueError, match=message):
        weighted_youden_curve(**(good | change))


def test_two_patients_are_enough():
    assert weighted_youden_curve([0, 1], [0.0, 1.0], weight=0.5).threshold == 0.5


def test_frame_and_repr_hold_the_numbers():
    curve = weighted_youden_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], weight=0.8)
    frame = curve.to_frame()
    assert list(frame.columns) == ["threshold", "sensitivity", "specificity", "youden"]
    assert frame.loc[frame["youden"].idxmax(), "threshold"] == curve.threshold
    assert "pos_label=1" in repr(curve)


def test_rates_at_any_threshold_are_those_of_its_decisions():
    rng = np.random.default_rng(5)
    y = rng.integers(0, 2, 40)
    score = rng.normal(size=40).round(1)  # with ties
    curve = weighted_youden_curve(y, score, weight=0.3)
    cuts = np.concatenate([score, rng.normal(size=40), [-np.inf, np.inf]])
    for cut in cuts:
        called = score >= cut
        found = curve.at(cut)
        assert found["sensitivity"] == called[y == 1].mean()
        assert found["specificity"] == (~called)[y == 0].mean()
        index = 0.3 * found["sensitivity"] + 0.7 * found["specificity"] - 1
        assert found["youden"] == pytest.approx(index)
