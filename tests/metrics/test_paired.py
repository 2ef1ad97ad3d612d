"""Paired differences of rates against R, and by patient against all exchanges."""

# SPDX-License-Identifier: BSD-3-Clause

from itertools import product

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.metrics import compare_rates, confusion_rates
from sknac.metrics._paired import _exchange_test

close = pytest.approx

# R 4.2.2: binom.test(b, b + c)$p.value; Newcombe's method 10 (Stat Med 1998;17:2635)
# and the Wald error written out in R. Counts right by both, by the first only, by the
# second only, by neither; difference, its error, bounds at 95 %, exact p.
R_CASES = {
    "1": (
        (36, 12, 2, 0),
        0.19999999999999996,
        0.06928203230275509,
        (0.05692958400323875, 0.3404276029749406),
        0.012939453125000003,
    ),
    "2": (
        (20, 9, 3, 31),
        0.09523809523809523,
        0.053660587601810576,
        (-0.01392702104860366, 0.2000352822142074),
        0.14599609375000008,
    ),
    "3": (
        (1, 1, 7, 12),
        -0.2857142857142857,
        0.11938727057676356,
        (-0.5069202266861409, -0.025559124164859892),
        0.07031250000000003,
    ),
    "equal_discordant": (
        (14, 5, 5, 9),
        0,
        0.09582659576267817,
        (-0.1870995936907039, 0.1870995936907039),
        1,
    ),
    "no_discordant": (
        (18, 0, 0, 7),
        0,
        0,
        (-0.09360655989330388, 0.09360655989330388),
        1,
    ),
    "one_sided": (
        (25, 6, 0, 11),
        0.1428571428571429,
        0.05399492471560389,
        (0.026618631370827095, 0.2551372572172873),
        0.03125000000000001,
    ),
    "large": (
        (420, 61, 38, 181),
        0.03285714285714292,
        0.014159750784320056,
        (0.004954991407876912, 0.060714343454796364),
        0.026525106848394445,
    ),
    "empty_margin": (
        (0, 0, 4, 16),
        -0.2,
        0.08944271909999159,
        (-0.4160174322518935, 0.0005091271200972636),
        0.125,
    ),
}


_SIZES = ((400, 60), (1600, 120))


def two_tests(cells):
    """Return labels of positive patients and two tests with those counts."""
    a = np.repeat([1, 1, 0, 0], cells)
    b = np.repeat([1, 0, 1, 0], cells)
    return np.ones_like(a), a, b


def positives(cells, copies=1):
    """Compare two tests of positive patients beside three right negative ones."""
    y, a, b = (np.append(x, [0, 0, 0]) for x in two_tests(cells))
    who = np.repeat(np.arange(y.size), copies) if copies > 1 else None
    rows = (np.repeat(x, copies) for x in (y, a, np.where(y, b, 0)))
    return compare_rates(*rows, groups=who).sensitivity


@pytest.mark.parametrize("case", R_CASES)
def test_differences_equal_r(case):
    cells, difference, se, bounds, pvalue = R_CASES[case]
    found = positives(cells)
    assert found.estimate == close(difference, rel=1e-9, abs=1e-15)
    assert (found.low, found.high) == close(bounds, rel=1e-9)
    assert found.pvalue == close(pvalue, rel=1e-9)
    n = sum(cells)  # ours has n - 1 where R's Wald error has n
    assert found.se == close(se * np.sqrt(n / (n - 1)), rel=1e-9)
    assert (found.only_a, found.only_b) == cells[1:3]


@pytest.mark.parametrize("case", R_CASES)
def test_copies_of_patients_change_nothing(case):
    cells = R_CASES[case][0]
    one, three = positives(cells), positives(cells, copies=3)
    assert (three.low, three.high) == close((one.low, one.high), rel=1e-9)
    assert (three.pvalue, three.se) == close((one.pvalue, one.se), rel=1e-9)
    assert three.method == "clustered-newcombe"


@pytest.mark.parametrize("swap", [False, True])
def test_exchange_of_whole_patients_written_out(swap, rng):
    for _ in range(10):
        gaps = rng.integers(-4, 5, size=9) * (-1 if swap else 1)
        signs = np.array(list(product([-1, 1], repeat=9)))
        sums = np.abs(signs @ gaps)
        assert _exchange_test(gaps) == close(np.mean(sums >= abs(gaps.sum())))


def test_many_rows_are_near_the_exact_chance():
    one = np.repeat([1, -1], [40_000, 39_500])
    assert _exchange_test(one) == close(binomtest(40_000, 79_500).pvalue, rel=1e-9)
    few, many = (np.repeat([1, -1, 2, -2], [n + k, n, n, n]) for n, k in _SIZES)
    z = [gaps.sum() / np.sqrt((gaps**2).sum()) for gaps in (few, many)]
    # Of as many errors from 0, the exact chance and the normal one, but for steps.
    assert z[0] == close(z[1], rel=0.02)
    assert _exchange_test(few) == close(_exchange_test(many), rel=0.05)


def test_exchanged_tests_turn_the_sign(rng):
    y, a, b = rng.integers(2, size=(3, 40))
    who = np.repeat(np.arange(20), 2)
    one, other = compare_rates(y, a, b, groups=who), compare_rates(y, b, a, groups=who)
    for found, back in zip(one.differences, other.differences, strict=True):
        bounds = (-back.high, -back.low, back.pvalue)
        assert (found.low, found.high, found.pvalue) == close(bounds)


def test_rates_are_those_of_either_test(rng):
    y, a, b = rng.choice(["response", "non-response"], size=(3, 60))
    found = compare_rates(y, a, b, pos_label="non-response")
    for name in ("sensitivity", "specificity", "accuracy"):
        got, alone = (
            getattr(found, name),
            [
                getattr(confusion_rates(y, x, pos_label="non-response"), name)
                for x in (a, b)
            ],
        )
        assert [got.rate_a, got.rate_b] == close([x.estimate for x in alone])
        assert got.pos_label == "non-response"
    assert list(found.to_frame().index) == ["sensitivity", "specificity", "accuracy"]


def test_a_missing_class_is_nan_and_said():
    with pytest.warns(UndefinedMetricWarning, match="NaN are specificity"):
        found = compare_rates([1, 1], [1, 0], [1, 1])
    assert np.isnan([found.specificity.estimate, found.specificity.pvalue]).all()
    assert found.sensitivity.estimate == -0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_pred_b": [1, 0]}, "y_pred has 2 rows but y_true has 4"),
        ({"y_pred_b": [1, 0, 1, 2]}, "must be binary, got 3 labels"),
        ({"groups": [1, 2, None, 4]}, "groups holds missing values"),
        ({"confidence_level": 95}, "confidence_level must lie between 0 and 1"),
    ],
)
def test_bad_input_is_named(change, message):
    given = {"y_true": [0, 1, 1, 0], "y_pred_a": [0, 1, 0, 0], "y_pred_b": [1, 1, 0, 0]}
    with pytest.raises(ValueError, match=message):
        compare_rates(**(given | change))
