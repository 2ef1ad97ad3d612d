"""Warnings point at the line of the user, however deep they arise."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.metrics import (
    auc_ci,
    average_precision_ci,
    bootstrap_ci,
    sensitivity_at_specificity,
)
from sknac.survival import concordance, time_dependent_auc
from sknac.utils._warnings import HintWarning


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


Y = np.arange(60) % 2
TURNED = np.random.default_rng(0).normal(size=60) - 3 * Y
TIME = np.exp(TURNED + np.random.default_rng(1).normal(size=60))
SEEN = np.ones(60)
SURVIVAL = {"high_score": "earlier", "predictions": "new"}


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        (lambda s: average_precision_ci(Y, s), r"average precision .* chance \(0.5\)"),
        (lambda s: auc_ci(Y, s, max_fpr=0.3, n_resamples=99, random_state=0), "area"),
        (
            lambda s: sensitivity_at_specificity(
                Y, s, specificity=0.3, n_resamples=99, random_state=0
            ),
            r"sensitivity .* chance \(0.7\)",
        ),
        (
            lambda s: sensitivity_at_specificity(
                Y, s, sensitivity=0.3, n_resamples=99, random_state=0
            ),
            r"specificity .* chance \(0.7\)",
        ),
        (lambda s: concordance(TIME, SEEN, s, **SURVIVAL), "concordance"),
        (
            lambda s: time_dependent_auc(
                TIME, SEEN, s, times=[0.3], n_resamples=20, random_state=0, **SURVIVAL
            ),
            r"area .* by 0.3",
        ),
    ],
)
def test_scores_the_wrong_way_round_are_told(measure, said):
    with pytest.warns(HintWarning, match=f"{said}.*the scores order .* other way"):
        measure(TURNED)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        measure(-TURNED)
