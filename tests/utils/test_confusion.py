"""The cells of a decision and the rates made of them."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score

from sknac.utils import _confusion


@pytest.fixture
def decided(rng_of_rates):
    return rng_of_rates.random(40) < 0.4, rng_of_rates.random(40) < 0.5


@pytest.fixture
def rng_of_rates():
    return np.random.default_rng(3)


def test_cells_are_those_of_the_confusion_matrix(decided):
    tn, fp, fn, tp = confusion_matrix(*decided).ravel()
    assert _confusion.cell_counts(*decided).tolist() == [tp, fn, fp, tn]


def test_weights_count(decided):
    weights = np.arange(40.0)
    tn, fp, fn, tp = confusion_matrix(*decided, sample_weight=weights).ravel()
    got = _confusion.cell_counts(*decided, weights)
    assert got.tolist() == [tp, fn, fp, tn]


@pytest.mark.parametrize(
    ("metric", "peer"), [("ppv", precision_score), ("accuracy", accuracy_score)]
)
def test_rates_are_those_of_scikit_learn(decided, metric, peer):
    counts = _confusion.cell_counts(*decided)
    got = _confusion.rates_of_counts(counts, *_confusion.linear_rates(metric))
    assert got == pytest.approx(peer(*decided))


def test_rates_of_many_tables_at_once_are_nan_where_nothing_is_counted():
    counts = np.array([[1, 1, 0, 2], [0, 0, 1, 1]])
    parts = _confusion.linear_rates("balanced_accuracy")
    assert _confusion.rates_of_counts(counts, *parts)[0] == 0.75
    assert np.isnan(_confusion.rates_of_counts(counts, *parts)[1])


def test_every_rate_says_why_it_may_be_undefined():
    assert set(_confusion.WHY_UNDEFINED) == set(_confusion.RATES)
