"""Logistic fits and their tests against the closed forms of a table of two by two."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from sknac.clinical._logistic import fit_logistic, is_separated, nested_test

close = pytest.approx
# Exposed and not exposed, by event and no event.
A, B, C, D = 30, 12, 18, 40


@pytest.fixture
def table():
    """Give a flag and the outcome of each patient of the table."""
    exposed = np.repeat([1.0, 1.0, 0.0, 0.0], [A, B, C, D])
    event = np.repeat([1.0, 0.0, 1.0, 0.0], [A, B, C, D])
    return {"exposed": exposed[:, None]}, event


def test_coefficient_is_the_log_odds_ratio(table):
    fit = fit_logistic(table[0], ["exposed"], table[1])
    assert fit.coef[1] == close(np.log(A * D / (B * C)), rel=1e-9)
    assert fit.coef[0] == close(np.log(C / D), rel=1e-9)
    woolf = np.sqrt(1 / A + 1 / B + 1 / C + 1 / D)
    assert np.sqrt(fit.covariance[1, 1]) == close(woolf, rel=1e-9)


def test_criteria_are_those_of_the_likelihood(table):
    fit = fit_logistic(table[0], [], table[1])
    n, share = 100, (A + C) / 100
    loss = -2 * n * (share * np.log(share) + (1 - share) * np.log(1 - share))
    assert fit.deviance == close(loss)
    assert fit.aic == close(loss + 2)
    assert fit.bic == close(loss + np.log(n))


@pytest.mark.parametrize("test", ["lr", "wald", "score"])
def test_nested_tests_are_those_of_the_table(table, test):
    blocks, target = table
    empty, full = (fit_logistic(blocks, x, target) for x in ([], ["exposed"]))
    got = nested_test(empty, full, "exposed", blocks["exposed"], test)
    cells = [[A, B], [C, D]]
    want = {
        "lr": chi2_contingency(cells, correction=False, lambda_="log-likelihood")[0],
        "score": chi2_contingency(cells, correction=False)[0],  # Pearson's
        "wald": np.log(A * D / (B * C)) ** 2 / (1 / A + 1 / B + 1 / C + 1 / D),
    }
    assert got[0] == close(want[test], rel=1e-7)
    assert got[1:] == (1, got[2], test)


def test_units_play_no_part(table):
    blocks, target = table
    fit = fit_logistic(blocks, ["exposed"], target)
    scaled = fit_logistic({"exposed": 1e6 * blocks["exposed"]}, ["exposed"], target)
    assert 1e6 * scaled.coef[1] == close(fit.coef[1], rel=1e-9)
    assert scaled.deviance == close(fit.deviance, rel=1e-12)


@pytest.mark.parametrize(
    ("values", "separated"),
    [([1, 2, 3, 4], True), ([1, 3, 2, 4], False), ([1, 2, 2, 3], True)],
)
def test_separation_is_told_even_where_classes_touch(values, separated):
    design = np.column_stack([np.ones(4), np.array(values, dtype=float)])
    assert is_separated(design, np.array([0, 0, 1, 1])) is separated


def test_a_separated_fit_has_no_errors_and_falls_back_on_the_likelihood():
    blocks, target = {"x": np.arange(8.0)[:, None]}, np.repeat([0.0, 1.0], 4)
    empty, full = (fit_logistic(blocks, x, target) for x in ([], ["x"]))
    assert full.separated
    assert np.isnan(full.covariance).all()
    got = nested_test(empty, full, "x", blocks["x"], "wald")
    assert got[3] == "lr"
    assert got[0] == close(16 * np.log(2), rel=1e-3)
