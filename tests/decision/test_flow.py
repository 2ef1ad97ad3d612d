"""The flow counts every patient once, beside each stage alone."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.decision import ScoreColumn, StagedClassifier, stage_flow
from sknac.metrics._proportions import proportion_ci

# Which class the alphabet gives is not what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set")

STOP = {"stop_label": "non-response"}


def cascade():
    """Two stages on two columns of scores."""
    return StagedClassifier(
        [
            ("dlr2", ScoreColumn("dlr2"), ["dlr2"]),
            ("dlr4", ScoreColumn("dlr4"), ["dlr4"]),
        ]
    )


# Counts of Fig. 4 of the DLRP paper (validation cohort, 21 of each class).
def test_counts_are_those_of_fig_4(fig4):
    X, y = fig4
    flow = stage_flow(y, cascade().fit(X, y).predict_each(X), **STOP)
    counts = flow.counts
    assert counts.columns.tolist() == ["non-response", "response", "n"]
    assert counts.loc[("dlr2", "stop")].tolist() == [10, 2, 12]
    assert counts.loc[("dlr2", "continue")].tolist() == [11, 19, 30]
    assert counts.loc[("dlr4", "stop")].tolist() == [9, 4, 13]
    assert counts.loc[("dlr4", "continue")].tolist() == [2, 15, 17]
    assert flow.stages == ["dlr2", "dlr4"]


# Table 3 of the same paper: DLR-2 19/21 and 10/21, DLR-4 17/21 and 19/21, cascade
# 15/21 and 19/21 (sensitivity and specificity, positive = response).
def test_each_stage_alone_is_that_of_table_3(fig4_alone):
    X, y = fig4_alone
    flow = stage_flow(y, cascade().fit(X, y).predict_each(X), **STOP)
    cells = flow.to_frame()[["tp", "fn", "fp", "tn"]]
    assert cells.loc["cascade"].tolist() == [15, 6, 2, 19]
    assert cells.loc["dlr2"].tolist() == [19, 2, 11, 10]
    assert cells.loc["dlr4"].tolist() == [17, 4, 2, 19]
    assert flow.rates["cascade"].npv.estimate == pytest.approx(19 / 25)


def test_flow_agrees_with_the_cascade(fig4_alone):
    X, y = fig4_alone
    model = cascade().fit(X, y)
    flow = stage_flow(y, model.predict_each(X), **STOP)
    actions = model.trace(X)["action"].value_counts()
    by_action = flow.counts["n"].unstack()
    assert by_action["stop"].sum() == actions["stop"]
    assert by_action.loc["dlr4", "continue"] == actions["continue"]


def test_patients_without_data_await():
    labels = {"a": [0, 1, 1, 1], "b": [None, 0, 1, None]}
    flow = stage_flow([0, 0, 1, 1], labels, stop_label=0)
    assert flow.counts.loc[("b", "awaiting"), "n"] == 1
    assert ("a", "awaiting") not in flow.counts.index
    assert flow.n_undecided == {"cascade": 1, "a": 0, "b": 2}
    assert flow.to_frame()["n"].tolist() == [3, 4, 2]


def test_positive_class_may_be_the_one_that_stops():
    labels = {"a": [0, 0, 1, 1], "b": [0, 1, 0, 1]}
    flow = stage_flow([0, 0, 0, 1], labels, stop_label=0, pos_label=0)
    assert flow.pos_label == 0
    assert flow.to_frame().loc["cascade", ["tp", "fn", "fp", "tn"]].tolist() == [
        3,
        0,
        0,
        1,
    ]


def test_level_is_that_of_the_intervals():
    labels = {"a": [0, 0, 1, 1], "b": [0, 1, 0, 1]}
    found = {
        level: stage_flow([0, 0, 0, 1], labels, stop_label=0, confidence_level=level)
        for level in (0.8, 0.95)
    }
    narrow, wide = (flow.rates["cascade"].specificity for flow in found.values())
    assert narrow.low == proportion_ci(3, 3, confidence_level=0.8).low
    assert wide.low < narrow.low


def test_three_stages_are_counted_in_order():
    labels = {"a": [0, 1, 1, 1], "b": [0, 0, 1, 1], "c": [0, 0, 0, 1]}
    flow = stage_flow([0, 0, 0, 1], labels, stop_label=0)
    assert flow.counts["n"].tolist() == [1, 3, 1, 2, 1, 1]


@pytest.mark.parametrize(
    ("labels", "change", "message"),
    [
        ({"a": [0, 1, 2]}, {}, "must hold labels of y_true"),
        ({"a": [0, None, 1]}, {}, "row 1 has no label of the first stage 'a'"),
        ({"a": [0, 1]}, {}, "2 rows but y_true has 3"),
        ({"cascade": [0, 1, 1]}, {}, "named 'cascade'"),
        ({"a": [0, 1, 1]}, {"stop_label": 5}, "label=5 is not a valid label"),
        ({"a": [0, 1, 1]}, {"pos_label": 5}, "pos_label must be a label of y .* got 5"),
    ],
)
def test_bad_input_is_named(labels, change, message):
    with pytest.raises(ValueError, match=message):
        stage_flow([0, 1, 1], labels, **({"stop_label": 0} | change))


def test_repr_shows_counts_and_classes(fig4):
    X, y = fig4
    text = repr(stage_flow(y, cascade().fit(X, y).predict_each(X), **STOP))
    assert "n=42" in text
    assert "pos_label='response'" in text
    assert np.all([word in text for word in ("dlr2", "stop", "continue")])


def test_two_stages_of_one_name_are_refused():
    y = ["non-response"] * 2 + ["response"] * 2
    stages = pd.DataFrame(np.c_[y, y], columns=["a", "a"])
    with pytest.raises(ValueError, match="two columns of one name, 'a'; rename one"):
        stage_flow(y, stages, **STOP)


def test_a_band_keeps_those_it_does_not_hand_on():
    labels = {"a": [0, 1, 1, 0, 1], "b": [0, 1, 0, 1, 1]}
    deferred = {"a": [False, False, True, True, True]}
    flow = stage_flow([0, 1, 0, 1, 1], labels, stop_label=0, deferred=deferred)
    assert flow.counts["n"].to_dict() == {
        ("a", "stop"): 1,
        ("a", "keep"): 1,
        ("a", "continue"): 3,
        ("b", "stop"): 1,
        ("b", "continue"): 2,
    }
    cells = flow.to_frame()[["tp", "fn", "fp", "tn"]]
    assert cells.loc["cascade"].tolist() == [3, 0, 0, 2]
    assert cells.loc["a"].tolist() == [2, 1, 1, 1]  # alone, at its own cut


@pytest.mark.parametrize(
    ("deferred", "message"),
    [
        ({"b": [True] * 3}, "must name stages before the last, {'a'}, got 'b'"),
        ({"c": [True] * 3}, "must name stages before the last"),
        ({"a": [1, 0, 1]}, r"deferred\['a'\] must be True or False for each"),
        ({"a": [True]}, r"deferred\['a'\]"),
    ],
)
def test_bad_bands_are_named(deferred, message):
    labels = {"a": [0, 1, 1], "b": [0, 1, 1]}
    with pytest.raises(ValueError, match=message):
        stage_flow([0, 1, 1], labels, stop_label=0, deferred=deferred)
