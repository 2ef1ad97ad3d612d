"""Bootstrap intervals: by patient, reproducible, and as wide as R's."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap as scipy_bootstrap
from scipy.stats import norm
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    make_scorer,
    roc_auc_score,
)

from sknac.metrics import (
    bootstrap_ci,
    confusion_rates,
    ppv_score,
    sensitivity_score,
    weighted_youden_score,
)

close = pytest.approx


def test_percentile_interval_equals_proc(bootstrap_case, data):
    v, d = bootstrap_case["values"], data(bootstrap_case["data"])
    got = bootstrap_ci(
        "roc_auc",
        d["pos"],
        d[v["column"]],
        stratify=v["stratified"],
        n_resamples=100_000,
        random_state=1,
    )
    low, high = v["suggested_abs_tolerance_100k"]
    assert got.low == close(v["ci95_percentile"][0], abs=low)
    assert got.high == close(v["ci95_percentile"][1], abs=high)
    assert got.estimate == close(v["auc"], rel=1e-12)


def test_fast_and_slow_path_agree(tied):
    y, a, _ = tied
    positive = y == "response"
    fast = bootstrap_ci("roc_auc", positive, a, n_resamples=20_000, random_state=0)
    slow = bootstrap_ci(
        lambda t, s: roc_auc_score(t, s), positive, a, n_resamples=1000, random_state=0
    )
    assert fast.estimate == close(slow.estimate, rel=1e-12)
    assert (fast.low, fast.high) == close((slow.low, slow.high), abs=0.025)
    assert fast.se == close(slow.se, rel=0.08)


def test_standard_error_of_a_stratified_rate_is_the_binomial_one(tied):
    y, a, _ = tied
    found = np.where(a > 0.5, "response", "non-response")
    for name in ("sensitivity", "specificity"):
        got = bootstrap_ci(
            name, y, found, n_resamples=50_000, random_state=0, pos_label="response"
        )
        exact = getattr(confusion_rates(y, found, pos_label="response"), name)
        assert got.se == close(exact.se, rel=0.01)


def test_bca_of_a_skewed_rate_equals_scipy(rng):
    y_pred = np.repeat([1, 0], [4, 26])  # 4 of 30 positives found
    y_true = np.ones(30, dtype=int)
    got = bootstrap_ci(
        "sensitivity", y_true, y_pred, method="bca", n_resamples=20_000, random_state=0
    )
    want = scipy_bootstrap((y_pred,), np.mean, n_resamples=20_000, method="BCa", rng=0)
    interval = (want.confidence_interval.low, want.confidence_interval.high)
    assert (got.low, got.high) == close(interval, abs=1 / 30 + 1e-9)
    percentile = bootstrap_ci("sensitivity", y_true, y_pred, random_state=0)
    assert got.low >= percentile.low
    assert got.high > percentile.high


def test_bca_of_a_biased_and_skewed_callable_equals_scipy(rng):
    y = rng.exponential(size=25)
    got = bootstrap_ci(
        lambda t, p: p.var(), y, y, method="bca", n_resamples=10_000, random_state=0
    )
    want = scipy_bootstrap((y,), np.var, n_resamples=20_000, method="BCa", rng=0)
    interval = (want.confidence_interval.low, want.confidence_interval.high)
    assert (got.low, got.high) == close(interval, rel=0.06)


def test_npv_lets_the_share_of_the_classes_vary_by_default(tied):
    y, a, _ = tied
    args = ("npv", y == "response", a > 0.5)
    kwargs = {"random_state": 0, "n_resamples": 20_000}
    free = bootstrap_ci(*args, **kwargs)
    assert free == bootstrap_ci(*args, stratify=False, **kwargs)
    assert free.se > 1.03 * bootstrap_ci(*args, stratify=True, **kwargs).se


@pytest.mark.parametrize("metric", ["roc_auc", "npv", brier_score_loss])
def test_ten_copies_of_each_patient_change_nothing_with_groups(metric, tied):
    y, a, _ = tied
    positive, patient = y == "response", np.repeat(np.arange(42), 10)
    seen = {"roc_auc": a, "npv": a > 0.5}.get(metric, norm.cdf(a))
    kwargs = {"random_state": 0, "n_resamples": 500}
    once = bootstrap_ci(metric, positive, seen, groups=range(42), **kwargs)
    rows = (positive.repeat(10), seen.repeat(10))
    got = bootstrap_ci(metric, *rows, groups=patient, **kwargs)
    assert (got.low, got.high) == close((once.low, once.high), rel=1e-9)
    naive = bootstrap_ci(metric, *rows, **kwargs)
    assert naive.se < 0.4 * once.se
    assert (got.n, got.n_groups) == (420, 42)


def test_repeated_patients_without_groups_are_warned_of():
    index = pd.Index(["P1", "P1", "P2", "P2"], name="patient_id")
    y = pd.Series([0, 0, 1, 1], index=index)
    with pytest.warns(UserWarning, match="4 rows but only 2 distinct index labels"):
        bootstrap_ci("accuracy", y, [0, 1, 1, 1], random_state=0)


def test_seed_in_the_result_repeats_it(tied):
    y, a, _ = tied
    first = bootstrap_ci("roc_auc", y, a, pos_label="response")
    again = bootstrap_ci("roc_auc", y, a, pos_label="response", random_state=first.seed)
    assert again == first


@pytest.mark.parametrize("weight", [0.2, 0.8])
def test_weighted_youden_takes_its_weight_through_partial(weight, tied):
    y, a, _ = tied
    found = np.where(a > 0.5, "response", "non-response")
    metric = partial(weighted_youden_score, weight=weight)
    got = bootstrap_ci(metric, y, found, random_state=0, pos_label="response")
    assert got.estimate == close(metric(y, found, pos_label="response"), rel=1e-12)
    assert got.metric == "weighted_youden"


def test_known_functions_take_the_fast_path(tied):
    y, a, _ = tied
    found = np.where(a > 0.5, "response", "non-response")
    kwargs = {"random_state": 0, "pos_label": "response"}
    assert bootstrap_ci(sensitivity_score, y, found, **kwargs) == bootstrap_ci(
        "sensitivity", y, found, **kwargs
    )


def test_callable_gets_pos_label_and_weights(rng):
    seen = {}

    def metric(y_true, y_pred, pos_label=None, sample_weight=None):
        seen.update(pos_label=pos_label, weighted=sample_weight.sum())
        return sample_weight @ (y_true == pos_label) / sample_weight.sum()

    y = np.repeat(["a", "b"], 5)
    got = bootstrap_ci(
        metric, y, y, pos_label="a", sample_weight=np.arange(10), n_resamples=5
    )
    assert got.estimate == close(10 / 45)
    assert seen["pos_label"] == "a"
    assert (got.metric, got.n_pos) == ("metric", 5)


def test_weights_enter_the_point_estimate(tied):
    y, a, _ = tied
    weights, found = np.linspace(0.5, 2, 42), (a > 0.5)
    got = bootstrap_ci(
        "sensitivity", y == "response", found, sample_weight=weights, random_state=0
    )
    want = sensitivity_score(y == "response", found, sample_weight=weights)
    assert got.estimate == close(want, rel=1e-12)


def test_undefined_resamples_are_counted_and_warned_of():
    y, score = [1, 0, 0, 0, 0, 0], [3, 1, 2, 4, 0, 1]
    with pytest.warns(UndefinedMetricWarning, match="undefined in .* of 2000 resam"):
        got = bootstrap_ci("roc_auc", y, score, stratify=False, random_state=0)
    # No positive drawn: (5/6)**6 = 0.335; nothing but positives: 6**-6.
    assert got.n_undefined / 2000 == close(0.335, abs=0.04)
    assert bootstrap_ci("roc_auc", y, score, random_state=0).n_undefined == 0


def test_one_class_is_nan_and_warned_of():
    with pytest.warns(UndefinedMetricWarning):
        got = bootstrap_ci("roc_auc", [0, 0, 0], [1, 2, 3], random_state=0)
    assert np.isnan([got.estimate, got.low, got.high]).all()


def test_infinite_bca_correction_is_nan_and_warned_of():
    with pytest.warns(UndefinedMetricWarning, match="BCa correction is infinite"):
        got = bootstrap_ci("specificity", [0, 0, 1], [0, 0, 1], method="bca")
    assert got.estimate == 1
    assert np.isnan([got.low, got.high]).all()


def test_groups_of_both_classes_cannot_be_stratified():
    kwargs = {"groups": [1, 1, 2, 2, 3, 3], "random_state": 0, "stratify": True}
    y, found = [0, 1, 0, 0, 1, 1], [0, 1, 0, 1, 1, 1]
    with pytest.raises(ValueError, match="1 groups hold rows of both classes"):
        bootstrap_ci("accuracy", y, found, **kwargs)
    kwargs["stratify"] = "auto"
    assert bootstrap_ci("accuracy", y, found, **kwargs).se > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metric": "f2"}, "metric must be one of .* got 'f2'"),
        ({"metric": 3}, "must be a name or a function"),
        ({"method": "basic"}, "method must be one of .* got 'basic'"),
        ({"stratify": "yes"}, "stratify must be True, False or 'auto', got 'yes'"),
        ({"n_resamples": 1}, "n_resamples must be a whole number >= 2, got 1"),
        ({"n_resamples": 99.5}, "must be a whole number"),
        ({"confidence_level": 1}, "confidence_level must lie between 0 and 1, got 1"),
        ({"y_true": 1}, "y_true must be 1-D, got 1"),
        ({"y_pred": [1, 2]}, "rows but y_true has 4"),
        ({"metric": np.dot, "y_pred": [1]}, "y_pred has 1 rows"),
        ({"random_state": 1.5}, "or a Generator, got 1.5"),
        ({"metric": len, "sample_weight": [1] * 4}, "len does not take sample_weight"),
    ],
)
def test_bad_input_is_named(change, message):
    good = {"metric": "roc_auc", "y_true": [0, 1, 0, 1], "y_pred": [1, 2, 3, 4]}
    with pytest.raises(ValueError, match=message):
        bootstrap_ci(**(good | change))


@pytest.mark.slow
def test_grouped_interval_covers_and_the_naive_one_does_not(rng):
    # 30 patients with 10 rows each that share a patient effect.
    grouped, naive = [], []
    for _ in range(200):
        effect, y = rng.normal(size=30), np.arange(30) % 2
        found = (effect + 0.3 * rng.normal(size=(10, 30)) > 0).T.ravel().astype(int)
        rows, patient = np.repeat(y, 10), np.repeat(np.arange(30), 10)
        kwargs = {"random_state": 0, "n_resamples": 500}
        for store, groups in ((grouped, patient), (naive, None)):
            ci = bootstrap_ci("accuracy", rows, found, groups=groups, **kwargs)
            store.append(ci.low <= 0.5 <= ci.high)
    assert np.mean(grouped) > 0.88
    assert np.mean(naive) < 0.65


@pytest.fixture
def three(rng):
    """Give labels of three classes and predictions, right in 70 %."""
    y = np.array(["N", "P", "R"])[rng.integers(0, 3, 60)]
    return y, np.where(rng.random(60) < 0.7, y, "N")


@pytest.mark.parametrize(
    "metric", [accuracy_score, "accuracy", partial(accuracy_score, normalize=True)]
)
def test_accuracy_of_three_classes_is_a_share(metric, three):
    y, found = three
    got = bootstrap_ci(metric, y, found, n_resamples=500, random_state=0)
    right = (y == found).astype(int)
    same = bootstrap_ci("accuracy", np.ones(60, dtype=int), right, random_state=0)
    assert got.estimate == same.estimate
    assert (got.low, got.high) == close((same.low, same.high), abs=0.03)


def test_balanced_accuracy_of_three_classes_keeps_each_class(three):
    y, found = np.repeat(["a", "b", "c"], [20, 20, 1]), ["a", "b"] * 20 + ["c"]
    about = {"n_resamples": 500, "random_state": 0}
    got = bootstrap_ci(balanced_accuracy_score, y, found, **about)
    assert got.estimate == balanced_accuracy_score(y, found)
    assert got.n_undefined == 0
    assert got.low > 1 / 3  # the one "c" is in every resample


def test_accuracy_needs_no_positive_class_as_a_function(three):
    y, found = (np.where(x == "R", "R", "N") for x in three)
    got = bootstrap_ci(accuracy_score, y, found, n_resamples=20, random_state=0)
    assert got.pos_label is None
    with pytest.raises(ValueError, match="pos_label is not specified"):
        bootstrap_ci("accuracy", y, found)


@pytest.mark.parametrize(
    ("bound", "plain", "settings"),
    [
        (
            partial(weighted_youden_score, weight=0.8, pos_label="R"),
            partial(weighted_youden_score, weight=0.8),
            {"pos_label": "R"},
        ),
        (partial(sensitivity_score, pos_label="R"), "sensitivity", {"pos_label": "R"}),
        (partial(f1_score, pos_label="N"), f1_score, {"pos_label": "N"}),
        (partial(partial(ppv_score), pos_label="N"), ppv_score, {"pos_label": "N"}),
    ],
)
def test_bound_settings_are_settings(bound, plain, settings, three):
    y, found = (np.where(x == "R", "R", "N") for x in three)
    about = {"random_state": 0, "n_resamples": 200}
    got = bootstrap_ci(bound, y, found, **about)
    assert got == bootstrap_ci(plain, y, found, **settings, **about)
    weights = {"sample_weight": np.arange(60)}
    assert np.isfinite(bootstrap_ci(bound, y, found, **weights, **about).low)


def test_partial_metrics_keep_their_name(three):
    got = bootstrap_ci(partial(f1_score, average="macro"), *three, n_resamples=20)
    assert got.metric == "f1_score"


@pytest.mark.parametrize(
    ("metric", "settings", "message"),
    [
        (partial(accuracy_score, sample_weight=[1] * 4), {}, "pass sample_weight to"),
        (partial(accuracy_score, [0, 1, 0, 1]), {}, "which are resampled"),
        (partial(f1_score, pos_label=1), {"pos_label": 0}, "leave one of them out"),
        (partial(weighted_youden_score, weight=2), {}, "weight must be a share in"),
        (make_scorer(accuracy_score), {}, r"a function \(y_true, y_pred\), got make"),
    ],
)
def test_what_a_metric_may_not_bind(metric, settings, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_ci(metric, [0, 1, 0, 1], [0, 1, 1, 1], **settings)


def test_metrics_of_any_keyword_take_weights():
    def share(y_true, y_pred, **settings):
        return accuracy_score(y_true, y_pred, **settings)

    y, found, weights = [0, 1, 0, 1], [0, 1, 1, 1], [1, 1, 2, 1]
    got = bootstrap_ci(share, y, found, sample_weight=weights, n_resamples=20)
    assert got.estimate == 0.6
