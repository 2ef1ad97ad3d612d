"""DeLong's tests against pROC, a plain loop and their own symmetries."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.exceptions import UndefinedMetricWarning

from sknac.metrics import auc_ci, bootstrap_ci, delong_contrast, delong_test

close = pytest.approx


def plain_delong(positive, a, b):
    """Compute areas and the difference's variance from all pairs, by loops."""

    def won(x, y):
        return 1.0 if x > y else 0.5 if x == y else 0.0

    pos, neg = np.flatnonzero(positive), np.flatnonzero(~positive)
    by_pos = [np.mean([won(a[i], a[j]) - won(b[i], b[j]) for j in neg]) for i in pos]
    by_neg = [np.mean([won(a[i], a[j]) - won(b[i], b[j]) for i in pos]) for j in neg]
    variance = np.var(by_pos, ddof=1) / len(pos) + np.var(by_neg, ddof=1) / len(neg)
    return np.mean(by_pos), variance


def test_paired_test_equals_proc(paired_case, data):
    v, d = paired_case["values"], data(paired_case["data"])
    got = delong_test(d["pos"], d[v["column_1"]], d[v["column_2"]])
    want = (v["auc_1"], v["auc_2"], v["z"], v["p_two_sided"], *v["ci95_difference"])
    found = (got.auc_a, got.auc_b, got.statistic, got.pvalue, got.low, got.high)
    assert found == close(want, rel=paired_case["rtol"])


def test_paired_one_sided_p_equals_proc(paired_case, data):
    v, d = paired_case["values"], data(paired_case["data"])
    args = (d["pos"], d[v["column_1"]], d[v["column_2"]])
    for alternative in ("greater", "less"):
        got = delong_test(*args, alternative=alternative)
        assert got.pvalue == close(v[f"p_{alternative}"], rel=paired_case["rtol"])


def test_unpaired_test_equals_proc(unpaired_case, data):
    v = unpaired_case["values"]
    a, b = (data(name) for name in unpaired_case["data"])
    got = delong_test(a["pos"], a[v["column_1"]], b[v["column_2"]], y_true_b=b["pos"])
    want = (v["D"], v["df"], v["p"], *v["ci95_difference_t"])
    found = (got.statistic, got.df, got.pvalue, got.low, got.high)
    assert found == close(want, rel=unpaired_case["rtol"])
    assert (got.n, got.n_b) == (v["n_1"], v["n_2"])


def test_contrast_equals_r(contrast_case, data):
    v, d = contrast_case["values"], data(contrast_case["data"])
    got = delong_contrast(d["pos"], d[v["columns"]])
    assert got.names == tuple(v["columns"])
    np.testing.assert_allclose(got.auc, v["auc"], rtol=1e-12)
    np.testing.assert_allclose(got.covariance, v["covariance"], rtol=1e-9)
    found = (got.statistic, got.df, got.pvalue)
    assert found == close((v["chisq"], v["df"], v["p"]), rel=contrast_case["rtol"])


def test_contrast_of_first_with_rest_equals_r(contrast_case, data):
    v, d = contrast_case["values"], data(contrast_case["data"])
    got = delong_contrast(
        d["pos"], d[v["columns"]], contrast=v["L_first_vs_mean_of_rest"]
    )
    want = (v["chisq_first_vs_rest"], v["df_first_vs_rest"], v["p_first_vs_rest"])
    found = (got.statistic, got.df, got.pvalue)
    assert found == close(want, rel=contrast_case["rtol"])


@pytest.mark.parametrize("decimals", [0, 1, 8])
def test_difference_equals_a_plain_loop_over_pairs(decimals, rng):
    positive = rng.permutation(np.arange(37) < 13)
    a, b = np.round(rng.normal(size=(2, 37)) + positive, decimals)
    got = delong_test(positive, a, b)
    estimate, variance = plain_delong(positive, a, b)
    assert (got.estimate, got.se**2) == close((estimate, variance), rel=1e-12)


def test_contrast_of_two_curves_is_the_squared_paired_test(tied):
    y, a, b = tied
    chi = delong_contrast(y, {"a": a, "b": b}, pos_label="response")
    pair = delong_test(y, a, b, pos_label="response")
    assert chi.statistic == close(pair.statistic**2, rel=1e-12)
    assert chi.pvalue == close(pair.pvalue, rel=1e-9)


