"""What the display of subgroups draws."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

mpl.use("Agg")

import matplotlib.pyplot as plt

from sknac.metrics import SubgroupDisplay

pytestmark = pytest.mark.mpl

# The validation cohort of the DLRP paper: right decisions in each subtype.
SUBTYPES = {"HR+HER2-": (16, 19), "HR+HER2+": (7, 9), "HER2+": (7, 8), "TN": (4, 4)}


@pytest.fixture(autouse=True)
def _close_figures():
    """Close every figure after a test."""
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def paper():
    """Labels, decisions and subtypes that give the paper's accuracies."""
    right = np.concatenate([np.arange(n) < k for k, n in SUBTYPES.values()])
    subtype = np.repeat(list(SUBTYPES), [n for _, n in SUBTYPES.values()])
    y = np.where(np.arange(len(right)) % 2, "response", "non-response")
    other = np.where(y == "response", "non-response", "response")
    return y, np.where(right, y, other), pd.Series(subtype, name="subtype")


def draw(paper, **kwargs):
    """Draw the paper's subgroups."""
    return SubgroupDisplay.from_predictions(*paper, pos_label="response", **kwargs)


def test_points_are_the_rates_with_their_counts(paper):
    shown = draw(paper)
    points = shown.containers_["accuracy"].lines[0].get_xdata()
    shares = [k / n for k, n in SUBTYPES.values()]
    np.testing.assert_allclose(points, [34 / 40, *shares])
    labels = [label.get_text() for label in shown.ax_.get_yticklabels()]
    assert labels[:2] == ["all (n = 40)", "HR+HER2- (n = 19)"]
    assert shown.texts_[1].get_text().startswith("16/19  0.84 [")


def test_intervals_are_the_bounds(paper):
    shown = draw(paper, method="clopper-pearson")
    segments = shown.containers_["accuracy"].lines[2][0].get_segments()
    drawn = np.array([segment[:, 0] for segment in segments])
    frame = shown.rates.to_frame()
    np.testing.assert_allclose(drawn, frame[["accuracy_low", "accuracy_high"]])
    assert "Clopper-Pearson interval" in shown.ax_.get_xlabel()


def test_axis_states_class_and_counts(paper):
    label = draw(paper).ax_.get_xlabel()
    assert label == ("accuracy (95 % Wilson interval)\nn = 40, 20 positive (response)")


def test_metrics_differ_without_colour(paper):
    shown = draw(paper, metrics=("sensitivity", "specificity"))
    markers = {c.lines[0].get_marker() for c in shown.containers_.values()}
    assert len(markers) == 2
    heights = [c.lines[0].get_ydata()[0] for c in shown.containers_.values()]
    assert heights[0] != heights[1]
    with pytest.raises(ValueError, match=r"metrics must be one of .* got 'auc'"):
        draw(paper, metrics="auc")


def test_several_factors_have_headings(paper):
    y, pred, subtype = paper
    by = pd.DataFrame({"subtype": subtype, "half": np.arange(40) < 20})
    shown = draw((y, pred, by))
    labels = shown.ax_.get_yticklabels()
    bold = [x.get_text() for x in labels if x.get_fontweight() == "bold"]
    assert bold == ["subtype", "half"]


def test_rate_without_patients_is_written_not_drawn(paper):
    y, pred, _ = paper
    by = np.where(y == "response", "only responders", "others")
    shown = draw((y, pred, by), metrics="specificity")
    texts = [text.get_text() for text in shown.texts_]
    assert texts.count("0/0") == 1
    shown.figure_.canvas.draw()


def test_subgroups_may_be_columns_of_the_table(paper):
    y, _, subtype = paper
    X = pd.DataFrame({"subtype": subtype, "age": 50})
    model = DummyClassifier(strategy="constant", constant="response").fit(X, y)
    one = SubgroupDisplay.from_estimator(model, X, y, "subtype", pos_label="response")
    assert one.rates.pos_label == "response"
    two = SubgroupDisplay.from_estimator(
        model, X, y, ["subtype", "age"], pos_label="response"
    )
    given = SubgroupDisplay.from_estimator(
        model, X, y, subtype.tolist(), pos_label="response"
    )
    assert len(two.rates.rates) == len(one.rates.rates) + 1
    assert len(given.rates.rates) == len(one.rates.rates)
    with pytest.raises(ValueError, match="no column 'grade'"):
        SubgroupDisplay.from_estimator(model, X, y, "grade", pos_label="response")


def test_styling_goes_through_kwargs(paper):
    _, ax = plt.subplots()
    shown = draw(paper, ax=ax, point_kwargs={"color": "k"}, text_kwargs={"fontsize": 5})
    assert shown.ax_ is ax
    assert shown.containers_["accuracy"].lines[0].get_color() == "k"
    assert shown.texts_[0].get_fontsize() == 5


def test_points_and_numbers_stand_beside_their_subgroup(paper):
    y, pred, subtype = paper
    by = pd.DataFrame({"subtype": subtype, "part": np.arange(40) < 15})
    shown = draw((y, pred, by))
    names = [label.get_text() for label in shown.ax_.get_yticklabels()]
    places = dict(zip(names, shown.ax_.get_yticks(), strict=True))
    points = shown.containers_["accuracy"].lines[0].get_xydata().tolist()
    numbers = {text.get_position()[1]: text.get_text() for text in shown.texts_}
    for (_, level), found in shown.rates.rates.items():
        rate = found.accuracy
        at = places[f"{level} (n = {rate.total})"]
        assert [rate.estimate, at] in points
        assert numbers[at].startswith(f"{rate.count}/{rate.total} ")
    assert places["all (n = 40)"] == 0
    bottom, top = shown.ax_.get_ylim()
    assert bottom > top


def test_single_factor_is_named():
    y = [0, 1, 0, 1]
    by = pd.Series(["a", "a", "b", "b"], name="birads")
    assert SubgroupDisplay.from_predictions(y, y, by).ax_.get_ylabel() == "birads"
    assert SubgroupDisplay.from_predictions(y, y, list(by)).ax_.get_ylabel() == ""
    two = pd.DataFrame({"birads": by, "side": by})
    assert SubgroupDisplay.from_predictions(y, y, two).ax_.get_ylabel() == ""
