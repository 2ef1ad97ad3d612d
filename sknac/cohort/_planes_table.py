"""The planes of a cohort frame as a table."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sknac.cohort._frame import checked_columns
from sknac.cohort.planes import list_planes, pixels_of

_COLUMNS = (
    "patient_id",
    "visit",
    "plane",
    "kind",
    "height",
    "width",
    "spacing_axial_mm",
    "spacing_lateral_mm",
    "fs_mhz",
    "has_core",
    "digest",
)


def planes_table(X: pd.DataFrame, *, pixels: bool = True) -> pd.DataFrame:
    """List the planes of a cohort frame, one row each.

    Parameters
    ----------
    X : DataFrame of shape (n_patients, n_columns)
        A cohort frame.
    pixels : bool, default=True
        Whether to read every plane for the last column; once a process.

    Returns
    -------
    DataFrame of shape (n_planes, 12)
        ``patient_id, visit, plane, kind, height, width, spacing_axial_mm,
        spacing_lateral_mm, fs_mhz, has_core, digest, pixels``. The last is a digest
        of type, shape and samples: the same for one image under two names, whatever
        files they lie in.

    Raises
    ------
    CohortError
        If X has no ultrasound column, or a plane cannot be read.
    FileNotFoundError, StaleFileError
        If the file of a plane is gone or changed.

    Examples
    --------
    >>> from sknac.cohort import planes_table
    >>> from sknac.datasets import make_bmode_cohort
    >>> X = make_bmode_cohort(n_patients=4, random_state=0).X
    >>> sorted(planes_table(X)["visit"].unique())
    ['post2', 'post4', 'pre']
    """
    found = list_planes(X, checked_columns(X))
    table = pd.DataFrame([_plane_row(at) for at in found], columns=list(_COLUMNS))
    if pixels:
        table["pixels"] = pd.Series([pixels_of(at) for at in found], dtype=str)
    return table


def _plane_row(at):
    """Describe one plane in the order of the table's columns."""
    plane = at.plane
    return (
        at.patient,
        at.column.removeprefix("us_"),
        at.number,
        plane.kind,
        *plane.image.shape[-2:],
        *(plane.spacing_mm or (np.nan, np.nan)),
        np.nan if plane.fs_mhz is None else plane.fs_mhz,
        plane.core is not None,
        plane.digest,
    )
