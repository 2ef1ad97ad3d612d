"""The diagram of patient counts shows every count, without overlap."""

# SPDX-License-Identifier: BSD-3-Clause

from itertools import combinations

import matplotlib as mpl
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from sknac.clinical import PatientFlow, PatientFlowDisplay

pytestmark = pytest.mark.mpl

COHORTS = {
    "Training cohort": {"response": 65, "non-response": 61},
    "Validation cohort": {"response": 21, "non-response": 21},
}
REASONS = {
    "several tumours": 9,
    "ultrasound not done before treatment or after two or after four courses": 15,
}


@pytest.fixture(autouse=True)
def _close_figures():
    """Close every figure after a test."""
    yield
    plt.close("all")


def test_boxes_hold_every_count():
    shown = PatientFlowDisplay.from_counts(COHORTS, excluded=REASONS)
    texts = [box.get_text() for box in shown.boxes_]
    assert texts[0] == "Enrolled (n = 192)"
    assert texts[1].startswith("Excluded (n = 24)\nseveral tumours: 9\nultrasound")
    assert texts[2:5] == [
        "Analysed (n = 168)",
        "Training cohort\n(n = 126)",
        "response\n(n = 65)",
    ]
    assert len(shown.arrows_) == len(shown.boxes_) - 1


@pytest.mark.parametrize("excluded", [None, REASONS])
@pytest.mark.parametrize("n_cohorts", [1, 2])
def test_boxes_neither_overlap_nor_leave_the_figure(excluded, n_cohorts):
    cohorts = dict(list(COHORTS.items())[:n_cohorts])
    shown = PatientFlowDisplay.from_counts(cohorts, excluded=excluded)
    shown.figure_.canvas.draw()
    boxes = [box.get_bbox_patch().get_window_extent() for box in shown.boxes_]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    whole = shown.figure_.bbox
    assert all(whole.x0 <= b.x0 and b.x1 <= whole.x1 for b in boxes)
    assert all(whole.y0 <= b.y0 and b.y1 <= whole.y1 for b in boxes)


def test_reasons_are_drawn_as_they_are_written():
    shown = PatientFlowDisplay.from_counts(
        COHORTS, excluded={r"cost > 5 $ or $\frac$": 1, "<script>": 2}
    )
    shown.figure_.canvas.draw()
    assert r"cost > 5 $ or $\frac$: 1" in shown.boxes_[1].get_text()


def test_labels_are_counted():
    shown = PatientFlowDisplay.from_labels({"all": ["a", "b", "b"]}, enrolled=3)
    assert shown.boxes_[-1].get_text() == "b\n(n = 2)"


def test_styling_goes_through_kwargs():
    _, ax = plt.subplots()
    shown = PatientFlowDisplay.from_counts(
        COHORTS,
        ax=ax,
        box_kwargs={"facecolor": "yellow"},
        text_kwargs={"fontsize": 6},
        arrow_kwargs={"color": "red"},
    )
    assert shown.ax_ is ax
    assert shown.boxes_[0].get_fontsize() == 6
    assert shown.boxes_[0].get_bbox_patch().get_facecolor() == (1, 1, 0, 1)
    assert shown.arrows_[0].arrow_patch.get_edgecolor() == (1, 0, 0, 1)


def test_drawing_may_begin_with_those_analysed():
    flow = PatientFlow({"training": {"a": 2, "b": 1}}, {"no image": 2})
    whole = PatientFlowDisplay(flow=flow).plot()
    part = PatientFlowDisplay(flow=flow).plot(start="analysed")
    assert part.boxes_[0].get_text() == "Analysed (n = 3)"
    assert len(part.boxes_) == len(whole.boxes_) - 2
    assert len(part.arrows_) == len(whole.arrows_) - 2
    bottom, top = part.ax_.get_ylim()
    assert bottom > top > 0
