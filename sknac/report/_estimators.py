"""What fitted estimators tell a report: scores, decisions and what they learned."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sknac.decision import StagedClassifier, WeightedYoudenThreshold
from sknac.report._text import value, without_addresses, without_folders
from sknac.utils._answers import answers_of
from sknac.utils._parts import opened, parts_of


@dataclass(eq=False)
class Judgement:
    """Scores and decisions of one or several models on the same rows."""

    scores: dict[str, np.ndarray] = field(default_factory=dict)
    decisions: dict[str, np.ndarray] = field(default_factory=dict)
    probabilities: list[str] = field(default_factory=list)
    stages: pd.DataFrame | None = None
    stop_label: Any = None
    deferred: pd.DataFrame | None = None


def judge(name: str, estimator: Any, X: Any, pos_label: Any) -> Judgement:
    """Apply a fitted classifier; one in stages gives each stage alone as well."""
    check_is_fitted(estimator)
    _check_classes(name, estimator, pos_label)
    index = list(estimator.classes_).index(pos_label)
    inner, seen = opened(estimator, X)
    if isinstance(inner, StagedClassifier):
        return _judge_stages(name, inner, seen, index)
    if not any(hasattr(inner, m) for m in ("predict_proba", "decision_function")):
        return Judgement(decisions={name: inner.predict(seen)})
    answers = answers_of(inner, seen)
    score, is_probability = answers.shown(index)
    found = Judgement({name: score}, {name: answers.label})
    found.probabilities += [name] if is_probability else []
    return found


def _check_classes(name, estimator, pos_label):
    """Raise unless an estimator is a classifier that knows the positive class."""
    known = getattr(estimator, "classes_", None)
    if known is None:
        raise TypeError(f"{name} must be a classifier, got {type(estimator).__name__}")
    if pos_label not in list(known):
        raise ValueError(
            f"pos_label must be a class of {name} ({list(known)}), got {pos_label!r}"
        )


def _judge_stages(name, estimator, X, index):
    """Return the same of each stage alone and of the cascade, under its own name."""
    if name in [stage for stage, *_ in estimator.stages_]:
        raise ValueError(f"{name!r} is the name of a stage too; name the system else")
    trace = answers_of(estimator, X, each=True)
    stop = getattr(estimator.stop_label_, "item", lambda: estimator.stop_label_)
    found = Judgement(stages=trace.alone(), stop_label=stop())
    found.deferred = trace.deferred()
    for _, stage, rows, answers in trace.steps:
        found.scores[stage] = np.full(len(found.stages), np.nan)
        found.scores[stage][rows], is_probability = answers.shown(index)
        found.decisions[stage] = found.stages[stage].to_numpy()
        found.probabilities += [stage] if is_probability else []
    awaiting = trace.route.action == "awaiting"
    found.scores[name] = np.where(awaiting, np.nan, trace.side(index))
    found.decisions[name] = np.where(awaiting, None, trace.label)
    return found


def walk(estimator: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the fitted parts of an estimator with their names, itself first."""
    yield path, estimator
    for _, name, part in parts_of(estimator):
        yield from walk(part, ": ".join(filter(None, (path, name))))


def threshold_source(estimator: WeightedYoudenThreshold) -> str:
    """Say which scores chose a threshold."""
    if estimator.cv == "prefit":
        return "other patients (prefit)"
    if estimator.cv == "resubstitution":
        return "training patients, resubstituted"
    if isinstance(estimator.cv, Real) and estimator.cv < 1:
        return f"{estimator.cv:.0%} of the training patients, held out"
    if estimator.cv is None or isinstance(estimator.cv, Real):
        return f"training patients, {estimator.cv or 5}-fold cross-validated"
    return f"training patients, cross-validated ({type(estimator.cv).__name__})"


def settings_of(estimator: BaseEstimator) -> tuple[str, dict[str, str]]:
    """Return an estimator's changed settings as text, and all of them by name."""
    changed = " ".join(estimator.__repr__(N_CHAR_MAX=10**7).split())
    settings = estimator.get_params(deep=True)
    changed = without_folders(without_addresses(changed), settings)
    every = {
        name: value(setting, settings)
        for name, setting in sorted(settings.items())
        if not _holds_estimator(setting)
    }
    return changed, every


def _holds_estimator(setting):
    """Tell whether a setting is an estimator, or a list of named ones."""
    if isinstance(setting, BaseEstimator):
        return True
    return isinstance(setting, list | tuple) and any(
        isinstance(item, tuple | list)
        and any(isinstance(part, BaseEstimator) for part in item)
        for item in setting
    )
