"""What fitted estimators hold: the parts of pipelines, cascades and meta-estimators."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline


def parts_of(estimator):
    """Yield each fitted part one level down: how to reach it, its name, itself.

    What wraps a single estimator gives it no name of its own: the name is empty.
    """
    if isinstance(estimator, Pipeline):
        found = [(f"[{name!r}]", name, step) for name, step in estimator.steps]
    elif hasattr(estimator, "named_stages_"):
        stages = estimator.named_stages_.items()
        found = [(f".named_stages_[{name!r}]", name, stage) for name, stage in stages]
    else:
        wrapped = ("best_estimator_", "estimator_", "final_estimator_")
        found = [(f".{name}", "", vars(estimator).get(name)) for name in wrapped]
        several = vars(estimator).get("estimators_", [])
        # Not np.ravel of a list: a pipeline in it would come as its steps.
        several = several.ravel() if isinstance(several, np.ndarray) else several
        found += [
            (f".estimators_[{i}]", str(i + 1), part) for i, part in enumerate(several)
        ]
    # Steps may be "passthrough", and meta-estimators' attributes anything.
    yield from (part for part in found if isinstance(part[2], BaseEstimator))
