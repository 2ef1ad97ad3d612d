"""The flexible curve against statsmodels' lowess, and its bounds in closed form."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.metrics._calibration_curve import (
    _squares,
    _weights,
    _wilson,
    curve_of,
    distances,
    smoothed,
)
from sknac.metrics._proportions import proportion_ci


@pytest.mark.parametrize("levels", [None, 12, 3])
def test_weights_are_those_of_the_lowess(levels, rng):
    prob = rng.uniform(0.05, 0.95, 60)
    if levels:
        prob = rng.integers(1, levels + 1, 60) / (levels + 1)
    y = (rng.random(60) < prob).astype(float)
    fitted = smoothed(y, prob)
    for value in np.unique(prob)[::5]:
        want = fitted[prob == value][0]
        assert _weights(prob, value) @ y == pytest.approx(want, abs=2e-3)


def test_equal_weights_have_wilson_s_bounds():
    low, high = _wilson(np.array([0.3]), np.array([20.0]), 0.9)
    want = proportion_ci(6, 20, confidence_level=0.9)
    assert (low[0], high[0]) == pytest.approx((want.low, want.high), rel=1e-9)


def test_copies_of_patients_add_no_weight():
    weights = np.full(20, 0.05)
    assert _squares(weights, None) == pytest.approx(1 / 20)
    assert _squares(weights, np.arange(20) // 4) == pytest.approx(1 / 5)


@pytest.mark.parametrize("prob", [np.full(9, 0.3), np.array([0.1, 0.4, 0.5, 0.8])])
def test_no_curve_where_there_is_nothing_to_bend(prob):
    fitted = smoothed(np.arange(prob.size) % 2.0, prob)
    assert fitted is None
    assert np.isnan(list(distances(prob, fitted).values())).all()
    assert curve_of(prob, fitted, None, 0.95).empty


def test_one_patient_has_a_curve_without_bounds(rng):
    prob = rng.uniform(0.1, 0.9, 20)
    y = np.arange(20) % 2.0
    curve = curve_of(prob, smoothed(y, prob), np.zeros(20, dtype=int), 0.95)
    assert curve["observed"].notna().all()
    assert curve[["low", "high"]].isna().all(axis=None)
