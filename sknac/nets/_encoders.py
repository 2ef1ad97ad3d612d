"""Networks on single images, by name."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping

from sknac.nets._ran import RAN
from sknac.nets._resnet import ResNet

ENCODERS: Mapping = {
    "resnet18": (ResNet, {"layout": "18"}),
    "resnet50": (ResNet, {"layout": "50"}),
    "resnet101": (ResNet, {"layout": "101"}),
    "resnet_tiny": (ResNet, {"layout": "tiny"}),
    "ran56": (RAN, {"layout": "56"}),
    "ran92": (RAN, {"layout": "92"}),
    "ran_tiny": (RAN, {"layout": "tiny"}),
}
