"""Checks that any estimator on cohort frames must pass, yours included."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.testing._cohorts import make_check_cohort
from sknac.testing._parametrize import (
    estimator_cohort_checks,
    parametrize_with_cohort_checks,
)

__all__ = [
    "estimator_cohort_checks",
    "make_check_cohort",
    "parametrize_with_cohort_checks",
]
