"""The corrected resampled t-test by hand, its null, and what it refuses."""

import numpy as np
import pytest
from scipy.stats import t, ttest_rel
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    KFold,
    RepeatedStratifiedKFold,
    cross_validate,
)

from sknac.metrics import corrected_resampled_ttest

A = np.array([0.9, 0.7, 0.8, 0.75, 0.9])
B = np.array([0.8, 0.7, 0.7, 0.6, 0.85])


def test_it_is_a_paired_t_test_with_a_larger_variance():
    found, plain = corrected_resampled_ttest(A, B), ttest_rel(A, B)
    assert found.statistic == pytest.approx(plain.statistic * np.sqrt(0.2 / 0.45))
    assert found.pvalue == pytest.approx(2 * t.sf(found.statistic, 4))
    assert (found.df, found.estimate) == (4, pytest.approx((A - B).mean()))
    half = t.ppf(0.975, 4) * found.se
    assert found.high - found.low == pytest.approx(2 * half)


def test_without_shared_rows_it_is_the_paired_t_test():
    found = corrected_resampled_ttest(A, B, test_train_ratio=1e-12)
    assert found.pvalue == pytest.approx(ttest_rel(A, B).pvalue)


def test_repeats_count_as_published_or_not_at_all(rng):
    a, b = rng.normal(size=(2, 20))
    spread = (a - b).std(ddof=1)
    settings = {"n_repeats": 4}
    ours = corrected_resampled_ttest(a, b, **settings)
    theirs = corrected_resampled_ttest(a, b, method="bouckaert-frank", **settings)
    assert ours.se == pytest.approx(spread * np.sqrt(1 / 5 + 1 / 4))
    assert theirs.se == pytest.approx(spread * np.sqrt(1 / 20 + 1 / 4))
    assert ours.df == theirs.df == 19


@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_one_sided_tails(alternative):
    both = corrected_resampled_ttest(A, B)
    found = corrected_resampled_ttest(A, B, alternative=alternative)
    tail = both.pvalue / 2
    assert found.pvalue == pytest.approx(tail if alternative == "greater" else 1 - tail)


def results(columns, splitter, scoring=("roc_auc", "accuracy")):
    rng = np.random.default_rng(0)
    y = np.tile([0, 1], 30)
    X = rng.normal(size=(60, 4)) + y[:, None]
    how = {"cv": splitter, "scoring": list(scoring), "return_indices": True}
    return cross_validate(LogisticRegression(), X[:, columns], y, **how)


def test_cross_validations_bring_their_folds():
    splitter = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    a, b = results([0, 1], splitter), results([2, 3], splitter)
    found = corrected_resampled_ttest(a, b, metric="test_accuracy")
    same = corrected_resampled_ttest(
        a["test_accuracy"], b["test_accuracy"], n_repeats=2
    )
    assert found.pvalue == pytest.approx(same.pvalue)
    assert repr(found).startswith("accuracy ")
    assert "(2 x 3 folds, 95% nadeau-bengio, two-sided, n=60 rows)" in repr(found)


def test_models_that_never_differ_are_equal_without_an_interval():
    with pytest.warns(UndefinedMetricWarning, match="No fold differs"):
        found = corrected_resampled_ttest(A, A)
    assert (found.pvalue, found.statistic) == (1, 0)
    assert np.isnan([found.low, found.high]).all()


def test_folds_that_differ_alike_have_no_test():
    with pytest.warns(UndefinedMetricWarning, match="All folds differ alike"):
        found = corrected_resampled_ttest(A, A - 0.1)
    assert np.isnan([found.low, found.pvalue]).all()


def test_equal_models_rarely_differ():
    # What folds share moves all differences alike; a plain test takes it for theirs.
    rng, found = np.random.default_rng(0), np.zeros((400, 2))
    for row in range(400):
        shared = rng.normal(size=5) + rng.normal(scale=0.5)
        tests = corrected_resampled_ttest(shared, np.zeros(5)), ttest_rel(shared, 0 * A)
        found[row] = [test.pvalue < 0.05 for test in tests]
    assert found[:, 1].mean() > 0.1
    assert found[:, 0].mean() < 0.065


SPLIT = KFold(3, shuffle=True, random_state=0)
REFUSED = {
    "other folds": (
        lambda: (results([0], SPLIT), results([1], KFold(3))),
        "have other folds; pass the same splitter",
    ),
    "no indices": (
        lambda: ({"test_score": A}, {"test_score": B}),
        "return_indices=True",
    ),
    "a metric that is absent": (
        lambda: (results([0], SPLIT), results([1], SPLIT)),
        "metric must be one of {'test_roc_auc', 'test_accuracy'}",
    ),
    "one of each": (lambda: ({"test_score": A}, B), "must both be results"),
    "other lengths": (lambda: (A, B[1:]), "must hold the same folds"),
    "one fold": (lambda: (A[:1], B[:1]), "two or more in each"),
    "NaN": (lambda: (np.append(A, np.nan), np.append(B, 1)), "NaN or infinite"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused(name):
    make, match = REFUSED[name]
    with pytest.raises(ValueError, match=match):
        corrected_resampled_ttest(*make())


@pytest.mark.parametrize("ratio", [0, -1, "0.25", np.nan])
def test_a_ratio_is_positive(ratio):
    with pytest.raises(ValueError, match="test_train_ratio must be positive"):
        corrected_resampled_ttest(A, B, test_train_ratio=ratio)


@pytest.mark.parametrize("ratio", [4, 25, 2.0])
def test_a_ratio_turned_round_or_in_percent_is_refused(ratio):
    scores = [0.8, 0.7, 0.9, 0.8, 0.7], [0.7, 0.7, 0.8, 0.9, 0.6]
    with pytest.raises(ValueError, match="test rows for each training row, 1 or less"):
        corrected_resampled_ttest(*scores, test_train_ratio=ratio)
