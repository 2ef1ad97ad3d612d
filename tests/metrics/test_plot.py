"""What the ROC display draws."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from sknac.metrics import RocCIDisplay

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
    return RocCIDisplay.from_predictions(y, scores, **kwargs)


def test_legend_tells_auc_interval_count_and_positive_class(tied):
    shown = draw(tied)
    texts = [t.get_text() for t in shown.ax_.get_legend().get_texts()]
    auc = shown.curves["DLR-2"].auc
    assert texts[0] == (
        f"DLR-2: AUC {auc.estimate:.2f} [{auc.low:.2f}, {auc.high:.2f}]\n"
        "n = 42, 21 positive (response)"
    )
    assert len(texts) == 2


def test_curves_differ_in_colour_and_dashes(tied):
    lines = draw(tied).lines_
    assert lines[0].get_color() != lines[1].get_color()
    assert lines[0].get_linestyle() != lines[1].get_linestyle()


def test_second_display_on_the_same_axes_goes_on_with_styles(tied):
    first = draw(tied, tied[1], name="DLR-2")
    second = draw(tied, tied[2], name="DLR-4", ax=first.ax_)
    assert second.ax_ is first.ax_
    assert second.lines_[0].get_linestyle() != first.lines_[0].get_linestyle()
    assert len(second.ax_.get_legend().get_texts()) == 2
    assert second.chance_line_ is None  # one diagonal is enough


def test_band_and_diagonal_can_be_left_out(tied):
    shown = draw(tied, plot_band=False, plot_chance_level=False)
    assert shown.bands_ == []
    assert len(shown.ax_.lines) == 2


def test_styling_goes_through_kwargs(tied):
    shown = draw(tied, curve_kwargs={"color": "k"}, band_kwargs={"alpha": 0.3})
    assert shown.lines_[0].get_color() == "k"
    assert shown.bands_[0].get_alpha() == 0.3
    assert shown.figure_ is shown.ax_.figure
