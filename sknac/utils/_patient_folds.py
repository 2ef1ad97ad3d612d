"""Folds inside an estimator that keep the copies of a drawn patient together.

In a bootstrap sample a patient may come twice. Were one copy in a training fold and
the other in its test fold, what is chosen there (a threshold, a penalty) would be
chosen on patients who had been seen.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from copy import copy
from typing import Any

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import RidgeClassifierCV
from sklearn.model_selection import (
    BaseCrossValidator,
    StratifiedShuffleSplit,
    check_cv,
)
from sklearn.utils.metadata_routing import get_routing_for_object

from sknac.utils._draws import originals
from sknac.utils._labels import shown
from sknac.utils._rows import index_of
from sknac.utils._sklearn import _safe_indexing

# Rows that differ by less, of a column's largest value, are copies.
_SAME = 1e-9


class PatientFolds(BaseCrossValidator):
    """A splitter's folds, of patients: all rows of one go where her first row goes.

    Patients are told by groups, which metadata routing brings; where it does not
    reach, by the names of the rows or, in an array, by rows that are equal.
    """

    __metadata_request__split = {"groups": True}

    def __init__(self, splitter: Any, mark: str) -> None:
        self.splitter = splitter
        self.mark = mark

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield positions of training and test rows."""
        who, first = self._who(X, groups)
        y = None if y is None else _safe_indexing(np.asarray(y), first)
        for parts in self.splitter.split(np.empty((first.size, 1)), y):
            yield tuple(np.flatnonzero(np.isin(who, part)) for part in parts)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds."""
        if X is None:
            return self.splitter.get_n_splits()
        _, first = self._who(X, groups)
        return self.splitter.get_n_splits(np.empty((first.size, 1)))

    def _who(self, X: Any, groups: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return each row's patient, 0, 1, ..., and each patient's first row."""
        if groups is None:
            index = index_of(X)
            groups = _equal_rows(X) if index is None else originals(index, self.mark)
        who, _ = pd.factorize(np.asarray(groups))
        return who, np.unique(who, return_index=True)[1]


def _equal_rows(X: Any) -> np.ndarray:
    """Return one number for all rows that are equal but for rounding."""
    X = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    if X.dtype.kind not in "biuf":
        raise ValueError(
            "The estimator's inner folds cannot tell which rows are copies of one "
            f"patient in a {type(X).__name__} of {X.dtype}; give X as a frame"
        )
    X = X.reshape(len(X), -1).astype(np.float64)
    step = _SAME * np.abs(X).max(axis=0)
    codes = np.round(X / np.where(step > 0, step, 1))
    return np.unique(codes, axis=0, return_inverse=True)[1].ravel()


def by_patient(estimator: Any, mark: str, seed: int) -> Any:
    """Return a copy whose inner folds are of patients and whose chance is seeded."""
    estimator = clone(estimator)
    params = estimator.get_params(deep=True)
    changes = {}
    for key, value in params.items():
        owner, _, name = key.rpartition("__")
        owner = params[owner] if owner else estimator
        if name == "cv":
            changes[key] = _folds(value, owner, mark, seed)
    estimator.set_params(**changes)
    return estimator  # what a FrozenEstimator returns is None


def _folds(cv: Any, owner: Any, mark: str, seed: int) -> Any:
    """Return a setting `cv` as folds of patients."""
    if isinstance(cv, str) or (cv is None and isinstance(owner, RidgeClassifierCV)):
        return cv
    if isinstance(cv, float):
        state = getattr(owner, "random_state", None)
        cv = StratifiedShuffleSplit(1, test_size=cv, random_state=state)
    elif not hasattr(cv, "split"):
        if (cv is not None and np.ndim(cv) != 0) or hasattr(cv, "__next__"):
            raise ValueError(
                f"cv={shown(cv)} of {type(owner).__name__} holds positions, which a "
                "resample does not have; give a number of folds or a splitter"
            )
        cv = check_cv(cv, [0, 1], classifier=True)
    if _takes_groups(cv, "split"):
        return cv
    cv = copy(cv)
    if getattr(cv, "random_state", seed) is None and getattr(cv, "shuffle", True):
        cv.random_state = seed
    return PatientFolds(cv, mark)


def takes_groups(estimator: Any) -> bool:
    """Tell whether routing would bring groups to a part of an estimator."""
    return _takes_groups(estimator, "fit")


def _takes_groups(thing: Any, method: str) -> bool:
    with config_context(enable_metadata_routing=True):
        try:
            router = get_routing_for_object(thing)
            return "groups" in router.consumes(method, ["groups"])
        except NotImplementedError:  # a part that has no routing
            return False


def unseeded(estimator: Any) -> list[str]:
    """Return the names of settings that leave chance to the global generator."""
    params = estimator.get_params(deep=True)
    return [
        key
        for key in sorted(params)
        if key.rpartition("__")[2] == "random_state" and params[key] is None
    ]


def frozen_parts(estimator: Any) -> list[str]:
    """Return the parts that `fit` leaves as they are."""
    params = {"the estimator": estimator, **estimator.get_params(deep=True)}
    return [
        name
        for name, value in params.items()
        if isinstance(value, FrozenEstimator)
        or (
            (name.rpartition("__")[2] == "cv" and isinstance(value, str))
            and value == "prefit"
        )
    ]
