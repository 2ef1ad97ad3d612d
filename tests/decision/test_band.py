"""Both ends of a band are cuts under one bound each."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.stats import beta

from sknac.decision import ScoreColumn, WeightedYoudenThreshold, weighted_youden_curve
from sknac.decision._band import DeferBand, _ends, band_under, given_band
from sknac.decision._held_out import HeldOut
from sknac.decision._promise import allowed_misses, check_promise

BOTH = {"sensitivity": 0.9, "specificity": 0.9}


def stage(n_pos=60, n_neg=60, shift=1.5, seed=0, **settings):
    """Return a fitted threshold of a column of normal scores."""
    rng = np.random.default_rng(seed)
    y = np.repeat([1, 0], [n_pos, n_neg])
    score = rng.normal(size=y.size) + shift * y
    column = ScoreColumn(0, kind="score", pos_label=1)
    settings = {"pos_label": 1} | settings
    return WeightedYoudenThreshold(column, **settings).fit(score[:, None], y)


def test_band_is_the_intermediate_range_counted_by_hand():
    # Positives 3 5 6 7 8, negatives 1 2 4 5.5 9 as they stand on the axis.
    score = np.array([3, 5, 6, 7, 8, 1, 2, 4, 5.5, 9.0])
    y = np.repeat([1, 0], 5)
    column = ScoreColumn(0, kind="score", pos_label=1)
    model = WeightedYoudenThreshold(column, pos_label=1, cv="prefit")
    model.set_params(estimator=column.fit(score[:, None], y)).fit(score[:, None], y)
    rates = {"sensitivity": 0.8, "specificity": 0.8}
    band = band_under(check_promise(rates, None), model, "s")
    assert (band.low, band.high) == (4.5, 5.75)  # one positive below, one negative on
    assert (band.fit_sensitivity, band.fit_specificity) == (0.8, 0.8)
    assert (band.n, band.n_pos, band.n_deferred) == (10, 5, 2)


@pytest.mark.parametrize("guarantee", [None, 0.9])
def test_each_end_is_the_cut_under_its_bound_alone(guarantee):
    model = stage()
    y, s = model._held_out.positive, model._held_out.score
    band = band_under(check_promise(BOTH, guarantee), model, "s")
    each = None if guarantee is None else 1 - (1 - guarantee) / 2
    low, high = (
        weighted_youden_curve(
            y, s, weight=0.5, pos_label=True, at_least={rate: 0.9}, guarantee=each
        ).threshold
        for rate in BOTH
    )
    assert (band.low, band.high) == (low, high)
    assert band.fit_sensitivity == (s >= low)[y].mean()
    assert band.fit_specificity == (s < high)[~y].mean()
    if guarantee is not None:
        wrong = round(60 * (1 - band.fit_sensitivity))
        assert wrong <= allowed_misses(60, 0.9, 0.95)
        lower = beta.ppf(0.05, 60 - wrong, wrong + 1)  # one-sided Clopper-Pearson
        assert band.bounds["sensitivity"] == pytest.approx(lower)
        assert min(band.bounds.values()) >= 0.9


def test_one_bound_leaves_the_other_end_open():
    model = stage()
    low = band_under(check_promise({"sensitivity": 0.9}, None), model, "s")
    high = band_under(check_promise({"specificity": 0.9}, None), model, "s")
    assert (low.high, high.low) == (np.inf, -np.inf)
    assert (low.fit_specificity, high.fit_sensitivity) == (1, 1)


def test_nested_rates_judge_each_fold_by_the_band_of_the_others():
    model = stage(n_pos=30, n_neg=40, cv=4)
    held = model._held_out
    band = band_under(check_promise(BOTH, None), model, "s")
    missed = alarm = 0
    for fold in range(4):
        here, ask = held.folds == fold, {"weight": 0.5, "pos_label": True}
        rest = held.positive[~here], held.score[~here]
        low = weighted_youden_curve(*rest, at_least={"sensitivity": 0.9}, **ask)
        high = weighted_youden_curve(*rest, at_least={"specificity": 0.9}, **ask)
        missed += ((held.score < low.threshold) & held.positive & here).sum()
        alarm += ((held.score >= high.threshold) & ~held.positive & here).sum()
    assert band.nested_sensitivity == pytest.approx(1 - missed / 30)
    assert band.nested_specificity == pytest.approx(1 - alarm / 40)


def test_scores_that_need_no_band_get_one_cut_with_a_warning():
    model = stage(shift=4)
    with pytest.warns(UserWarning, match="stage 's' is empty: the cut .* nobody goes"):
        band = band_under(check_promise(BOTH, None), model, "s")
    assert band.low == band.high
    assert band.n_deferred == 0
    assert min(band.fit_sensitivity, band.fit_specificity) >= 0.9


def test_scores_without_information_decide_nobody_with_a_warning():
    model = stage(shift=0, n_pos=12, n_neg=12)
    ask = {"sensitivity": 1, "specificity": 1}
    model._held_out.score[:2] = model._held_out.score[-2:] = [-9, 9]
    with pytest.warns(UserWarning, match="stage 's' decides nobody: all 24 scores"):
        band = band_under(check_promise(ask, None), model, "s")
    assert band.n_deferred == 24


def test_too_few_patients_are_told_how_many_it_takes():
    model = stage(n_pos=20)
    with pytest.raises(ValueError, match=r"stage 's': no cut .* take at least 29 pos"):
        band_under(check_promise(BOTH, 0.9), model, "s")


def test_both_bounds_are_missed_no_more_often_than_allowed():
    missed, every = [], np.arange(80)
    promise = check_promise({"sensitivity": 0.85, "specificity": 0.85}, 0.8)
    for seed in range(150):
        rng = np.random.default_rng(seed)
        y = np.repeat([True, False], 40)
        score = rng.uniform(size=80) + 0.3 * y  # true rates are lengths
        held = HeldOut(every, score, y, None, every, None)
        low, high = _ends(held, every, 0.5, promise)
        missed.append(low - 0.3 > 0.15 or 1 - high > 0.15)
    assert np.mean(missed) <= 0.2 + 3 * np.sqrt(0.2 * 0.8 / len(missed))


def test_given_scores_keep_the_rates_they_have():
    held = stage()._held_out
    band = given_band((0.2, None), held, 1)
    assert (band.low, band.high, band.at_least) == (0.2, np.inf, None)
    assert band.fit_sensitivity == (held.score >= 0.2)[held.positive].mean()
    assert np.isnan(band.nested_sensitivity)


def test_a_result_is_plain_and_says_its_bounds():
    band = band_under(check_promise(BOTH, 0.8), stage(), "s")
    assert isinstance(band, DeferBand)
    assert "sensitivity>=0.9, specificity>=0.9, guarantee=0.8 (clopper" in repr(band)
    assert "pos_label=1, n=120 patients, n_pos=60" in repr(band)
    assert band.to_dict()["at_least"] == BOTH
