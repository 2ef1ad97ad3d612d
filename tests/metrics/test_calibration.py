"""Calibration of probabilities."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from sknac.metrics import calibration

close = pytest.approx


@pytest.fixture
def predictions(rng):
    """Give 400 outcomes and the probabilities they were drawn with."""
    prob = expit(rng.normal(size=400) * 1.5 - 0.3)
    return (rng.random(400) < prob).astype(int), prob


def test_slope_equals_an_unpenalised_logistic_regression(predictions):
    y, prob = predictions
    fit = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12)
    fit.fit(logit(prob)[:, None], y)
    assert calibration(y, prob).slope.estimate == close(fit.coef_[0, 0], rel=1e-6)


def test_intercept_makes_the_mean_prediction_right(predictions):
    y, prob = predictions
    found = calibration(y, prob).intercept.estimate
    assert expit(logit(prob) + found).mean() == close(y.mean(), abs=1e-10)


def test_known_distortion_is_recovered(predictions):
    y, prob = predictions
    straight = calibration(y, prob)
    bent = calibration(y, expit(2 * logit(prob)))
    assert bent.slope.estimate == close(straight.slope.estimate / 2, rel=1e-8)
    assert straight.slope.low < 1 < straight.slope.high
    assert bent.slope.high < 1
    moved = calibration(y, expit(logit(prob) + 0.7))
    want = straight.intercept.estimate - 0.7
    assert moved.intercept.estimate == close(want, abs=1e-8)


def test_brier_score_equals_scikit_learn_and_its_error_that_of_a_mean(predictions):
    y, prob = predictions
    found = calibration(y, prob)
    assert found.brier.estimate == close(brier_score_loss(y, prob), rel=1e-12)
    squares = (prob - y) ** 2
    assert found.brier.se == close(squares.std(ddof=1) / 20, rel=1e-12)
    flat = calibration(y, y.mean() + 0.01 * (prob - prob.mean()))
    assert flat.brier_skill == close(0, abs=0.01)
    assert found.brier_skill == close(1 - squares.mean() / y.var(), rel=1e-12)


def test_bins_hold_everyone_once(predictions):
    y, prob = predictions
    bins = calibration(y, prob, n_bins=8).bins
    assert bins["n"].tolist() == [50] * 8
    assert (bins["n"] * bins["observed"]).sum() == close(y.sum())
    assert bins["predicted"].is_monotonic_increasing


def test_ten_copies_of_each_patient_change_nothing_with_groups(predictions):
    y, prob = predictions
    once, copied = calibration(y, prob, groups=np.arange(400)), None
    ten = [np.repeat(x, 10) for x in (y, prob, np.arange(400))]
    copied = calibration(ten[0], ten[1], groups=ten[2])
    for name in ("slope", "intercept", "brier"):
        one, other = getattr(once, name), getattr(copied, name)
        assert (other.low, other.high) == close((one.low, one.high), rel=2e-3)


def test_other_positive_class_mirrors(predictions):
    y, prob = predictions
    label = np.where(y == 1, "response", "non-response")
    one = calibration(label, prob, pos_label="response")
    other = calibration(label, 1 - prob, pos_label="non-response")
    assert one.slope.estimate == close(other.slope.estimate, rel=1e-8)
    assert one.intercept.estimate == close(-other.intercept.estimate, abs=1e-8)
    assert one.to_frame()["pos_label"].tolist() == ["response"] * 3
    assert one.to_dict()["brier"]["estimate"] == close(other.brier.estimate)


@pytest.mark.filterwarnings("ignore:brier has no spread")
@pytest.mark.parametrize(
    ("y", "prob", "message", "lost"),
    [
        ([1, 1, 1], [0.2, 0.5, 0.7], "one class only", "slope intercept"),
        ([0, 1, 1, 0], [0.0, 0.5, 0.7, 0.6], "exactly 0 or 1", "slope intercept"),
        ([0, 1, 1, 0], [0.5, 0.5, 0.5, 0.5], "All predictions are equal", "slope"),
        ([0, 0, 1, 1], [0.1, 0.2, 0.7, 0.9], "separate the classes", "slope"),
    ],
)
def test_what_cannot_be_estimated_is_nan_and_said(y, prob, message, lost):
    with pytest.warns(UndefinedMetricWarning, match=message):
        found = calibration(y, prob)
    for name in ("slope", "intercept"):
        assert np.isnan(getattr(found, name).estimate) == (name in lost.split())
    assert np.isfinite(found.brier.estimate)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_prob": [0.1, 1.2]}, r"must lie in \[0, 1\]"),
        ({"y_prob": [0.1, np.nan]}, "row 1: y_prob is NaN"),
        ({"n_bins": 0}, "n_bins must be a whole number >= 1, got 0"),
        ({"y_true": ["R", "N"]}, "pos_label is not specified"),
    ],
)
def test_bad_input_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        calibration(**({"y_true": [0, 1], "y_prob": [0.3, 0.6]} | change))
