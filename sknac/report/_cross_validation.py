"""Cross-validation of a system's models: out-of-fold answers, and numbers of them."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from sknac.metrics import (
    RocCIDisplay,
    corrected_resampled_ttest,
    cv_auc_ci,
    cv_rates,
)
from sknac.report._parts import Options
from sknac.utils._text import folds_text

Rows = list[np.ndarray]


class Replay(ClassifierMixin, BaseEstimator):
    """What one fold's model said, row by row; a metric asks it as if it were fitted.

    Rows are asked for by their numbers.
    """

    def __init__(self, classes, said):
        self.classes = classes
        self.said = said

    @property
    def classes_(self):
        """Both labels, the positive one last."""
        return np.asarray(self.classes)

    def fit(self, X, y):
        """Do nothing: all is said already."""
        return self

    def __sklearn_is_fitted__(self):
        return True

    def decision_function(self, X):
        """Return the scores."""
        return np.array([self.said[row] for row in X[:, 0]], dtype=float)

    def predict(self, X):
        """Return the decisions."""
        return np.array([self.said[row] for row in X[:, 0]], dtype=self.classes_.dtype)


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """The folds of a system's cross-validation, and what its models said in each.

    Parameters
    ----------
    y : Series of shape (n_patients,)
        True labels.
    classes : list
        Both labels, the positive one last.
    indices : dict of str to list of ndarray
        Rows that train and test each fold, as `cross_validate` gives them.
    scores, decisions : dict of str to list of ndarray
        By model and fold, of the rows that the fold tests.
    cuts : dict of str to list of float
        The threshold of each fold's model, where it has one.
    compare : list of (str, str)
        Models whose comparison was asked for.
    """

    # Areas by model and level: several sections show them, warnings come once.
    _areas: dict = field(default_factory=dict, init=False)

    y: pd.Series
    classes: list
    indices: dict[str, Rows]
    scores: dict[str, Rows]
    decisions: dict[str, Rows]
    cuts: dict[str, list[float]]
    compare: list[tuple[str, str]]

    @property
    def n_repeats(self) -> int:
        """How often each patient is tested."""
        return sum(map(len, self.indices["test"])) // len(self.y)

    @property
    def text(self) -> str:
        """How it was cross-validated, in words."""
        folds = folds_text(len(self.indices["test"]), self.n_repeats)
        return f"cross-validated, {folds}"

    def first(self, said: Rows) -> np.ndarray:
        """Return one answer per patient: the first that there is."""
        found, seen = [None] * len(self.y), np.zeros(len(self.y), dtype=bool)
        for tests, values in zip(self.indices["test"], said, strict=True):
            for row, value in zip(tests, values, strict=True):
                if not seen[row]:
                    found[row], seen[row] = value, True
        return np.array(found)

    def auc(self, model: str, options: Options) -> Any:
        """Return a model's mean area with its interval."""
        key = model, options.confidence_level
        if key not in self._areas:
            found, X, y = self._asked(self.scores[model])
            about = {"pos_label": self.classes[1], "confidence_level": key[1]}
            with _naming(model):
                self._areas[key] = cv_auc_ci(y, found, X=X, **about)
        return self._areas[key]

    def roc(self, model: str, options: Options) -> Any:
        """Return a model's mean curve with its band."""
        from matplotlib.figure import Figure

        self.auc(model, options)
        found, X, y = self._asked(self.scores[model])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the area warned of it
            display = RocCIDisplay.from_cv_results(
                found,
                X,
                y,
                pos_label=self.classes[1],
                name=model,
                confidence_level=options.confidence_level,
                n_resamples=options.n_resamples,
                random_state=options.random_state,
                ax=Figure().subplots(),
            )
        return display.curves[model]

    def rates(self, model: str, options: Options, kept: Any = None) -> Any:
        """Return the rates of a model's decisions on all patients, or on some."""
        found, X, y = self._asked(self.decisions[model], kept)
        return cv_rates(
            y,
            found,
            X=X,
            pos_label=self.classes[1],
            confidence_level=options.confidence_level,
        )

    def compared(self, options: Options) -> dict[tuple[str, str], Any]:
        """Return the tests that were asked for, by their models."""
        areas = {
            model: self.auc(model, options).by_fold
            for pair in self.compare
            for model in pair
        }
        results = {
            model: {"indices": self.indices, "test_roc_auc": values}
            for model, values in areas.items()
        }
        level = {"metric": "test_roc_auc", "confidence_level": options.confidence_level}
        return {
            (a, b): corrected_resampled_ttest(results[a], results[b], **level)
            for a, b in self.compare
        }

    def _asked(self, said: Rows, kept: Any = None) -> tuple[dict, np.ndarray, Any]:
        """Return answers as the result of a cross-validation, its X and its y.

        Patients without an answer, and those not kept, are in no fold; folds without
        any patient are none. Those not kept were trained on all the same.
        """
        known = np.ones(len(self.y), dtype=bool)
        for tests, values in zip(self.indices["test"], said, strict=True):
            known[tests[pd.isna(values)]] = False
        there = known if kept is None else known & kept
        number = np.cumsum(there) - 1
        found = {"estimator": [], "indices": {"train": [], "test": []}}
        folds = zip(self.indices["train"], self.indices["test"], said, strict=True)
        for train, tests, values in folds:
            inside = there[tests]
            if inside.any():
                rows = number[tests[inside]]
                answers = dict(zip(rows.tolist(), values[inside], strict=True))
                found["estimator"].append(Replay(self.classes, answers))
                found["indices"]["train"].append(train[known[train]])
                found["indices"]["test"].append(rows)
        y = self.y.to_numpy()[there]
        return found, np.arange(len(y))[:, None], y


@contextmanager
def _naming(model: str) -> Iterator[None]:
    """Put the name of a model before what is warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for one in caught:
        warnings.warn(f"{model}: {one.message}", one.category, stacklevel=3)


def check_splits(name: str, y: pd.Series, classes: list, indices: dict) -> None:
    """Raise before anything is fitted unless the folds can be judged."""
    n = len(y)
    for at, (train, tests) in enumerate(
        zip(indices["train"], indices["test"], strict=True)
    ):
        if max(*train, *tests) >= n or min(*train, *tests) < 0:
            raise ValueError(
                f"{name}: fold {at} names row {max(*train, *tests)}, but there are {n} "
                "patients; give the X and y that were cross-validated"
            )
        both = np.intersect1d(train, tests)
        if both.size:
            are = "patient is" if both.size == 1 else "patients are"
            raise ValueError(
                f"{name}: {both.size} {are} both in training and test of fold {at}, "
                f"the first is {y.index[both[0]]!r}; leave them out of one"
            )
        absent = [x for x in classes if x not in set(y.iloc[train])]
        if absent:
            raise ValueError(
                f"{name}: fold {at} trains without any {absent[0]!r}; take fewer "
                "folds, or stratified ones (StratifiedKFold)"
            )
    none = [np.zeros(len(tests)) for tests in indices["test"]]
    trial = CrossValidation(y, classes, indices, {"": none}, {}, {}, [])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scores of nothing have no spread
        try:
            trial.auc("", Options())
        except ValueError as error:
            text = f"{name}: {error}"
            raise ValueError(text) from None
