"""A nomogram that is read off as drawn gives the model's prediction."""

# SPDX-License-Identifier: BSD-3-Clause

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

mpl.use("Agg")

import matplotlib.pyplot as plt
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sknac.clinical import NomogramDisplay

pytestmark = pytest.mark.mpl


@pytest.fixture(autouse=True)
def _close_figures():
    """Close every figure after a test."""
    yield
    plt.close("all")


@pytest.fixture
def fitted(rng):
    """Return a model with numbers and classes, and its patients."""
    n = 60
    X = pd.DataFrame(
        {
            "age": rng.uniform(31, 78, n),
            "cost > 5 $": rng.uniform(0.2, 3.8, n),
            "grade": rng.choice(["I", "II", "III, and long"], n),
            "er": 1,
        }
    )
    y = (rng.random(n) < expit((X["age"] - 55) / 8 - X["cost > 5 $"] + 2)).astype(int)
    encoded = (OneHotEncoder(), ["grade"])
    pre = make_column_transformer(encoded, remainder="passthrough")
    return make_pipeline(pre, LogisticRegression(max_iter=500)).fit(X, y), X


def place_of(display, key, label):
    """Return where a tick stands, by its label."""
    labels = [text.get_text() for text in display.labels_[key]]
    return display.ticks_[key].get_xdata()[labels.index(label)]


def test_ticks_read_by_eye_give_the_prediction(fitted):
    model, X = fitted
    shown = NomogramDisplay.from_estimator(model, X)
    read = {"age": "40", "grade": "II", "cost > 5 $": "1"}
    patient = X[:1].assign(**read).astype({"age": float, "cost > 5 $": float})
    points = sum(place_of(shown, *at) for at in read.items())
    # The axes below: the total in ticks, and below it the log-odds.
    totals = shown.ticks_["total points"].get_xdata()
    said = [float(t.get_text()) for t in shown.labels_["total points"]]
    place = np.interp(points, said, totals)
    probs = [float(t.get_text()) for t in shown.labels_["probability"]]
    at = shown.ticks_["probability"].get_xdata()
    slope, start = np.polyfit(at, logit(probs), 1)
    want = model.predict_proba(patient)[0, 1]
    assert expit(start + slope * place) == pytest.approx(want, abs=1e-9)


def test_axes_are_in_the_order_of_the_columns(fitted):
    shown = NomogramDisplay.from_estimator(*fitted)
    assert list(shown.lines_) == [
        "points",
        "age",
        "cost > 5 $",
        "grade",
        "total points",
        "probability",
    ]
    assert list(shown.ticks_) == list(shown.labels_) == list(shown.lines_)
    texts = [text.get_text() for text in shown.ax_.texts]
    assert "probability of 1" in texts
    assert "n = 60 patients, whose values are the axes' ends; only for er = 1" in texts


def test_axes_end_where_the_patients_do(fitted):
    shown = NomogramDisplay.from_estimator(*fitted)
    scales = shown.nomogram.scales
    for term in ("age", "grade"):
        ends = shown.lines_[term].get_xdata()
        assert ends[1] == scales[scales["term"] == term]["points"].max()
    for ticks, line in zip(shown.ticks_.values(), shown.lines_.values(), strict=True):
        assert ticks.get_xdata().max() <= line.get_xdata()[1] + 1e-9


def test_labels_of_an_axis_do_not_overlap(fitted):
    shown = NomogramDisplay.from_estimator(*fitted)
    shown.figure_.canvas.draw()
    for labels in shown.labels_.values():
        boxes = [text.get_window_extent() for text in labels]
        assert not any(a.overlaps(b) for a, b in pairwise(boxes))
    whole = shown.figure_.bbox
    boxes = [text.get_window_extent() for text in shown.ax_.texts]
    assert all(whole.x0 <= b.x0 and b.x1 <= whole.x1 for b in boxes)


def test_styling_goes_through_kwargs(fitted):
    _, ax = plt.subplots()
    shown = NomogramDisplay.from_estimator(
        *fitted, ax=ax, line_kwargs={"color": "red"}, text_kwargs={"fontsize": 5}
    )
    assert shown.ax_ is ax
    assert shown.lines_["age"].get_color() == "red"
    assert {text.get_fontsize() for text in ax.texts} == {5}
