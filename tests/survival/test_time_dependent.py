"""Time-dependent areas against scikit-survival, a closed form and a count by hand."""

# SPDX-License-Identifier: BSD-3-Clause

import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import roc_auc_score
from sksurv.metrics import cumulative_dynamic_auc
from sksurv.util import Surv

from sknac.metrics import auc_ci
from sknac.survival import time_dependent_auc

NEW = {"predictions": "new", "high_score": "earlier", "random_state": 0}
QUICK = NEW | {"n_resamples": 20}


@pytest.fixture
def study():
    """Follow-up of 60 patients, a third of whom leave, and a score."""
    rng = np.random.default_rng(3)
    score = rng.normal(size=60).round(1)  # some are alike
    time = rng.exponential(8 * np.exp(-score)).round(2) + 0.01
    left = rng.uniform(3, 20, 60).round(2)
    return np.minimum(time, left), time <= left, score


def test_without_censoring_it_is_the_area_of_who_had_the_event(study):
    time, _, score = study
    found = time_dependent_auc(time, np.ones(60), score, times=[2, 5, 9], **QUICK)
    for at in (2, 5, 9):
        assert found.table.loc[at, "auc"] == pytest.approx(
            roc_auc_score(time <= at, score), abs=1e-12
        )
    assert not found.table["n_left"].any()


@pytest.mark.filterwarnings("ignore:The area .* lies below chance")
@pytest.mark.parametrize("direction", ["earlier", "later"])
def test_areas_are_those_of_scikit_survival(study, direction):
    time, event, score = study
    about = QUICK | {"high_score": direction}
    found = time_dependent_auc(time, event, score, times=[2, 5, 9], **about)
    y = Surv.from_arrays(event, time)
    signed = score if direction == "earlier" else -score
    areas, mean = cumulative_dynamic_auc(y, y, signed, [2, 5, 9], tied_tol=0.0)
    np.testing.assert_allclose(found.table["auc"], [*areas, mean], rtol=1e-12)


def test_weights_are_those_of_the_training_patients(study):
    time, event, score = study
    rng = np.random.default_rng(4)
    training = rng.uniform(0, 30, 80), rng.random(80) < 0.4
    found = time_dependent_auc(
        time, event, score, times=[2, 5, 9], training=training, **QUICK
    )
    others = Surv.from_arrays(training[1], training[0])
    y = Surv.from_arrays(event, time)
    want, mean = cumulative_dynamic_auc(others, y, score, [2, 5, 9], tied_tol=0.0)
    np.testing.assert_allclose(found.table["auc"], [*want, mean], rtol=1e-12)
    assert found.censoring == "training"


def test_weights_by_hand():
    # One of four leaves at 2: G(3) = 3/4.
    time, event = [1, 2, 3, 4, 5], [1, 0, 1, 0, 0]
    score = [3, 9, 1, 2, 0]
    found = time_dependent_auc(time, event, score, times=[3.5], **QUICK)
    # Case 1 (weight 1) beats both controls, case 3 (weight 4/3) one of them.
    want = (1 * 2 + 4 / 3 * 1) / (2 * (1 + 4 / 3))
    row = found.table.loc[3.5]
    assert row["auc"] == pytest.approx(want)
    assert row[["n_cases", "n_controls", "n_left"]].tolist() == [2, 2, 1]


def test_interval_is_near_delongs_where_nobody_leaves(study):
    time, _, score = study
    found = time_dependent_auc(
        time, np.ones(60), score, times=[5], n_resamples=300, **NEW
    ).table.loc[5]
    other = auc_ci(time <= 5, score, pos_label=True)
    assert found["se"] == pytest.approx(other.se, rel=0.15)
    assert found["low"] == pytest.approx(other.low, abs=0.03)
    assert found["high"] == pytest.approx(other.high, abs=0.03)


@pytest.mark.parametrize("method", ["logit", "percentile"])
def test_resamples_repeat(study, method):
    about = QUICK | {"times": [2, 5], "method": method}
    once, twice = (time_dependent_auc(*study, **about) for _ in range(2))
    pd.testing.assert_frame_equal(once.table, twice.table)
    assert once.table["method"].tolist() == [method] * 3
    narrow = time_dependent_auc(*study, **about, confidence_level=0.5).table
    assert (narrow["low"] > once.table["low"]).all()
    assert (narrow["high"] < once.table["high"]).all()


