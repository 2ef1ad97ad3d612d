"""Average precision: scikit-learn's value, exact influence, patients, certainty."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import norm, t
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import average_precision_score

from sknac.metrics import average_precision_ci, performance_table
from sknac.metrics._average_precision import average_precision

close = pytest.approx


@pytest.fixture
def study(rng):
    """80 patients, a quarter positive, with tied scores."""
    y = rng.random(80) < 0.25
    return y.astype(int), np.round(rng.normal(size=80) + y, 1)


@pytest.mark.parametrize("decimals", [0, 1, 8])
def test_value_is_scikit_learns_with_ties(rng, decimals):
    for _ in range(20):
        y = np.append(rng.random(30) < rng.random(), [True, False])
        score = np.round(rng.normal(size=32) + y, decimals)
        got, influence = average_precision(y, score)
        assert got == close(average_precision_score(y, score), rel=1e-12)
        assert influence.sum() == close(0, abs=1e-12)


def test_influence_is_the_derivative_of_weights(study):
    y, score = study
    estimate, influence = average_precision(y == 1, score)
    for row in range(0, 80, 7):
        weight = np.ones(80)
        weight[row] += 1e-6
        moved = average_precision_score(y, score, sample_weight=weight)
        assert influence[row] == close((moved - estimate) / 1e-6, abs=1e-6)


def test_interval_is_students_on_the_logit_scale(study):
    y, score = study
    found = average_precision_ci(y, score, confidence_level=0.9)
    _, influence = average_precision(y == 1, score)
    se = np.sqrt(80 / 79 * (influence**2).sum())
    half = t.ppf(0.95, y.sum() - 1) * se
    half /= found.estimate * (1 - found.estimate)
    want = expit(logit(found.estimate) + np.array([-half, half]))
    assert (found.se, found.low, found.high) == close((se, *want))


def test_error_is_that_of_other_studies(rng):
    values, errors = [], []
    for _ in range(300):
        y = rng.random(300) < 0.3
        found = average_precision_ci(y.astype(int), rng.normal(size=300) + 1.2 * y)
        values.append(found.estimate)
        errors.append(found.se)
    assert np.mean(errors) == close(np.std(values), rel=0.1)


def test_copies_of_each_patient_change_nothing_with_groups(study):
    y, score = study
    one = average_precision_ci(y, score)
    four = [np.repeat(x, 4) for x in (y, score, np.arange(80))]
    copied = average_precision_ci(*four[:2], groups=four[2])
    assert (copied.estimate, copied.low, copied.high) == close(
        (one.estimate, one.low, one.high)
    )
    assert "n=320 rows of 80 patients" in repr(copied)


def test_by_chance_it_is_the_prevalence_and_the_positive_class_matters(study):
    y, score = study
    found = average_precision_ci(y, score)
    other = average_precision_ci(y, -score, pos_label=0)
    assert abs(found.estimate - other.estimate) > 0.1
    with pytest.warns(UndefinedMetricWarning, match="is the prevalence and has no int"):
        flat = average_precision_ci(y, np.ones(80))
    assert flat.estimate == close(y.mean())
    assert np.isnan([flat.low, flat.high]).all()


@pytest.mark.parametrize(("n_pos", "n_neg"), [(2, 6), (10, 40), (40, 10)])
def test_perfect_order_is_bounded_by_the_area_s_bound(n_pos, n_neg):
    y = np.repeat([1, 0], [n_pos, n_neg])
    found = average_precision_ci(y, y * 1.0)
    assert (found.estimate, found.high, found.method) == (1, 1, "clopper-pearson")
    # That share of the negatives above all positives, on a fine grid of these.
    area = 0.025 ** (1 / min(n_pos, n_neg))
    above = (1 - area) * n_neg / n_pos
    recall = (np.arange(10**6) + 0.5) / 10**6
    assert found.low == close((recall / (recall + above)).mean(), rel=1e-4)
    assert found.low > n_pos / (n_pos + n_neg) * 0.4


def test_one_class_or_one_patient_is_told():
    with pytest.warns(UndefinedMetricWarning, match="the average precision"):
        assert np.isnan(average_precision_ci([0, 0], [1, 2]).estimate)
    with pytest.warns(UndefinedMetricWarning, match="A class has one patient only"):
        lone = average_precision_ci([0, 0, 1], [1, 3, 2])
    assert lone.estimate == 0.5
    assert np.isnan([lone.low, lone.high]).all()


def test_table_has_it_when_asked(study):
    y, score = study
    table = performance_table(
        y, None, {"DLR-2": score}, metrics=["roc_auc", "average_precision"]
    )
    got = table.results["DLR-2"]["average_precision"]
    assert got == average_precision_ci(y, score)
    text = table.formatted().loc["DLR-2", "AP"]
    assert text == f"{got.estimate:.3f} [{got.low:.3f}, {got.high:.3f}]"
    assert "AP" not in performance_table(y, None, {"DLR-2": score}).formatted()


def test_bad_input_is_named(study):
    y, score = study
    with pytest.raises(ValueError, match="y_score"):
        average_precision_ci(y, score[:-1])
    with pytest.raises(ValueError, match="pos_label"):
        average_precision_ci(np.where(y == 1, "a", "b"), score)


@pytest.mark.slow
def test_interval_holds_the_truth():
    rng, held = np.random.default_rng(2), 0
    recall = (np.arange(10**4) + 0.5) / 10**4
    truth = (recall / (recall + 3 * norm.cdf(norm.ppf(recall) - 1.5))).mean()
    for _ in range(1500):
        y = rng.random(60) < 0.25
        found = average_precision_ci(y.astype(int), rng.normal(size=60) + 1.5 * y)
        held += found.low <= truth <= found.high
    assert held >= 0.93 * 1500
