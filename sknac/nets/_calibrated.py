"""A calibrated classifier without its network: what it makes of the patients' means."""

# SPDX-License-Identifier: BSD-3-Clause

from copy import copy

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import Pipeline

from sknac.utils._parts import only_part


class Means(ClassifierMixin, BaseEstimator):
    """Stands where the network stood: the means are what it says of the patients."""

    def __init__(self, classes=None):
        self.classes = classes

    def fit(self, X=None, y=None):
        """Take the classes; nothing is learned."""
        self.classes_ = self.classes
        return self

    def transform(self, X):
        """Hand the means on."""
        return X

    def predict_proba(self, X):
        """Hand the means on, as an array."""
        return np.asarray(X)


def cut_off(estimator, net):
    """Return an estimator's twin in which the steps up to the network are `Means`.

    A calibration reads ``decision_function`` where there is one, of whatever it
    wraps: so every wrapper between stays, around the rest of what it wraps.
    """
    if estimator is net:
        return Means(net.classes_).fit()
    if isinstance(estimator, Pipeline):
        return _rest(estimator, net)
    part = only_part(estimator)
    if part is None:
        return estimator
    inner = cut_off(part, net)
    if inner is part:  # the network is not in it
        return estimator
    twin = copy(estimator)
    if isinstance(estimator, CalibratedClassifierCV):
        several = [copy(one) for one in estimator.calibrated_classifiers_]
        for one in several:
            one.estimator = inner
        twin.calibrated_classifiers_, twin.estimator = several, None
        return twin
    for name in ("best_estimator_", "estimator_"):
        if vars(estimator).get(name) is part:
            setattr(twin, name, inner)
            return twin
    return inner  # of a frozen estimator


def _rest(pipeline, net):
    """The steps of a pipeline from the one that holds the network on."""
    steps = [s for _, s in pipeline.steps if s is not None and s != "passthrough"]
    for number, step in enumerate(steps):
        inner = cut_off(step, net)
        if inner is not step:
            rest = [inner, *steps[number + 1 :]]
            return Pipeline([(str(i), one) for i, one in enumerate(rest)])
    return pipeline
