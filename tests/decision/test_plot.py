"""The drawing of a cascade shows its counts."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sknac.decision import ScoreColumn, StagedClassifier, StageFlowDisplay, stage_flow

pytestmark = [
    pytest.mark.mpl,
    pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set"),
]


@pytest.fixture(autouse=True)
def _quiet_figures():
    """Draw without a screen and close what was drawn."""
    mpl.use("Agg")
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


@pytest.fixture
def cascade(fig4):
    """The cascade of Fig. 4, fitted."""
    stages = [(name, ScoreColumn(name), [name]) for name in ("dlr2", "dlr4")]
    return StagedClassifier(stages).fit(*fig4)


def test_bars_are_the_counts(cascade, fig4):
    display = StageFlowDisplay.from_estimator(cascade, *fig4)
    drawn = [[bar.get_width() for bar in bars] for bars in display.bars_]
    counts = display.flow.counts
    assert drawn == [counts["non-response"].tolist(), counts["response"].tolist()]
    written = [text.get_text() for text in display.ax_.texts]
    assert written == ["10", "11", "9", "2", "2", "19", "4", "15"]


def test_classes_differ_without_colour_and_are_named(cascade, fig4):
    display = StageFlowDisplay.from_estimator(cascade, *fig4)
    hatches = {bars[0].get_hatch() for bars in display.bars_}
    assert len(hatches) == 2
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["non-response (n = 21)", "response (n = 21)"]
    # Not in the title, which is the user's.
    assert display.ax_.get_xlabel() == (
        "patients\ncascade: sensitivity 0.71, specificity 0.90 (positive: response)"
    )


def test_predictions_draw_the_same(cascade, fig4):
    import matplotlib.pyplot as plt

    X, y = fig4
    _, ax = plt.subplots()
    display = StageFlowDisplay.from_predictions(
        y, cascade.predict_each(X), stop_label="non-response", ax=ax
    )
    assert display.ax_ is ax
    assert display.figure_ is ax.figure


def test_bars_take_styles(cascade, fig4):
    X, y = fig4
    flow = stage_flow(y, cascade.predict_each(X), stop_label="non-response")
    display = StageFlowDisplay(flow=flow).plot(bar_kwargs={"height": 0.5})
    assert display.bars_[0][0].get_height() == 0.5


def test_bars_stand_end_to_end_beside_their_names(cascade, fig4):
    display = StageFlowDisplay.from_estimator(cascade, *fig4)
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    stages = ("dlr2", "dlr4")
    assert names == [f"{s}: {done}" for s in stages for done in ("stopped", "goes on")]
    first, second = display.bars_
    assert [bar.get_x() for bar in first] == [0, 0, 0, 0]
    assert [bar.get_x() for bar in second] == [10, 11, 9, 2]
    for bars in display.bars_:
        middles = [bar.get_y() + bar.get_height() / 2 for bar in bars]
        assert middles == pytest.approx(display.ax_.get_yticks())
    assert display.ax_.yaxis_inverted()


def test_legend_covers_no_bar():
    y = ["non-response"] * 9 + ["response"] * 9
    flow = stage_flow(y, {"a": y, "b": y}, stop_label="non-response")
    display = StageFlowDisplay(flow=flow).plot()
    display.figure_.draw_without_rendering()
    legend = display.ax_.get_legend().get_window_extent()
    bars = [bar for bars in display.bars_ for bar in bars if bar.get_width()]
    assert len(bars) == 3
    assert not any(legend.overlaps(bar.get_window_extent()) for bar in bars)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner, X, y: FrozenEstimator(inner),
        lambda inner, X, y: CalibratedClassifierCV(FrozenEstimator(inner)).fit(X, y),
        lambda inner, X, y: GridSearchCV(inner, {"fit_on": ["all"]}, cv=2).fit(X, y),
        lambda inner, X, y: make_pipeline(FunctionTransformer(), inner).fit(X, y),
    ],
    ids=["frozen", "calibrated", "search", "pipeline"],
)
def test_a_cascade_is_found_inside_others(cascade, fig4, wrap):
    outer = wrap(cascade, *fig4)
    display = StageFlowDisplay.from_estimator(outer, *fig4)
    expected = StageFlowDisplay.from_estimator(cascade, *fig4).flow.counts
    assert display.flow.counts.equals(expected)


def test_what_holds_no_cascade_is_refused(fig4):
    with pytest.raises(TypeError, match="ScoreColumn holds no StagedClassifier; pass"):
        StageFlowDisplay.from_estimator(ScoreColumn("dlr2").fit(*fig4), *fig4)
