"""Quantitative ultrasound: calibrated maps of raw RF against a reference phantom."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.qus._bsc import (
    FaranSpheres,
    GaussianScatterers,
    PowerLaw,
    TabulatedBSC,
    glass_bead_phantom_bsc,
)
from sknac.qus._maps import QUSMaps, qus_maps

__all__ = [
    "FaranSpheres",
    "GaussianScatterers",
    "PowerLaw",
    "QUSMaps",
    "TabulatedBSC",
    "glass_bead_phantom_bsc",
    "qus_maps",
]
