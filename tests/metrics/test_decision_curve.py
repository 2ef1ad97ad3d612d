"""Net benefit against its closed form and an independent computation."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from sknac.metrics import decision_curve


def calibrated(n_levels=200):
    """Return labels and probabilities (k + 1/2) / m that are exactly right.

    Of 2 m patients with the k-th probability 2 k + 1 are positive.
    """
    odd = 2 * np.arange(n_levels) + 1
    prob = np.repeat(odd / (2 * n_levels), 2 * n_levels)
    y = np.concatenate([np.arange(2 * n_levels) < k for k in odd]).astype(int)
    return y, prob


def test_calibrated_uniform_probabilities_have_the_closed_form():
    # With p uniform and P(y = 1 | p) = p: integral from t to 1 of p - (1 - p) t / (1
    # - t), which is (1 - t) / 2. The cuts lie between two of the levels.
    cuts = np.array([0.0, 0.1, 0.25, 0.5, 0.8])
    curve = decision_curve(*calibrated(), thresholds=cuts)
    np.testing.assert_allclose(curve.net_benefit["model"], (1 - cuts) / 2, atol=1e-12)
    np.testing.assert_allclose(curve.treat_all, 0.5 - 0.5 * cuts / (1 - cuts))


def test_perfect_prediction_gains_the_prevalence_everywhere():
    y = np.array([0, 0, 0, 1, 1])
    curve = decision_curve(y, y.astype(float))
    np.testing.assert_allclose(curve.net_benefit["model"], 0.4)


def test_counts_give_the_definition_of_vickers_and_elkin(rng):
    y = rng.integers(0, 2, 80)
    prob = rng.beta(2 + y, 3 - y).round(2)  # rounded: some lie on a cut
    cuts = np.linspace(0.05, 0.95, 19).round(2)
    found = decision_curve(y, prob, thresholds=cuts).net_benefit["model"]
    for cut, value in zip(cuts, found, strict=True):
        _, fp, _, tp = confusion_matrix(y, prob >= cut, labels=[0, 1]).ravel()
        assert value == pytest.approx(tp / 80 - fp / 80 * cut / (1 - cut))


def test_bounds_are_those_of_a_mean(rng):
    y = rng.integers(0, 2, 50)
    prob = rng.random(50)
    curve = decision_curve(y, prob, thresholds=[0.4])
    gain = (prob >= 0.4) * np.where(y == 1, 1, -0.4 / 0.6)
    half = 1.959964 * gain.std(ddof=1) / np.sqrt(50)
    assert curve.high["model"][0] == pytest.approx(gain.mean() + half, rel=1e-6)
    assert curve.low["model"][0] == pytest.approx(gain.mean() - half, rel=1e-6)


def test_copies_of_a_patient_bring_no_certainty(rng):
    y, prob = rng.integers(0, 2, 40), rng.random(40)
    once = decision_curve(y, prob)
    copies = [np.repeat(x, 10) for x in (y, prob, np.arange(40))]
    ten = decision_curve(copies[0], copies[1], groups=copies[2])
    np.testing.assert_allclose(ten.low["model"], once.low["model"])
    assert (ten.n, ten.n_groups) == (400, 40)


def test_positive_class_turns_the_question_round():
    y = ["response", "response", "non-response", "non-response"]
    curve = decision_curve(
        y, [0.2, 0.4, 0.6, 0.8], pos_label="non-response", thresholds=[0.5]
    )
    assert curve.net_benefit["model"][0] == 0.5
    assert curve.pos_label == "non-response"


def test_table_and_dictionary_hold_every_model():
    curve = decision_curve(
        [0, 1], {"a": [0.1, 0.9], "b": [0.5, 0.5]}, thresholds=[0.6, 0.2]
    )
    frame = curve.to_frame()
    assert frame["model"].tolist() == ["a", "a", "b", "b"]
    assert frame["threshold"].tolist() == [0.2, 0.6, 0.2, 0.6]
    assert curve.to_dict()["net_benefit"]["a"] == [0.5, 0.5]


def test_difference_is_that_of_the_curves_with_the_spread_of_pairs(rng):
    y = np.arange(60) % 2
    a, b = (rng.beta(2 + y, 3 - y) for _ in range(2))
    curve = decision_curve(y, {"a": a, "b": b}, thresholds=[0.4])
    assert curve.differences[["model", "other"]].to_numpy().tolist() == [
        ["a", "b"],
        ["a", "treat all"],
        ["b", "treat all"],
    ]
    gain = ((a >= 0.4) * 1.0 - (b >= 0.4)) * np.where(y, 1, -2 / 3)
    first = curve.differences.iloc[0]
    assert first["difference"] == pytest.approx(gain.mean())
    assert first["n_differ"] == (gain != 0).sum() >= 10
    rest = curve.net_benefit["a"][0] - curve.treat_all[0]
    assert curve.differences["difference"].iloc[1] == pytest.approx(rest)


def test_standardised_benefit_is_a_ratio_with_its_error(rng):
    y, prob = np.arange(50) % 2, rng.random(50)
    curve = decision_curve(y, prob, thresholds=[0.4], standardised=True)
    gain = (prob >= 0.4) * np.where(y == 1, 1, -2 / 3)
    ratio = gain.sum() / y.sum()
    assert curve.net_benefit["model"][0] == pytest.approx(ratio)
    half = 1.959964 * (gain - ratio * y).std(ddof=1) / np.sqrt(50) / 0.5
    assert curve.high["model"][0] == pytest.approx(ratio + half, rel=1e-6)
    assert "standardised" in repr(curve)
    perfect = decision_curve(y, y * 1.0, thresholds=[0.3], standardised=True)
    assert perfect.net_benefit["model"][0] == pytest.approx(1)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y_prob": [0.1, 1.2]}, r"must lie in \[0, 1\]"),
        ({"y_prob": [0.1, np.nan]}, "NaN"),
        ({"thresholds": [1.0]}, r"must lie in \[0, 1\)"),
        ({"thresholds": []}, "at least one"),
        ({"y_true": ["a", "b"]}, "pos_label"),
        ({"confidence_level": 1}, "confidence_level"),
        ({"standardised": "yes"}, "standardised must be one of {False, True}"),
        ({"y_prob": {"treat all": [0.1, 0.9]}}, "names a model 'treat all'"),
        ({"y_true": [0, 0], "standardised": True}, "standardised net benefit"),
    ],
)
def test_bad_input_is_named(changed, message):
    given = {"y_true": [0, 1], "y_prob": [0.1, 0.9]} | changed
    with pytest.raises(ValueError, match=message):
        decision_curve(**given)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("threshold", [0.15, 3 * 0.05, np.float32(0.15)])
def test_a_threshold_is_reached_as_in_decimals(kind, threshold):
    y = [0] * 20 + [1] * 20
    p = np.array([0.1] * 19 + [0.9] + [0.15] * 19 + [0.8], dtype=kind)
    found = decision_curve(y, p, thresholds=[threshold]).to_frame()
    # 20 true positives and 1 false one among 40 patients.
    want = 20 / 40 - 1 / 40 * 0.15 / 0.85
    assert found["net_benefit"].item() == pytest.approx(want)


@pytest.mark.parametrize("threshold", [0.7, 7 * 0.1, 0.1 + 0.6])
def test_the_highest_prediction_reaches_its_own_threshold(threshold):
    p = np.array([0.2, 0.3, 0.7], dtype=np.float32)
    found = decision_curve([0, 0, 1], p, thresholds=[threshold]).to_frame()
    assert found["net_benefit"].item() == pytest.approx(1 / 3)
