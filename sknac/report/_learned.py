"""What a report finds inside fitted estimators: thresholds, coefficients, losses."""

# SPDX-License-Identifier: BSD-3-Clause

from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    StandardScaler,
)

from sknac.clinical import StepwiseLogisticRegression
from sknac.decision import StagedClassifier, WeightedYoudenThreshold
from sknac.report._estimators import settings_of, threshold_source, walk
from sknac.report._system import System
from sknac.utils._parts import opened

_PLAIN_STEPS = (SimpleImputer, MinMaxScaler, OneHotEncoder, StandardScaler)


def learn(system: System, model: str, estimator: Any) -> None:
    """Store what a fitted estimator of a system learned."""
    system.settings[model] = settings_of(estimator)
    parts = list(walk(estimator))
    nets = {p: x.training_curve_ for p, x in parts if hasattr(x, "training_curve_")}
    clinical = {
        path: (part.summary_, part.path_, part.confidence_level)
        for path, part in parts
        if isinstance(part, StepwiseLogisticRegression)
    }
    system.learning |= _named(model, nets)
    system.coefficients |= _named(model, clinical)
    estimator, _ = opened(estimator)
    stages = [(model, estimator)]
    if isinstance(estimator, StagedClassifier):
        stages = [(name, stage) for name, stage, _ in estimator.stages_]
        system.stop_bound, system.bands = estimator.stop_bound_, estimator.bands_
    for name, part in stages:
        part, _ = opened(part)
        if isinstance(part, WeightedYoudenThreshold):
            _learn_threshold(system, name, part)


def known_parameters(estimator: Any) -> int | None:
    """Return how many candidate parameters a model had, where that can be known.

    Of a stepwise model all columns that it looked at; of a logistic regression all its
    coefficients, if nothing before it selects or makes columns of outcomes or images.
    """
    while isinstance(estimator, WeightedYoudenThreshold):
        estimator = estimator.estimator_
    if isinstance(estimator, StepwiseLogisticRegression):
        return sum(len(term.columns) for term in estimator._terms)
    before = []
    if isinstance(estimator, Pipeline):
        before, estimator = [step for _, step in estimator.steps[:-1]], estimator[-1]
    if not isinstance(estimator, LogisticRegression) or not all(
        _keeps_columns(step) for step in before
    ):
        return None
    return int(estimator.coef_.shape[1])


def _keeps_columns(step):
    """Tell whether a step hands on columns as they are, scaled, filled or coded."""
    if isinstance(step, ColumnTransformer):
        return all(_keeps_columns(part) for _, part, _ in step.transformers_)
    if isinstance(step, Pipeline):
        return all(_keeps_columns(part) for _, part in step.steps)
    if isinstance(step, FunctionTransformer):  # what "passthrough" has become
        return step.func is None
    return isinstance(step, (str, *_PLAIN_STEPS))


def map_quality(models: dict[str, Any]) -> dict[str, Any]:
    """Return the quality of the maps that models read last, by model."""
    found = {}
    for model, estimator in models.items():
        tables = {}
        for path, part in walk(estimator):
            if isinstance(vars(part).get("quality_"), pd.DataFrame):
                with suppress(ValueError):  # it has mapped none of these patients
                    tables[path] = part.quality_table()
        found |= _named(model, tables)
    return found


def _named(model, found):
    """Name what was found after its model, and its place where there are several."""
    if len(found) == 1:
        return {model: next(iter(found.values()))}
    return {f"{model}, {path}" if path else model: x for path, x in found.items()}


def _learn_threshold(system, name, part):
    """Store a threshold's curve, if it counts the same class as positive."""
    if part.pos_label_ != system.pos_label:
        system.notes.append(
            f"The threshold of {name} was chosen with {part.pos_label_} as the "
            "positive class; it is not shown."
        )
        return
    system.curves[name] = part.curve_
    system.curve_sources[name] = threshold_source(part)
    rates = (part.nested_sensitivity_, part.nested_specificity_)
    if not np.isnan(rates).any():
        system.nested[name] = rates
