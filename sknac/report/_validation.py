"""Taking in what has no single test cohort: cross-validation, further cohorts."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, is_classifier

from sknac.report._checks import check_disjoint, check_images_apart, check_names
from sknac.report._estimators import Judgement, settings_of
from sknac.report._intake import (
    check_cohort_name,
    check_name,
    check_pos_label,
    check_probabilities,
    judge_all,
    main_model,
    with_rows,
)
from sknac.report._learned import map_quality
from sknac.report._refit import cross_validated
from sknac.report._sample import aligned_table, by_model, make_sample
from sknac.report._sample_size import counted_parameters
from sknac.report._system import CV, System
from sknac.utils._labels import shown

# Patients whom the models judge again, to see that they are the same.
_WITNESSES = 3


def cross_validate_system(
    taken: dict[str, System],
    name: str,
    estimator: Any,
    X: Any,
    y: Any,
    pos_label: Any,
    cv: Any,
    others: Mapping[str, Any] | None,
    compare: Any,
    n_jobs: int | None,
    callbacks: Any,
) -> System:
    """Check, cross-validate and return a system that is not added yet."""
    check_name(taken, name)
    if name in (others or {}):
        raise ValueError(f"two models are named {name!r}; name one in others else")
    models = {name: estimator} | dict(others or {})
    _check_models(name, models)
    labels = make_sample(f"{name}, {CV}", with_rows(name, y, X), {}, {}).y
    check_pos_label(name, make_sample(f"{name}, {CV}", labels, {}, {}), pos_label)
    table = aligned_table("X", X, labels) if isinstance(X, pd.DataFrame) else None
    if table is None and np.shape(X)[:1] != labels.shape:
        raise ValueError(
            f"{name}: X has {np.shape(X)[:1]} rows but y has {len(labels)}; give one "
            "row per patient"
        )
    pairs = _pairs(name, compare, models)
    settings = n_jobs, callbacks
    data = X if table is None else table
    found, judged, known = cross_validated(
        name, models, data, labels, pos_label, cv, pairs, *settings
    )
    system = _system_of(name, pos_label, found, judged)
    system.sample_size = counted_parameters(known)
    if table is not None:
        system.tables[CV] = table
    for model, one in models.items():
        shown = one["estimator"][0] if isinstance(one, Mapping) else one
        system.settings[model] = settings_of(shown)
    return system


def _check_models(name: str, models: dict[str, Any]) -> None:
    """Raise unless models are classifiers, or results of a cross-validation."""
    for model, one in models.items():
        if not isinstance(model, str):
            raise ValueError(f"others names a model {model!r}; names must be text")
        if isinstance(one, Mapping):
            if "estimator" not in one or "indices" not in one:
                raise ValueError(
                    f"{name}: the cross-validation of {model!r} lacks its estimators "
                    "or indices; call cross_validate with return_estimator=True and "
                    "return_indices=True"
                )
        elif not _is_classifier(one):
            raise TypeError(
                f"{name}: {model} must be a classifier or the result of "
                f"cross_validate, got {type(one).__name__}"
            )


def _is_classifier(one: Any) -> bool:
    """Tell whether something is an instance of a classifier."""
    return isinstance(one, BaseEstimator) and is_classifier(one)


def _pairs(name: str, compare: Any, models: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the pairs to compare; names of stages are looked for in the settings."""
    if isinstance(compare, str) or any(isinstance(pair, str) for pair in compare):
        raise ValueError(
            f"{name}: compare must be a list of pairs, such as [('a', 'b')], got "
            f"{shown(compare)}"
        )
    pairs = [tuple(pair) for pair in compare]
    known = list(models)
    for model in models.values():
        model = model["estimator"][0] if isinstance(model, Mapping) else model
        known += [stage for stage, *_ in getattr(model, "stages", None) or ()]
    for pair in pairs:
        if len(pair) != 2 or pair[0] == pair[1]:
            raise ValueError(
                f"{name}: compare must hold pairs of two models, got {pair!r}"
            )
        check_names(pair, known, f"{name}: compare")
    return pairs


