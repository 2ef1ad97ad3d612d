"""Stages are parameters by name, and shown in order."""

# SPDX-License-Identifier: BSD-3-Clause

import html

import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
)
from sklearn.svm import LinearSVC

from sknac.decision import ScoreColumn, StagedClassifier, WeightedYoudenThreshold

# Which class the alphabet gives is not what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:(pos|stop)_label is not set")

EVERY = slice(None)


def cascade(**settings):
    """Two stages on two columns of scores."""
    return StagedClassifier(
        [
            ("dlr2", ScoreColumn("dlr2"), ["dlr2"]),
            ("dlr4", ScoreColumn("dlr4"), ["dlr4"]),
        ],
        **settings,
    )


def test_stages_are_reached_by_name(fig4_alone):
    model = cascade()
    params = model.get_params()
    assert params["dlr2__kind"] == "probability"
    copy = clone(model).set_params(dlr2__kind="score", dlr4=ScoreColumn("dlr4"))
    assert copy.stages[0][1].kind == "score"
    assert copy.stages[0][2] == ["dlr2"]
    assert model.stages[0][1].kind == "probability"
    with pytest.raises(ValueError, match="Invalid parameter"):
        model.set_params(dlr3__kind="score")


def test_search_tunes_thresholds_inside_the_cascade(cancer):
    X, y = cancer
    model = StagedClassifier(
        [
            (
                "early",
                WeightedYoudenThreshold(LogisticRegression(), cv=2),
                ["mean radius"],
            ),
            ("late", WeightedYoudenThreshold(LinearSVC(), cv=2), EVERY),
        ]
    )
    grid = {"early__weight": [0.4, 0.6], "late__estimator__C": [0.1, 1.0]}
    search = GridSearchCV(model, grid, scoring="balanced_accuracy", cv=3).fit(X, y)
    assert search.best_score_ > 0.85
    assert set(search.best_params_) == set(grid)


def test_page_shows_the_stages_in_order_with_their_columns(fig4_alone):
    late = WeightedYoudenThreshold(ScoreColumn("dlr4"), cv="resubstitution")
    model = StagedClassifier(
        [("early", ScoreColumn("dlr2"), ["dlr2"]), ("late", late, ["dlr4"])]
    )
    for state in (model, model.fit(*fig4_alone)):
        page = html.unescape(state._repr_html_().split('<div class="sk-container"')[1])
        assert page.index("ScoreColumn") < page.index("late: dlr4")


def test_labels_and_names_are_escaped_on_the_page(fig4_alone):
    X, y = fig4_alone
    evil = "<script>alert(1)</script>"
    X = X.rename(columns={"dlr2": evil})
    stage = WeightedYoudenThreshold(ScoreColumn(evil), cv="resubstitution")
    model = StagedClassifier([("x", stage, [evil])])
    for state in (model, model.fit(X, y)):
        assert evil not in state._repr_html_()
