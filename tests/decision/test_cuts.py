"""Cuts hold the rates that follow from who lies on which side."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.decision._cuts import best_index, cuts_of


def test_wrong_patients_are_counted_by_their_worst_row():
    score = np.array([1.0, 3.0, 2.0, 4.0, 0.0, 5.0])
    positive = np.array([True, True, True, False, False, False])
    units = np.array([0, 0, 1, 2, 2, 3])
    cuts = cuts_of(score, positive, None, units, 0.5)
    n, missed = cuts.wrong("sensitivity")
    assert n == 2
    assert missed.tolist() == [0, 0, 1, 2, 2, 2, 2]
    n, called = cuts.wrong("specificity")
    assert n == 2
    assert called.tolist() == [2, 2, 2, 2, 2, 1, 0]


def test_predictive_values_of_nobody_are_nan():
    cuts = cuts_of(np.array([0.0, 1.0]), np.array([False, True]), None, None, 0.5)
    np.testing.assert_array_equal(cuts.rate("npv"), [np.nan, 1, 0.5])
    np.testing.assert_array_equal(cuts.rate("ppv"), [0.5, 1, np.nan])


def test_the_weight_decides_between_ties():
    youden = np.array([-0.3, -0.1, -0.1, -0.1, -0.2])
    assert [best_index(youden, w)[0] for w in (0.8, 0.5, 0.2)] == [1, 2, 3]
