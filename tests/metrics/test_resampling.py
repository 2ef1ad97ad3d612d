"""Counts of resamples, and metrics made of counts, against brute force."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score, roc_curve

from sknac.metrics import bootstrap_ci, npv_score, weighted_youden_score
from sknac.metrics._resampling import (
    AUCKernel,
    CallableKernel,
    RateKernel,
    draw_chunks,
    draw_counts,
    strata_of,
)
from sknac.utils._confusion import linear_rates


@pytest.fixture
def rows(rng):
    """Give labels, rounded scores, decisions, patients and weights of 60 rows."""
    patient = rng.permutation(np.repeat(np.arange(20), 3))
    positive = patient % 3 == 0
    score = np.round(rng.normal(size=60) + positive, 1)
    return positive, score, score > 0.4, patient, rng.random(60)


@pytest.mark.parametrize("sizes", [[1] * 30, [20, 10], [3, 27], [400, 600]])
def test_counts_have_the_multinomial_moments(sizes, rng):
    sizes = np.array(sizes)
    n, share = sizes.sum(), sizes / sizes.sum()
    counts = draw_counts(rng, sizes, 20_000)
    assert (counts.sum(axis=1) == n).all()
    spread = np.sqrt(n * share * (1 - share))
    np.testing.assert_allclose(counts.mean(axis=0), n * share, atol=0.04 * spread.max())
    np.testing.assert_allclose(counts.std(axis=0), spread, rtol=0.04)


def test_strata_keep_their_size(rng):
    sizes, classes = rng.integers(1, 5, size=40), np.arange(40) % 2
    strata = strata_of(classes, True, by_class=False)
    chunks = list(draw_chunks(0, sizes, strata, 50))
    counts = np.concatenate(chunks)
    assert counts.shape == (50, 40)
    assert (counts[:, classes == 1].sum(axis=1) == sizes[classes == 1].sum()).all()


@pytest.mark.parametrize(
    ("classes", "by_class", "n_strata"),
    [([0, 1, 1], True, 2), ([0, 1, 1], False, 1), ([0, 1, -1], True, 1)],
)
def test_auto_stratifies_metrics_of_each_class(classes, by_class, n_strata):
    assert len(strata_of(np.array(classes), "auto", by_class=by_class)) == n_strata


def test_chunks_of_a_large_sample_stay_small():
    sizes = np.ones(200_000, dtype=int)
    chunks = [c.shape for c in draw_chunks(0, sizes, [slice(None)], 3)]
    assert chunks == [(1, 200_000)] * 3


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_areas_of_counts_equal_scikit_learn_on_repeated_rows(rows, grouped, weighted):
    positive, score, _, patient, weights = rows
    units = patient if grouped else np.arange(60)
    kernel = AUCKernel(positive, score, units, weights if weighted else None)
    counts = np.concatenate(list(draw_chunks(1, kernel.sizes, [slice(None)], 40)))
    for count, got in zip(counts, kernel.values(counts), strict=True):
        mass = count[units] * (weights if weighted else 1)
        want = roc_auc_score(positive, score, sample_weight=mass)
        assert got == pytest.approx(want, abs=1e-12)


def test_areas_of_merged_cells_equal_scikit_learn(rows):
    positive, score, *_ = rows
    kernel = AUCKernel(positive, score, None, None)
    counts = np.concatenate(list(draw_chunks(1, kernel.sizes, [slice(None)], 40)))
    cells = np.concatenate(kernel.scores)
    for count, got in zip(counts, kernel.values(counts), strict=True):
        want = roc_auc_score(kernel.classes, cells, sample_weight=count)
        assert got == pytest.approx(want, abs=1e-12)


def test_curves_of_counts_equal_scikit_learn(rows):
    positive, score, _, patient, _ = rows
    kernel = AUCKernel(positive, score, patient, None)
    count = next(draw_chunks(4, kernel.sizes, [slice(None)], 1))
    mass = count[0][patient]
    fpr, tpr, cuts = roc_curve(
        positive, score, sample_weight=mass, drop_intermediate=False
    )
    got = kernel.curves(count, cuts)
    np.testing.assert_allclose(got, [[fpr], [tpr]], atol=1e-12)


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("metric", ["npv", "weighted_youden", "balanced_accuracy"])
def test_rates_of_counts_equal_the_plain_metric(rows, metric, grouped):
    positive, _, predicted, patient, _ = rows
    plain = {"npv": npv_score, "weighted_youden": weighted_youden_score}
    plain |= {"balanced_accuracy": balanced_accuracy_score}
    units = patient if grouped else None
    kernel = RateKernel(positive, predicted, units, None, *linear_rates(metric))
    loop = CallableKernel(plain[metric], positive, predicted, units, None, positive)
    assert kernel.estimate == pytest.approx(loop.estimate, abs=1e-12)
    fast, slow = (
        np.concatenate(
            [
                k.values(c)
                for c in draw_chunks(
                    s, k.sizes, strata_of(k.classes, True, by_class=True), n
                )
            ]
        )
        for s, (k, n) in enumerate(((kernel, 20_000), (loop, 1000)))
    )
    assert fast.mean() == pytest.approx(slow.mean(), abs=4 * slow.std() / 1000**0.5)
    assert fast.std() == pytest.approx(slow.std(), rel=0.08)


@pytest.mark.parametrize("grouped", [False, True])
def test_influence_of_the_area_equals_its_derivative(rows, grouped):
    positive, score, _, patient, _ = rows
    kernel = AUCKernel(positive, score, patient if grouped else None, None)
    step = 1e-6 * np.eye(kernel.sizes.size)
    up, down = (kernel.values(kernel.sizes + sign * step) for sign in (1, -1))
    np.testing.assert_allclose(kernel.influence(), (up - down) / 2e-6, atol=1e-9)


@pytest.mark.parametrize("metric", ["ppv", "weighted_youden"])
def test_influence_of_a_rate_equals_its_derivative(rows, metric):
    positive, _, predicted, patient, weights = rows
    parts = linear_rates(metric, 0.8)
    kernel = RateKernel(positive, predicted, patient, weights, *parts)
    step = 1e-6 * np.eye(kernel.sizes.size)
    up, down = (kernel.values(kernel.sizes + sign * step) for sign in (1, -1))
    np.testing.assert_allclose(kernel.influence(), (up - down) / 2e-6, atol=1e-9)


def test_jackknife_of_a_mean_is_its_influence(rng):
    y = rng.normal(size=12)
    kernel = CallableKernel(
        lambda a, b: a.mean(), y, y, None, None, np.zeros(12, dtype=int)
    )
    np.testing.assert_allclose(kernel.influence(), (y - y.mean()) / 12, atol=1e-12)


@pytest.mark.parametrize("value", [None, "0.5", np.ones(4), np.ones(1), (1, 0), 1j])
def test_a_metric_returns_one_number(value):
    y = [0, 1, 0, 1]
    with pytest.raises(ValueError, match="metric must return one number, got "):
        bootstrap_ci(lambda *_: value, y, y, n_resamples=20, random_state=0)
