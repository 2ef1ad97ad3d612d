"""Hand-crafted features: the baseline that networks have to beat."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.features._map_statistics import MapStatistics
from sknac.features._outline_shape import OutlineShape
from sknac.features._region_spectrum import RegionSpectrum
from sknac.features._stable_features import StableFeatures
from sknac.features._texture import Texture
from sknac.features._visit_delta import VisitDelta

__all__ = [
    "MapStatistics",
    "OutlineShape",
    "RegionSpectrum",
    "StableFeatures",
    "Texture",
    "VisitDelta",
]
