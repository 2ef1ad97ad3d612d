"""The drawing of both rates along the threshold."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

mpl.use("Agg")

import matplotlib.pyplot as plt

from sknac.decision import ThresholdCurveDisplay, WeightedYoudenThreshold

pytestmark = pytest.mark.mpl


@pytest.fixture(autouse=True)
def _close_figures():
    """Close every figure after a test."""
    yield
    plt.close("all")


@pytest.fixture
def scores():
    """Labels and scores of six patients."""
    y = ["non-response"] * 3 + ["response"] * 3
    return y, np.array([0.1, 0.2, 0.4, 0.3, 0.5, 0.6])


def drawn_value(line, at):
    """Read a step curve: left of an end of a step, it included, its value holds."""
    x, y = line.get_data()
    return y[np.searchsorted(x, at, side="left")]


@pytest.mark.parametrize("cut", [0.05, 0.1, 0.15, 0.2, 0.3, 0.34, 0.4, 0.55, 0.6, 0.61])
def test_steps_are_the_rates_of_each_threshold(scores, cut):
    y, score = scores
    shown = ThresholdCurveDisplay.from_predictions(
        y, score, weight=0.8, pos_label="response"
    )
    positive = np.array(y) == "response"
    sensitivity = (score >= cut)[positive].mean()
    specificity = (score < cut)[~positive].mean()
    found = [drawn_value(line, cut) for line in shown.lines_]
    mean = 0.8 * sensitivity + 0.2 * specificity
    assert found == pytest.approx([sensitivity, specificity, mean])
    assert all(line.get_drawstyle() == "steps-pre" for line in shown.lines_)


def test_chosen_cut_is_marked_and_spelt(scores):
    shown = ThresholdCurveDisplay.from_predictions(
        *scores, weight=0.8, pos_label="response"
    )
    assert shown.rates["threshold"] == shown.curve.threshold == 0.25
    assert shown.threshold_line_.get_xdata() == [0.25, 0.25]
    np.testing.assert_allclose(shown.points_.get_ydata(), [1, 2 / 3, 0.8 + 0.4 / 3])
    legend = shown.ax_.get_legend()
    assert legend.get_title().get_text() == "n = 6, 3 positive (response)"
    assert [text.get_text() for text in legend.get_texts()] == [
        "sensitivity 1.00",
        "specificity 0.67",
        "weighted Youden + 1 (w = 0.8) 0.93",
        "threshold 0.25",
    ]


def test_curves_differ_without_colour(scores):
    shown = ThresholdCurveDisplay.from_predictions(
        *scores, weight=0.5, pos_label="response"
    )
    assert len({str(line.get_linestyle()) for line in shown.lines_}) == 3


@pytest.mark.parametrize("pos_label", ["benign", "malignant"])
def test_fitted_threshold_shows_its_own_and_other_patients(cancer, pos_label):
    X, y = cancer
    model = WeightedYoudenThreshold(
        LogisticRegression(), weight=0.8, pos_label=pos_label
    ).fit(X[::2], y[::2])
    own = ThresholdCurveDisplay.from_estimator(model)
    assert own.rates["sensitivity"] == model.fit_sensitivity_
    other = ThresholdCurveDisplay.from_estimator(model, X[1::2], y[1::2])
    right = model.predict(X[1::2]) == y[1::2]
    assert other.rates["threshold"] == model.threshold_
    assert other.rates["sensitivity"] == right[y[1::2] == pos_label].mean()
    assert other.rates["specificity"] == right[y[1::2] != pos_label].mean()
    model.set_params(weight=0.1)  # not fitted again: the cut is that of 0.8
    again = ThresholdCurveDisplay.from_estimator(model, X[1::2], y[1::2])
    assert again.rates == other.rates
    with pytest.raises(ValueError, match="X and y must come both"):
        ThresholdCurveDisplay.from_estimator(model, X)


def test_equal_scores_can_be_drawn():
    shown = ThresholdCurveDisplay.from_predictions([0, 1], [0.5, 0.5], weight=0.5)
    shown.figure_.canvas.draw()


def test_styling_goes_through_kwargs(scores):
    _, ax = plt.subplots()
    shown = ThresholdCurveDisplay.from_predictions(
        *scores,
        weight=0.5,
        pos_label="response",
        ax=ax,
        line_kwargs={"linewidth": 3},
        reference_kwargs={"color": "r"},
        point_kwargs={"markersize": 9},
    )
    assert shown.ax_ is ax
    assert shown.lines_[0].get_linewidth() == 3
    assert shown.threshold_line_.get_color() == "r"
    assert shown.points_.get_markersize() == 9


@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner, X, y: FrozenEstimator(inner),
        lambda inner, X, y: CalibratedClassifierCV(FrozenEstimator(inner)).fit(X, y),
        lambda inner, X, y: GridSearchCV(inner, {"weight": [0.8]}, cv=2).fit(X, y),
    ],
    ids=["frozen", "calibrated", "search"],
)
def test_a_threshold_is_found_inside_others(wrap):
    X = np.random.default_rng(0).normal(size=(40, 2))
    y = np.where(X[:, 0] > 0, "response", "non-response")
    inner = WeightedYoudenThreshold(
        LogisticRegression(), weight=0.8, pos_label="response", cv="resubstitution"
    ).fit(X, y)
    outer = wrap(inner, X, y)
    for data in ((), (X[:20], y[:20])):
        found = ThresholdCurveDisplay.from_estimator(outer, *data)
        expected = ThresholdCurveDisplay.from_estimator(inner, *data)
        assert dict(found.rates) == dict(expected.rates)


def test_pipelines_take_the_patients_through_their_steps():
    X = np.random.default_rng(0).normal(size=(40, 2))
    y = np.where(X[:, 0] > 0, "response", "non-response")
    inner = WeightedYoudenThreshold(
        LogisticRegression(), pos_label="response", cv="resubstitution"
    )
    model = make_pipeline(StandardScaler(), inner).fit(X, y)
    found = ThresholdCurveDisplay.from_estimator(model, X, y)
    scaled = model[0].transform(X)
    expected = ThresholdCurveDisplay.from_estimator(model[-1], scaled, y)
    assert dict(found.rates) == dict(expected.rates)
    with pytest.raises(TypeError, match="holds no WeightedYoudenThreshold; pass"):
        ThresholdCurveDisplay.from_estimator(LogisticRegression().fit(X, y))
