"""Simulated cohorts with known truth, and public sets from a local folder."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.datasets._bmode_cohort import make_bmode_cohort
from sknac.datasets._breast_lesions import load_breast_lesions
from sknac.datasets._busbra import load_busbra
from sknac.datasets._busi import load_busi
from sknac.datasets._ispy1 import load_ispy1
from sknac.datasets._oasbud import load_oasbud
from sknac.datasets._rf_cohort import make_rf_cohort

__all__ = [
    "load_breast_lesions",
    "load_busbra",
    "load_busi",
    "load_ispy1",
    "load_oasbud",
    "make_bmode_cohort",
    "make_rf_cohort",
]
