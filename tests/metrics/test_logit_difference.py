"""Bounds of a difference of areas that hold near 1."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.special import ndtri

from sknac.metrics import auc_ci, delong_test

close = pytest.approx


def study(rng, n_pos, n_neg, areas=(0.97, 0.9)):
    """Return labels and two correlated scores of known areas."""
    y, common = np.repeat([1, 0], [n_pos, n_neg]), rng.normal(size=n_pos + n_neg)
    return y, *(
        np.sqrt(2) * ndtri(area) * y
        + np.sqrt(0.6) * common
        + np.sqrt(0.4) * rng.normal(size=y.size)
        for area in areas
    )


def bounds(found):
    """Return both bounds."""
    return found.low, found.high


def test_different_patients_add_the_squares_of_both_distances(rng):
    (y, a, _), (z, _, b) = study(rng, 15, 15), study(rng, 12, 30)
    found = delong_test(y, a, b, y_true_b=z, interval="logit")
    one, two = auc_ci(y, a), auc_ci(z, b)
    down = np.hypot(one.estimate - one.low, two.high - two.estimate)
    up = np.hypot(one.high - one.estimate, two.estimate - two.low)
    assert bounds(found) == close((found.estimate - down, found.estimate + up))
    assert found.method == "delong-unpaired, logit bounds"


def test_of_many_patients_far_from_one_they_are_delongs(rng):
    y, a, b = study(rng, 4000, 4000, (0.8, 0.75))
    plain, found = (delong_test(y, a, b, interval=i) for i in ("delong", "logit"))
    assert bounds(found) == close(bounds(plain), abs=2e-4)
    assert (found.pvalue, found.se) == (plain.pvalue, plain.se)


def test_exchanged_scores_mirror_the_bounds(rng):
    y, a, b = study(rng, 10, 40)
    one, other = delong_test(y, a, b), delong_test(y, b, a)
    assert bounds(other) == close((-one.high, -one.low))


@pytest.mark.parametrize(
    ("n_pos", "n_neg", "areas", "logits"),
    [
        (10, 40, (0.97, 0.9), True),
        (40, 20, (0.99, 0.8), True),
        (21, 21, (0.97, 0.9), False),
        (10, 40, (0.8, 0.7), False),
    ],
)
def test_near_one_with_few_patients_they_are_taken_unasked(n_pos, n_neg, areas, logits):
    y, a, b = study(np.random.default_rng(1), n_pos, n_neg, areas)
    found = delong_test(y, a, b)
    assert (max(found.auc_a, found.auc_b) >= 0.93) == (areas[0] >= 0.97)
    assert found.method == "delong-paired" + ", logit bounds" * logits
    named = delong_test(y, a, b, interval="logit" if logits else "delong")
    assert named == found
    assert ("logit bounds" in repr(found)) == logits


def test_patients_with_several_rows_are_counted_once(rng):
    y, a, b = study(rng, 12, 40)
    one = delong_test(y, a, b, interval="logit")
    three = [np.repeat(x, 3) for x in (y, a, b, np.arange(52))]
    copied = delong_test(*three[:3], groups=three[3], interval="logit")
    assert copied.method.endswith("logit bounds")
    assert copied.high - copied.low > one.high - one.low


def test_a_perfect_area_has_bounds(rng):
    y, a, b = study(rng, 10, 40)
    found = delong_test(y, a + 9 * y, b)
    assert found.auc_a == 1
    assert found.low < found.estimate < found.high <= 1


def test_curves_that_order_all_pairs_alike_keep_their_rule(rng):
    y, a, _ = study(rng, 10, 40)
    same = delong_test(y, a, np.exp(a))
    assert same == delong_test(y, a, np.exp(a), interval="logit")
    assert same.method == "delong-paired"


def test_unknown_bounds_are_refused(rng):
    y, a, b = study(rng, 10, 40)
    with pytest.raises(ValueError, match="interval must be one of"):
        delong_test(y, a, b, interval="bca")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The difference of the areas has no var")
def test_difference_is_held_where_delong_falls_short():
    rng, held = np.random.default_rng(0), np.zeros(2)
    for _ in range(1000):
        y, a, b = study(rng, 10, 40)
        for i, interval in enumerate(("delong", "auto")):
            found = delong_test(y, a, b, interval=interval)
            held[i] += found.low <= 0.07 <= found.high
    assert held[0] < 0.92 * 1000
    assert held[1] >= 0.93 * 1000
