"""Warnings point at the line of the user, however deep they arise."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.metrics import auc_ci, bootstrap_ci


@pytest.mark.parametrize(
    "call",
    [
        lambda: auc_ci([1, 1], [1, 2]),
        lambda: bootstrap_ci("ppv", [0, 1], [0, 1], n_resamples=20, random_state=0),
    ],
)
def test_warnings_point_at_the_line_of_the_user(call):
    with pytest.warns(UndefinedMetricWarning) as caught:
        call()
    assert {warning.filename for warning in caught} == {__file__}
