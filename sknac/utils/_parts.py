"""What fitted estimators hold: the parts of pipelines, cascades and meta-estimators."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline


def parts_of(estimator):
    """Yield each fitted part one level down: how to reach it, its name, itself.

    What wraps a single estimator gives it no name of its own: the name is empty.
    """
    if isinstance(estimator, Pipeline):
        found = [(f"[{name!r}]", name, step) for name, step in estimator.steps]
    elif isinstance(estimator, FrozenEstimator):
        found = [(".estimator", "", estimator.estimator)]
    elif isinstance(estimator, CalibratedClassifierCV):
        found = _calibrated(estimator)
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


def only_part(estimator):
    """Return what a wrapper wraps; None of pipelines, cascades and ensembles."""
    if isinstance(estimator, FrozenEstimator):  # it shows what the inner one has
        return estimator.estimator
    several = hasattr(estimator, "named_stages_") or "estimators_" in vars(estimator)
    if several or isinstance(estimator, Pipeline):
        return None
    parts = [part for *_, part in parts_of(estimator)]
    return parts[0] if len(parts) == 1 else None


def opened(estimator, X=None, *, until=None):
    """Return the estimator that answers at last, and X as it comes there.

    Pipelines, searches and frozen estimators are looked through; with ``until``, the
    name of an attribute, every wrapper is, up to what has it.
    """
    while until is None or not hasattr(estimator, until):
        if isinstance(estimator, Pipeline):
            for _, step in estimator.steps[:-1] if X is not None else ():
                X = step.transform(X) if hasattr(step, "transform") else X
            inner = estimator[-1]
        elif until or isinstance(estimator, FrozenEstimator):
            inner = only_part(estimator)
        else:
            inner = vars(estimator).get("best_estimator_")
        if inner is None:
            break
        estimator = inner
    return estimator, X


def reached(estimator, X, attribute, kind):
    """Return what has an attribute inside an estimator, and X as it comes there."""
    found, seen = opened(estimator, X, until=attribute)
    if not hasattr(found, attribute):
        name = type(estimator).__name__
        raise TypeError(f"{name} holds no {kind}; pass a fitted one")
    return found, seen


def _calibrated(estimator):
    """The classifiers under a calibration; a frozen one is the same in every fold."""
    several = [
        (f".calibrated_classifiers_[{i}].estimator", str(i + 1), one.estimator)
        for i, one in enumerate(vars(estimator).get("calibrated_classifiers_", []))
    ]
    if all(part is several[0][2] for *_, part in several):
        return [(at, "", part) for at, _, part in several[:1]]
    return several
