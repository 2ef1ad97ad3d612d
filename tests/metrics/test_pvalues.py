"""Adjusted p-values against the textbook steps."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.metrics import adjust_pvalues


def test_holm_equals_the_steps_by_hand():
    # Sorted .01 .02 .03 .005 -> 4*.005, 3*.01, 2*.02, 1*.03 made monotone.
    got = adjust_pvalues([0.01, 0.02, 0.03, 0.005])
    np.testing.assert_allclose(got, [0.03, 0.04, 0.04, 0.02])


def test_bonferroni_multiplies():
    got = adjust_pvalues([0.01, 0.4], method="bonferroni")
    np.testing.assert_allclose(got, [0.02, 0.8])


def test_undefined_test_stays_nan_and_still_counts():
    got = adjust_pvalues([0.01, np.nan, 0.02])
    np.testing.assert_allclose(got, [0.03, np.nan, 0.04])
    assert np.isnan(adjust_pvalues([np.nan])).all()


def test_series_keeps_its_index():
    p = pd.Series([0.01, 0.5], index=["DLR-2", "DLR-4"], name="p")
    got = adjust_pvalues(p)
    assert got.index.equals(p.index)
    assert got.name == "p"


@pytest.mark.parametrize("bad", [[0.1, 1.2], [-0.1], [[0.1]]])
def test_what_is_no_p_value_is_refused(bad):
    with pytest.raises(ValueError, match="pvalues"):
        adjust_pvalues(bad)
