"""The two published systems, assembled from the other packages."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.systems._dlrp import DLRPClassifier, make_dlr_pipeline
from sknac.systems._qus_response import make_qus_response_pipeline

__all__ = ["DLRPClassifier", "make_dlr_pipeline", "make_qus_response_pipeline"]
