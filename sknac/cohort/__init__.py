"""What ``X`` is: a frame of one row per patient whose cells are studies.

A *cohort frame* is a pandas DataFrame indexed by ``patient_id``. Clinical
columns are plain; ultrasound columns are named ``us_<visit>`` and hold one
immutable `Study` each, or None where the visit did not happen. Any scikit-learn
splitter therefore splits by patient. `sknac.cohort.planes` is a door for developers.
"""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.cohort._folder import cohort_from_folder
from sknac.cohort._frame import check_cohort
from sknac.cohort._geometry import Grid
from sknac.cohort._handles import ArrayRef, InMemoryArray
from sknac.cohort._memory import memory_report
from sknac.cohort._moving import relocate
from sknac.cohort._outlines import MaskOutline, PolygonOutline
from sknac.cohort._pack import pack_cohort
from sknac.cohort._planes_table import planes_table
from sknac.cohort._records import Plane, Study
from sknac.cohort._step import PlaneTransformer
from sknac.cohort._summary import cohort_summary
from sknac.cohort._table import cohort_from_table

__all__ = [
    "ArrayRef",
    "Grid",
    "InMemoryArray",
    "MaskOutline",
    "Plane",
    "PlaneTransformer",
    "PolygonOutline",
    "Study",
    "check_cohort",
    "cohort_from_folder",
    "cohort_from_table",
    "cohort_summary",
    "memory_report",
    "pack_cohort",
    "planes_table",
    "relocate",
]
