"""Operating points and decisions in stages; nothing here knows of images."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.decision._curve import weighted_youden_curve
from sknac.decision._flow import stage_flow
from sknac.decision._plot import StageFlowDisplay
from sknac.decision._plot_threshold import ThresholdCurveDisplay
from sknac.decision._score_column import ScoreColumn
from sknac.decision._staged import StagedClassifier
from sknac.decision._threshold import WeightedYoudenThreshold

__all__ = [
    "ScoreColumn",
    "StageFlowDisplay",
    "StagedClassifier",
    "ThresholdCurveDisplay",
    "WeightedYoudenThreshold",
    "stage_flow",
    "weighted_youden_curve",
]
