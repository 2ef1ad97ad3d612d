"""What a report finds inside fitted estimators: thresholds, coefficients, losses."""

# SPDX-License-Identifier: BSD-3-Clause

from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from sknac.clinical import StepwiseLogisticRegression
from sknac.decision import StagedClassifier, WeightedYoudenThreshold
from sknac.report._estimators import settings_of, threshold_source, walk
from sknac.report._system import System
from sknac.utils._parts import opened


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
        system.stop_bound = estimator.stop_bound_
    for name, part in stages:
        part, _ = opened(part)
        if isinstance(part, WeightedYoudenThreshold):
            _learn_threshold(system, name, part)


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
