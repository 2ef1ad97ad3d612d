"""Nested rates judge patients at a cut that has not seen them."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.decision._nested import check_folds, folds_of_patients, nested_rates


def test_the_cut_never_sees_the_patients_of_the_fold():
    units = np.array([0, 1, 2, 3, 0, 1])
    folds = np.array([0, 0, 1, 1, 1, 0])  # patient 0 is scored in both
    positive = np.array([True, False, True, False, True, False])
    seen = []

    def choose(rest):
        seen.append(set(units[rest].tolist()))
        return 0.5

    score = np.array([0.0, 0, 1, 1, 1, 0])
    rates = nested_rates(choose, score, positive, units, folds, None)
    assert seen == [{2, 3}]
    assert np.isnan(rates).all()  # patient 1 alone is of one class


def test_rates_are_pooled_over_the_folds_and_weighted():
    folds, score = np.array([0, 0, 1, 1]), np.array([0.0, 1, 2, 3])
    positive = np.array([True, False, False, True])
    cuts = iter([0.5, 2.5])
    found = nested_rates(
        lambda rest: next(cuts), score, positive, np.arange(4), folds, np.arange(1, 5)
    )
    assert found == pytest.approx((4 / 5, 3 / 5))


def test_no_cut_or_no_folds_make_no_rates():
    score, positive = np.arange(4.0), np.array([True, False, True, False])
    rest = (score, positive, np.arange(4))
    assert np.isnan(nested_rates(None, *rest, None, None)).all()
    folds = np.array([0, 0, 1, 1])
    assert np.isnan(nested_rates(lambda rows: np.nan, *rest, folds, None)).all()


def test_folds_part_patients_and_keep_the_classes():
    positive = np.arange(40) % 2 == 0
    folds = folds_of_patients(positive, np.arange(40))
    assert np.bincount(folds[positive]).tolist() == [4] * 5
    units = np.arange(40) // 4
    positive = units % 2 == 0
    folds = folds_of_patients(positive, units)
    assert all(len(np.unique(folds[units == who])) == 1 for who in range(10))
    assert folds_of_patients(np.arange(9) == 0, np.arange(9)) is None


def test_a_patient_on_both_sides_of_a_fold_is_named():
    splits = [([0, 1], [2, 3]), ([2, 3], [0, 1])]
    check_folds(splits, np.array([0, 0, 1, 1]))
    with pytest.raises(ValueError, match=r"fold 0 .* row 1\); set cv=Strat"):
        check_folds(splits, np.array([0, 1, 1, 2]))
