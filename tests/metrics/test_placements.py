"""Placement values count pairs exactly."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sknac.metrics._placements import components, covariance_of, placements

SCORES = st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=1, max_size=30)


@given(SCORES)
def test_placements_count_pairs_with_ties_as_half(rows):
    positive, score = (np.array(column) for column in zip(*rows, strict=True))
    other = positive[:, None] != positive
    right = np.where(positive[:, None], score[:, None] > score, score[:, None] < score)
    tied = score[:, None] == score
    want = np.where(other, np.where(tied, 0.5, right), 0).sum(axis=1)
    np.testing.assert_array_equal(placements(positive, score.astype(float)), want)


def test_placements_of_many_rows_sum_without_rounding():
    # Positives at 0.5 win half the pairs, those at 1 win half and tie half.
    positive = np.repeat([True, False], 200_000)
    score = np.tile([0.0, 1.0], 200_000)
    score[positive & (score == 0)] = 0.5
    auc, _ = components(positive, [score])
    assert auc[0] == (0.5 + 0.75) / 2


def test_covariance_of_a_class_with_one_row_is_nan():
    positive = np.array([True, False, False])
    _, centred = components(positive, [np.array([2.0, 1.0, 3.0])])
    assert np.isnan(covariance_of(centred, positive, None)).all()


@pytest.mark.parametrize("n_rows", [1, 3])
def test_grouped_covariance_counts_groups_not_rows(n_rows, rng):
    positive = np.arange(30) < 12
    columns = list(rng.normal(size=(2, 30)))
    alone = covariance_of(components(positive, columns)[1], positive, None)
    flags = np.repeat(positive, n_rows)
    wide = [np.repeat(c, n_rows) for c in columns]
    codes = np.repeat(np.arange(30), n_rows)
    got = covariance_of(components(flags, wide)[1], flags, codes)
    np.testing.assert_allclose(got, alone, rtol=1e-12)
