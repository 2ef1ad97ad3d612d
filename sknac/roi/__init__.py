"""Regions: crop to the tumour, mask to core or margin, or show both to a network."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.roi._channels import RegionChannels
from sknac.roi._cropper import ROICropper
from sknac.roi._masker import ROIMasker

__all__ = ["ROICropper", "ROIMasker", "RegionChannels"]
