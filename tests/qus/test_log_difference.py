"""The arithmetic of the log difference, against closed forms."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus._estimates import DB, Media
from sknac.qus._log_difference import _inside, _jackknife, _mean_power, _Slope


def test_jackknife_of_a_mean_is_its_variance(rng):
    # Groups of one line: the variance of a mean is s^2 / n.
    power = rng.gamma(5, size=12)
    groups = power[None, :, None], np.ones((1, 12))
    found = _jackknife(groups, lambda ln: float(np.exp(ln[0, 0])))
    assert found == pytest.approx(power.var(ddof=1) / 12)


def test_one_group_says_nothing_of_its_error():
    groups = np.ones((3, 1, 2)), np.ones((3, 1))
    assert np.isnan(_jackknife(groups, lambda ln: 1.0))


def test_slope_of_an_exact_loss_is_the_loss():
    depth_mm, freqs = np.linspace(5, 30, 20), np.linspace(3, 8, 16)
    media = Media(1540.0, "estimate", 1.2, 1488.0, 0.5, 1.0)
    loss_db = -2 * 0.7 * np.outer(depth_mm / 10, freqs**1.2)
    level = np.random.default_rng(0).normal(size=freqs.size)
    ln_scan = (loss_db + level + media.reference_db(depth_mm, freqs)) / DB
    slope = _Slope(depth_mm, np.ones(20, dtype=bool), freqs, media)
    assert slope(ln_scan, np.zeros_like(ln_scan)) == pytest.approx(0.7)


def test_mean_power_leaves_rows_without_lines_out():
    total = np.array([[[2.0], [4.0]], [[0.0], [0.0]]])
    count = np.array([[1.0, 2.0], [0.0, 0.0]])
    mean = _mean_power(total, count)
    assert mean[0, 0] == pytest.approx(2.0)
    assert np.isnan(mean[1, 0])


def test_range_keeps_both_ends():
    places = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(_inside(places, (2, 3)), [False, True, True])
    assert _inside(places, None).all()
    with pytest.raises(
        ValueError, match=r"\(low, high\) in mm, low < high, got \(3, 2\)"
    ):
        _inside(places, (3, 2))
