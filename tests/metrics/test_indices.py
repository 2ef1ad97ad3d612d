"""Indices of weighted rows against scikit-learn, statsmodels and brute force."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn import metrics as sk

from sknac.metrics import calibration
from sknac.metrics._indices import DECIDED, NAMES, Predicted, newton
from sknac.utils._confusion import RATES

PEERS = {
    "roc_auc": lambda y, label, p: sk.roc_auc_score(y, p),
    "sensitivity": lambda y, label, p: sk.recall_score(y, label),
    "specificity": lambda y, label, p: sk.recall_score(~y, ~label),
    "ppv": lambda y, label, p: sk.precision_score(y, label),
    "npv": lambda y, label, p: sk.precision_score(~y, ~label),
    "accuracy": lambda y, label, p: sk.accuracy_score(y, label),
    "balanced_accuracy": lambda y, label, p: sk.balanced_accuracy_score(y, label),
    "weighted_youden": lambda y, label, p: (
        (sk.recall_score(y, label) + sk.recall_score(~y, ~label)) / 2 - 1
    ),
    "brier": lambda y, label, p: sk.brier_score_loss(y, p),
    "calibration_slope": lambda y, label, p: calibration(y, p).slope.estimate,
    "calibration_intercept": lambda y, label, p: calibration(y, p).intercept.estimate,
}


@pytest.fixture
def said(rng):
    """Give 60 rows with tied probabilities."""
    y = rng.random(60) < 0.4
    p = np.clip(np.round(0.3 * y + 0.6 * rng.random(60), 2), 0.01, 0.99)
    return Predicted(y, p > 0.45, p)


def net_benefit(y, label, p):
    """Return Vickers and Elkin's net benefit at 0.4, from counts."""
    acted = p >= 0.4
    return ((acted & y).sum() - (acted & ~y).sum() * 0.4 / 0.6) / y.size


BENEFIT = "net_benefit@0.4"
PEERS[BENEFIT] = net_benefit


@pytest.mark.parametrize("name", [*NAMES, BENEFIT])
def test_an_index_of_weighted_rows_is_that_of_repeated_rows(said, rng, name):
    counts = rng.integers(3, size=60)
    rows = np.repeat(np.arange(60), counts)
    want = PEERS[name](said.positive[rows], said.label[rows], said.score[rows])
    assert said.index(name, counts.astype(float)) == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize("name", ["accuracy", "sensitivity", "ppv", "brier", BENEFIT])
def test_without_information_outcomes_are_paired_with_all_predictions(said, name):
    first, second = (x.ravel() for x in np.indices((60, 60)))
    y, label, p = said.positive[first], said.label[second], said.score[second]
    assert said.without_information(name) == pytest.approx(PEERS[name](y, label, p))


def test_values_without_information():
    y = np.array([True, False, False, False])
    said = Predicted(y, y, np.array([0.7, 0.1, 0.2, 0.3]))
    got = {name: said.without_information(name) for name in NAMES}
    assert got["roc_auc"] == 0.5
    assert got["calibration_slope"] == 0
    assert np.isnan(got["calibration_intercept"])
    assert (got["ppv"], got["npv"], got["weighted_youden"]) == (0.25, 0.75, -0.5)


@pytest.mark.parametrize("name", NAMES)
def test_an_index_that_is_undefined_is_nan(name):
    y = np.array([True, True, False])
    said = Predicted(y, np.zeros(3, dtype=bool), np.array([0.5, 0.5, 0.2]))
    alone = said.index(name, np.array([1.0, 0.0, 0.0]))
    expected = {"sensitivity": 0.0, "accuracy": 0.0, "npv": 0.0, "brier": 0.25}
    np.testing.assert_equal(alone, expected.get(name, np.nan))


@pytest.mark.parametrize("score", [[0.1, 0.2, 0.8], [0.0, 0.6, 0.5], [0.5, 0.5, 0.5]])
def test_a_slope_that_is_not_finite_is_nan(score):
    said = Predicted(np.array([False, False, True]), None, np.array(score))
    assert np.isnan(said.index("calibration_slope", np.ones(3)))


def test_newton_says_so_where_there_is_no_maximum():
    design = np.column_stack([np.arange(6.0), np.ones(6)])
    assert np.isnan(newton(design * [0, 0], np.arange(6) % 2, np.ones(6))).all()
    assert set(RATES) < set(DECIDED)
