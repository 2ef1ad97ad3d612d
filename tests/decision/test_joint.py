"""Cuts of several stages together stop no more than they may."""

# SPDX-License-Identifier: BSD-3-Clause

from itertools import product

import numpy as np
import pytest
from scipy.stats import beta

from sknac.decision._joint import StopBound, allowances, joint_cuts, shown_share
from sknac.metrics import rates_from_counts


def stopped(scores, highest):
    """Return whom the stages stop."""
    cut = np.array([-np.inf if one is None else one for one in highest])
    return (scores <= cut).any(axis=1)


def draw(seed, n_go=80, n_stop=60, n_stages=2):
    """Return correlated scores of two classes."""
    rng = np.random.default_rng(seed)
    go = np.arange(n_go + n_stop) < n_go
    common = rng.normal(size=(go.size, 1))
    return 1.5 * go[:, None] + common + rng.normal(size=(go.size, n_stages)), go


# Wilks's sizes again: a second stage costs one block.
@pytest.mark.parametrize(("n", "n_stages"), [(45, 1), (77, 2), (105, 3)])
def test_a_further_stage_costs_one_patient_of_the_tolerance_bound(n, n_stages):
    assert allowances(n, n_stages, 0.05, 0.9, "go") == [0] * n_stages
    with pytest.raises(ValueError, match=f"take at least {n}, fewer stages"):
        allowances(n - 1, n_stages, 0.05, 0.9, "go")


def test_shares_are_even_and_earlier_stages_take_the_rest():
    assert allowances(100, 3, 0.05, None, "go") == [2, 2, 1]
    assert allowances(40, 2, 0.1, None, "go") == [2, 2]
    assert sum(allowances(52, 2, 0.1, 0.9, "go")) == 1  # Wilks: 2 misses, one stage


@pytest.mark.parametrize("sure", [False, True])
@pytest.mark.parametrize("n_stages", [1, 2, 3])
def test_no_stage_stops_more_than_it_may(sure, n_stages):
    for seed in range(20):
        scores, go = draw(seed, n_stages=n_stages)
        scores = scores.round(1)  # ties
        allowed = allowances(go.sum(), n_stages, 0.1, None, "go")
        highest, wrong = joint_cuts(scores, go, allowed, sure=sure)
        assert (stopped(scores, highest) & go).sum() == sum(wrong)
        # The edge of an earlier stage may fall in a later one: one patient each, as
        # many as the tolerance bound of a single stage allows.
        assert sum(wrong) <= sum(allowed) + (n_stages - 1 if sure else 0)


def test_a_single_stage_stops_as_many_others_as_it_may():
    for seed in range(10):
        scores, go = draw(seed, n_stages=1)
        highest, _ = joint_cuts(scores, go, [5], sure=False)
        found = (stopped(scores, highest) & ~go).sum()
        every = [(scores[:, 0] <= cut) for cut in scores[:, 0]]
        best = max((one & ~go).sum() for one in every if (one & go).sum() <= 5)
        assert found == best


def test_what_a_stage_leaves_the_next_may_use():
    go = np.array([True] * 4 + [False] * 3)
    first = np.array([5, 6, 7, 8, 1, 9, 9.5])  # stops one without any mistake
    second = np.array([1, 2, 6, 7, 0, 3, 2.5])
    scores = np.column_stack([first, second])
    highest, wrong = joint_cuts(scores, go, [1, 1], sure=False)
    assert wrong == [0, 2]
    assert highest == [1, 3]
    # With a guarantee the edge of the first stage (row 1) is no edge of the second.
    highest, wrong = joint_cuts(scores, go, [1, 1], sure=True)
    assert (highest, wrong) == ([1, 3], [0, 2])


def test_patients_without_data_are_never_stopped():
    scores, go = draw(0)
    scores[::3, 1] = np.nan
    highest, _ = joint_cuts(scores, go, [2, 2], sure=False)
    assert np.isfinite(highest[1])
    highest, wrong = joint_cuts(np.full((4, 1), np.nan), np.arange(4) < 2, [1], sure=1)
    assert (highest, wrong) == ([None], [0])


def test_the_share_cut_off_follows_the_beta_law():
    allowed, n, share = [2, 1, 1], 40, []
    # Nobody to stop rightly would leave the edges unused: put one at every edge.
    rng = np.random.default_rng(0)
    grid = np.array(list(product(np.linspace(0, 1, 60), repeat=3)))
    for _ in range(150):
        scores = np.r_[
            rng.uniform(size=(n, 3)), grid[rng.integers(len(grid), size=900)]
        ]
        go = np.arange(len(scores)) < n
        highest, _ = joint_cuts(scores, go, allowed, sure=True)
        share.append(1 - np.prod([1 - (cut or 0) for cut in highest]))
    bound = shown_share(n, allowed, 0.9)
    assert bound == beta.ppf(0.9, 7, n - 7 + 1)
    error = np.sqrt(0.1 * 0.9 / len(share))
    assert abs(np.mean(np.array(share) > bound) - 0.1) < 3 * error


def test_a_result_is_plain_and_says_its_bound():
    found = StopBound(0.05, 0.9, {"a": 1, "b": 0}, 80, 0.0475, "response", "none")
    assert found.share == 1 / 80
    assert "guarantee=0.9" in repr(found)
    assert found.to_dict()["wrongly_stopped"] == {"a": 1, "b": 0}
    rate = rates_from_counts(tp=79, fn=1, fp=0, tn=1, pos_label=1).sensitivity
    assert rate.estimate == pytest.approx(1 - found.share)
