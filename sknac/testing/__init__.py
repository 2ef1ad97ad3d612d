"""Checks that any estimator on cohort frames must pass, yours included."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.testing._cohorts import make_check_cohort
from sknac.testing._run import check_cohort_estimator, parametrize_with_cohort_checks

__all__ = [
    "check_cohort_estimator",
    "make_check_cohort",
    "parametrize_with_cohort_checks",
]
