"""Intervals of the area under the ROC curve."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit
from scipy.stats import t
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import roc_auc_score

from sknac.metrics import auc_ci

close = pytest.approx


def test_delong_intervals_equal_proc(auc_case, data):
    v, d = auc_case["values"], data(auc_case["data"])
    y, score, rtol = d["pos"], d[v["column"]], auc_case["rtol"]
    got = auc_ci(y, score, method="delong")
    narrow = auc_ci(y, score, method="delong", confidence_level=0.9)
    assert got.estimate == close(v["auc"], rel=1e-14)
    assert got.se == close(v["se_delong"], rel=rtol)
    assert (got.low, got.high) == close(tuple(v["ci95_delong"]), rel=rtol)
    assert (narrow.low, narrow.high) == close(tuple(v["ci90_delong"]), rel=rtol)


def test_logit_delong_interval_equals_r(auc_case, data):
    v, d = auc_case["values"], data(auc_case["data"])
    got = auc_ci(d["pos"], d[v["column"]])
    want = tuple(v["ci95_logit_delong"])
    assert (got.low, got.high) == close(want, rel=auc_case["rtol"])


@pytest.mark.filterwarnings("ignore:The area .* lies below 0.5")
@pytest.mark.filterwarnings("ignore:roc_auc has no spread")  # of two resamples
@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(0, 3))
def test_estimate_equals_scikit_learn_with_ties(seed, n, decimals):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % 2)
    score = np.round(rng.normal(size=n) + y, decimals) + 0.001 * y
    got = auc_ci(y, score, method="percentile", n_resamples=2, random_state=0)
    assert got.estimate == close(roc_auc_score(y, score), abs=1e-14)


@pytest.mark.filterwarnings("ignore:The area .* lies below 0.5")
@pytest.mark.parametrize("method", ["logit-delong", "delong"])
def test_other_positive_class_mirrors_the_interval(method, tied):
    y, a, _ = tied
    one = auc_ci(y, a, pos_label="response", method=method)
    other = auc_ci(y, a, pos_label="non-response", method=method)
    assert (1 - other.high, 1 - other.low) == close((one.low, one.high), abs=1e-12)


@pytest.mark.parametrize("method", ["logit-delong", "delong", "bca", "percentile"])
def test_perfect_order_gets_the_interval_of_disjoint_pairs(method):
    # Clopper-Pearson for 3 of 3: the lower bound solves p**3 = 0.025.
    y, score = [0, 0, 0, 0, 1, 1, 1], [1, 2, 3, 4, 5, 6, 7]
    got = auc_ci(y, score, method=method)
    assert (got.low, got.high) == close((0.025 ** (1 / 3), 1))
    assert (got.estimate, got.method) == (1, "clopper-pearson")
    wrong = auc_ci(y, np.negative(score), method=method)
    assert (wrong.low, wrong.high) == close((0, 1 - 0.025 ** (1 / 3)))


def test_perfect_order_counts_patients_not_rows():
    y, score = np.repeat([0, 0, 1, 1], 5), np.repeat([1, 2, 3, 4], 5)
    got = auc_ci(y, score, groups=np.repeat(range(4), 5))
    assert got.low == close(0.025**0.5)


def grouped(rng, rows, shift=1.0):
    """Return labels, scores and patients, a third of them positive."""
    patient = np.repeat(np.arange(len(rows)), rows)
    y = (patient % 3 == 0).astype(int)
    level = rng.normal(size=len(rows))[patient]
    return y, shift * y + level + 0.5 * rng.normal(size=y.size), patient


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_areas_by_patient_take_students_t(level, rng):
    y, score, patient = grouped(rng, [3] * 30)  # 10 of 30 are positive: 9 of t
    known = {"groups": patient, "confidence_level": level}
    plain = auc_ci(y, score, method="delong", **known)
    half = t.ppf(0.5 + level / 2, 9) * plain.se
    assert plain.high - plain.estimate == close(half, rel=1e-12)
    found = auc_ci(y, score, **known)
    a = found.estimate
    half /= a * (1 - a)
    assert logit(found.high) - logit(a) == close(half, rel=1e-9)


def test_unequal_patients_count_as_fewer_and_are_told_of(rng):
    rows = np.resize([1, 1, 2, 10], 24)
    y, score, patient = grouped(rng, rows)
    n = rows[::3]
    df = n.sum() ** 2 / (n**2).sum() - 1
    with pytest.warns(UserWarning, match="Few patients of a class have most"):
        found = auc_ci(y, score, groups=patient, method="delong")
    half = t.ppf(0.975, df) * found.se
    assert found.estimate - found.low == close(half, rel=1e-12)


def test_groups_of_one_row_leave_the_area_as_it_was(rng):
    y, score, _ = grouped(rng, [1] * 30)
    alone, found = auc_ci(y, score), auc_ci(y, score, groups=np.arange(30))
    assert (found.low, found.high) == close((alone.low, alone.high), rel=1e-12)


def test_an_area_near_one_of_many_images_is_told_of(rng):
    y, score, patient = grouped(rng, [6] * 30, shift=3.5)
    with pytest.warns(UserWarning, match="Few patients with many rows each decide"):
        assert 0.93 < auc_ci(y, score, groups=patient).estimate < 1


def test_constant_scores_have_no_interval():
    with pytest.warns(UndefinedMetricWarning, match="All scores are equal"):
        got = auc_ci([0, 0, 1, 1], [2, 2, 2, 2])
    assert got.estimate == 0.5
    assert np.isnan([got.low, got.high]).all()


def test_one_class_is_nan_and_warned_of():
    with pytest.warns(UndefinedMetricWarning, match="one class only"):
        got = auc_ci(["response"] * 3, [1, 2, 3], pos_label="response")
    assert np.isnan([got.estimate, got.low, got.high]).all()


def test_class_of_one_patient_has_no_delong_interval():
    with pytest.warns(UndefinedMetricWarning, match="one patient only"):
        got = auc_ci([0, 0, 1], [1, 3, 2])
    assert got.estimate == 0.5
    assert np.isnan([got.low, got.high]).all()


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_bootstrap_interval_is_near_delongs(method, data):
    d = data("pub_bc")
    boot = auc_ci(d["pos"], d["mean_texture"], method=method, random_state=3)
    exact = auc_ci(d["pos"], d["mean_texture"])
    assert (boot.low, boot.high) == close((exact.low, exact.high), abs=0.006)
    assert (boot.seed, boot.n_resamples, boot.pos_label) == (3, 2000, 1)


def test_weights_are_for_the_bootstrap_only(tied):
    y, a, _ = tied
    weights = np.linspace(1, 2, 42)
    kwargs = {"pos_label": "response", "sample_weight": weights}
    got = auc_ci(y, a, method="percentile", random_state=0, **kwargs)
    want = roc_auc_score(y == "response", a, sample_weight=weights)
    assert got.estimate == close(want, rel=1e-12)
    with pytest.raises(ValueError, match="no weighted form"):
        auc_ci(y, a, **kwargs)


def test_unknown_method_is_named():
    with pytest.raises(ValueError, match=r"method must be one of .* got 'hanley'"):
        auc_ci([0, 1], [1, 2], method="hanley")


@pytest.mark.slow
@pytest.mark.parametrize(("n_pos", "n_neg", "auc"), [(21, 21, 0.81), (10, 40, 0.86)])
def test_default_interval_covers_near_its_level(n_pos, n_neg, auc, rng):
    from scipy.stats import norm

    shift, y = 2**0.5 * norm.ppf(auc), np.repeat([1, 0], [n_pos, n_neg])
    score = rng.normal(size=(2000, y.size)) + shift * y
    found = [auc_ci(y, row) for row in score]
    covered = np.mean([f.low <= auc <= f.high for f in found])
    assert 0.93 <= covered <= 0.975
