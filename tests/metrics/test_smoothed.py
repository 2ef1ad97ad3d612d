"""Curves of the smoothed bootstrap: known distributions, ties, patients."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.stats import beta, kstest

from sknac.metrics._smoothed import SmoothedCurves, interpolated, quantile_bounds


def curves(y, score, codes=None, n=2000):
    """Return all draws of both rates and of the prevalence."""
    drawn = SmoothedCurves(np.asarray(y, bool), np.asarray(score, float), codes)
    parts = list(drawn.draws(0, n))
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def test_rates_at_the_scores_are_those_of_order_statistics():
    # Negatives 3, 2, 1: above the highest lies a share of Beta(1, 3), and so on.
    fpr, tpr, _ = curves([0, 0, 0, 1], [3, 2, 1, 0])
    for place in (1, 2, 3):
        assert kstest(fpr[:, place], beta(place, 4 - place).cdf).pvalue > 0.01
    # The positive lies below them all; a cut above it is in the middle of its gap.
    assert kstest(2 * tpr[:, 1], beta(1, 1).cdf).pvalue > 0.01


def test_prevalence_is_that_of_the_bayesian_bootstrap():
    *_, share = curves([1, 1, 0, 0, 0, 0, 0], np.arange(7))
    assert kstest(share, beta(2, 5).cdf).pvalue > 0.01


def test_curves_rise_from_nobody_to_everybody(rng):
    y, score = rng.random(50) < 0.4, rng.integers(0, 9, 50)
    for rates in curves(y, score, n=30)[:2]:
        assert (np.diff(rates, axis=1) >= 0).all()
        assert (rates[:, 0] == 0).all()
        assert (rates[:, -1] == 1).all()
        assert rates.shape == (30, np.unique(score).size + 2)


def test_rows_of_a_patient_come_together():
    codes = np.repeat(np.arange(8), 5)
    y, score = codes < 4, np.arange(40.0)[::-1]
    _, tpr, _ = curves(y, score, codes)
    _, rows, _ = curves(y, score)
    # Four patients of five rows each are as far from each other as four rows.
    assert tpr[:, 10].std() > 1.7 * rows[:, 10].std()


def test_a_large_cohort_keeps_a_few_thousand_points(rng):
    y = np.arange(9000) % 2
    fpr, *_ = curves(y, rng.normal(size=9000), n=2)
    assert fpr.shape[1] < 4200


def test_curves_are_read_between_their_points(rng):
    x = np.sort(np.column_stack([np.zeros(5), rng.random((5, 7)), np.ones(5)]), axis=1)
    y = np.sort(np.column_stack([np.zeros(5), rng.random((5, 7)), np.ones(5)]), axis=1)
    for at in (0.05, 0.5, 0.99):
        want = [np.interp(at, *line) for line in zip(x, y, strict=True)]
        assert interpolated(x, y, at) == pytest.approx(want)


def test_bounds_hold_the_estimate():
    assert quantile_bounds(np.linspace(0, 1, 101), 0.5, 0.9) == pytest.approx(
        (0.05, 0.95)
    )
    assert quantile_bounds(np.linspace(0, 0.9, 101), 1.0, 0.9)[1] == 1.0
