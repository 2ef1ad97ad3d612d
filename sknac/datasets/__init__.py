"""Simulated cohorts with known truth, to try, test and teach with."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.datasets._bmode_cohort import make_bmode_cohort
from sknac.datasets._rf_cohort import make_rf_cohort

__all__ = ["make_bmode_cohort", "make_rf_cohort"]
