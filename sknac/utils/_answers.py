"""What a fitted classifier says of some rows: each part computed once, when asked."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import cached_property

import numpy as np

from sknac.utils._parts import opened


def answers_of(estimator, X, **how):
    """Return what a classifier says of X; `how` is for a cascade's own `_answers`.

    Pipelines, searches and frozen estimators are looked through, so that images are
    taken through the steps once for label and score together. A class of our own that
    knows more than its methods say, such as a threshold that makes the label from the
    score, has a method `_answers`.
    """
    estimator, X = opened(estimator, X)
    own = getattr(estimator, "_answers", None)
    return Answers(estimator, X) if own is None else own(X, **how)


def score_method(estimator, response_method="auto"):
    """Return the name of the method that gives a classifier's scores."""
    names = (response_method,)
    if response_method == "auto":
        names = ("predict_proba", "decision_function")
    for name in names:
        if hasattr(estimator, name):
            return name
    raise AttributeError(
        f"{type(estimator).__name__} must have {' or '.join(names)} to give scores"
    )


class Answers:
    """Label, probabilities and margin of some rows."""

    def __init__(self, estimator, X):
        self.estimator, self.X = estimator, X

    @cached_property
    def label(self):
        """The class of each row."""
        derive = getattr(self.estimator, "_labels_of", None)
        if derive is not None:  # a network would run again
            return derive(self.probabilities)
        return np.asarray(self.estimator.predict(self.X))

    @cached_property
    def probabilities(self):
        """The probability of each class, one column each."""
        return np.asarray(self.estimator.predict_proba(self.X), dtype=np.float64)

    @cached_property
    def margin(self):
        """The value of `decision_function`, positive towards the second class."""
        return np.asarray(self.estimator.decision_function(self.X), dtype=np.float64)

    def score(self, index, response_method="auto"):
        """Return the scores for class number `index`, higher = likelier."""
        if score_method(self.estimator, response_method) == "predict_proba":
            return self.probabilities[:, index]
        return self.margin if index == 1 else -self.margin

    def side(self, index):
        """Return how far each row lies on the side of class number `index`."""
        if hasattr(self.estimator, "decision_function"):
            return self.score(index, "decision_function")
        return self.score(index) - 0.5

    def shown(self, index):
        """Return the scores a reader is shown, and whether they are probabilities."""
        return self.score(index), score_method(self.estimator) == "predict_proba"
