"""The drawing shows curves, bands, patients at risk and the test."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from sknac.survival import KaplanMeierDisplay, hazard_ratio, restricted_mean
from sknac.utils._warnings import HintWarning

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
    title = legend.get_title().get_text().splitlines()
    assert title[0] == "log-rank p < 0.001"
    assert title[2] == "(1 vs 0)"


def test_hazard_ratio_is_the_function_s(datasets):
    data = datasets["rossi"]
    given = [data[name] for name in ("time", "event", "group")]
    shown = KaplanMeierDisplay.from_predictions(*given, reference_group="1yes")
    found = hazard_ratio(*given, reference_group="1yes").table.loc["0no"]
    ratio, low, high = found[["hazard_ratio", "low", "high"]]
    assert shown.hazard.reference_group == "1yes"
    title = shown.ax_.get_legend().get_title().get_text()
    assert f"hazard ratio {ratio:.2f} [{low:.2f}, {high:.2f}]\n(0no vs 1yes)" in title


def test_several_groups_each_have_their_ratio(datasets):
    data = datasets["larynx"]
    shown = KaplanMeierDisplay.from_predictions(
        data["time"], data["event"], data["group"]
    )
    title = shown.ax_.get_legend().get_title().get_text()
    assert title.count("hazard ratio") == 3
    assert "(S4 vs S1)" in title


def test_ratio_without_events_is_called_undefined():
    shown = KaplanMeierDisplay.from_predictions(
        [1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], [True] * 3 + [False] * 3
    )
    title = shown.ax_.get_legend().get_title().get_text()
    assert "hazard ratio undefined\n(True vs False)" in title


def test_patients_at_risk_stand_below_the_axis(display):
    texts = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert texts == ["0\n\n21\n21", "10\n\n15\n8", "20\n\n8\n2", "30\n\n4\n0"]
    display.figure_.canvas.draw()


def test_groups_may_be_predictions(datasets):
    data = datasets["leukemia"]
    model = DummyClassifier(strategy="constant", constant="response")
    model.fit(data[["Rx"]], ["response", "non-response"] * 21)
    display = KaplanMeierDisplay.from_estimator(
        model, data[["Rx"]], data["time"], data["event"], predictions="new"
    )
    assert display.result.groups == ["response"]
    title = display.ax_.get_legend().get_title().get_text()
    assert title == "predicted of new patients"
    with pytest.warns(HintWarning, match="Nobody said whether the patients are new"):
        KaplanMeierDisplay.from_estimator(
            model, data[["Rx"]], data["time"], data["event"]
        )


def test_drawing_goes_where_it_is_told(datasets):
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    data = datasets["rossi"]
    display = KaplanMeierDisplay.from_predictions(
        data["time"], data["event"], data["group"], ax=ax, at_risk_table=False
    )
    assert display.ax_ is ax
    title = display.ax_.get_legend().get_title().get_text()
    assert title.startswith("log-rank p = 0.050\n")


def test_steps_and_bands_hold_until_the_next_time(display):
    curves = display.result.curves
    for group, line, band in zip(
        display.result.groups, display.lines_, display.bands_, strict=True
    ):
        curve = curves[curves["group"] == group].dropna()
        assert line.get_drawstyle() == "steps-post"
        corners = {tuple(at) for path in band.get_paths() for at in path.vertices}
        for bound in ("low", "high"):
            values, times = curve[bound].tolist(), curve["time"].tolist()
            assert corners.issuperset(zip(times, values, strict=True))
            assert corners.issuperset(zip(times[1:], values[:-1], strict=True))


def test_marks_are_those_who_left_without_an_event(display):
    curves = display.result.curves
    marks = display.ax_.lines[1::2]
    for group, mark in zip(display.result.groups, marks, strict=True):
        left = curves[(curves["group"] == group) & (curves["censored"] > 0)]
        np.testing.assert_array_equal(mark.get_xydata(), left[["time", "survival"]])


def test_landmark_restricted_mean_and_predictions_stand_in_the_legend(datasets):
    data = datasets["waltons"]
    given = [data[name] for name in ("time", "event", "group")]
    about = {"entry": 10, "until": 50}
    with pytest.warns(UserWarning, match="use out-of-fold predictions") as seen:
        shown = KaplanMeierDisplay.from_predictions(
            *given, **about, predictions="training"
        )
    assert len(seen) == 1
    title = shown.ax_.get_legend().get_title().get_text()
    assert "landmark 10 (6 left out)\npredicted of training patients" in title
    row = restricted_mean(*given, **about).differences.loc["miR-137"]
    minus = "\N{MINUS SIGN}"
    want = f"restricted means until 50 differ by {row['difference']:.2f}".replace(
        "-", minus
    )
    assert want in title
    assert shown.result.curves["time"].min() == 10


def test_one_group_has_its_restricted_mean():
    shown = KaplanMeierDisplay.from_predictions([1, 2, 3, 4], [1, 1, 0, 1], until=3)
    title = shown.ax_.get_legend().get_title().get_text()
    assert title.startswith("restricted mean until 3 2.25 [")
