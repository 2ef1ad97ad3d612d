"""Fitting and judging the models of a cross-validation, fold by fold."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.model_selection import check_cv
from sklearn.utils.parallel import Parallel, delayed

from sknac.decision import StagedClassifier, WeightedYoudenThreshold
from sknac.report._checks import check_images_apart
from sknac.report._cross_validation import CrossValidation, check_splits
from sknac.report._estimators import Judgement
from sknac.report._intake import judge_all
from sknac.report._learned import known_parameters
from sknac.utils._labels import shown
from sknac.utils._parts import opened
from sknac.utils._sklearn import _safe_indexing, progress_of, without_callbacks

FOLDS = 5


@dataclass(eq=False)
class Refits(CallbackSupportMixin):
    """Fits clones of the models fold by fold; callbacks hear of each fold."""

    models: dict[str, Any]
    X: Any
    y: pd.Series
    pos_label: Any
    indices: dict[str, list[np.ndarray]]

    @with_callbacks
    def run(self, n_jobs: int | None) -> list[tuple[Judgement, dict, int | None]]:
        """Return what the models of each fold say of those whom they test."""
        results, n = [], len(self.indices["test"])
        with progress_of(self, n, "cross-validation", "fold") as on_fold:
            parallel = Parallel(n_jobs=n_jobs, return_as="generator")
            worker = without_callbacks(self)
            for one in parallel(delayed(worker.fold)(at) for at in range(n)):
                results.append(one)
                if on_fold:
                    on_fold()
        return results

    def fold(self, at: int) -> tuple[Judgement, dict[str, float], int | None]:
        """Fit and judge the models of one fold; count the first one's parameters."""
        fitted = {name: self._fitted(name, at) for name in self.models}
        X = _safe_indexing(self.X, self.indices["test"][at])
        found = judge_all(fitted, X, self.pos_label)
        known = known_parameters(next(iter(fitted.values())))
        return found, cuts_of(fitted, self.pos_label), known

    def _fitted(self, name: str, at: int) -> Any:
        """Return a model fitted to a fold's training patients; errors name both."""
        model = self.models[name]
        if isinstance(model, Mapping):
            return model["estimator"][at]
        rows = self.indices["train"][at]
        X = _safe_indexing(self.X, rows)
        y = self.y.iloc[rows]
        if isinstance(X, pd.DataFrame | pd.Series):
            y = y.set_axis(X.index)
        else:
            y = y.to_numpy()
        try:
            return clone(model).fit(X, y)
        except Exception as error:
            error.add_note(f"while {name!r} was fitted without fold {at}")
            raise


def cuts_of(models: dict[str, Any], pos_label: Any) -> dict[str, float]:
    """Return the threshold of each model, or stage, that has chosen one."""
    found = {}
    for model, estimator in models.items():
        inner, _ = opened(estimator)
        stages = [(model, inner)]
        if isinstance(inner, StagedClassifier):
            stages = [(name, stage) for name, stage, _ in inner.stages_]
        for name, part in stages:
            part, _ = opened(part)
            if isinstance(part, WeightedYoudenThreshold) and part.pos_label_ == (
                pos_label
            ):
                found[name] = float(part.threshold_)
    return found


def splits_of(
    name: str, models: dict[str, Any], X: Any, y: pd.Series, cv: Any
) -> dict[str, list[np.ndarray]]:
    """Return the rows that train and test each fold: of results, else of a splitter."""
    results = {
        key: model for key, model in models.items() if isinstance(model, Mapping)
    }
    if not results:
        return _splits(name, X, y, FOLDS if cv is None else cv)
    if cv is not None:
        raise ValueError(
            f"{name}: cv={shown(cv)} beside the result of a cross-validation, which "
            "has its folds; leave cv out"
        )
    first, *others = (
        {
            part: [np.asarray(rows) for rows in found["indices"][part]]
            for part in ("train", "test")
        }
        for found in results.values()
    )
    for key, other in zip(list(results)[1:], others, strict=True):
        if [x.tolist() for x in other["test"]] != [x.tolist() for x in first["test"]]:
            raise ValueError(
                f"{name}: {key!r} has other folds than {next(iter(results))!r}; pass "
                "the same splitter with the same random_state to both"
            )
    return first


def _splits(name, X, y, cv):
    """Return the folds of a number, a splitter or a list; taken once for all models."""
    if isinstance(cv, bool | str | float):
        raise ValueError(
            f"{name}: cv must be a number of folds, a splitter or a list of rows, got "
            f"{shown(cv)}"
        )
    try:
        splitter = check_cv(cv, y.to_numpy(), classifier=True)
        pairs = list(splitter.split(X, y.to_numpy()))
    except ValueError as error:
        text = f"{name}: cv={shown(cv)} makes no folds ({error}); take another"
        raise ValueError(text) from None
    train, test = zip(*pairs, strict=True)
    return {"train": list(map(np.asarray, train)), "test": list(map(np.asarray, test))}


def cross_validated(
    name: str,
    models: dict[str, Any],
    X: Any,
    y: pd.Series,
    pos_label: Any,
    cv: Any,
    compare: list[tuple[str, str]],
    n_jobs: int | None,
    callbacks: Any,
) -> tuple[CrossValidation, list[Judgement], int | None]:
    """Check the folds, fit and judge all models, and join what they say.

    Returns that, the folds' answers, and the parameters of the first model if known.
    """
    indices = splits_of(name, models, X, y, cv)
    classes = [next(x for x in y.unique().tolist() if x != pos_label), pos_label]
    check_splits(name, y, classes, indices)
    for at, parts in enumerate(zip(indices["test"], indices["train"], strict=True)):
        cells = [_safe_indexing(X, rows) for rows in parts]
        check_images_apart(name, *cells, f"test of fold {at}")
    work = Refits(models, X, y, pos_label, indices)
    work.set_callbacks(*callbacks)
    judged, cuts, known = zip(*work.run(n_jobs), strict=True)
    said = {
        kind: {
            model: [np.asarray(getattr(one, kind)[model]) for one in judged]
            for model in getattr(judged[0], kind)
        }
        for kind in ("scores", "decisions")
    }
    found = {
        model: [one[model] for one in cuts]
        for model in cuts[0]
        if all(model in one for one in cuts)
    }
    joined = CrossValidation(y, classes, indices, **said, cuts=found, compare=compare)
    return joined, list(judged), None if None in known else max(known)
