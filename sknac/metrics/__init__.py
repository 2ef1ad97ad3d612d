"""Metrics of a two-class decision, with intervals and tests that hold by patient."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.metrics._at_rate import sensitivity_at_specificity
from sknac.metrics._auc import auc_ci
from sknac.metrics._average_precision import average_precision_ci
from sknac.metrics._bootstrap import bootstrap_ci
from sknac.metrics._calibration import calibration
from sknac.metrics._cv_auc import cv_auc_ci
from sknac.metrics._cv_rates import cv_rates
from sknac.metrics._decision_curve import decision_curve
from sknac.metrics._delong import delong_contrast, delong_test
from sknac.metrics._icc import icc
from sknac.metrics._optimism import optimism
from sknac.metrics._paired import compare_rates
from sknac.metrics._plot import RocCIDisplay
from sknac.metrics._plot_calibration import CalibrationCIDisplay
from sknac.metrics._plot_decision_curve import DecisionCurveDisplay
from sknac.metrics._plot_forest import ForestDisplay
from sknac.metrics._plot_pr import PRCurveCIDisplay
from sknac.metrics._plot_subgroups import SubgroupDisplay
from sknac.metrics._proportions import confusion_rates, rates_from_counts
from sknac.metrics._rates import (
    npv_score,
    ppv_score,
    sensitivity_score,
    specificity_score,
    weighted_youden_score,
)
from sknac.metrics._resampled_test import corrected_resampled_ttest
from sknac.metrics._roc import roc_ci
from sknac.metrics._scorers import clinical_scorers
from sknac.metrics._subgroups import subgroup_rates
from sknac.metrics._tables import performance_table

__all__ = [
    "CalibrationCIDisplay",
    "DecisionCurveDisplay",
    "ForestDisplay",
    "PRCurveCIDisplay",
    "RocCIDisplay",
    "SubgroupDisplay",
    "auc_ci",
    "average_precision_ci",
    "bootstrap_ci",
    "calibration",
    "clinical_scorers",
    "compare_rates",
    "confusion_rates",
    "corrected_resampled_ttest",
    "cv_auc_ci",
    "cv_rates",
    "decision_curve",
    "delong_contrast",
    "delong_test",
    "icc",
    "npv_score",
    "optimism",
    "performance_table",
    "ppv_score",
    "rates_from_counts",
    "roc_ci",
    "sensitivity_at_specificity",
    "sensitivity_score",
    "specificity_score",
    "subgroup_rates",
    "weighted_youden_score",
]
