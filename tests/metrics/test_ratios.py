"""Likelihood and odds ratios against R, empty cells, and copies of patients."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.metrics import confusion_rates, performance_table, rates_from_counts
from sknac.metrics._ratios import HALVED, ratios_of_cells

close = pytest.approx

# R 4.2.2, written out after Simel (1991) and checked there against glm: estimate and
# 95 % bounds of LR+, LR- and the odds ratio, by TP, FN, FP, TN, to 12 digits.
R_CASES = {
    (35, 9, 12, 80): (
        (6.09848484848, 3.523915728, 10.5540314576),
        (0.235227272727, 0.130649262414, 0.42351459788),
        (25.9259259259, 10.0148940057, 67.1154017941),
    ),
    (18, 4, 7, 13): (
        (2.33766233766, 1.24639572329, 4.3843741621),
        (0.27972027972, 0.108943387739, 0.718202696929),
        (8.35714285714, 2.01886145215, 34.5946655528),
    ),
}
# The same with 1/2 added to each count, one being 0.
R_HALVED = {
    (10, 5, 0, 25): (
        (34.125, 2.14296742827, 543.412657439),
        (0.350490196078, 0.177714211612, 0.691241158672),
        (97.3636363636, 4.93091289349, 1922.49952305),
    ),
    (12, 0, 6, 18): (
        (3.69822485207, 1.89205307992, 7.2285852874),
        (0.0519750519751, 0.00339692036627, 0.795251503284),
        (71.1538461538, 3.67018031115, 1379.46078756),
    ),
}


def rates(cells, **settings):
    """Return the rates of four counts."""
    names = dict(zip(("tp", "fn", "fp", "tn"), cells, strict=True))
    return rates_from_counts(**names, pos_label=1, **settings)


def labels(cells):
    """Return labels with four counts."""
    return np.repeat([1, 1, 0, 0], cells), np.repeat([1, 0, 1, 0], cells)


def numbers(found):
    """Return estimate and bounds of the three ratios."""
    return np.array([(x.estimate, x.low, x.high) for x in found.ratios])


@pytest.mark.parametrize("cells", R_CASES)
def test_ratios_equal_r(cells):
    np.testing.assert_allclose(numbers(rates(cells)), R_CASES[cells], rtol=1e-9)
    assert {x.method for x in rates(cells).ratios} == {"log"}


@pytest.mark.parametrize("cells", R_HALVED)
def test_an_empty_cell_takes_the_bounds_with_halves(cells):
    halves = ratios_of_cells(np.array(cells) + 0.5, 0.95, n=1)
    got = [(x.estimate, x.low, x.high) for x in halves]
    np.testing.assert_allclose(got, R_HALVED[cells], rtol=1e-9)
    for (estimate, low, high), (_, want, top) in zip(
        numbers(rates(cells)), R_HALVED[cells], strict=True
    ):
        assert low == close(0 if estimate == 0 else want, rel=1e-9)
        assert high == close(np.inf if np.isinf(estimate) else top, rel=1e-9)
    assert {x.method for x in rates(cells).ratios} == {HALVED}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.parametrize(
    "cells", [(4, 0, 5, 0), (0, 4, 0, 5), (4, 0, 0, 5), (1, 1, 0, 0)]
)
def test_no_ratio_has_width_zero(cells):
    for estimate, low, high in numbers(rates(cells)):
        assert np.isnan(estimate) or low < high
        assert np.isnan(estimate) or low <= estimate <= high


def test_ratios_are_those_of_the_rates():
    found = rates((15, 6, 2, 19))
    sens, spec = found.sensitivity.estimate, found.specificity.estimate
    lr_positive, lr_negative, odds = (x.estimate for x in found.ratios)
    assert lr_positive == close(sens / (1 - spec))
    assert lr_negative == close((1 - sens) / spec)
    assert odds == close(lr_positive / lr_negative)


@pytest.mark.parametrize("cells", [(15, 6, 2, 19), (10, 5, 0, 25)])
def test_copies_of_patients_change_nothing(cells):
    y, called = labels(cells)
    who = np.repeat(np.arange(y.size), 4)
    got = confusion_rates(np.repeat(y, 4), np.repeat(called, 4), groups=who)
    np.testing.assert_allclose(numbers(got), numbers(rates(cells)), rtol=1e-9)
    assert got.ratios[0].n_groups == y.size


def test_images_of_a_patient_are_not_patients(rng):
    who = np.repeat(np.arange(40), 5)
    y = (who < 20).astype(int)
    called = (rng.random(200) < np.where(y, 0.7, 0.3)).astype(int)
    by_row, by_patient = (
        confusion_rates(y, called),
        confusion_rates(y, called, groups=who),
    )
    for row, patient in zip(by_row.ratios, by_patient.ratios, strict=True):
        assert patient.estimate == close(row.estimate)
        assert patient.high / patient.low > row.high / row.low


@pytest.mark.parametrize("method", ["wilson", "percentile"])
def test_the_table_has_them_by_name(method):
    y, called = labels((15, 6, 2, 19))
    table = performance_table(
        y, {"a": called}, metrics=["lr_negative", "npv"], method=method, random_state=0
    )
    assert list(table.results["a"]) == ["lr_negative", "npv"]
    expected = rates((15, 6, 2, 19)).ratios[1]
    found = table.results["a"]["lr_negative"]  # with a field that is NaN
    np.testing.assert_equal(found.to_dict(), expected.to_dict())
    assert table.formatted().iloc[0, 0] == "0.32 [0.16, 0.63]"


def test_no_positives_leave_no_ratio():
    with pytest.warns(UndefinedMetricWarning, match="sensitivity"):
        found = rates((0, 0, 2, 3))
    assert np.isnan(numbers(found)).all()
