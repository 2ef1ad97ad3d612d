"""Operating points and decisions in stages; nothing here knows of images."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.decision._curve import (
    ThresholdCurve,
    weighted_youden_curve,
    weighted_youden_threshold,
)
from sknac.decision._flow import StageFlow, stage_flow
from sknac.decision._plot import StageFlowDisplay
from sknac.decision._plot_threshold import ThresholdCurveDisplay
from sknac.decision._score_column import ScoreColumn
from sknac.decision._staged import StagedClassifier
from sknac.decision._threshold import WeightedYoudenThreshold

__all__ = [
    "ScoreColumn",
    "StageFlow",
    "StageFlowDisplay",
    "StagedClassifier",
    "ThresholdCurve",
    "ThresholdCurveDisplay",
    "WeightedYoudenThreshold",
    "stage_flow",
    "weighted_youden_curve",
    "weighted_youden_threshold",
]
