"""Whole systems, assembled from the other packages: the two published, and one more."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.systems._bmode_response import make_bmode_response_pipeline
from sknac.systems._dlrp import DLRPClassifier, make_dlr_pipeline
from sknac.systems._qus_response import make_qus_response_pipeline
from sknac.systems._saving import hand_over, save_model

__all__ = [
    "DLRPClassifier",
    "hand_over",
    "make_bmode_response_pipeline",
    "make_dlr_pipeline",
    "make_qus_response_pipeline",
    "save_model",
]
