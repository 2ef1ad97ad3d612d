"""Harrell's concordance agrees with R and with counted pairs."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.survival import concordance
from sknac.utils._warnings import HintWarning

NEW = {"high_score": "earlier", "predictions": "new"}
# R 4.2.2, survival 3.5-3: concordance(Surv(time, event) ~ score, reverse = TRUE): C,
# its error and 95 % interval, pairs concordant, discordant and tied in the score.
R_CONCORDANCE = [
    (
        ("lung", "ecog"),
        (0.6017226396769412, 0.023995308440626573),
        (0.5546926993353831, 0.6487525800184992),
        (8203, 4223, 7137),
    ),
    (
        ("lung", "age"),
        (0.5490977866380412, 0.025450572087747148),
        (0.49921558196011645, 0.598979991315966),
        (10456, 8535, 572),
    ),
    (
        ("gbsg", "nodes"),
        (0.6452446795719611, 0.016377381269145192),
        (0.6131456021233557, 0.6773437570205665),
        (78870, 40214, 13988),
    ),
]


@pytest.mark.parametrize(("data", "found", "bounds", "pairs"), R_CONCORDANCE)
def test_concordance_is_that_of_r(request, data, found, bounds, pairs):
    x = request.getfixturevalue(data[0])
    got = concordance(x["time"], x["event"], x[data[1]], method="wald", **NEW)
    assert (got.estimate, got.se) == pytest.approx(found, rel=1e-9)
    assert (got.low, got.high) == pytest.approx(bounds, rel=1e-9)
    assert (got.concordant, got.discordant, got.tied) == pairs


def test_delayed_entry_is_that_of_r(entered):
    # The same R, of the model's linear predictor, rounded as there.
    x = entered
    score = 0.4785165232029196 * x["group"] + 0.005917017580979332 * x["age"]
    found = concordance(x["stop"], x["event"], score.round(10), entry=x["start"], **NEW)
    want = 0.5817137809187279, 0.048640231213024035
    assert (found.estimate, found.se) == pytest.approx(want, rel=1e-9)
    assert "start='delayed entry'" in repr(found)


def test_direction_is_said_and_turns_the_share(lung):
    about = lung["time"], lung["event"], lung["age"]
    earlier = concordance(*about, **NEW)
    later = concordance(*about, high_score="later", predictions="new")
    assert earlier.estimate == pytest.approx(1 - later.estimate)
    assert earlier.low == pytest.approx(1 - later.high)
    with pytest.raises(TypeError, match="high_score"):
        concordance(*about, predictions="new")
    with pytest.raises(ValueError, match="high_score"):
        concordance(*about, high_score="higher")


def test_bounds_of_perfect_scores_have_a_width():
    with pytest.warns(UndefinedMetricWarning, match="Clopper-Pearson's of disjoint"):
        found = concordance([1, 2, 3, 4, 5, 6], [1] * 6, [6, 5, 4, 3, 2, 1], **NEW)
    assert (found.estimate, found.high) == (1, 1)
    assert found.low == pytest.approx(0.025 ** (1 / 3))
    with pytest.warns(UndefinedMetricWarning, match="Clopper-Pearson's of disjoint"):
        found = concordance([1, 2, 3, 4, 5, 6], [1, 0, 0, 0, 0, 0], range(6), **NEW)
    assert (found.estimate, found.low) == (0, 0)
    assert found.high == pytest.approx(0.975)


def test_scores_without_spread_have_no_interval():
    with pytest.warns(UndefinedMetricWarning, match="shows no spread; the interval"):
        found = concordance([1, 2, 3], [1, 1, 1], [5, 5, 5], **NEW)
    assert (found.estimate, found.tied) == (0.5, 3)
    assert np.isnan(found.low)
    with pytest.warns(UndefinedMetricWarning, match="the concordance is NaN"):
        assert np.isnan(concordance([1, 2], [0, 0], [1, 2], **NEW).estimate)


def test_whose_predictions_must_be_said():
    about = [1, 2, 3, 4], [1, 1, 0, 1], [3, 4, 1, 2]
    with pytest.warns(HintWarning, match="Nobody said whose predictions"):
        concordance(*about, high_score="earlier")
    with pytest.warns(UserWarning, match="use out-of-fold predictions"):
        found = concordance(*about, high_score="earlier", predictions="training")
    assert "predictions='training'" in repr(found)


def test_landmark_leaves_scores_out_too(lung):
    found = concordance(lung["time"], lung["event"], lung["age"], entry=200, **NEW)
    rest = lung[lung["time"] > 200]
    other = concordance(rest["time"], rest["event"], rest["age"], **NEW)
    assert found.estimate == other.estimate


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ([1, 2, np.nan, 4], "score"),
        ([1, 2], "score has 2 rows"),
        (list("abcd"), "score must be numbers, got 'a'"),
    ],
)
def test_bad_scores_are_named(score, message):
    with pytest.raises(ValueError, match=message):
        concordance([1, 2, 3, 4], [1, 1, 0, 1], score, **NEW)
