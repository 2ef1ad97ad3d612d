"""Clinical side of a response study: grades, subtypes, changes of size, models."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.clinical._baseline import baseline_table
from sknac.clinical._change import TumorChange
from sknac.clinical._grades import miller_payne_response, modified_response
from sknac.clinical._patient_flow import PatientFlow
from sknac.clinical._plot import PatientFlowDisplay
from sknac.clinical._plot_nomogram import NomogramDisplay
from sknac.clinical._sample_size import riley_sample_size
from sknac.clinical._stepwise import StepwiseLogisticRegression
from sknac.clinical._subtype import molecular_subtype

__all__ = [
    "NomogramDisplay",
    "PatientFlow",
    "PatientFlowDisplay",
    "StepwiseLogisticRegression",
    "TumorChange",
    "baseline_table",
    "miller_payne_response",
    "modified_response",
    "molecular_subtype",
    "riley_sample_size",
]