def test_chi_square_does_not_depend_on_the_contrast_matrix(rng):
    positive = np.arange(60) < 25
    scores = rng.normal(size=(60, 4)) + positive[:, None]
    cyclic = np.eye(4) - np.roll(np.eye(4), 1, axis=1)  # rank 3, four rows
    default = delong_contrast(positive, scores)
    got = delong_contrast(positive, scores, contrast=cyclic)
    assert (got.statistic, got.df) == close((default.statistic, 3), rel=1e-9)


@pytest.mark.filterwarnings("ignore:The difference of the areas has no variance")
@settings(max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(4, 40),
    st.sampled_from([np.exp, lambda x: x**3 + x, lambda x: 5 * x - 2]),
)
def test_monotone_transform_changes_nothing(seed, n, transform):
    rng = np.random.default_rng(seed)
    positive = rng.permutation(np.arange(n) < 2 + n // 4)
    a, b = np.round(rng.normal(size=(2, n)), 1)
    before, after = (delong_test(positive, f(a), b) for f in (np.asarray, transform))
    pd.testing.assert_frame_equal(after.to_frame(), before.to_frame(), rtol=1e-12)


@pytest.mark.filterwarnings("ignore:The difference of the areas has no variance")
@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(6, 40))
def test_other_positive_class_mirrors_the_difference(seed, n):
    rng = np.random.default_rng(seed)
    y = np.where(rng.permutation(np.arange(n) < 3), "response", "non-response")
    a, b = np.round(rng.normal(size=(2, n)), 1)
    one = delong_test(y, a, b, pos_label="response")
    other = delong_test(y, a, b, pos_label="non-response")
    assert other.auc_a == close(1 - one.auc_a, abs=1e-12)
    assert other.estimate == close(-one.estimate, abs=1e-12)
    assert other.se == close(one.se, rel=1e-9, abs=1e-12)


def test_identical_curves_do_not_differ(tied):
    y, a, _ = tied
    got = delong_test(y, a, np.exp(a), pos_label="response")
    assert (got.estimate, got.statistic, got.pvalue) == (0, 0, 1)


def test_difference_without_variance_is_nan_and_warned_of():
    with pytest.warns(UndefinedMetricWarning, match="no variance"):
        got = delong_test([0, 0, 1, 1], [1, 2, 3, 4], [4, 3, 2, 1])
    assert got.estimate == 1
    assert np.isnan([got.statistic, got.pvalue, got.low, got.high]).all()


def test_one_class_is_nan_and_warned_of():
    with pytest.warns(UndefinedMetricWarning, match="one class only"):
        got = delong_test([0, 0, 0], [1, 2, 3], [3, 2, 1])
    assert np.isnan([got.auc_a, got.estimate, got.pvalue]).all()


def test_groups_of_one_row_change_nothing(tied):
    y, a, b = tied
    alone = delong_test(y, a, b, pos_label="response")
    got = delong_test(y, a, b, pos_label="response", groups=np.arange(42))
    assert (got.se, got.pvalue) == close((alone.se, alone.pvalue), rel=1e-12)
    assert got.n_groups == 42


def test_ten_copies_of_each_patient_change_nothing_with_groups(tied):
    y, a, b = (np.repeat(x, 10) for x in tied)
    once = delong_test(*tied, pos_label="response")
    got = delong_test(y, a, b, pos_label="response", groups=np.repeat(range(42), 10))
    assert (got.estimate, got.se) == close((once.estimate, once.se), rel=1e-12)
    assert delong_test(y, a, b, pos_label="response").se < 0.35 * once.se


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_areas_of_images_are_compared_by_students_t(alternative, tied):
    y, a, b = (np.repeat(x, 3) for x in tied)
    known = {"pos_label": "response", "groups": np.repeat(range(42), 3)}
    got = delong_test(y, a, b, alternative=alternative, **known)
    assert got.df == close(20)  # 21 patients a class
    assert got.high - got.estimate == close(stats.t.ppf(0.975, 20) * got.se, rel=1e-9)
    at_least = stats.t.sf(got.statistic, 20)
    tails = {"greater": at_least, "less": 1 - at_least}
    tails["two-sided"] = 2 * stats.t.sf(abs(got.statistic), 20)
    assert got.pvalue == close(tails[alternative], rel=1e-9)


def test_unpaired_areas_of_images_count_patients_of_a_class(tied):
    y, a, b = (np.repeat(x, 2) for x in tied)
    who = np.repeat(range(42), 2)
    known = {"y_true_b": y, "groups": who, "groups_b": who, "pos_label": "response"}
    got = delong_test(y, a, b, **known)
    alone = delong_test(*tied, y_true_b=tied[0], pos_label="response")
    assert got.se == close(alone.se, rel=1e-12)
    assert 20 < got.df < 40 < alone.df


