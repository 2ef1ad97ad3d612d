"""Quantitative ultrasound: calibrated maps of raw RF against a reference phantom."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.qus._attenuation import AttenuationEstimate, estimate_attenuation
from sknac.qus._bmode import bmode_from_rf
from sknac.qus._bsc import (
    FaranSpheres,
    GaussianScatterers,
    PowerLaw,
    TabulatedBSC,
    glass_bead_phantom_bsc,
)
from sknac.qus._engine import QUSMaps
from sknac.qus._form_factor import ScattererFit
from sknac.qus._mapper import QUSMapper
from sknac.qus._maps import qus_maps
from sknac.qus._plane_mapper import SpectralOptions
from sknac.qus._plot import QUSMapDisplay
from sknac.qus._reference import ReferencePhantom

__all__ = [
    "AttenuationEstimate",
    "FaranSpheres",
    "GaussianScatterers",
    "PowerLaw",
    "QUSMapDisplay",
    "QUSMapper",
    "QUSMaps",
    "ReferencePhantom",
    "ScattererFit",
    "SpectralOptions",
    "TabulatedBSC",
    "bmode_from_rf",
    "estimate_attenuation",
    "glass_bead_phantom_bsc",
    "qus_maps",
]
