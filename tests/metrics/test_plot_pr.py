"""What the precision-recall display draws."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

mpl.use("Agg")

import matplotlib.pyplot as plt

from sknac.metrics import PRCurveCIDisplay, average_precision_ci

pytestmark = pytest.mark.mpl


@pytest.fixture(autouse=True)
def _close_figures():
    """Close every figure after a test."""
    yield
    plt.close("all")


def draw(tied, scores=None, **kwargs):
    """Draw scores of the tied data with few resamples."""
    y, a, b = tied
    scores = {"DLR-2": a, "DLR-4": b} if scores is None else scores
    kwargs = {"pos_label": "response", "n_resamples": 20, "random_state": 0} | kwargs
    return PRCurveCIDisplay.from_predictions(y, scores, **kwargs)


def test_legend_tells_class_patients_and_prevalence(tied):
    y, a, _ = tied
    shown = draw(tied)
    texts = [text.get_text() for text in shown.ax_.get_legend().get_texts()]
    ap = average_precision_ci(y, a, pos_label="response")
    assert texts[0] == (
        f"DLR-2: AP {ap.estimate:.2f} [{ap.low:.2f}, {ap.high:.2f}]\n"
        "n = 42, 21 positive (response), prevalence 50.0%"
    )
    assert len(texts) == 2
    images = draw(tied, {"a": a}, groups=np.arange(42) // 2).legend_labels()[0]
    assert "42 rows of 21 patients" in images


def test_curves_differ_in_colour_and_dashes_and_are_steps(tied):
    first, second = draw(tied).lines_
    assert first.get_color() != second.get_color()
    assert first.get_linestyle() != second.get_linestyle()
    assert first.get_drawstyle() == "steps-post"


def test_the_dotted_line_is_the_prevalence_of_each_cohort(tied):
    y, a, b = tied
    first = draw(tied, {"DLR-2": a})
    (line,) = first.prevalence_lines_
    assert set(line.get_ydata()) == {0.5}
    assert draw(tied, {"DLR-4": b}, ax=first.ax_).prevalence_lines_ == []
    other = PRCurveCIDisplay.from_predictions(
        y[:31], a[:31], pos_label="response", n_resamples=5, ax=first.ax_
    )
    (line,) = other.prevalence_lines_
    assert line.get_ydata()[0] == pytest.approx(21 / 31)
    assert other.lines_[0].get_color() != first.lines_[0].get_color()


def test_band_and_prevalence_can_be_left_out_and_styled(tied):
    bare = draw(tied, plot_band=False, plot_prevalence=False)
    assert bare.bands_ == bare.prevalence_lines_ == []
    styled = draw(tied, line_kwargs={"color": "k"}, band_kwargs={"alpha": 0.3})
    assert styled.lines_[0].get_color() == "k"
    assert styled.bands_[0].get_alpha() == 0.3
    assert styled.figure_ is styled.ax_.figure
    assert styled.ax_.get_xlabel() == "Recall (sensitivity)"


def test_estimators_give_the_curve_of_their_scores(rng):
    y = np.where(np.arange(40) % 4, "non-response", "response")
    X = rng.normal(size=(40, 2)) + (y == "response")[:, None]
    model = LogisticRegression().fit(X, y)
    about = {"pos_label": "response", "n_resamples": 5}
    shown = PRCurveCIDisplay.from_estimator(model, X, y, **about)
    score = model.predict_proba(X)[:, 1]
    want = average_precision_ci(y, score, pos_label="response")
    assert shown.curves["LogisticRegression"].average_precision == want
    with pytest.raises(ValueError, match="pos_label"):
        PRCurveCIDisplay.from_estimator(model, X, y)


@pytest.mark.parametrize(
    ("scores", "message"),
    [({}, "y_score holds no model"), ({"a": [1.0]}, "y_score of 'a'")],
)
def test_bad_input_is_named(tied, scores, message):
    with pytest.raises(ValueError, match=message):
        draw(tied, scores)


def test_two_models_of_one_name_are_refused(tied):
    _, a, b = tied
    with pytest.raises(ValueError, match="1"):
        draw(tied, {1: a, "1": b})
