"""Grades of response, and the response label each of them means."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sknac.clinical._checks import as_flags, as_numbers, like, same_length
from sknac.utils._decimals import as_decimals
from sknac.utils._labels import raise_first
from sknac.utils._result import Result
from sknac.utils._rows import same_rows
from sknac.utils._settings import check_share
from sknac.utils._text import patients

RESPONSE, NON_RESPONSE = "response", "non-response"
# Least Miller-Payne and modified-response grade that count as response.
MILLER_PAYNE_FROM, MODIFIED_FROM = 4, 3


@dataclass(frozen=True, eq=False, repr=False)
class ResponseGrade(Result):
    """Grades of response and what they mean.

    Parameters
    ----------
    grade : int, ndarray or Series of shape (n_patients,)
        Grade from 1 (none) to 5 (complete).
    label : str, ndarray or Series of shape (n_patients,)
        "response" or "non-response".

    See Also
    --------
    modified_response, miller_payne_response : Compute this result.

    Examples
    --------
    >>> from sknac.clinical import modified_response
    >>> modified_response(50.0, 20.0)
    ResponseGrade(grade=3, label='response')
    """

    grade: Any
    label: Any

    def to_frame(self) -> pd.DataFrame:
        """Return grades and labels as a table.

        Returns
        -------
        DataFrame of shape (n_patients, 2)
            `grade` and `label`; a row per patient.
        """
        index = None if isinstance(self.grade, pd.Series | np.ndarray) else [0]
        return pd.DataFrame({"grade": self.grade, "label": self.label}, index=index)

    def __repr__(self) -> str:
        if np.ndim(self.grade) == 0:
            return f"ResponseGrade(grade={self.grade}, label={self.label!r})"
        n, n_pos = len(self.label), int((np.asarray(self.label) == RESPONSE).sum())
        return f"ResponseGrade({patients(n)}, {n_pos} {RESPONSE})"


def modified_response(
    size_before: ArrayLike,
    size_after: ArrayLike,
    residual_cellularity: ArrayLike | None = None,
    malignant_cells: ArrayLike | None = None,
    *,
    very_low_cellularity: float = 0.1,
) -> ResponseGrade:
    """Grade the modified response (MR) from tumour size and histopathology.

    Parameters
    ----------
    size_before, size_after : float or array-like of shape (n_patients,)
        Tumour size before treatment (> 0) and at its end (>= 0), one unit.
    residual_cellularity : float or array-like of shape (n_patients,), default=None
        Share of the tumour bed that is cancer cells, in [0, 1]; NaN: not assessed.
    malignant_cells : bool or array-like of shape (n_patients,), default=None
        Whether malignant cells are left in the sections; NaN or None: not assessed.
    very_low_cellularity : float, default=0.1
        Cellularity up to which it counts as very low; the paper gives no number.

    Returns
    -------
    grade : ResponseGrade
        Grades 1 to 5 and labels: MR 1-2 "non-response", MR 3-5 "response". Scalars
        for scalars, a Series where `size_before` is one.

    Raises
    ------
    ValueError
        If lengths differ, a size is missing or negative, a size before is 0, or a
        cellularity lies outside [0, 1].

    See Also
    --------
    miller_payne_response : The other grading, with another cut.

    Notes
    -----
    With r the relative reduction in size, the first rule that holds decides:

    - MR 5: size 0 and no malignant cells;
    - MR 4: r > 0.9 (so is size 0 with malignant cells left, or not assessed);
    - MR 3: 0.3 <= r <= 0.9;
    - MR 3: cellularity very low, or no malignant cells, whatever the size;
    - MR 2: 0 < r < 0.3;
    - MR 1: r <= 0.

    Sizes and shares are compared as the decimals that were given: from 3.0 to 2.1 is
    a reduction of exactly 30 %, as from 30 to 21.

    The definition lets a patient with little reduction but very low cellularity be
    both MR 1-2 and MR 3; size comes first, and cellularity can only raise MR 1-2.

    References
    ----------
    Taleghamar et al., Sci Rep 12:2244, 2022 (Methods).

    Examples
    --------
    >>> from sknac.clinical import modified_response
    >>> found = modified_response([50, 50, 50, 50], [60, 40, 40, 0],
    ...                           residual_cellularity=[0.6, 0.5, 0.05, 0.0],
    ...                           malignant_cells=[True, True, True, False])
    >>> found.grade.tolist()
    [1, 2, 3, 5]
    """
    same_rows(
        size_before=size_before,
        size_after=size_after,
        residual_cellularity=residual_cellularity,
        malignant_cells=malignant_cells,
    )
    before = as_numbers(size_before, "size_before")
    after = as_numbers(size_after, "size_after")
    cells = as_numbers(residual_cellularity, "residual_cellularity", missing=True)
    left = as_flags(malignant_cells, "malignant_cells")
    before, after, cells, left = same_length(
        size_before=before,
        size_after=after,
        residual_cellularity=cells,
        malignant_cells=left,
    )
    index = getattr(size_before, "index", None)
    raise_first(before <= 0, "size_before must be above 0", index)
    raise_first(after < 0, "size_after must not be negative", index)
    outside = (cells < 0) | (cells > 1)
    raise_first(outside, "residual_cellularity must be a share in [0, 1]", index)
    contrary = (cells > 0) & (left == 0)
    what = "residual_cellularity is above 0 but malignant_cells says that none are left"
    raise_first(contrary, f"{what}; correct one of them", index)
    check_share(very_low_cellularity, "very_low_cellularity")
    # In decimals, as they were written: 30 % of 3.0 is 2.1, which binary numbers miss.
    first, last, share = same_length(
        size_before=np.atleast_1d(as_decimals(size_before)),
        size_after=np.atleast_1d(as_decimals(size_after)),
        residual_cellularity=np.atleast_1d(as_decimals(residual_cellularity, fill=2)),
    )
    sparse = (share <= as_decimals(very_low_cellularity).item()) | (left == 0)
    rules = [
        (after == 0) & (left == 0),
        10 * last < first,
        10 * last <= 7 * first,
        sparse,
        last < first,
    ]
    rules = [np.broadcast_to(rule, before.size).astype(bool) for rule in rules]
    grade = np.select(rules, [5, 4, 3, 3, 2], default=1)
    return _graded(size_before, grade, MODIFIED_FROM)


def miller_payne_response(grade: ArrayLike) -> ResponseGrade:
    """Tell what a Miller-Payne grade means: response or not.

    Parameters
    ----------
    grade : int, str or array-like of shape (n_patients,)
        Grades 1 to 5, or "G1" to "G5".

    Returns
    -------
    grade : ResponseGrade
        Grades 1 to 5 and labels: "non-response" for G1 to G3, "response" for G4 and
        G5 (more than 90 % of the tumour cells lost). Scalars for scalars, a Series
        where `grade` is one.

    Raises
    ------
    ValueError
        If a grade is missing or none of the five.

    See Also
    --------
    modified_response : The other grading, with another cut.

    References
    ----------
    The DLRP paper, European Radiology (Table 1).

    Examples
    --------
    >>> from sknac.clinical import miller_payne_response
    >>> miller_payne_response("G3")
    ResponseGrade(grade=3, label='non-response')
    >>> miller_payne_response([3, 4]).label.tolist()
    ['non-response', 'response']
    """
    given = np.asarray(grade, dtype=object)
    if given.ndim > 1 or not given.size:
        raise ValueError(f"grade must be 1-D and not empty, got shape {given.shape}")
    found = np.array([_miller_payne(each) for each in np.atleast_1d(given)])
    what = "Miller-Payne grades must be 1 to 5 (or G1 to G5); leave others out"
    raise_first(found == 0, what, getattr(grade, "index", None))
    return _graded(grade, found, MILLER_PAYNE_FROM)


def _miller_payne(given: Any) -> int:
    """Return one grade, however it is written: 4, 4.00 or G4; 0 if it is none."""
    text = str(given).strip().upper()
    try:
        grade = float(text.removeprefix("G"))
    except ValueError:
        return 0
    return int(grade) if grade in (1, 2, 3, 4, 5) else 0


def _graded(given: Any, grade: np.ndarray, least: int) -> ResponseGrade:
    """Return grades with the label of each, in the form of what was given."""
    label = np.where(grade >= least, RESPONSE, NON_RESPONSE).astype(object)
    return ResponseGrade(like(given, grade, "grade"), like(given, label, "label"))
