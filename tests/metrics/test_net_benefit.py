"""Bounds of net benefits where few are acted on."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.metrics._net_benefit import benefit, benefit_metric, gain_of, threshold_of
from sknac.utils._sample import check_sample

CUT = np.array([0.8])


def gain(y, acted, other=None, cuts=CUT, groups=None, **options):
    """Return the gain at one threshold."""
    acted = np.asarray(acted, dtype=bool)[:, None]
    other = np.zeros_like(acted) if other is None else np.asarray(other)[:, None]
    sample = check_sample(y, groups=groups)
    return gain_of(sample, acted, other, cuts, 0.95, **options)


@pytest.mark.parametrize(("n_acted", "drawn"), [(9, False), (10, True)])
def test_below_ten_patients_there_are_no_bounds(n_acted, drawn):
    y = np.arange(60) % 2
    found = gain(y, np.arange(60) < n_acted)
    assert found.differ == n_acted
    assert np.isfinite([found.low, found.high]).all() == drawn
    rest = gain(y, np.arange(60) >= n_acted, np.ones(60, dtype=bool))
    assert np.isfinite([rest.low, rest.high]).all() == drawn


def test_ten_rows_of_few_patients_are_few():
    y, patient = np.arange(60) % 2, np.arange(60) // 6
    found = gain(y, np.arange(60) < 30, groups=patient)
    assert found.differ == 5
    assert np.isnan(found.low)


def test_rare_kinds_have_two_of_each_added():
    # 12 of 100 acted on, all positive: 14 of 16 at odds of 4, by hand.
    found = gain(np.arange(100) < 50, np.arange(100) < 12)
    right = 14 / 16
    mean = 0.12 * (right - (1 - right) * 4)
    error = np.sqrt((0.12 * (right + (1 - right) * 16) - mean**2) / 100)
    assert found.mean == pytest.approx(0.12)
    assert found.low == pytest.approx(mean - 1.959964 * error, rel=1e-6)
    assert found.high == pytest.approx(max(0.12, mean + 1.959964 * error), rel=1e-6)


def test_copies_of_patients_change_nothing():
    y, acted = np.arange(80) % 3 == 0, np.arange(80) < 14
    ten = [np.repeat(x, 10) for x in (y, acted, np.arange(80))]
    one, copied = gain(y, acted), gain(ten[0], ten[1], groups=ten[2])
    assert copied.low == pytest.approx(one.low)
    assert copied.high == pytest.approx(one.high)
    assert copied.differ == one.differ == 14


def test_bounds_hold_the_truth_in_the_tail():
    # Of those acted on 90 % are positive, at odds of 4: worth 0.1 * (0.9 - 0.4).
    rng = np.random.default_rng(0)
    held, drawn = 0, 0
    for _ in range(400):
        acted = rng.random(126) < 0.1
        y = np.where(acted, rng.random(126) < 0.9, rng.random(126) < 0.4)
        found = gain(y, acted)
        drawn += np.isfinite(found.low[0])
        held += found.low[0] <= 0.05 <= found.high[0]
    assert drawn > 250
    assert held / drawn >= 0.93


@pytest.mark.parametrize("threshold", [0.0, 0.05, 1 / 3, 0.995])
def test_metrics_name_their_threshold(threshold):
    assert threshold_of(benefit_metric(threshold)) == pytest.approx(threshold)


@pytest.mark.parametrize(
    "name", ["brier", "net_benefit", "net_benefit@1", "net_benefit@x", "@0.2", None]
)
def test_others_have_none(name):
    assert threshold_of(name) is None


def test_benefit_of_nobody_is_undefined():
    positive, prob = np.array([True, False]), np.array([0.4, 0.2])
    assert np.isnan(benefit(positive, prob, np.zeros(2), 0.1))
    # A probability of single precision reaches the threshold that it prints as.
    assert benefit(positive, prob.astype(np.float32), np.ones(2), 0.4) == 0.5
