"""Survival by predicted group: curves, log-rank test, hazard ratio, C."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.survival._compare import hazard_ratio, logrank
from sknac.survival._concordance import concordance
from sknac.survival._kaplan_meier import kaplan_meier
from sknac.survival._plot import KaplanMeierDisplay
from sknac.survival._restricted import restricted_mean
from sknac.survival._time_dependent import time_dependent_auc

__all__ = [
    "KaplanMeierDisplay",
    "concordance",
    "hazard_ratio",
    "kaplan_meier",
    "logrank",
    "restricted_mean",
    "time_dependent_auc",
]
