"""What the forest plot draws, of which results, and what it refuses."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning

mpl.use("Agg")

import matplotlib.pyplot as plt

from sknac.metrics import (
    ForestDisplay,
    auc_ci,
    confusion_rates,
    cv_auc_ci,
    cv_rates,
    performance_table,
    rates_from_counts,
    subgroup_rates,
)

pytestmark = pytest.mark.mpl
POSITIVE = {"pos_label": "response"}


@pytest.fixture(autouse=True)
def _close_figures():
    """Close every figure after a test."""
    yield
    plt.close("all")


def cohort(seed, n=40):
    """Labels, scores and decisions of a cohort."""
    rng = np.random.default_rng(seed)
    y = np.where(np.arange(n) % 2, "response", "non-response")
    score = (y == "response") + rng.normal(size=n)
    return y, score, np.where(score > 0.5, "response", "non-response")


@pytest.fixture(scope="module")
def areas():
    """Areas of three cohorts of different size."""
    sizes = {"Hospital A": 40, "Hospital B": 80, "Hospital C": 20}
    return {
        name: auc_ci(*cohort(at, n)[:2], **POSITIVE)
        for at, (name, n) in enumerate(sizes.items())
    }


def labels(shown):
    """Return the texts at the left."""
    return [text.get_text() for text in shown.ax_.get_yticklabels()]


def test_points_and_intervals_are_the_results(areas):
    shown = ForestDisplay.from_results(areas)
    found = shown.points_["roc_auc"].get_offsets()
    np.testing.assert_allclose(found[:, 0], [x.estimate for x in areas.values()])
    segments = shown.intervals_["roc_auc"].lines[2][0].get_segments()
    drawn = [segment[:, 0].tolist() for segment in segments]
    np.testing.assert_allclose(drawn, [[x.low, x.high] for x in areas.values()])
    assert labels(shown)[0] == "Hospital A (n = 40, 20 positive)"
    assert [text.get_text()[:4] for text in shown.texts_] == [
        f"{x.estimate:.2f}" for x in areas.values()
    ]


def test_squares_grow_with_the_patients(areas):
    shown = ForestDisplay.from_results(areas)
    a, b, c = shown.points_["roc_auc"].get_sizes()
    assert b == pytest.approx(2 * a)
    assert a == pytest.approx(2 * c)


def test_nothing_is_pooled(areas):
    shown = ForestDisplay.from_results(areas)
    assert len(shown.texts_) == len(labels(shown)) == len(areas)


def test_tables_of_cohorts_have_headings_and_their_models_below():
    tables = {}
    for at, name in enumerate(("Hospital A", "Hospital B")):
        y, score, decided = cohort(at)
        tables[name] = performance_table(
            y, {"DLR-2": decided, "DLR-4": decided}, {"DLR-2": score}, **POSITIVE
        )
    shown = ForestDisplay.from_results(tables, metrics=["sensitivity", "roc_auc"])
    assert labels(shown)[0] == "Hospital A"
    assert labels(shown)[1].startswith("DLR-2 (n = 40")
    assert len(labels(shown)) == 6
    assert len(shown.points_["sensitivity"].get_offsets()) == 4
    assert len(shown.points_["roc_auc"].get_offsets()) == 2


def test_a_table_of_one_model_needs_no_heading():
    y, score, _ = cohort(0)
    tables = {n: performance_table(y, scores={"m": score}, **POSITIVE) for n in "AB"}
    assert labels(ForestDisplay.from_results(tables)) == [
        "A (n = 40, 20 positive)",
        "B (n = 40, 20 positive)",
    ]


def test_one_table_has_a_row_per_model():
    y, score, decided = cohort(0)
    table = performance_table(y, {"a": decided}, {"b": score}, **POSITIVE)
    shown = ForestDisplay.from_results(table, metrics=["accuracy"])
    assert len(shown.texts_) == 1
    assert [x.split()[0] for x in labels(shown)] == ["a", "b"]


def test_subgroups_have_headings_where_there_are_several_factors():
    y, _, decided = cohort(0)
    one = subgroup_rates(y, decided, ["u", "u", "v", "v"] * 10, **POSITIVE)
    two = {"f": ["u", "u", "v", "v"] * 10, "g": ["x"] * 20 + ["y"] * 20}
    assert len(labels(ForestDisplay.from_results(one))) == 3
    two = subgroup_rates(y, decided, pd.DataFrame(two), **POSITIVE)
    shown = ForestDisplay.from_results(two, metrics="accuracy")
    assert [x[0] for x in labels(shown)] == list("afuvgxy")


def test_cross_validated_results_are_drawn():
    y, score, decided = cohort(0)
    folds = np.arange(40) // 2 % 5
    area, rates = (
        f(y, x, folds, **POSITIVE) for f, x in ((cv_auc_ci, score), (cv_rates, decided))
    )
    beside = ForestDisplay.from_results(
        {"x": area, "test": auc_ci(y, score, **POSITIVE)}
    )
    assert labels(beside) == [
        "x (cross-validated, n = 40, 20 positive)",
        "test (n = 40, 20 positive)",
    ]
    shown = ForestDisplay.from_results({"x": rates}, metrics="specificity")
    assert shown.texts_[0].get_text().startswith(f"{rates.specificity.count}/20")


def test_a_rate_without_patients_is_written_as_one():
    with pytest.warns(UndefinedMetricWarning, match="ppv"):
        rates = rates_from_counts(tp=0, fn=4, fp=0, tn=5, pos_label=1)
    shown = ForestDisplay.from_results({"x": rates}, metrics=["ppv", "npv"])
    assert [text.get_text()[:3] for text in shown.texts_] == ["0/0", "5/9"]


def test_reference_is_an_upright_line(areas):
    shown = ForestDisplay.from_results(areas, reference=0.5)
    assert shown.reference_line_.get_xdata()[0] == 0.5
    assert ForestDisplay.from_results(areas).reference_line_ is None
    with pytest.raises(ValueError, match=r"reference must lie in \[0, 1\]"):
        ForestDisplay.from_results(areas, reference=50)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"pos_label": "non-response"}, "draw rows of one positive class"),
        ({**POSITIVE, "confidence_level": 0.9}, "give all rows one confidence_level"),
    ],
)
def test_rows_that_mean_something_else_are_refused(areas, other, message):
    y, _, decided = cohort(0)
    rates = {"a": confusion_rates(y, decided, **POSITIVE)}
    rates["b"] = confusion_rates(y, decided, **other)
    with pytest.raises(ValueError, match=message):
        ForestDisplay.from_results(rates)


def test_what_is_no_share_is_refused():
    y, _, decided = cohort(0)
    table = performance_table(y, {"a": decided}, metrics=["odds_ratio"], **POSITIVE)
    with pytest.raises(ValueError, match=r"odds_ratio of 'a' must lie in \[0, 1\]"):
        ForestDisplay.from_results(table)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({}, ValueError, "holds no row"),
        ([0.8], TypeError, "must be a dictionary by row"),
        ({"a": 0.8}, TypeError, r"results\['a'\] must be a result with intervals"),
    ],
)
def test_what_is_no_result_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        ForestDisplay.from_results(given)


def test_an_unknown_metric_is_refused(areas):
    with pytest.raises(ValueError, match="metrics"):
        ForestDisplay.from_results(areas, metrics="sensitivity")
