"""Which fold tests which row, in one or several repeats of a cross-validation."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sknac.utils._labels import one_dimensional, raise_first
from sknac.utils._sample import Sample

_LEFT_OUT = (
    "each fold holds one patient, as leave-one-out makes them, and her own label turns "
    "the training patients against her: without any signal the area of such scores was "
    "0.435 for 42 patients; take StratifiedKFold, RepeatedStratifiedKFold or, with "
    "groups, StratifiedGroupKFold"
)


@dataclass(frozen=True, eq=False)
class Folds:
    """The tests of a cross-validation, one after the other, sorted by fold.

    Parameters
    ----------
    row : int ndarray of shape (n_tests,)
        The row that is tested, from 0.
    fold : int ndarray of shape (n_tests,)
        By which fold, counted through all repeats.
    repeat : int ndarray of shape (n_folds,)
        The repeat that each fold belongs to.
    n_train : float ndarray of shape (n_folds,)
        Rows that each fold's model is trained on.
    """

    row: np.ndarray
    fold: np.ndarray
    repeat: np.ndarray
    n_train: np.ndarray

    @cached_property
    def parts(self) -> list[slice]:
        """The tests of each fold."""
        ends = np.cumsum(np.bincount(self.fold))
        return [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]

    @cached_property
    def n_repeats(self) -> int:
        """Number of repeats."""
        return int(self.repeat[-1]) + 1

    @cached_property
    def per_repeat(self) -> np.ndarray:
        """Number of folds of each repeat."""
        return np.bincount(self.repeat)

    @cached_property
    def inflation(self) -> float:
        """How much shared training rows raise the variance (Nadeau and Bengio).

        One and the number of folds times n_test / n_train.
        """
        return float(1 + self.per_repeat.mean() * self.test_train_ratio)

    @cached_property
    def test_train_ratio(self) -> float:
        """Test rows for each training row, the mean over folds."""
        return float(np.mean(np.bincount(self.fold) / self.n_train))

    @property
    def about(self) -> dict[str, Any]:
        """What every cross-validated result says of its folds."""
        return {"n_folds": self.fold[-1] + 1, "n_repeats": self.n_repeats}


def read_columns(values: Any, name: str, n: int) -> list[Any]:
    """Return one column per repeat: of an array, a 2-D one, a table or a list."""
    if isinstance(values, list | tuple) and len(values) and np.ndim(values[0]) == 1:
        columns = list(values)
    elif isinstance(values, pd.DataFrame):
        columns = [values.iloc[:, i] for i in range(values.shape[1])]
    elif np.ndim(values) == 2:
        columns = list(np.asarray(values).T)
    else:
        columns = [values]
    for at, column in enumerate(columns):
        one_dimensional(column, f"{name}[{at}]" if len(columns) > 1 else name, n)
    return columns


def read_folds(folds: Any, n: int) -> Folds:
    """Return folds that are given by their number for each row, a column a repeat."""
    found, start = [], 0
    for at, column in enumerate(read_columns(folds, "folds", n)):
        codes, names = pd.factorize(np.asarray(column), sort=True)
        raise_first(codes < 0, "folds holds missing values; give each row's test fold")
        found.append((codes + start, np.full(len(names), at)))
        start += len(names)
    fold = np.concatenate([codes for codes, _ in found])
    repeat = np.concatenate([which for _, which in found])
    order = np.argsort(fold, kind="stable")
    row, fold = np.tile(np.arange(n), len(found))[order], fold[order]
    return Folds(row, fold, repeat, n - np.bincount(fold).astype(float))


def folds_of(indices: Mapping[str, Any], n: int) -> Folds:
    """Return the folds of `cross_validate` (its ``indices``), parted into repeats."""
    tests = [np.asarray(rows) for rows in indices["test"]]
    repeat, at, seen = [], 0, np.zeros(n, dtype=bool)
    for rows in tests:
        if seen[rows].any():
            at, seen = at + 1, np.zeros(n, dtype=bool)
        seen[rows] = True
        repeat.append(at)
    times = np.bincount(np.concatenate(tests), minlength=n)
    if (times != repeat[-1] + 1).any():
        raise ValueError(
            f"every row must be tested equally often, got {times.min()} to "
            f"{times.max()} times in {len(tests)} folds; split by StratifiedKFold or "
            "RepeatedStratifiedKFold"
        )
    sizes = [len(rows) for rows in tests]
    n_train = np.array([len(rows) for rows in indices["train"]], dtype=float)
    fold = np.repeat(np.arange(len(tests)), sizes)
    return Folds(np.concatenate(tests), fold, np.array(repeat), n_train)


def check_folds(sample: Sample, folds: Folds) -> None:
    """Raise where folds are one, hold one patient each, or share a patient."""
    if folds.per_repeat.min() < 2:
        raise ValueError(
            "folds must be at least two in each repeat, got one; take auc_ci or "
            "confusion_rates for patients that no model was trained on"
        )
    units = folds.row if sample.codes is None else sample.codes[folds.row]
    # Each patient of each repeat, and the last of the folds that test her.
    unit = folds.repeat[folds.fold] * (units.max() + 1) + units
    last = np.empty(unit.max() + 1, dtype=folds.fold.dtype)
    last[unit] = folds.fold
    if (last[unit] != folds.fold).any():
        _refuse_parted(sample, folds, units)
    if np.count_nonzero(np.bincount(unit)) == folds.fold[-1] + 1:
        raise ValueError(_LEFT_OUT)


def _refuse_parted(sample: Sample, folds: Folds, units: np.ndarray) -> None:
    """Name the first patient who stands in several folds of a repeat."""
    pairs = pd.DataFrame({"unit": units, "fold": folds.fold})
    pairs["repeat"] = folds.repeat[folds.fold]
    pairs = pairs.drop_duplicates(["unit", "fold"])
    twice = pairs.duplicated(["unit", "repeat"])
    row = int(folds.row[pairs.index[np.argmax(twice)]])
    name = row if sample.index is None else sample.index[row]
    raise ValueError(
        f"row {name}: her patient stands in several folds of one repeat, so that "
        "models are tested on whom they were trained on "
        f"({twice.sum()} such patients); split by StratifiedGroupKFold"
    )
