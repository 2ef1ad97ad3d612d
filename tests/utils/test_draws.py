"""Patients drawn with replacement: who, how often, and by what name."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator

from sknac.cohort import check_cohort
from sknac.testing import make_check_cohort
from sknac.utils._draws import (
    copy_names,
    draw_patients,
    free_mark,
    originals,
    resolve_seed,
)


def test_a_draw_holds_whole_patients_and_counts_them():
    units = np.array([2, 0, 0, 1, 2, 3])
    draw = draw_patients(units, 0, 3)
    drawn = [units[draw.rows[draw.rows == row]].size for row in range(6)]
    assert draw.counts.tolist() == drawn
    for unit in range(4):  # each row of a patient as often as the others
        assert len(set(draw.counts[units == unit])) == 1
    seen = list(zip(draw.rows, draw.copies, strict=True))
    assert len(set(seen)) == len(seen)


def test_draws_are_uniform_and_go_by_seed_and_number():
    draws = [draw_patients(np.arange(50), 7, number) for number in range(200)]
    left_out = np.mean([(draw.counts == 0).mean() for draw in draws])
    assert left_out == pytest.approx((1 - 1 / 50) ** 50, abs=0.01)
    again = draw_patients(np.arange(50), 7, 11)
    np.testing.assert_array_equal(again.rows, draws[11].rows)
    assert again.seed == draws[11].seed
    assert not np.array_equal(draws[1].rows, draws[2].rows)


def test_a_patient_drawn_twice_is_two_rows_of_a_cohort_frame():
    X, _ = make_check_cohort("bmode")
    draw = draw_patients(np.arange(len(X)), 0, 0)
    part = draw.of(X)
    assert draw.copies.max() > 0
    assert check_cohort(BaseEstimator(), part, reset=True)
    whole = originals(part.index, "#")
    assert whole.tolist() == X.index[draw.rows].tolist()


@pytest.mark.parametrize(
    ("index", "copies", "names"),
    [
        (pd.Index(["P1", "P1"]), [0, 1], ["P1", "P1#2"]),
        (pd.Index([7, 7, 7]), [0, 1, 2], ["7", "7#2", "7#3"]),
        (
            pd.MultiIndex.from_arrays([["A", "A"], [1, 1]], names=["patient", "image"]),
            [0, 1],
            [("A", 1), ("A#2", 1)],
        ),
        (
            pd.MultiIndex.from_arrays([["x"] * 2, ["A"] * 2, [1, 1]]),
            [0, 1],
            [("x", "A", 1), ("x", "A#2", 1)],
        ),
    ],
)
def test_copies_have_names_of_their_own(index, copies, names):
    assert copy_names(index, np.array(copies), "#").tolist() == names


def test_the_mark_is_in_no_name():
    assert free_mark(None) == free_mark(pd.Index(["P1"])) == "#"
    assert free_mark(pd.Index(["P1#2", "P1"])) == "##"


@pytest.mark.parametrize("make", [np.asarray, list, sparse.csr_matrix])
def test_rows_without_names_are_taken_by_position(make):
    X, draw = make([[1.0], [2.0], [3.0]]), draw_patients(np.arange(3), 1, 0)
    part = draw.of(X)
    part = part.toarray() if sparse.issparse(part) else np.asarray(part)
    np.testing.assert_array_equal(part.ravel(), draw.rows + 1.0)


def test_seed_repeats_whatever_was_given():
    for state in (3, np.int64(3), None, np.random.RandomState(0)):
        seed = resolve_seed(state)
        assert resolve_seed(seed) == seed
    assert resolve_seed(np.random.default_rng(0)) == resolve_seed(
        np.random.default_rng(0)
    )
    with pytest.raises(ValueError, match="or a Generator, got 'a'"):
        resolve_seed("a")
