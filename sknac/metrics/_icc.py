"""Agreement of repeated measurements of the same patients."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np

from sknac.utils._icc import agreement
from sknac.utils._labels import as_floats
from sknac.utils._result import Result
from sknac.utils._rows import index_of, patients_of, warn_of_repeats
from sknac.utils._settings import check_confidence_level
from sknac.utils._text import patients, typed
from sknac.utils._warnings import warn_hint, warn_undefined


@dataclass(frozen=True, repr=False)
class ICCResult(Result):
    """An intraclass correlation.

    Parameters
    ----------
    estimate : float
        ICC(2,1), at most 1: the share of the variance of one measurement that is
        between patients.
    low, high : float
        Bounds of its interval.
    confidence_level : float
        Nominal coverage of the interval, between 0 and 1.
    method : str
        Which of the correlations, and whose interval.
    n, n_repeats : int
        Patients, and measurements of each.

    See Also
    --------
    icc : Computes this result.

    Examples
    --------
    >>> from sknac.metrics import icc
    >>> icc([[9, 8], [6, 7], [8, 8], [7, 5], [10, 9]])
    ICC(2,1) 0.714 [-0.068, 0.965] (95% mcgraw-wong, n=5 patients x 2 measurements)
    """

    estimate: float
    low: float
    high: float
    confidence_level: float
    method: str
    n: int
    n_repeats: int

    def __repr__(self) -> str:
        about = f"{self._about()}, {patients(self.n)} x {self.n_repeats} measurements"
        return f"ICC(2,1) {typed(self)} ({about})"


def icc(measurements: Any, *, confidence_level: float = 0.95) -> ICCResult:
    """Measure how well repeated measurements of patients agree: ICC(2,1).

    Parameters
    ----------
    measurements : array-like of shape (n_patients, n_repeats)
        One number per patient and repeat: readers, outlines or planes. A patient with
        a missing one must be left out.
    confidence_level : float, default=0.95
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    ICCResult
        The correlation with its interval; NaN with an `UndefinedMetricWarning` where
        all measurements are equal, and bounds that are NaN where all repeats are.

    Raises
    ------
    ValueError
        If there are fewer than two patients or repeats, or a number is missing.

    See Also
    --------
    sknac.features.StableFeatures : Selects features by it.

    Notes
    -----
    Two-way random effects, absolute agreement, a single measurement: repeats are a
    sample of those there might be, and a reader who measures more than others lowers
    the agreement [1]_. The interval is that of McGraw and Wong, case 2A [2]_, exact
    where repeats have no effect of their own, approximate else.

    References
    ----------
    .. [1] P. E. Shrout, J. L. Fleiss, Intraclass correlations: uses in assessing
       rater reliability, Psychological Bulletin 86:420-428, 1979.
    .. [2] K. O. McGraw, S. P. Wong, Forming inferences about some intraclass
       correlation coefficients, Psychological Methods 1:30-46, 1996.

    Examples
    --------
    >>> from sknac.metrics import icc
    >>> found = icc([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6],
    ...              [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> round(found.estimate, 2)
    0.29
    """
    level = check_confidence_level(confidence_level)
    table = as_floats(measurements, "measurements")
    if table.ndim != 2 or min(table.shape) < 2:
        raise ValueError(
            "measurements must be a table of at least 2 patients (rows) and 2 repeats "
            f"(columns), got shape {table.shape}"
        )
    index = index_of(measurements)
    if index is not None and patients_of(index).has_duplicates:
        warn_of_repeats(index, "give one row per patient")
    if table.shape[1] > table.shape[0]:
        warn_hint(
            f"measurements has {table.shape[0]} rows, the patients, and "
            f"{table.shape[1]} columns, the repeats; transpose it if the patients "
            "stand in columns"
        )
    if not np.isfinite(table).all():
        row = int(np.flatnonzero(~np.isfinite(table).all(axis=1))[0])
        raise ValueError(
            f"row {row}: a measurement is missing or infinite; leave the patient out"
        )
    found = agreement(table[:, :, None], level)
    estimate, low, high = (float(values[0]) for values in found)
    if np.ptp(table) == 0:
        warn_undefined("All measurements are equal; the ICC is NaN")
    elif np.isnan(low):
        warn_undefined("All repeats are equal; the interval of the ICC is NaN")
    n, k = table.shape
    return ICCResult(estimate, low, high, level, "mcgraw-wong", n, k)
