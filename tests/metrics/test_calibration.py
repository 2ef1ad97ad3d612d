"""Calibration of probabilities."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import t
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss
from sklearn.tree import DecisionTreeClassifier

from sknac.metrics import calibration
from sknac.utils._warnings import HintWarning

close = pytest.approx

# Made in R; every case holds its data, its R call and a relative tolerance.
ORACLES = json.loads(
    (Path(__file__).parent / "data" / "r_calibration.json").read_text()
)["cases"]


@pytest.mark.parametrize("case", ORACLES.values(), ids=ORACLES.keys())
def test_intercept_slope_and_ratio_equal_r(case):
    want, about = case["values"], {"rel": case["rtol"]}
    found = calibration(case["data"]["y"], case["data"]["p"])
    large, both = want["in_the_large"], want["slope_model"]
    assert found.intercept.estimate == close(large["intercept"], **about)
    assert found.intercept.se == close(large["se_hc0"], **about)
    assert found.slope.estimate == close(both["slope"], **about)
    assert found.slope.se == close(both["se_hc0_slope"], **about)
    half = t.ppf(0.975, want["n"] - 2) * both["se_hc0_slope"]
    assert found.slope.high == close(both["slope"] + half, **about)
    assert found.o_to_e.estimate == close(want["o_to_e"], **about)
    assert found.brier.estimate == close(want["brier"], **about)


@pytest.mark.parametrize("case", ORACLES.values(), ids=ORACLES.keys())
def test_distances_equal_r(case):
    found = calibration(case["data"]["y"], case["data"]["p"])
    want = case["values"]["lowess_delta0"]
    got = (found.ici, found.e50, found.e90, found.emax)
    names = ("mean_abs", "e50", "e90", "emax")
    assert got == close([want[name] for name in names], rel=case["rtol"])


def test_errors_between_patients_are_written_out(predictions):
    # Sums of a patient's scores, between the inverse of the information.
    y, prob = predictions
    patient = np.arange(400) // 3
    found = calibration(y, prob, groups=patient).intercept
    fitted = expit(logit(prob) + found.estimate)
    sums = np.bincount(patient, y - fitted)
    want = np.sqrt((sums**2).sum()) / (fitted * (1 - fitted)).sum()
    assert found.se == close(want, rel=1e-6)


def test_ratio_has_the_error_of_a_ratio_of_means(predictions):
    y, prob = predictions
    found = calibration(y, prob).o_to_e
    rest = y - found.estimate * prob
    half = 1.959964 * np.sqrt((rest**2).sum() / 399 * 400) / y.sum()
    low, high = np.log([found.low, found.high]) - np.log(found.estimate)
    assert (low, high) == close((-half, half), rel=1e-6)


def test_ratio_without_positives_has_exact_bounds():
    with (
        pytest.warns(UndefinedMetricWarning, match="one class"),
        pytest.warns(UndefinedMetricWarning, match="No row holds"),
    ):
        found = calibration([0] * 20, np.linspace(0.05, 0.45, 20), pos_label=1).o_to_e
    upper = (1 - 0.025 ** (1 / 20)) / 0.25
    assert (found.estimate, found.low, found.high) == close((0, 0, upper))
    assert found.method == "clopper-pearson"


def test_band_narrows_with_patients_not_with_rows(predictions):
    y, prob = predictions
    one = calibration(y, prob).curve
    ten = [np.repeat(x, 10) for x in (y, prob, np.arange(400))]
    many = calibration(ten[0], ten[1], groups=ten[2]).curve
    wide, copied = (x["high"] - x["low"] for x in (one, many))
    assert copied.to_numpy() == close(wide.to_numpy(), rel=0.05)
    few = calibration(y[::4], prob[::4]).curve
    assert (few["high"] - few["low"]).mean() == close(2 * wide.mean(), rel=0.2)


@pytest.mark.parametrize("case", ["all alike in the middle", "separated", "two levels"])
def test_band_never_claims_certainty(case, rng):
    prob = np.sort(rng.uniform(0.05, 0.95, 40))
    y = np.arange(40) >= 20
    if case == "all alike in the middle":
        y = y & (np.arange(40) % 19 > 0) | (np.arange(40) == 1)
    elif case == "two levels":
        prob, y = np.repeat([0.2, 0.7], 20), np.arange(40) % 2 == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)  # of the slope
        curve = calibration(y, prob).curve
    assert (curve["high"] - curve["low"] > 0.1).all()
    assert curve["observed"].between(0, 1).all()
    inside = (curve["low"] <= curve["observed"]) & (curve["observed"] <= curve["high"])
    assert inside.all()


def fitted_probabilities(kind, X, y):
    """Return the probabilities of something fitted to these very patients."""
    if kind == "tree":
        model = DecisionTreeClassifier(max_leaf_nodes=3, min_samples_leaf=30)
        return model.fit(X, y).predict_proba(X)[:, 1]
    if kind == "platt":
        X = LogisticRegression(C=0.01).fit(X, y).decision_function(X)[:, None]
    return LogisticRegression(C=np.inf).fit(X, y).predict_proba(X)[:, 1]


@pytest.mark.parametrize("kind", ["logistic", "platt", "tree"])
def test_slope_of_one_by_construction_is_told(kind, rng):
    X = rng.normal(size=(120, 3))
    y = (rng.random(120) < expit(X[:, 0])).astype(int)
    prob = fitted_probabilities(kind, X, y)
    with pytest.warns(HintWarning, match='or say data="training"'):
        calibration(y, prob)
    found = calibration(y, prob, data="training")
    assert found.data == "training"
    assert "training patients: a fit makes its own slope 1" in repr(found)
    assert "training" not in repr(calibration(y[::-1], prob))


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


def test_only_a_slope_below_zero_asks_for_the_positive_class(rng):
    says_nothing = np.arange(40) % 2 == 0
    for low, high in [(0.05, 0.6), (0.2, 0.6), (0.3, 0.55), (0.35, 0.8), (0.4, 0.95)]:
        found = calibration(says_nothing, np.repeat([low, high], 20))
        assert found.slope.estimate == pytest.approx(0, abs=1e-12)
    prob = rng.uniform(0.05, 0.95, 200)
    with pytest.warns(HintWarning, match="is negative: predictions are lower"):
        calibration(rng.random(200) > prob, prob)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_prob": [0.1, 1.2]}, r"must lie in \[0, 1\]"),
        ({"y_prob": [0.1, np.nan]}, "row 1: y_prob is NaN"),
        ({"data": "test"}, "data must be one of {'new', 'training'}, got 'test'"),
        ({"n_bins": 0}, "n_bins must be a whole number >= 1, got 0"),
        ({"y_true": ["R", "N"]}, "pos_label is not specified"),
    ],
)
def test_bad_input_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        calibration(**({"y_true": [0, 1], "y_prob": [0.3, 0.6]} | change))