def _system_of(name, pos_label, found, judged):
    """Return the system of a cross-validation, each patient with her first answers."""
    scores = {model: found.first(said) for model, said in found.scores.items()}
    decided = {model: found.first(said) for model, said in found.decisions.items()}
    sample = make_sample(f"{name}, {CV}", found.y, scores, decided)
    for pair in found.compare:
        check_names(pair, sample.scores, f"{name}: compare")
    main = main_model(name, sample, None)
    system = System(name, pos_label, main, sample, cohort=CV, cv=found)
    system.probabilities = tuple(judged[0].probabilities)
    if judged[0].stages is not None:
        system.cascade = (
            _first_table(found, [one.stages for one in judged], object),
            judged[0].stop_label,
            _first_table(found, [one.deferred for one in judged], bool),
        )
    return system


def _first_table(found, tables, dtype):
    """Return each patient's first row of what was said of each stage."""
    columns = {
        stage: found.first([table[stage].to_numpy() for table in tables])
        for stage in tables[0]
    }
    return pd.DataFrame(columns, index=found.y.index, dtype=dtype)


def external_cohort(
    system: System, cohort: str, y: Any, X: Any, scores: Any, decisions: Any
) -> None:
    """Check a further cohort, judge it, and add it to its system."""
    name = system.name
    check_cohort_name(name, cohort, [known for known, _ in system.tests()])
    if system.cv is not None:
        raise ValueError(
            f"{name} is cross-validated and has no one model that could be tested on "
            "others; fit it to all patients and add it by add_estimator"
        )
    y = with_rows(name, y, X)
    judged = _judged(system, X, scores, decisions)
    given = judged.scores, judged.decisions
    sample = make_sample(f"{name}, {cohort}", y, *given, system.classes)
    if system.main not in sample.models:
        raise ValueError(
            f"{name}, {cohort}: the main model {system.main} must have scores or "
            "decisions"
        )
    for known, other in system.cohorts():
        check_disjoint(name, sample.y.index, other.y.index, cohort, known)
    check_probabilities(system, sample)
    table = aligned_table("X", X, sample.y) if isinstance(X, pd.DataFrame) else None
    for known, other in system.tables.items():
        check_images_apart(name, table, other, cohort, known)
    if table is not None:
        system.tables[cohort] = table
    for model, found in map_quality(system.models).items():
        system.quality.setdefault(model, {})[cohort] = found
    system.external[cohort] = sample


def _judged(system, X, scores, decisions):
    """Return what the models say of a further cohort, or what was given."""
    name = system.name
    if not system.models:
        judged = Judgement(by_model(scores, name, "scores"))
        judged.decisions = by_model(decisions, name, "decisions")
        check_names(judged.scores, system.test.scores, f"{name}: scores")
        check_names(judged.decisions, system.test.decisions, f"{name}: decisions")
        if not judged.scores and not judged.decisions:
            raise ValueError(f"{name} must have scores, decisions or both")
        return judged
    if X is None or scores is not None or decisions is not None:
        raise ValueError(
            f"{name} was added with its models, which judge the cohort; pass X and y, "
            "and no scores or decisions"
        )
    _check_unchanged(system)
    return judge_all(system.models, X, system.pos_label)


def _check_unchanged(system):
    """Raise if the models say something else of the first patients than before."""
    table = system.tables.get(system.cohort)
    if table is None:
        return
    again = judge_all(system.models, table.iloc[:_WITNESSES], system.pos_label)
    for model, score in again.scores.items():
        known = system.test.scores[model].iloc[:_WITNESSES]
        if not np.allclose(score, known, rtol=1e-3, atol=1e-6, equal_nan=True):
            raise ValueError(
                f"{system.name}: {model} says something else of the patients of "
                f"{system.cohort} than when it was added; pass all cohorts after the "
                "last fit"
            )
