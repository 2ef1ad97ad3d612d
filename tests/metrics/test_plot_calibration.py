"""What the display of calibration curves draws."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

mpl.use("Agg")

import matplotlib.pyplot as plt

from sknac.metrics import CalibrationCIDisplay
from sknac.metrics._proportions import proportion_ci

pytestmark = pytest.mark.mpl

LABEL = {"pos_label": "response"}


@pytest.fixture(autouse=True)
def _close_figures():
    """Close every figure after a test."""
    yield
    plt.close("all")


@pytest.fixture
def predictions(rng):
    """Labels and probabilities of 60 patients."""
    prob = rng.uniform(0.05, 0.95, 60)
    return np.where(rng.random(60) < prob, "response", "non-response"), prob


def test_artists_are_the_numbers(predictions):
    shown = CalibrationCIDisplay.from_predictions(*predictions, **LABEL)
    found = shown.calibration
    np.testing.assert_array_equal(shown.line_.get_ydata(), found.curve["observed"])
    np.testing.assert_array_equal(
        shown.points_.lines[0].get_ydata(), found.bins["observed"]
    )
    corners = {tuple(at) for path in shown.band_.get_paths() for at in path.vertices}
    for side in ("low", "high"):
        pairs = zip(found.curve["predicted"], found.curve[side], strict=True)
        assert corners.issuperset(pairs)


def test_bars_are_wilson_s(predictions):
    shown = CalibrationCIDisplay.from_predictions(*predictions, **LABEL, n_bins=1)
    ((low, high),) = shown.points_.lines[2][0].get_segments()
    want = proportion_ci(int((predictions[0] == "response").sum()), 60)
    assert (low[1], high[1]) == pytest.approx((want.low, want.high))


def test_legend_says_class_counts_and_slope(predictions):
    shown = CalibrationCIDisplay.from_predictions(*predictions, **LABEL, name="DLR-2")
    n_pos = (predictions[0] == "response").sum()
    legend = shown.ax_.get_legend()
    about = f"n = 60, {n_pos} positive (response)"
    assert legend.get_title().get_text() == about
    assert legend.get_texts()[1].get_text().startswith("DLR-2: slope ")


def test_rows_of_patients_have_no_bars_of_rows(predictions):
    shown = CalibrationCIDisplay.from_predictions(
        *predictions, **LABEL, groups=np.arange(60) // 3
    )
    assert not shown.points_.has_yerr
    assert "60 rows of 20 patients" in shown.ax_.get_legend().get_title().get_text()


def test_training_patients_are_named_in_the_legend(rng):
    X = rng.normal(size=(60, 2))
    y = (X[:, 0] + rng.normal(size=60) > 0).astype(int)
    model = LogisticRegression(C=np.inf).fit(X, y)
    _, ax = plt.subplots()
    shown = CalibrationCIDisplay.from_estimator(
        model, X, y, data="training", ax=ax, plot_band=False, plot_bins=False
    )
    assert shown.ax_ is ax
    assert shown.band_ is shown.points_ is None
    assert "training patients" in ax.get_legend().get_title().get_text()
    assert shown.line_.get_label().startswith("LogisticRegression: slope 1.00")
