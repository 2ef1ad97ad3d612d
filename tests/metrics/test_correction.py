"""What a correction weighs: values that follow from its equations by hand."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.metrics._correction import overfitting, weigh


def test_plus_weighs_by_the_overfitting():
    assert weigh(0.9, 0.9, 0.5) == pytest.approx((0.9, 0.632))
    assert weigh(0.9, 0.5, 0.5) == pytest.approx((0.5, 1.0))
    assert weigh(0.9, 0.4, 0.5) == pytest.approx((0.5, 1.0))  # worse than nothing
    assert weigh(0.1, 0.2, 0.3) == pytest.approx((0.1775, 0.632 / 0.816), abs=1e-3)
    assert weigh(0.0, 0.1, np.nan) == pytest.approx((0.0632, 0.632))
    assert overfitting(0.9, 0.7, 0.5) == pytest.approx(0.5)
