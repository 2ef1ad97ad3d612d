"""Quantitative ultrasound: calibrated maps of raw RF against a reference phantom."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.qus._attenuation import estimate_attenuation
from sknac.qus._bmode import bmode_from_rf
from sknac.qus._bsc import (
    FaranSpheres,
    GaussianScatterers,
    PowerLaw,
    TabulatedBSC,
)
from sknac.qus._envelope_mapper import EnvelopeMapper
from sknac.qus._mapper import QUSMapper
from sknac.qus._maps import qus_maps
from sknac.qus._maps_result import QUSMaps
from sknac.qus._options import SpectralOptions
from sknac.qus._plot import QUSMapDisplay
from sknac.qus._plot_reference import ReferenceCheckDisplay
from sknac.qus._plot_spectrum import SpectrumDisplay
from sknac.qus._reference import ReferencePhantom
from sknac.qus._reference_check import check_reference
from sknac.qus._roi_spectrum import roi_spectrum

__all__ = [
    "EnvelopeMapper",
    "FaranSpheres",
    "GaussianScatterers",
    "PowerLaw",
    "QUSMapDisplay",
    "QUSMapper",
    "QUSMaps",
    "ReferenceCheckDisplay",
    "ReferencePhantom",
    "SpectralOptions",
    "SpectrumDisplay",
    "TabulatedBSC",
    "bmode_from_rf",
    "check_reference",
    "estimate_attenuation",
    "qus_maps",
    "roi_spectrum",
]
