"""What fitted estimators tell a report: scores, decisions and what they learned."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sknac.decision import StagedClassifier, WeightedYoudenThreshold
from sknac.report._text import value, without_addresses
from sknac.utils._parts import parts_of


@dataclass(eq=False)
class Judgement:
    """Scores and decisions of one or several models on the same rows."""

    scores: dict[str, np.ndarray] = field(default_factory=dict)
    decisions: dict[str, np.ndarray] = field(default_factory=dict)
    probabilities: list[str] = field(default_factory=list)
    stages: pd.DataFrame | None = None


def judge(name: str, estimator: Any, X: Any, pos_label: Any) -> Judgement:
    """Apply a fitted classifier; one in stages gives each stage alone as well."""
    check_is_fitted(estimator)
    _check_classes(name, estimator, pos_label)
    if isinstance(estimator, StagedClassifier):
        return _judge_stages(name, estimator, X, pos_label)
    score, decision, is_probability = _apply(estimator, X, pos_label)
    found = Judgement({name: score}, {name: decision})
    found.probabilities += [name] if is_probability else []
    return found


def _check_classes(name, estimator, pos_label):
    """Raise unless an estimator is a classifier that knows the positive class."""
    known = getattr(estimator, "classes_", None)
    if known is None:
        raise TypeError(f"{name}: {type(estimator).__name__} is no classifier.")
    if pos_label not in list(known):
        raise ValueError(
            f"pos_label={pos_label!r} is none of the classes of {name}: {list(known)}."
        )


def _apply(estimator, X, pos_label):
    """Return score and decision of each row, and whether scores are probabilities.

    Images are taken through a pipeline's steps once, not once for each of both.
    """
    if isinstance(estimator, WeightedYoudenThreshold):
        return _apply_threshold(estimator, X, pos_label)
    while isinstance(estimator, Pipeline):
        X = estimator[:-1].transform(X) if len(estimator) > 1 else X
        estimator = estimator[-1]
    index = list(estimator.classes_).index(pos_label)
    decision = np.asarray(estimator.predict(X))
    if hasattr(estimator, "predict_proba"):
        return np.asarray(estimator.predict_proba(X))[:, index], decision, True
    score = np.asarray(estimator.decision_function(X), dtype=float)
    return (score if index == 1 else -score), decision, False


def _apply_threshold(estimator, X, pos_label):
    """Return the same of a classifier at a threshold, scored once."""
    inner, method = estimator.estimator_, estimator.response_method
    if method == "decision_function":
        # The margin is the score less the threshold, towards the second class.
        margin = np.asarray(estimator.decision_function(X), dtype=float)
        above = margin if estimator.pos_label_ == estimator.classes_[1] else -margin
        score, is_probability = above + estimator.threshold_, False
        called = above >= 0
    else:
        score, _, is_probability = _apply(inner, X, estimator.pos_label_)
        called = score >= estimator.threshold_
    first = list(estimator.classes_).index(estimator.pos_label_)
    decision = estimator.classes_[np.where(called, first, 1 - first)]
    if estimator.pos_label_ != pos_label:
        score = 1 - score if is_probability else -score
    return score, decision, is_probability


def _judge_stages(name, estimator, X, pos_label):
    """Return the same of each stage alone and of the cascade, under its own name."""
    if name in [stage for stage, *_ in estimator.stages_]:
        raise ValueError(f"{name!r} is the name of a stage too; name the system else.")
    labels = estimator.predict_each(X)
    found = Judgement(stages=labels)
    for stage, inner, columns in estimator.stages_:
        rows = np.flatnonzero(labels[stage].notna())
        block = X.iloc[rows, columns] if hasattr(X, "iloc") else X[rows][:, columns]
        score, _, is_probability = _apply(inner, block, pos_label)
        column = np.full(len(labels), np.nan)
        column[rows] = score
        found.scores[stage] = column
        found.decisions[stage] = labels[stage].to_numpy()
        found.probabilities += [stage] if is_probability else []
    score = np.asarray(estimator.decision_function(X), dtype=float)
    score = score if pos_label == estimator.classes_[1] else -score
    # Images are costly to judge: the cascade follows from what each stage said.
    decided = np.array([_follow(row, estimator.stop_label_) for row in labels.values])
    score[pd.isna(decided)] = np.nan
    found.scores[name], found.decisions[name] = score, decided
    return found


def _follow(labels, stop_label):
    """Return a cascade's decision; None where a stage had to judge and could not."""
    for label in labels:
        if label is None or label == stop_label:
            return label
    return labels[-1]


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
    if estimator.cv is None or isinstance(estimator.cv, int):
        return f"training patients, {estimator.cv or 5}-fold cross-validated"
    return f"training patients, cross-validated ({type(estimator.cv).__name__})"


def settings_of(estimator: BaseEstimator) -> tuple[str, dict[str, str]]:
    """Return an estimator's changed settings as text, and all of them by name."""
    changed = " ".join(estimator.__repr__(N_CHAR_MAX=10**7).split())
    changed = without_addresses(changed)
    every = {
        name: value(setting)
        for name, setting in sorted(estimator.get_params(deep=True).items())
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
