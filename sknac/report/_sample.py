"""Patients with their labels, scores and decisions, checked and aligned."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sknac.report._checks import check_shown
from sknac.utils._frames import unique_columns
from sknac.utils._labels import distinct_labels, one_dimensional
from sknac.utils._rows import patients_of, same_rows


@dataclass(frozen=True, eq=False)
class Sample:
    """One cohort: true labels, and by model scores (NaN: none) and decisions (None).

    The models' order is that of `scores`, then of those with decisions only.
    """

    y: pd.Series
    scores: dict[str, pd.Series] = field(default_factory=dict)
    decisions: dict[str, pd.Series] = field(default_factory=dict)

    @property
    def models(self) -> list[str]:
        """Names of the models, in order."""
        return list(dict.fromkeys([*self.scores, *self.decisions]))

    def scored(self, model: str) -> tuple[pd.Series, pd.Series]:
        """Return labels and scores of the patients whom a model scored."""
        kept = self.scores[model].notna()
        return self.y[kept], self.scores[model][kept]

    def decided(self, model: str) -> tuple[pd.Series, pd.Series]:
        """Return labels and decisions of the patients whom a model decided on."""
        kept = self.decisions[model].notna()
        return self.y[kept], self.decisions[model][kept]


def make_sample(where, y, scores, decisions, classes=None):
    """Check one cohort; `where` names it in errors."""
    y = _labels(where, y, classes)
    known = y.unique().tolist() if classes is None else list(classes)
    scores = {
        name: _scores(f"{where}: scores[{name!r}]", values, y)
        for name, values in scores.items()
    }
    decisions = {
        name: _decisions(f"{where}: decisions[{name!r}]", values, y, known)
        for name, values in decisions.items()
    }
    return Sample(y, scores, decisions)


def by_model(values: Any, name: str, what: str) -> dict[str, Any]:
    """Return values by model; a single one belongs to the model `name`."""
    if values is None:
        return {}
    if isinstance(values, pd.DataFrame):
        values = {column: values[column] for column in values}
    if not isinstance(values, Mapping):
        return {name: values}
    odd = [key for key in values if not isinstance(key, str)]
    if odd:
        raise ValueError(f"{what} names a model {odd[0]!r}; names must be text")
    check_shown(values, what)
    return dict(values)


def aligned(what: str, values: Any, y: pd.Series) -> pd.Series:
    """Return values as a column beside y, or say how they do not fit."""
    array = one_dimensional(values, what, len(y))
    same_rows(**{"y": y, what: values})
    return pd.Series(array, index=y.index)


def aligned_table(what: str, table: Any, y: pd.Series) -> pd.DataFrame:
    """Return a table beside y, or say how it does not fit."""
    if isinstance(table, pd.Series):
        table = table.to_frame(table.name if table.name is not None else "subgroup")
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"{what} must be a DataFrame, got {type(table).__name__}")
    one_dimensional(table.index, what, len(y))
    same_rows(**{"y": y, what: table})
    unique_columns(table, what)
    check_shown(table.columns, what)
    return table.set_axis(y.index)


def _labels(where, y, classes):
    """Return true labels as a Series, checked."""
    array = one_dimensional(y, f"{where}: y")
    index = getattr(y, "index", None)
    index = index if isinstance(index, pd.Index) else pd.RangeIndex(len(array))
    found = sorted(distinct_labels(array, f"{where}: y"), key=str)
    patients = patients_of(index)
    if not patients.is_unique:
        twice = patients[patients.duplicated()][0]
        raise ValueError(
            f"{where}: y has several rows named {twice!r}, but a report counts "
            "patients; give one row per patient, such as the mean score of her images"
        )
    check_shown(patients, f"{where}: rows of y")
    check_shown(found, f"{where}: labels of y")
    if len(found) != 2:
        raise ValueError(f"{where}: y must hold two classes, got {found[:5]}")
    if classes is not None and set(found) != set(classes):
        raise ValueError(
            f"{where}: y must hold the test patients' {classes}, got {found}"
        )
    return pd.Series(array, index=index)


def _scores(what, values, y):
    """Return scores as floats; NaN stands for a patient without one."""
    column = aligned(what, values, y)
    try:
        column = column.astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{what} must be numbers, got {column.dtype}") from None
    if np.isinf(column).any():
        raise ValueError(f"{what} holds infinite values; give finite scores")
    if y[column.notna()].nunique() != 2:
        raise ValueError(f"{what} must leave both classes with a score")
    return column


def _decisions(what, values, y, known):
    """Return decisions as objects; None stands for a patient without one."""
    column = aligned(what, values, y).astype(object)
    column = column.where(column.notna(), None)
    strange = set(column.dropna()) - set(known)
    if strange:
        strange, known = sorted(map(str, strange)), sorted(map(str, known))
        raise ValueError(f"{what} must hold labels of y ({known}), got {strange}")
    if column.notna().sum() == 0:
        raise ValueError(f"{what} holds no decision; leave it out")
    return column
