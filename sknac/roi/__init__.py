"""Regions: crop B-mode images to the tumour, mask maps to core or margin."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.roi._cropper import ROICropper
from sknac.roi._masker import ROIMasker

__all__ = ["ROICropper", "ROIMasker"]
