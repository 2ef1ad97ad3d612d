"""What the display of decision curves draws."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

mpl.use("Agg")

import matplotlib.pyplot as plt

from sknac.metrics import DecisionCurveDisplay, optimism

pytestmark = pytest.mark.mpl


@pytest.fixture(autouse=True)
def _close_figures():
    """Close every figure after a test."""
    yield
    plt.close("all")


@pytest.fixture
def predictions(rng):
    """Labels and the probabilities of two models."""
    y = np.repeat(["non-response", "response"], 20)
    return y, {"a": rng.random(40), "b": rng.random(40)}


def test_lines_are_the_numbers(predictions):
    shown = DecisionCurveDisplay.from_predictions(*predictions, pos_label="response")
    for line, values in zip(
        shown.lines_, shown.curve.net_benefit.values(), strict=True
    ):
        np.testing.assert_array_equal(line.get_ydata(), values)
    np.testing.assert_array_equal(shown.all_line_.get_ydata(), shown.curve.treat_all)
    assert not shown.none_line_.get_ydata().any()
    assert len(shown.bands_) == 2


def test_legend_states_class_and_counts(predictions):
    shown = DecisionCurveDisplay.from_predictions(*predictions, pos_label="response")
    legend = shown.ax_.get_legend()
    assert legend.get_title().get_text() == "n = 40, 20 positive (response)"
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == ["everybody as response", "nobody as response", "a", "b"]
    assert len({str(line.get_linestyle()) for line in shown.lines_}) == 2


def test_legend_tells_rows_from_patients(predictions):
    shown = DecisionCurveDisplay.from_predictions(
        *predictions, pos_label="response", groups=np.repeat(np.arange(10), 4)
    )
    about = shown.ax_.get_legend().get_title().get_text()
    assert about == "40 rows of 10 patients, 20 positive (response)"


def test_one_threshold_can_be_drawn(predictions):
    shown = DecisionCurveDisplay.from_predictions(
        *predictions, pos_label="response", thresholds=[0.3]
    )
    assert shown.lines_[0].get_xdata().tolist() == [0.3]


def test_no_model_is_refused(predictions):
    with pytest.raises(ValueError, match="holds no model"):
        DecisionCurveDisplay.from_estimator(
            {}, None, predictions[0], pos_label="response"
        )


def test_estimators_probabilities_are_drawn(predictions, rng):
    y, X = predictions[0], rng.normal(size=(40, 2))
    model = LogisticRegression().fit(X, y)
    _, ax = plt.subplots()
    shown = DecisionCurveDisplay.from_estimator(
        model,
        X,
        y,
        pos_label="response",
        ax=ax,
        plot_band=False,
        line_kwargs={"color": "k"},
    )
    assert shown.curve.pos_label == "response"
    assert shown.ax_ is ax
    assert shown.bands_ == []
    assert shown.lines_[0].get_color() == "k"
    assert shown.lines_[0].get_label() == "LogisticRegression"


def test_bands_are_the_bounds(predictions):
    shown = DecisionCurveDisplay.from_predictions(*predictions, pos_label="response")
    curve = shown.curve
    for name, band in zip(curve.net_benefit, shown.bands_, strict=True):
        corners = {tuple(at) for path in band.get_paths() for at in path.vertices}
        drawn = np.isfinite(curve.low[name])
        assert 50 < drawn.sum() < 99  # none in the tail
        for bound in (curve.low[name], curve.high[name]):
            pairs = zip(curve.thresholds[drawn], bound[drawn], strict=True)
            assert corners.issuperset(pairs)


@pytest.mark.parametrize(("versus", "names"), [("treat all", ["a", "b"]), ("b", ["a"])])
def test_differences_are_drawn(predictions, versus, names):
    shown = DecisionCurveDisplay.from_predictions(
        *predictions, pos_label="response", versus=versus
    )
    assert [line.get_label() for line in shown.lines_] == names
    table = shown.curve.differences.query("model == 'a' and other == @versus")
    np.testing.assert_array_equal(shown.lines_[0].get_ydata(), table["difference"])
    assert shown.ax_.get_ylabel() == f"net benefit, less that of {versus}"
    assert not shown.none_line_.get_ydata().any()


def test_unknown_rule_is_refused(predictions):
    with pytest.raises(ValueError, match=r"versus must be one of .* got 'nobody'"):
        DecisionCurveDisplay.from_predictions(
            *predictions, pos_label="response", versus="nobody"
        )


def test_standardised_curves_say_so(predictions):
    shown = DecisionCurveDisplay.from_predictions(
        *predictions, pos_label="response", standardised=True
    )
    assert shown.ax_.get_ylabel() == "standardised net benefit"
    assert shown.ax_.get_ylim()[1] == pytest.approx(1.15)


@pytest.fixture
def fitted(rng):
    """Return a model, its patients, and its optimism at three thresholds."""
    X = rng.normal(size=(40, 3))
    y = (X[:, 0] + rng.normal(size=40) > 0).astype(int)
    model = LogisticRegression().fit(X, y)
    cuts = ["net_benefit@0.2", "net_benefit@0.5", "net_benefit@0.9"]
    found = optimism(model, X, y, cuts, n_resamples=5, random_state=0)
    return model, X, y, found


def test_corrected_curves_stand_beside_the_apparent_ones(fitted):
    model, X, y, found = fitted
    shown = DecisionCurveDisplay.from_estimator(model, X, y, optimism=found, name="a")
    (line,) = shown.corrected_lines_
    np.testing.assert_array_equal(line.get_ydata(), found.table["corrected"])
    texts = [text.get_text() for text in shown.ax_.get_legend().get_texts()]
    assert texts[2:] == [
        "a, apparent",
        "a, corrected for optimism (harrell, 5 resamples)",
    ]
    assert line.get_marker() == "."
    corners = np.concatenate([path.vertices for path in shown.bands_[0].get_paths()])
    assert found.table["low"].iloc[0] in corners[:, 1]


def test_corrected_differences_are_drawn_without_bounds(fitted):
    model, X, y, found = fitted
    shown = DecisionCurveDisplay.from_estimator(
        model, X, y, optimism=found, versus="treat all"
    )
    want = found.table["corrected"] - shown.curve.treat_all
    np.testing.assert_allclose(shown.corrected_lines_[0].get_ydata(), want)
    assert not shown.bands_[0].get_paths()
    models = {"a": model, "b": model}
    for given, n_lines in ({"a": found}, 0), ({"a": found, "b": found}, 1):
        shown = DecisionCurveDisplay.from_estimator(
            models, X, y, optimism=given, versus="b"
        )
        assert len(shown.corrected_lines_) == n_lines
