"""Adjusted p-values against the textbook steps."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from sknac.utils._pvalues import holm


def test_holm_equals_the_steps_by_hand():
    # Sorted .01 .02 .03 .005 -> 4*.005, 3*.01, 2*.02, 1*.03 made monotone.
    got = holm([0.01, 0.02, 0.03, 0.005])
    np.testing.assert_allclose(got, [0.03, 0.04, 0.04, 0.02])


def test_undefined_test_stays_nan_and_still_counts():
    got = holm([0.01, np.nan, 0.02])
    np.testing.assert_allclose(got, [0.03, np.nan, 0.04])
    assert np.isnan(holm([np.nan])).all()


# statsmodels collects garbage in every call, and the suite has much of it.
@settings(max_examples=25)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_that_of_statsmodels(values):
    np.testing.assert_allclose(holm(values), multipletests(values, method="holm")[1])
