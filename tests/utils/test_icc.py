"""ICC(2,1) against Shrout and Fleiss's example, and the model that it measures."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.utils._icc import agreement

# P. E. Shrout, J. L. Fleiss, Psychological Bulletin 86:420-428, 1979, table 2: six
# targets, four judges; mean squares in table 3, ICC(2,1) = .29.
FIRST, SECOND = [9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2]
THIRD, FOURTH = [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]
EXAMPLE = np.transpose([FIRST, SECOND, THIRD, FOURTH]).astype(float)


@pytest.fixture
def rng():
    """Give a seeded generator."""
    return np.random.default_rng(20)


def test_published_example():
    found = agreement(EXAMPLE[:, :, None], 0.95)
    assert found.estimate[0] == pytest.approx(0.29, abs=0.005)
    # From the mean squares 11.24, 32.49 and 1.02 that they print.
    want = (11.24 - 1.02) / (11.24 + 3 * 1.02 + 4 * (32.49 - 1.02) / 6)
    assert found.estimate[0] == pytest.approx(want, rel=2e-3)
    # The interval that the R packages psych and irr print.
    assert (found.low[0], found.high[0]) == pytest.approx((0.019, 0.761), abs=5e-4)


def test_shift_and_scale_change_nothing(rng):
    values = rng.normal(size=(20, 3, 1)) + rng.normal(size=(20, 1, 1))
    one, other = agreement(values, 0.9), agreement(1e6 + 1e3 * values, 0.9)
    for a, b in zip(one, other, strict=True):
        assert b == pytest.approx(a, rel=1e-6)


def test_a_repeat_that_measures_more_lowers_the_agreement(rng):
    patients = rng.normal(size=(30, 1, 1))
    same = np.repeat(patients, 2, axis=1)
    moved = same + np.array([0.0, 1.0])[None, :, None]
    assert agreement(same, 0.95).estimate[0] == 1
    assert agreement(moved, 0.95).estimate[0] < 0.8


def test_interval_holds_the_variance_ratio(rng):
    # 500 studies of 40 patients and 2 repeats at once: 0.7 of the variance is theirs.
    values = np.sqrt(0.7) * rng.normal(size=(40, 1, 500))
    values = values + np.sqrt(0.3) * rng.normal(size=(40, 2, 500))
    found = agreement(values, 0.95)
    held = ((found.low <= 0.7) & (found.high >= 0.7)).mean()
    assert 0.92 < held < 0.98
