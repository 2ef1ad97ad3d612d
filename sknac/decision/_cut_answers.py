"""Prediction at a threshold: label, distance and probabilities from one look."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import cached_property
from typing import Any

import numpy as np
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sknac.utils._answers import Answers, answers_of, score_method


def _inner_has(name):
    """Build the check that the wrapped estimator has the method `name`."""

    def check(self):
        getattr(getattr(self, "estimator_", self.estimator), name)
        return True

    return check


class CutPredictions:
    """Methods of a classifier that cuts the scores of its `estimator_`."""

    def predict(self, X: Any) -> np.ndarray:
        """Predict the class of each patient.

        Parameters
        ----------
        X : array-like, sparse matrix or cohort frame of shape (n_patients, n_features)
            Whatever `estimator` takes.

        Returns
        -------
        labels : ndarray of shape (n_patients,)
            `pos_label_` where score >= `threshold_`, else the other class.
        """
        return self._answers(X).label

    def decision_function(self, X: Any) -> np.ndarray:
        """Return how far each score lies beyond the threshold.

        Parameters
        ----------
        X : array-like, sparse matrix or cohort frame of shape (n_patients, n_features)
            Whatever `estimator` takes.

        Returns
        -------
        distance : ndarray of shape (n_patients,)
            Score - threshold, oriented towards `classes_[1]`.
        """
        return self._answers(X).margin

    @available_if(_inner_has("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of the inner estimator, unchanged.

        Parameters
        ----------
        X : array-like, sparse matrix or cohort frame of shape (n_patients, n_features)
            Whatever `estimator` takes.

        Returns
        -------
        probabilities : ndarray of shape (n_patients, 2)
            Columns in the order of `classes_`.
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    @available_if(_inner_has("predict_log_proba"))
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the log-probabilities of the inner estimator, unchanged.

        Parameters
        ----------
        X : array-like, sparse matrix or cohort frame of shape (n_patients, n_features)
            Whatever `estimator` takes.

        Returns
        -------
        log_probabilities : ndarray of shape (n_patients, 2)
            Columns in the order of `classes_`.
        """
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(X)

    def _answers(self, X):
        """Return what the threshold says, from one look at the inner scores."""
        check_is_fitted(self)
        return CutAnswers(self, answers_of(self.estimator_, X))


class CutAnswers(Answers):
    """What a threshold says: the inner scores, and the label after the cut."""

    def __init__(self, estimator, inner):
        super().__init__(estimator, inner.X)
        self.inner, self.index = inner, estimator._positive_index
        self.scores = inner.score(self.index, estimator.response_method)

    @cached_property
    def label(self):
        """The positive class where the score reaches the threshold."""
        positive = self.scores >= self.estimator.threshold_
        return self.estimator.classes_[np.where(positive, self.index, 1 - self.index)]

    @cached_property
    def margin(self):
        """How far each score lies beyond the threshold."""
        distance = self.scores - self.estimator.threshold_
        return distance if self.index == 1 else -distance

    @cached_property
    def probabilities(self):
        """Those of the inner estimator."""
        return self.inner.probabilities

    def shown(self, index):
        """Return the scores that were cut, and whether they are probabilities."""
        method = self.estimator.response_method
        is_probability = score_method(self.inner.estimator, method) == "predict_proba"
        return self.inner.score(index, method), is_probability