def test_grouped_error_agrees_with_the_bootstrap_of_patients(rng):
    # Obuchowski's variance and resampling of whole patients are independent code.
    patient = np.repeat(np.arange(200), 3)
    positive = np.repeat(rng.random(200) < 0.4, 3)
    score = positive + rng.normal(size=200).repeat(3) + 0.5 * rng.normal(size=600)
    se = auc_ci(positive, score, groups=patient).se
    boot = bootstrap_ci("roc_auc", positive, score, groups=patient, random_state=1)
    assert se == close(boot.se, rel=0.06)


def test_groups_that_hold_both_classes_have_a_variance(rng):
    patient = np.repeat(np.arange(300), 4)
    positive = rng.random(1200) < 0.4
    score = positive + rng.normal(size=300).repeat(4) + 0.5 * rng.normal(size=1200)
    se = auc_ci(positive, score, groups=patient).se
    boot = bootstrap_ci(
        "roc_auc", positive, score, groups=patient, stratify=False, random_state=1
    )
    assert se == close(boot.se, rel=0.06)


def test_string_labels_need_a_positive_class(tied):
    with pytest.raises(ValueError, match="pos_label is not specified"):
        delong_test(*tied)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score_b": [1, 2, 3]}, "score_b has 3 rows but y_true has 4"),
        ({"score_b": [1, 2, np.nan, 4]}, "row 2: score_b is NaN or infinite"),
        ({"score_b": ["a", "b", "c", "d"]}, "score_b must be numbers"),
        ({"score_b": np.ones((4, 2))}, "column of the positive class"),
        ({"y_true": [0, 1, 2, 1]}, "must be binary"),
        ({"y_true": [0, 1, np.nan, 1]}, "missing labels"),
        ({"pos_label": 3}, "pos_label=3 is not a valid label"),
        ({"alternative": "bigger"}, "alternative must be one of .* got 'bigger'"),
        ({"confidence_level": 95}, "confidence_level must lie between 0 and 1, got 95"),
        ({"groups": [1, 2]}, "groups has 2 rows"),
        ({"groups": [1, 2, None, 4]}, "groups holds missing"),
        ({"groups_b": [1, 2, 3, 4]}, "groups_b goes with y_true_b"),
    ],
)
def test_bad_input_is_named(change, message):
    good = {"y_true": [0, 1, 0, 1], "score_a": [1, 2, 3, 4], "score_b": [1, 3, 2, 4]}
    with pytest.raises(ValueError, match=message):
        delong_test(**(good | change))


@pytest.mark.parametrize(
    ("contrast", "message"),
    [([1, -1], "must have 3 columns"), ([1, 1, -1], "sum to zero")],
)
def test_contrast_must_fit(contrast, message):
    scores = np.random.default_rng(0).normal(size=(6, 3))
    with pytest.raises(ValueError, match=message):
        delong_contrast([0, 0, 0, 1, 1, 1], scores, contrast=contrast)


def test_repeated_patients_without_groups_are_warned_of():
    index = pd.Index(["P1", "P1", "P2", "P2"], name="patient_id")
    y = pd.Series([0, 0, 1, 1], index=index)
    with pytest.warns(UserWarning, match="2 distinct index labels"):
        auc_ci(y, [1, 3, 2, 4])


@pytest.mark.parametrize(
    ("names", "n"),
    [
        (list("abcd"), 4),
        (list("cdxy"), 2),
        (pd.MultiIndex.from_product([["a", "x"], [0, 1]]), 1),
    ],
)
def test_patients_of_two_samples_are_not_the_same(names, n):
    y = pd.Series([0, 1, 0, 1], list("abcd"))
    other = pd.Series([0, 1, 0, 1], names)
    args = y, [1, 3, 2, 4], [3, 1, 2, 4]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*distinct index labels")
        with pytest.warns(UserWarning, match=f"^{n} patients are in both samples, the"):
            delong_test(*args, y_true_b=other)


@pytest.mark.parametrize("names", [list("wxyz"), [0, 1, 2, 3], [3, 2, 1, 0]])
def test_two_samples_may_count_alike(names):
    y = pd.Series([0, 1, 0, 1], range(4) if names[0] != "w" else list("abcd"))
    delong_test(y, [1, 3, 2, 4], [3, 1, 2, 4], y_true_b=pd.Series([0, 1, 0, 1], names))