def test_direction_is_that_of_the_score(study):
    time, event, score = study
    later = QUICK | {"high_score": "later"}
    found = time_dependent_auc(time, event, -score, times=[5], **later)
    same = time_dependent_auc(time, event, score, times=[5], **QUICK)
    assert found.table.loc[5, "auc"] == pytest.approx(same.table.loc[5, "auc"])


def test_a_landmark_leaves_out_who_did_not_reach_it(study):
    time, event, score = study
    training = time[::2], event[::2]
    about = QUICK | {"times": [5, 9]}
    found = time_dependent_auc(time, event, score, entry=2, training=training, **about)
    kept = time > 2
    training = [x[training[0] > 2] for x in training]
    other = time_dependent_auc(
        time[kept], event[kept], score[kept], training=training, **about
    )
    np.testing.assert_allclose(found.table["auc"], other.table["auc"])
    assert found.start == f"landmark 2 ({(~kept).sum()} left out)"
    with pytest.raises(ValueError, match="times must be later than 2, got 1"):
        time_dependent_auc(*study, times=[1], entry=2, **QUICK)


def test_scores_that_order_all_alike_have_a_bound():
    time = np.arange(1, 31)
    with pytest.warns(UndefinedMetricWarning, match="Clopper-Pearson's of disjoint"):
        found = time_dependent_auc(
            time, np.ones(30), -time, times=[12.5], **QUICK
        ).table.loc[12.5]
    assert (found["auc"], found["high"]) == (1, 1)
    assert found["low"] == pytest.approx(0.025 ** (1 / 12))


def test_times_without_cases_or_controls_are_nan(study):
    time, event, score = study
    with pytest.warns(UndefinedMetricWarning, match="at the times 0.001, 99: the area"):
        found = time_dependent_auc(time, event, score, times=[99, 0.001, 5], **QUICK)
    assert found.table.index.tolist() == [0.001, 5, 99, "mean"]
    assert found.table["auc"].isna().tolist() == [True, False, True, True]
    with pytest.warns(UndefinedMetricWarning, match="ask for others"):
        time_dependent_auc(time, event * 0, score, times=[5], **QUICK)


def test_resamples_without_a_side_are_counted():
    time, event, score = [1, 2, 3, 4, 5], [1, 0, 0, 1, 0], [2, 3, 1, 2, 1]
    found = time_dependent_auc(time, event, score, times=[1.5], **QUICK)
    assert 0 < found.n_undefined < 20
    assert np.isfinite(found.table["se"]).all()


def test_the_repr_says_what_it_is(study):
    text = repr(time_dependent_auc(*study, times=[2, 5], **QUICK))
    first, *rest = text.splitlines()
    assert first.startswith(
        "TimeDependentAUC(95% logit, high_score='earlier', n=60 patients"
    )
    assert "censoring of same patients, 20 resamples, predictions='new'" in first
    assert [row.split(":")[0] for row in rest] == ["  by 2", "  by 5", "  mean"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"times": [0]}, "times must be later than 0, got 0"),
        ({"times": []}, "times must be a list of numbers"),
        ({"times": [np.nan]}, "times"),
        ({"score": [1] * 3}, "score"),
        ({"entry": [0] * 60}, "entry must be one landmark here"),
        ({"training": ([1, 2], [1, 1])}, "training patients are followed until 2, and"),
        ({"training": ([1, 2],)}, "training must be a pair of times and events, got 1"),
        ({"training": ([1, 20], [1, 3])}, "training: row 1: event must be 1"),
        ({"event": [2] * 60}, "event must be 1"),
        ({"n_resamples": 1}, "n_resamples"),
        ({"high_score": "up"}, "high_score"),
    ],
)
def test_bad_input_is_named(study, changed, message):
    about = dict(zip(("time", "event", "score"), study, strict=True))
    with pytest.raises(ValueError, match=message):
        time_dependent_auc(**about | {"times": [5]} | QUICK | changed)


def test_names_of_rows_are_compared(study):
    time, event, score = (pd.Series(x) for x in study)
    with pytest.raises(ValueError, match="score"):
        time_dependent_auc(time, event, score[::-1], times=[5], **QUICK)


def test_nobody_said_whose_predictions(study):
    about = QUICK | {"predictions": None}
    with pytest.warns(UserWarning, match="Nobody said whose predictions"):
        time_dependent_auc(*study, times=[5], **about)


def test_without_the_library_the_extra_is_named(study, monkeypatch):
    monkeypatch.setitem(sys.modules, "sksurv", None)
    with pytest.raises(ImportError, match=r"pip install 'sknac\[survival\]'"):
        time_dependent_auc(*study, times=[5], **QUICK)
