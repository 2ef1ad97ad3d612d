"""Notebooks show stages, weights and thresholds."""

# SPDX-License-Identifier: BSD-3-Clause

import html
import re

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils import estimator_html_repr

from sknac.decision import ScoreColumn, StagedClassifier, WeightedYoudenThreshold


def shown(estimator):
    """Return the text of an estimator's diagram, without the plain fallback."""
    page = estimator_html_repr(estimator).split('<div class="sk-container"')[1]
    page = page.split("<script>")[0]
    return html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page)))


@pytest.fixture
def threshold():
    """A threshold that is not fitted."""
    return WeightedYoudenThreshold(
        LogisticRegression(), weight=0.8, pos_label="malignant"
    )


def test_threshold_shows_weight_then_cut_and_rates(threshold, cancer):
    assert "weight 0.8, malignant positive" in shown(threshold)
    fitted = threshold.fit(*cancer)
    text = shown(fitted)
    assert f"malignant if score ≥ {fitted.threshold_:.3g}" in text
    assert (
        f"weight 0.8, sensitivity {fitted.sensitivity_:.2f}, "
        f"specificity {fitted.specificity_:.2f}"
    ) in text
    assert "LogisticRegression" in text


def test_changed_weight_of_a_fitted_threshold_is_not_passed_off_as_used(
    threshold, cancer
):
    fitted = threshold.fit(*cancer).set_params(weight=0.3)
    assert "weight 0.8, sensitivity" in shown(fitted)


def cascade(**kwargs):
    """Two stages, one of them a plain column."""
    late = WeightedYoudenThreshold(ScoreColumn("dlr4"), weight=0.2, cv="resubstitution")
    stages = [("early", ScoreColumn("dlr2"), ["dlr2"]), ("late", late, ["dlr4"])]
    return StagedClassifier(stages, **kwargs)


def test_stages_show_names_columns_and_who_stops(fig4_alone):
    model = cascade(stop_label="non-response")
    text = shown(model)
    first, between, second = (
        text.index(words)
        for words in ("early: dlr2", "non-response: stop, else go on", "late: dlr4")
    )
    assert first < between < second
    text = shown(model.fit(*fig4_alone))
    assert "early: dlr2 (42 patients)" in text
    assert "late: dlr4 (42 patients)" in text
    assert "response if score ≥ 0.5" in text


def test_columns_without_names_and_many_columns_are_short(cancer):
    X, y = cancer
    stages = [("only", LogisticRegression(), slice(None))]
    assert "only: slice(None, None, None)" in shown(StagedClassifier(stages))
    wide = X.to_numpy()[:, [0, 1, 2, 0, 1, 2]]
    text = shown(StagedClassifier(stages).fit(wide, y))
    assert "only: 0, 1, 2, 3, 2 more (200 patients)" in text


def test_unset_stop_label_is_the_first_class():
    assert "first class: stop, else go on" in shown(cascade())


def test_labels_and_names_are_escaped(fig4_alone):
    X, y = fig4_alone
    evil = "<script>alert(1)</script>"
    y = [evil if label == "response" else "a" for label in y]
    X = X.rename(columns={"dlr2": evil})
    model = StagedClassifier(
        [
            ("x", ScoreColumn(evil, pos_label=evil), [evil]),
            ("y", ScoreColumn("dlr4", pos_label=evil), ["dlr4"]),
        ],
        stop_label=evil,
    )
    for estimator in (model, model.fit(X, y)):
        assert evil not in estimator_html_repr(estimator)
