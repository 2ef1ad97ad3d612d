"""The interval of a cut repeats the choice among resampled patients."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.decision import weighted_youden_curve
from sknac.decision._cut_interval import bounds_of, resampled_cuts


def cohort(n=60, seed=0):
    """Return labels and normal scores."""
    y = np.arange(n) % 2
    return y, np.random.default_rng(seed).normal(size=n) + 1.5 * y


def test_each_resample_draws_within_its_class():
    positive, seen = np.array([True] * 4 + [False] * 6), []

    def choose(rows, copies):
        seen.append(positive[rows].sum())
        return rows.min()

    resampled_cuts(choose, positive, None, 20, 0)
    assert set(seen) == {4}


def test_patients_are_drawn_with_all_their_rows_and_twice_as_two():
    units = np.array([0, 0, 1, 2, 2, 2])
    positive = np.array([True, True, True, False, False, False])
    sizes = np.bincount(units)

    def choose(rows, copies):
        for copy in np.unique(copies):
            of = units[rows[copies == copy]]
            assert len(np.unique(of)) == 1
            assert len(of) == sizes[of[0]]
        assert len(np.unique(copies)) == 3
        return 0.0

    resampled_cuts(choose, positive, units, 20, 0)


def test_the_interval_is_that_of_choosing_again():
    y, s = cohort()
    ask = {"weight": 0.7, "n_resamples": 40, "random_state": 3}
    found = weighted_youden_curve(y, s, **ask).interval
    rng, cuts = np.random.default_rng(3), []
    ones, zeros = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    for _ in range(40):
        rows = [who[rng.integers(30, size=30)] for who in (ones, zeros)]
        rows = np.concatenate(rows)
        cuts.append(weighted_youden_curve(y[rows], s[rows], weight=0.7).threshold)
    assert [found.low, found.high] == np.percentile(cuts, [2.5, 97.5]).tolist()


def test_the_interval_follows_the_bounds_and_the_groups():
    y, s = cohort()
    ask = {"weight": 0.7, "n_resamples": 40, "random_state": 3}
    free = weighted_youden_curve(y, s, **ask).interval
    bound = weighted_youden_curve(y, s, at_least={"sensitivity": 0.9}, **ask).interval
    assert bound.threshold != free.threshold
    assert bound.low != free.low
    pairs = weighted_youden_curve(
        np.tile(y, 2), np.tile(s, 2), groups=np.tile(np.arange(60), 2), **ask
    ).interval
    assert (pairs.low, pairs.high) == (free.low, free.high)
    assert "n=120 rows of 60 patients" in repr(pairs)


def test_a_seed_gives_the_same_interval_again():
    y, s = cohort()
    state = np.random.RandomState(0)
    one = weighted_youden_curve(y, s, weight=0.5, n_resamples=9, random_state=state)
    seed = one.interval.seed
    two = weighted_youden_curve(y, s, weight=0.5, n_resamples=9, random_state=seed)
    assert one.interval.to_dict() == two.interval.to_dict()


def test_one_cut_only_has_no_interval():
    with pytest.warns(UndefinedMetricWarning, match="no spread"):
        found = weighted_youden_curve(
            [0, 0, 1, 1], [0, 0, 1, 1], weight=0.5, n_resamples=9, random_state=0
        ).interval
    assert np.isnan([found.low, found.high]).all()


def test_many_resamples_without_a_cut_have_no_interval():
    cuts = np.r_[np.full(10, np.nan), np.arange(90.0)]
    with pytest.warns(UndefinedMetricWarning, match="10 of 100 resamples"):
        low, high, undefined = bounds_of(cuts, 0.95)
    assert np.isnan([low, high]).all()
    assert undefined == 10
    few = np.r_[np.nan, np.arange(99.0)]
    assert bounds_of(few, 0.9) == pytest.approx((4.9, 93.1, 1))
