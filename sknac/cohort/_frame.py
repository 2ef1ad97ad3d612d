"""The cohort frame: checking it and listing its planes."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from sknac.cohort._records import Plane, Study
from sknac.exceptions import CohortError
from sknac.utils._frames import as_seen, validate_data
from sknac.utils._labels import alike
from sknac.utils._names import brief, wrong_name

_PREFIX = "us_"


def has_study(cell: object) -> bool:
    """Tell whether a cell holds a visit.

    Parameters
    ----------
    cell : object
        A cell of an ultrasound column.

    Returns
    -------
    bool
        True for a `Study`; False for None and NaN, which mean that the visit
        did not happen.

    Examples
    --------
    >>> from sknac.cohort.planes import has_study
    >>> has_study(None), has_study(float("nan"))
    (False, False)
    """
    return isinstance(cell, Study)


def check_cohort(
    estimator: Any,
    X: pd.DataFrame,
    *,
    columns: Sequence[str] | None = None,
    reset: bool,
) -> tuple[str, ...]:
    """Check a cohort frame as scikit-learn's ``validate_data`` checks arrays.

    Parameters
    ----------
    estimator : estimator
        With ``reset=True`` it gets ``feature_names_in_`` and ``n_features_in_``;
        else X must have the columns seen in ``fit``.
    X : DataFrame of shape (n_patients, n_columns)
        The cohort frame.
    columns : sequence of str or None, default=None
        Ultrasound columns to use; None takes every column named ``us_...``.
    reset : bool
        True in ``fit``, False elsewhere.

    Returns
    -------
    tuple of str
        The ultrasound columns.

    Raises
    ------
    CohortError
        If X has duplicate patients, also where only blanks, capitals or Unicode tell
        them apart; a name holds signs that nobody sees; X lacks a column; or a cell
        is neither a study nor None.
    TypeError
        If X is not a DataFrame.
    ValueError
        If X has no row, or other columns than in ``fit``.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.base import BaseEstimator
    >>> from sknac.cohort import Plane, Study, check_cohort
    >>> study = Study([Plane(np.zeros((64, 48), "uint8"), "bmode")])
    >>> X = pd.DataFrame({"age": [48], "us_pre": [study]}, index=["P1"])
    >>> check_cohort(BaseEstimator(), X, reset=True)
    ('us_pre',)
    """
    if not isinstance(X, pd.DataFrame):
        raise TypeError(
            f"X of {type(estimator).__name__} must be a cohort frame (a pandas "
            f"DataFrame with us_<visit> columns), got {type(X).__name__}; {_mend(X)}"
        )
    if len(X) == 0:
        raise ValueError(
            "Found array with 0 sample(s): the cohort frame has no row; give a patient"
        )
    every = columns is None
    columns = ultrasound_columns(X, columns)
    seen = X if reset or every else as_seen(estimator, X, columns)
    validate_data(estimator, seen, reset=reset, skip_check_array=True)
    if not X.index.is_unique:
        twice = X.index[X.index.duplicated()][0]
        raise CohortError(
            f"row {twice} is there more than once: a cohort frame has one row per "
            "patient; cohort_from_table gathers the planes of each patient"
        )
    _check_names(X)
    for column in columns:
        _check_cells(X, column)
    return columns


def checked_columns(X: pd.DataFrame) -> tuple[str, ...]:
    """Check that a frame is a cohort's and return its ultrasound columns."""
    if not isinstance(X, pd.DataFrame):
        raise TypeError(
            "X must be a cohort frame (a pandas DataFrame with us_<visit> columns), "
            f"got {type(X).__name__}; {_mend(X)}"
        )
    if not X.columns.is_unique:
        raise CohortError(
            f"two columns of X have one name; rename one of {list(X.columns)}"
        )
    columns = ultrasound_columns(X)
    for column in columns:
        _check_cells(X, column)
    return columns


