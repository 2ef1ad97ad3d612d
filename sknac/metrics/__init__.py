"""Metrics of a two-class decision, with intervals and tests that hold by patient."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.metrics._auc import auc_ci
from sknac.metrics._bootstrap import bootstrap_ci
from sknac.metrics._delong import delong_contrast, delong_test
from sknac.metrics._proportions import (
    ConfusionRates,
    confusion_rates,
    proportion_ci,
    rates_from_counts,
)
from sknac.metrics._pvalues import adjust_pvalues
from sknac.metrics._rates import npv, ppv, sensitivity, specificity, weighted_youden
from sknac.metrics._results import ContrastResult, DeLongResult, MetricInterval

__all__ = [
    "ConfusionRates",
    "ContrastResult",
    "DeLongResult",
    "MetricInterval",
    "adjust_pvalues",
    "auc_ci",
    "bootstrap_ci",
    "confusion_rates",
    "delong_contrast",
    "delong_test",
    "npv",
    "ppv",
    "proportion_ci",
    "rates_from_counts",
    "sensitivity",
    "specificity",
    "weighted_youden",
]
