"""Classifier that hands on a column of scores."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_array, indexable
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sknac.decision._blocks import as_table, column_positions, row_name
from sknac.metrics import auc_ci
from sknac.utils._frames import as_seen, validate_data
from sknac.utils._labels import check_target, chosen_class, refuse_dates
from sknac.utils._rows import NamedRowsScore, same_rows
from sknac.utils._sklearn import Integral, Real, StrOptions, _fit_context
from sknac.utils._state import SavedState
from sknac.utils._warnings import warn_hint

# Level at which an area below 0.5 is not taken for chance.
SURE = 0.999


def _kind_is(kind):
    """Build the check that the scores are of one kind."""

    def check(self):
        return self.kind == kind

    return check


class ScoreColumn(SavedState, NamedRowsScore, ClassifierMixin, BaseEstimator):
    """Classifier whose scores are a column of X, unchanged.

    With it, thresholds, cascades, intervals and reports work from a table of
    anybody's scores, without images or networks.

    Parameters
    ----------
    column : str or int
        Name of the column, or its position.
    pos_label : int, float, bool or str, default=None
        The class that high scores speak for; None is `classes_[1]`, with a warning
        where labels are words, and where the scores of `fit` speak against it.
    kind : {"probability", "score"}, default="probability"
        "probability": scores in [0, 1], handed on by `predict_proba`, cut at 0.5.
        "score": any finite numbers, handed on by `decision_function`, cut at 0.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        Class labels, as given.
    pos_label_ : object
        The class that high scores speak for.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Column names, where X has names that are strings.

    Raises
    ------
    ValueError
        From `fit` and the predictions: if the column is missing, or a score is
        missing, infinite or, for probabilities, outside [0, 1].

    See Also
    --------
    WeightedYoudenThreshold : Puts the column at its operating point.
    StagedClassifier : Puts several columns in a row.

    Examples
    --------
    >>> import pandas as pd
    >>> from sknac.decision import ScoreColumn
    >>> X = pd.DataFrame({"dlr2": [0.2, 0.9]}, index=["P1", "P2"])
    >>> model = ScoreColumn("dlr2", pos_label="response")
    >>> model = model.fit(X, ["non-response", "response"])
    >>> model.predict_proba(X)[:, 1].tolist()
    [0.2, 0.9]
    """

    _parameter_constraints: dict = {
        "column": [str, Integral],
        "pos_label": [Real, str, "boolean", None],
        "kind": [StrOptions({"probability", "score"})],
    }

    def __init__(
        self,
        column: str | int,
        *,
        pos_label: Any = None,
        kind: str = "probability",
    ) -> None:
        self.column = column
        self.pos_label = pos_label
        self.kind = kind

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any) -> Self:
        """Learn the labels; the scores stay as they are.

        Parameters
        ----------
        X : DataFrame, array-like or sparse matrix of shape (n_patients, n_columns)
            Table with the column.
        y : array-like of shape (n_patients,)
            Labels, two classes.

        Returns
        -------
        self : ScoreColumn
            The fitted object.
        """
        same_rows(X=X, y=y)
        X, y = indexable(as_table(X), y)
        self.classes_, codes = check_target(y)
        self._positive_index = chosen_class(
            self.classes_.tolist(), self.pos_label, name="pos_label", default=1
        )
        self.pos_label_ = self.classes_[self._positive_index]
        validate_data(self, X, skip_check_array=True)
        score = self._read(X)
        if self.pos_label is None:
            self._hint_at_the_other_class(codes == self._positive_index, score)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict the class of each patient at the natural cut, 0.5 or 0.

        Parameters
        ----------
        X : DataFrame, array-like or sparse matrix of shape (n_patients, n_columns)
            Table with the column.

        Returns
        -------
        labels : ndarray of shape (n_patients,)
            `pos_label_` where the score reaches the cut.
        """
        positive = self._scores(X) >= (0.5 if self.kind == "probability" else 0.0)
        index = self._positive_index
        return self.classes_[np.where(positive, index, 1 - index)]

    @available_if(_kind_is("probability"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the column and its complement.

        Parameters
        ----------
        X : DataFrame, array-like or sparse matrix of shape (n_patients, n_columns)
            Table with the column.

        Returns
        -------
        probabilities : ndarray of shape (n_patients, 2)
            Columns in the order of `classes_`; that of `pos_label_` is the column
            of X.
        """
        score = self._scores(X)
        probabilities = np.empty((len(score), 2))
        probabilities[:, self._positive_index] = score
        probabilities[:, 1 - self._positive_index] = 1 - score
        return probabilities

    @available_if(_kind_is("score"))
    def decision_function(self, X: Any) -> np.ndarray:
        """Return the column, oriented towards `classes_[1]`.

        Parameters
        ----------
        X : DataFrame, array-like or sparse matrix of shape (n_patients, n_columns)
            Table with the column.

        Returns
        -------
        scores : ndarray of shape (n_patients,)
            The column of X, negated where `pos_label_` is `classes_[0]`.
        """
        score = self._scores(X)
        return score if self._positive_index == 1 else -score

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = True  # it learns nothing
        return tags

    def _hint_at_the_other_class(self, positive, score):
        """Warn where high scores speak for another class than the one by default.

        Codes of words, which ensembles hand on, sort as the words do and say nothing.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of areas without an interval
            area = auc_ci(positive, score, confidence_level=SURE)
        if area.high < 0.5:
            classes = self.classes_.tolist()
            taken = classes.pop(self._positive_index)
            warn_hint(
                f"high scores of column {self.column!r} speak for {classes[0]!r} (area "
                f"{area.estimate:.3g} for {taken!r}, which is taken by default); set "
                "pos_label"
            )

    def _scores(self, X):
        """Return the column of a table like that of `fit`."""
        check_is_fitted(self)
        X = as_table(X)
        names = getattr(self, "feature_names_in_", None)
        if names is not None:
            column = self.column
            X = as_seen(self, X, [column if isinstance(column, str) else names[column]])
        validate_data(self, X, skip_check_array=True, reset=False)
        return self._read(indexable(X)[0])

    def _read(self, X):
        """Return the checked column, float64."""
        (position,) = column_positions(X, self.column, "ScoreColumn")
        column = X.iloc[:, [position]] if hasattr(X, "iloc") else X[:, [position]]
        refuse_dates(column, f"column {self.column}")
        scores = check_array(
            column, dtype=np.float64, accept_sparse=False, input_name="scores"
        )[:, 0]
        outside = np.flatnonzero((scores < 0) | (scores > 1))
        if self.kind == "probability" and len(outside):
            raise ValueError(
                f"row {row_name(X, outside[0])}, column {self.column}: "
                f"{scores[outside[0]]:g} is no probability; set kind='score'"
            )
        return scores
