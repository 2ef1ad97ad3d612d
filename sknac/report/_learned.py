"""What a report finds inside fitted estimators: thresholds, coefficients, losses."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from sknac.decision import StagedClassifier, WeightedYoudenThreshold
from sknac.report._estimators import settings_of, threshold_source, walk
from sknac.report._system import System


def learn(system: System, model: str, estimator: Any) -> None:
    """Store what a fitted estimator of a system learned."""
    system.settings[model] = settings_of(estimator)
    for path, part in walk(estimator):
        whole = f"{model}, {path}" if path else model
        if hasattr(part, "learning_curve_"):
            system.learning[whole] = part.learning_curve_
        if hasattr(part, "path_") and hasattr(part, "summary_"):
            system.coefficients[whole] = (part.summary_, part.path_)
    stages = [(model, estimator)]
    if isinstance(estimator, StagedClassifier):
        stages = [(name, stage) for name, stage, _ in estimator.stages_]
    for name, part in stages:
        if isinstance(part, WeightedYoudenThreshold):
            _learn_threshold(system, name, part)


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
