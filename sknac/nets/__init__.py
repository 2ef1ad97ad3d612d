"""Networks of both systems, as modules and as estimators."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.nets._augmentation import Augmentation
from sknac.nets._dlr import DLRClassifier
from sknac.nets._dual import DualInput
from sknac.nets._encoder_features import EncoderFeatures
from sknac.nets._feature_net import PlaneFeatureNet
from sknac.nets._mlp import PredictiveMLP
from sknac.nets._plot import TrainingCurveDisplay
from sknac.nets._predictive import PredictiveNet
from sknac.nets._ran import RAN
from sknac.nets._resnet import ResNet
from sknac.nets._seeds import SeedEnsemble

__all__ = [
    "RAN",
    "Augmentation",
    "DLRClassifier",
    "DualInput",
    "EncoderFeatures",
    "PlaneFeatureNet",
    "PredictiveMLP",
    "PredictiveNet",
    "ResNet",
    "SeedEnsemble",
    "TrainingCurveDisplay",
]
