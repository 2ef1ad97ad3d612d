"""What a network looked at: heat maps of its decision on each image."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.inspection._difference import prediction_difference
from sknac.inspection._grad_cam import grad_cam
from sknac.inspection._plot import SaliencyDisplay

__all__ = ["SaliencyDisplay", "grad_cam", "prediction_difference"]
