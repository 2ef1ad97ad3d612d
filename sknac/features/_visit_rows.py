"""Visits as rows: what one transformer sees of several visits."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.utils import get_tags

from sknac.cohort.planes import as_column, has_study
from sknac.exceptions import CohortError, SknacFormatError, StaleFileError
from sknac.utils._labels import shown

#: The one ultrasound column of such rows.
AS_VISIT = "us_visit"
# Rows are labelled so that what a step says of them names the patient and the visit
# as the user's frame does, once this is taken out.
_SAID = f", column {AS_VISIT}"


class VisitRows(NamedTuple):
    """Visits as rows of a frame, and where each came from.

    Parameters
    ----------
    frame : DataFrame of shape (n_visits, 1 + n_clinical_columns)
        A cohort frame with the column ``us_visit``; only visits that happened.
    present : dict of str to ndarray of bool of shape (n_patients,)
        Per visit who had it, in the order of the rows.
    """

    frame: pd.DataFrame
    present: dict[str, np.ndarray]

    def unstacked(self, table: np.ndarray) -> dict[str, np.ndarray]:
        """Give each visit the rows of all patients; NaN where it is missing."""
        values, start = {}, 0
        for visit, present in self.present.items():
            values[visit] = np.full((len(present), table.shape[1]), np.nan)
            n_rows = present.sum()
            values[visit][present] = table[start : start + n_rows]
            start += n_rows
        return values


def stack_visits(
    X: pd.DataFrame, columns: Sequence[str], *, all_needed: bool = False
) -> VisitRows:
    """Put the visits of some columns below each other.

    Parameters
    ----------
    X : DataFrame of shape (n_patients, n_columns)
        A checked cohort frame.
    columns : sequence of str
        Ultrasound columns.
    all_needed : bool, default=False
        Whether a visit that no patient had is an error.

    Returns
    -------
    VisitRows
        The rows, visit by visit; clinical columns are repeated.
    """
    clinical = X[[c for c in X if not str(c).startswith("us_")]]
    present, parts = {}, []
    for column in columns:
        here = np.array([has_study(cell) for cell in X[column]], dtype=bool)
        if all_needed and not here.any():
            raise CohortError(
                f"column {column} must hold a study to learn from, got none of "
                f"{len(X)} visits"
            )
        present[column.removeprefix("us_")] = here
        labels = [f"{patient}, column {column}" for patient in X.index[here]]
        part = clinical[here].set_axis(pd.Index(labels, dtype=object), axis=0)
        cells = as_column([cell for cell in X[column] if has_study(cell)], part.index)
        parts.append(part.assign(**{AS_VISIT: cells}))
    some = [part for part in parts if len(part)] or parts[:1]
    return VisitRows(pd.concat(some), present)


@contextmanager
def under_their_names() -> Iterator[None]:
    """Let errors about rows of visits name patient and column of the user's frame."""
    try:
        yield
    except SknacFormatError as error:
        cause = error.cause.replace(_SAID, "", 1)
        raise SknacFormatError(error.path, cause) from error
    except (CohortError, FileNotFoundError, StaleFileError) as error:
        if _SAID not in str(error):
            raise
        raise type(error)(str(error).replace(_SAID, "", 1)) from error


def check_pairs(visits: Any) -> tuple[tuple[str, str], ...]:
    """Return one pair of visits, or several, as a tuple of pairs."""
    given = list(visits)
    pairs = [given] if all(isinstance(visit, str) for visit in given) else given
    pairs = [tuple(pair) if np.ndim(pair) == 1 else pair for pair in pairs]
    for pair in pairs:
        good = isinstance(pair, tuple) and len(pair) == 2 and pair[0] != pair[1]
        good = good and all(isinstance(visit, str) for visit in pair)
        if not good or any(visit.startswith("us_") for visit in pair):
            raise ValueError(
                "visits must be pairs (reference, later) of different visits without "
                f"their us_, such as ('pre', 'post2'), got {shown(visits)}"
            )
    if not pairs or len(set(pairs)) < len(pairs):
        raise ValueError(f"visits must be different pairs, got {shown(visits)}")
    return tuple((str(first), str(later)) for first, later in pairs)


def check_transformer(transformer: Any) -> None:
    """Refuse what would learn labels from visits as if they were patients.

    So is what names another ultrasound column than it is shown.
    """
    for part in parts_of(transformer):
        for name in _columns_named(part):
            if str(name).startswith("us_") and name != AS_VISIT:
                raise ValueError(
                    f"{type(part).__name__} names {name}, and sees all visits as the "
                    f"one column {AS_VISIT}; name that, or leave columns out"
                )
        if _needs_labels(part):
            raise TypeError(
                f"transformer must learn without labels, got {type(part).__name__}; "
                "put it behind VisitDelta, or take DLRClassifier, which learns from "
                "pairs of visits"
            )


def parts_of(transformer: Any) -> list:
    """List a transformer and the estimators inside it, in the order that data take."""
    parts = [transformer]
    if hasattr(transformer, "get_params"):
        parts += transformer.get_params().values()
    return [p for p in parts if hasattr(p, "fit") and not isinstance(p, type)]


def _columns_named(part):
    """List the columns that a part's settings name."""
    groups = [getattr(part, "columns", None)]
    if isinstance(part, ColumnTransformer):
        groups += [columns for *_, columns in part.transformers]
    groups = [[group] if isinstance(group, str) else group for group in groups]
    return [n for group in groups if isinstance(group, list | tuple) for n in group]


def _needs_labels(part):
    """Tell whether a part cannot be fitted without y."""
    y = inspect.signature(part.fit).parameters.get("y")
    if y is not None and y.default is y.empty:
        return True
    return hasattr(part, "__sklearn_tags__") and get_tags(part).target_tags.required
