"""Fits of a model on resamples of patients, and its indices there and elsewhere."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import clone
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.parallel import Parallel, delayed

from sknac.metrics._indices import DECIDED, Predicted
from sknac.utils._answers import answers_of
from sknac.utils._draws import Draw, draw_patients, free_mark
from sknac.utils._labels import shown
from sknac.utils._patient_folds import by_patient, takes_groups, unseeded
from sknac.utils._rows import index_of
from sknac.utils._sample import Sample
from sknac.utils._sklearn import _safe_indexing, progress_of

Metric = str | Callable[..., float]
# What was left out of a fit's message.
_LONGEST = 100


@dataclass(frozen=True, eq=False)
class Refit:
    """One resample: its indices, or why there are none, and what it warned of.

    `training` is of the resample, `everybody` of all patients and `left_out` of those
    whom the resample left out.
    """

    training: dict[str, float] = field(default_factory=dict)
    everybody: dict[str, float] = field(default_factory=dict)
    left_out: dict[str, float] = field(default_factory=dict)
    failure: str = ""
    warned: tuple[str, ...] = ()


@dataclass(eq=False)
class Refits(CallbackSupportMixin):
    """Fits clones of a model on resamples; callbacks hear of each."""

    estimator: Any
    X: Any
    y: Any
    sample: Sample
    metrics: dict[str, Metric]
    seed: int
    units: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        given, n = self.sample.codes, self.sample.n
        self.units = np.arange(n) if given is None else given
        self.mark = free_mark(index_of(self.X))
        chance = np.random.default_rng(abs(self.seed)).integers(2**31 - 1)
        self.model = by_patient(self.estimator, self.mark, int(chance))
        self.routed = takes_groups(self.model)
        self.names = unseeded(self.model)

    @property
    def n_patients(self) -> int:
        """Number of patients who are drawn."""
        return int(self.units.max()) + 1

    @with_callbacks
    def run(self, n_resamples: int, n_jobs: int | None) -> list[Refit]:
        """Fit and judge every resample."""
        results = []
        with progress_of(self, n_resamples, "optimism", "resample") as on_resample:
            parallel = Parallel(n_jobs=n_jobs, return_as="generator")
            worker = self.bare()
            for one in parallel(
                delayed(worker.refit)(number) for number in range(n_resamples)
            ):
                results.append(one)
                if on_resample:
                    on_resample()
        return results

    def bare(self) -> "Refits":
        """Return a twin that can be sent to a worker; callbacks stay here."""
        twin = object.__new__(Refits)
        kept = {k: v for k, v in vars(self).items() if "_callback" not in k}
        vars(twin).update(kept)
        return twin

    @cached_property
    def fitted(self) -> Any:
        """The model of all patients: as given, but with patients kept together."""
        grouped = self.sample.codes is not None
        model = self.model if grouped else clone(self.estimator)
        draw = Draw(np.arange(0), np.arange(0), np.arange(0), abs(self.seed) % 2**31)
        return self._fit(model, self.X, self.y, self.units if grouped else None, draw)

    def refit(self, number: int) -> Refit:
        """Fit and judge one resample."""
        draw = draw_patients(self.units, self.seed, number)
        if np.unique(self.sample.positive[draw.rows]).size < 2:
            return Refit(failure="one class only")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                found = self._refit(draw)
            except Exception as error:  # told by `failures`, not hidden
                text = f"{type(error).__name__}: {error}".partition("\n")[0]
                return Refit(failure=text[:_LONGEST])
        return Refit(*found, warned=tuple({_brief(one) for one in caught}))

    def _refit(self, draw: Draw) -> list[dict[str, float]]:
        """Return the indices of one resample's model, there and elsewhere."""
        X = draw.of(self.X, self.mark)
        y = _named(draw.of(self.y, self.mark), X)
        model = self._fit(clone(self.model), X, y, self.units[draw.rows], draw)
        said = self.predicted(model)
        drawn, everybody = draw.counts.astype(float), np.ones(self.sample.n)
        found = [
            self.indices(model, said, drawn, (X, y)),
            self.indices(model, said, everybody, (self.X, self.y)),
        ]
        rest = self.X, self.y
        if any(map(callable, self.metrics.values())):
            out = np.flatnonzero(draw.counts == 0)
            rest = tuple(_safe_indexing(part, out) for part in rest)
        with warnings.catch_warnings():
            # Few are left out, and a class may be absent: NaN, and counted.
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            left_out = self.indices(model, said, (drawn == 0).astype(float), rest)
        return [*found, left_out]

    def indices(
        self, model: Any, said: Predicted, weights: np.ndarray, data: tuple[Any, Any]
    ) -> dict[str, float]:
        """Return a model's indices: those by name of weighted rows, scorers of data."""
        return {
            name: call(metric, model, *data)
            if callable(metric)
            else said.index(metric, weights)
            for name, metric in self.metrics.items()
        }

    def predicted(self, model: Any) -> Predicted:
        """Return what a model says of all rows, as far as an index asks for it."""
        named = [m for m in self.metrics.values() if not callable(m)]
        if not named:
            return Predicted(self.sample.positive, None, None)
        answers = answers_of(model, self.X)
        at = np.asarray(model.classes_).tolist().index(self.sample.pos_label)
        label = score = None
        if set(named) & set(DECIDED):
            label = np.asarray(answers.label == self.sample.pos_label, dtype=bool)
        if set(named) - set(DECIDED):
            score = answers.score(at)
        return Predicted(self.sample.positive, label, score)

    def _fit(self, model: Any, X: Any, y: Any, groups: Any, draw: Draw) -> Any:
        """Fit a model, its chance seeded, patients told where they are asked for."""
        if self.names:
            states = np.random.default_rng(draw.seed).integers(
                2**31 - 1, size=len(self.names)
            )
            model.set_params(**dict(zip(self.names, states.tolist(), strict=True)))
        if groups is None or not self.routed:
            return model.fit(X, y)
        with config_context(enable_metadata_routing=True):
            return model.fit(X, y, groups=groups)


def call(metric: Callable[..., float], model: Any, X: Any, y: Any) -> float:
    """Return what a scorer says; it must be one number."""
    value = metric(model, X, y)
    if np.ndim(value) or isinstance(value, str | complex | None):
        raise ValueError(f"metric must return one number, got {shown(value)}")
    return float(value)


def tally(texts: list[str]) -> dict[str, int]:
    """Count texts, the most frequent first."""
    return dict(Counter(texts).most_common())


def _named(y: Any, X: Any) -> Any:
    """Return y by the names of X, or without names where X has none."""
    if index_of(y) is None:
        return y
    return np.asarray(y) if index_of(X) is None else pd.Series(y.array, index=X.index)


def _brief(caught: warnings.WarningMessage) -> str:
    """Return a warning's kind."""
    return caught.category.__name__
