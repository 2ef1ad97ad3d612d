"""Fisher's exact test of tables of any size agrees with R and with all tables."""

# SPDX-License-Identifier: BSD-3-Clause

from itertools import product
from math import factorial, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sknac.clinical._fisher import fisher_exact

close = pytest.approx

# R 4.2.2, stats: fisher.test(M, workspace = 2e7)$p.value.
R_FISHER = [
    ([[8, 2], [1, 7]], 0.015220074043603437),
    ([[0, 6], [5, 4]], 0.04395604395604396),
    ([[3, 6, 1], [7, 2, 5]], 0.10111173656065245),
    ([[4, 1, 0], [2, 5, 1], [0, 2, 6]], 0.003866080027070677),
    ([[5, 2, 1, 0], [1, 3, 4, 2], [0, 2, 3, 6]], 0.017399917792065102),
    ([[3, 2], [0, 4], [5, 1], [2, 2], [6, 0]], 0.012152865306721683),
]


@pytest.mark.parametrize(("counts", "pvalue"), R_FISHER)
def test_tables_of_any_size_equal_r(counts, pvalue):
    assert fisher_exact(counts) == close(pvalue, rel=1e-10)
    assert fisher_exact(np.transpose(counts)) == close(pvalue, rel=1e-10)
    assert fisher_exact(np.array(counts)[::-1]) == close(pvalue, rel=1e-10)


def test_tables_of_public_data_equal_r(categorical_case, counts_of):
    counts, want = counts_of(categorical_case), categorical_case["values"]
    assert fisher_exact(counts) == close(want["fisher_p"], rel=1e-9)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_fishers_exact_test_equals_scipy(cells):
    counts = np.reshape(cells, (2, 2)) + np.eye(2, dtype=int)
    want = stats.fisher_exact(counts).pvalue
    assert fisher_exact(counts) == close(want, rel=1e-9)


def _of_all_tables(counts):
    """Sum over all three by three tables with these margins, in whole numbers."""
    rows, columns = counts.sum(axis=1).tolist(), counts.sum(axis=0).tolist()
    likely = {}
    for a, b, c, d in product(
        *(range(n + 1) for n in (*[rows[0]] * 2, *[rows[1]] * 2))
    ):
        top, middle = [a, b, rows[0] - a - b], [c, d, rows[1] - c - d]
        last = [n - x - y for n, x, y in zip(columns, top, middle, strict=True)]
        cells = (*top, *middle, *last)
        if min(cells) >= 0:
            likely[cells] = 1 / prod(map(factorial, cells))
    observed = likely[tuple(counts.ravel().tolist())] * (1 + 1e-7)
    return sum(p for p in likely.values() if p <= observed) / sum(likely.values())


@settings(max_examples=12)
@given(st.lists(st.integers(0, 4), min_size=9, max_size=9))
def test_three_by_three_is_the_sum_over_all_tables(cells):
    counts = np.reshape(cells, (3, 3)) + np.eye(3, dtype=int)
    assert fisher_exact(counts) == close(_of_all_tables(counts), rel=1e-9)


def test_large_sparse_tables_are_listed():
    # With one patient in the third group it is the share of likelier levels.
    counts = np.array([[60, 59, 0], [40, 41, 0], [1, 1, 1]])
    assert 0 < fisher_exact(counts) < 0.2


def test_too_many_tables_are_refused():
    with pytest.raises(ValueError, match="too many tables; take 'pearson'"):
        fisher_exact(np.full((6, 2), 5000))
