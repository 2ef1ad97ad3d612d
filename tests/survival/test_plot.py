"""The drawing shows curves, bands, patients at risk and the test."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from sknac.survival import KaplanMeierDisplay

pytestmark = pytest.mark.mpl


@pytest.fixture(autouse=True)
def _quiet_figures():
    """Draw without a screen and close what was drawn."""
    mpl.use("Agg")
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


@pytest.fixture
def display(datasets):
    """The leukemia data, drawn."""
    data = datasets["leukemia"]
    return KaplanMeierDisplay.from_predictions(
        data["time"], data["event"], data["group"], time_label="weeks"
    )


def test_lines_and_bands_are_the_curves(display):
    for group, line in zip(display.result.groups, display.lines_, strict=True):
        curves = display.result.curves
        curve = curves[curves["group"] == group]
        np.testing.assert_array_equal(line.get_ydata(), curve["survival"])
    assert len(display.bands_) == 2


def test_groups_differ_without_colour_and_state_n(display):
    assert len({line.get_linestyle() for line in display.lines_}) == 2
    legend = display.ax_.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "0 (n = 21, events = 9)",
        "1 (n = 21, events = 21)",
    ]
    assert legend.get_title().get_text() == "log-rank p < 0.001"


def test_patients_at_risk_stand_below_the_axis(display):
    texts = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert texts == ["0\n\n21\n21", "10\n\n15\n8", "20\n\n8\n2", "30\n\n4\n0"]
    display.figure_.canvas.draw()


def test_groups_may_be_predictions(datasets):
    data = datasets["leukemia"]
    model = DummyClassifier(strategy="constant", constant="response")
    model.fit(data[["Rx"]], ["response", "non-response"] * 21)
    display = KaplanMeierDisplay.from_estimator(
        model, data[["Rx"]], data["time"], data["event"]
    )
    assert display.result.groups == ["response"]
    assert display.ax_.get_legend().get_title().get_text() == ""


def test_drawing_goes_where_it_is_told(datasets):
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    data = datasets["rossi"]
    display = KaplanMeierDisplay.from_predictions(
        data["time"], data["event"], data["group"], ax=ax, at_risk_table=False
    )
    assert display.ax_ is ax
    assert display.ax_.get_legend().get_title().get_text() == "log-rank p = 0.050"