def _mend(X):
    """Say how what is no frame becomes one, by what it is."""
    if isinstance(X, pd.Series):
        return f"take the column by a list, X[[{X.name!r}]]"
    if isinstance(X, np.ndarray) and X.dtype.kind == "O":
        return (
            "pass the frame itself (Bagging, which takes arrays, goes behind features)"
        )
    if isinstance(X, str | os.PathLike):
        return "read the table with cohort_from_table"
    return "make one with cohort_from_table, or of arrays as in the example of Study"


def ultrasound_columns(X, columns=None):
    """Find the ultrasound columns, or check those asked for."""
    if columns is None:
        found = [c for c in X.columns if isinstance(c, str) and c.startswith(_PREFIX)]
        if not found:
            raise CohortError(
                f"no ultrasound column among {list(X.columns)}; name visits us_<visit>"
            )
        return tuple(found)
    if isinstance(columns, str):
        columns = [columns]
    columns = tuple(columns)
    for column in columns:
        if np.ndim(column) or column not in X.columns:
            if isinstance(column, str) and _PREFIX + column in X.columns:
                raise CohortError(
                    f"column {column} is missing; name it {_PREFIX}{column}, as X does"
                )
            raise CohortError(f"column {column} is missing; X has {list(X.columns)}")
    if not columns or len(set(columns)) < len(columns):
        raise CohortError(
            "columns must name ultrasound columns, each once, got "
            f"{list(columns)}; None takes all"
        )
    return columns


def _check_names(X):
    """Refuse names that no page can show, and two patients that are one to people."""
    for names, what in ((X.columns, "column"), (X.index, "row")):
        if odd := wrong_name(names):
            raise CohortError(f"{what} {brief(odd[0])} {odd[1]}; {odd[2]}")
    if X.index.inferred_type == "integer":
        return
    if pair := alike(X.index):
        raise CohortError(
            f"the rows {pair} may be one patient, who would be trained on and tested; "
            "write her name alike and keep one row, or write two more differently"
        )


def _check_cells(X, column):
    """Refuse a cell that is neither a study nor missing."""
    for patient, cell in X[column].items():
        if not has_study(cell) and not _is_missing(cell):
            raise CohortError(
                f"row {patient}, column {column}: a visit must be a Study or None, got "
                f"{type(cell).__name__}{_way_to_study(cell)}"
            )


def _way_to_study(cell):
    """Say how a cell of another type becomes a study, where that is known."""
    ways = {
        Plane: "; put it into one, Study([plane])",
        np.ndarray: "; make one of it, Study([Plane(image, kind)])",
        str: "; paths are read by cohort_from_table",
        PurePath: "; paths are read by cohort_from_table",
    }
    return next((way for kind, way in ways.items() if isinstance(cell, kind)), "")


def _is_missing(cell):
    """Tell whether a cell says that the visit did not happen."""
    return cell is None or cell is pd.NA or (isinstance(cell, float) and cell != cell)


def check_has_studies(X: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse a frame in which a visit that is needed did not happen.

    Parameters
    ----------
    X : DataFrame of shape (n_patients, n_columns)
        A checked cohort frame.
    columns : sequence of str
        Columns that must hold a study in every row.

    Raises
    ------
    CohortError
        Naming the first row and column, and how many there are.

    Examples
    --------
    >>> import pandas as pd
    >>> from sknac.cohort.planes import check_has_studies
    >>> X = pd.DataFrame({"us_pre": [None]}, index=["P017"])
    >>> check_has_studies(X, ["us_pre"])
    Traceback (most recent call last):
        ...
    sknac.exceptions.CohortError: row P017, column us_pre: the visit is missing...
    """
    for column in columns:
        missing = X.index[[not has_study(cell) for cell in X[column]]]
        if len(missing):
            raise CohortError(
                f"row {missing[0]}, column {column}: the visit is missing (in "
                f"{len(missing)} of {len(X)} rows); leave these patients out, or let "
                "a StagedClassifier defer them"
            )
