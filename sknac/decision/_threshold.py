"""Meta-estimator that puts a classifier at its weighted Youden threshold."""

# SPDX-License-Identifier: BSD-3-Clause

import numbers
from copy import deepcopy
from functools import cached_property

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.model_selection import StratifiedShuffleSplit, check_cv
from sklearn.utils import get_tags, indexable
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.metaestimators import available_if
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from sknac.decision._curve import warn_if_trivial, weighted_youden_curve
from sknac.utils._answers import Answers, answers_of, score_method
from sknac.utils._classes import check_same_classes
from sknac.utils._labels import check_target, chosen_class
from sknac.utils._routing import routed_fit_params
from sknac.utils._rows import NamedRowsScore, Rows
from sknac.utils._sklearn import (
    InstanceWith,
    Integral,
    Interval,
    Real,
    StrOptions,
    _check_method_params,
    _fit_context,
    _num_samples,
    _safe_indexing,
)
from sknac.utils._state import SavedState

# A patient's rows in several folds would let her be scored by what has seen her.
_GROUPED_FOLDS = "set cv=StratifiedGroupKFold(...), which takes groups by routing"


def _inner_has(name):
    """Build the check that the wrapped estimator has the method `name`."""

    def check(self):
        getattr(getattr(self, "estimator_", self.estimator), name)
        return True

    return check


class WeightedYoudenThreshold(
    SavedState, NamedRowsScore, ClassifierMixin, MetaEstimatorMixin, BaseEstimator
):
    """Binary classifier at the threshold of the best weighted Youden index.

    The threshold is the exact optimum over the scores of patients that the scoring
    classifier has not seen; the classifier kept is trained on all patients. A
    patient is positive iff score >= threshold.

    Parameters
    ----------
    estimator : estimator instance
        Binary classifier with `predict_proba` or `decision_function`. It may take
        whatever rows `X` has: arrays, cohort frames, lists.
    weight : float, default=0.5
        Share of sensitivity in the index, in (0, 1). The DLRP takes 0.8 after two
        courses (keep the responders) and 0.2 after four (find the non-responders).
    pos_label : int, float, bool or str, default=None
        The positive class, whose found share is the sensitivity; None is
        `classes_[1]`, with a warning where labels are words.
    cv : int, float, splitter, iterable, "prefit", "resubstitution" or None
        Where the scores come from.

        - None (the default) or an int: stratified folds, five by default; the
          out-of-fold scores are pooled.
        - A float: the share of patients that one stratified split holds out.
        - A splitter or an iterable of (train, test) positions: likewise. It need
          not be a partition: a single `ShuffleSplit` costs one fit less than a fold
          each. Groups reach it through metadata routing.
        - "prefit": `estimator` is fitted and kept as it is; X and y serve for the
          threshold alone and must be other patients.
        - "resubstitution": scores of the training patients themselves, as in the
          DLRP paper. Optimistic: on 126 patients the index came out 0.05 too high.
    response_method : {"auto", "predict_proba", "decision_function"}, default="auto"
        Where scores come from; "auto" takes the first that the estimator has.
    n_jobs : int, default=None
        Number of folds fitted at the same time; None is 1, -1 all processors.
    random_state : int, RandomState instance or None, default=None
        Seed of the split where `cv` is a float.

    Attributes
    ----------
    estimator_ : estimator instance
        The fitted classifier.
    classes_ : ndarray of shape (2,)
        Class labels, as given.
    pos_label_ : object
        The positive class.
    threshold_ : float
        The cut, always finite.
    fit_sensitivity_, fit_specificity_ : float
        Rates at the cut on the very scores that chose it, in [0, 1]: too good for
        new patients.
    n_optima_ : int
        Number of cuts with the same best index.
    curve_ : ThresholdCurve
        Rates at every cut.
    n_features_in_ : int
        Number of features, where the inner estimator knows it.
    feature_names_in_ : ndarray of str
        Feature names, where the inner estimator knows them.

    Raises
    ------
    ValueError
        From `fit`: if y has not exactly two classes, `pos_label` is none of them, a
        fold trains on one class, or a score is not finite.

    See Also
    --------
    weighted_youden_curve : The search itself and the rule for ties.
    StagedClassifier : Puts several of these in a row.
    sklearn.model_selection.TunedThresholdClassifierCV : Any metric, on a grid.

    Notes
    -----
    Cross-fitting with k folds costs k + 1 fits. Pooling takes the scores of the
    folds to be on one scale: true of probabilities, less so of raw margins.

    The rates are unweighted unless ``set_fit_request(sample_weight=True)`` was
    called on this object; the same call on `estimator` hands the weights on to its
    `fit`. Both need metadata routing.

    `decision_function` is score - threshold, oriented towards `classes_[1]` as
    everywhere in scikit-learn: its sign is turned where `pos_label_` is
    `classes_[0]`.

    References
    ----------
    The DLRP paper, European Radiology (operating points of DLR-2 and DLR-4).

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sknac.decision import WeightedYoudenThreshold
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X = X[:, :2]  # mean radius and texture; y = 1 is benign
    >>> sure = WeightedYoudenThreshold(LogisticRegression(), weight=0.2).fit(X, y)
    >>> round(sure.fit_sensitivity_, 2), round(sure.fit_specificity_, 2)
    (0.72, 0.96)
    """

    # Weights that balance a loss must not move the rates behind one's back: the
    # threshold takes them only when asked to.
    __metadata_request__fit = {"sample_weight": False}

    _parameter_constraints: dict = {
        "estimator": [
            InstanceWith(["fit", "predict_proba"]),
            InstanceWith(["fit", "decision_function"]),
        ],
        "weight": [Interval(Real, 0, 1, closed="neither")],
        "pos_label": [Real, str, "boolean", None],
        "cv": [
            "cv_object",
            Interval(Real, 0, 1, closed="neither"),
            StrOptions({"prefit", "resubstitution"}),
        ],
        "response_method": [StrOptions({"auto", "predict_proba", "decision_function"})],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator,
        *,
        weight=0.5,
        pos_label=None,
        cv=None,
        response_method="auto",
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.weight = weight
        self.pos_label = pos_label
        self.cv = cv
        self.response_method = response_method
        self.n_jobs = n_jobs
        self.random_state = random_state

    # The inner estimator checks its own parameters.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, **params):
        """Find the threshold and fit the classifier.

        Parameters
        ----------
        X : array-like, sparse matrix or cohort frame of shape (n_patients, n_features)
            Whatever `estimator` takes.
        y : array-like of shape (n_patients,)
            Labels, two classes.
        **params : dict
            Metadata for the estimator (`sample_weight`), the splitter (`groups`) or
            the threshold (`sample_weight`), by request.

        Returns
        -------
        self : WeightedYoudenThreshold
            The fitted object.
        """
        routed = routed_fit_params(self, params)
        rows = Rows(
            _GROUPED_FOLDS
            if self.cv is None or isinstance(self.cv, numbers.Real)
            else None
        )
        for name, values in {"X": X, "y": y, **params}.items():
            rows.see(name, values)
        X, y = indexable(X, y)
        classes, codes = check_target(y)
        y, known = classes[codes], classes.tolist()
        index = chosen_class(known, self.pos_label, name="pos_label", default=1)
        scores, rows = self._fit_and_score(X, y, routed, classes, index)
        weights = routed["threshold"]["fit"].get("sample_weight")
        curve = weighted_youden_curve(
            y[rows],
            scores,
            weight=self.weight,
            pos_label=known[index],
            sample_weight=None if weights is None else np.asarray(weights)[rows],
        )
        warn_if_trivial(curve)
        self._store(curve, index)
        return self

    def predict(self, X):
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

    def decision_function(self, X):
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
    def predict_proba(self, X):
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
    def predict_log_proba(self, X):
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

    def get_metadata_routing(self):
        """Return who gets which metadata of `fit`.

        Returns
        -------
        routing : MetadataRouter
            The estimator and the threshold take part in `fit`, the splitter in
            `split`.
        """
        to_fit = MethodMapping().add(caller="fit", callee="fit")
        to_split = MethodMapping().add(caller="fit", callee="split")
        return (
            MetadataRouter(owner=self)
            .add(estimator=self.estimator, method_mapping=to_fit)
            .add(threshold=self._get_metadata_request(), method_mapping=to_fit)
            .add(splitter=self.cv, method_mapping=to_split)
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = deepcopy(inner.input_tags)
        tags.non_deterministic = inner.non_deterministic
        tags.classifier_tags.multi_class = False
        return tags

    def _fit_and_score(self, X, y, routed, classes, index):
        """Fit the classifier; return honest scores and the rows they belong to."""
        fit_params = routed["estimator"]["fit"]
        everyone = np.arange(_num_samples(X))
        if self.cv == "prefit":
            check_is_fitted(self.estimator)
            self.estimator_ = self.estimator
        else:
            self.estimator_ = clone(self.estimator).fit(X, y, **fit_params)
        # One that came fitted, or holds such a one, may know others.
        check_same_classes(self.estimator_, classes, "the fitted estimator")
        if self.cv in ("prefit", "resubstitution"):
            return answers_of(self.estimator_, X).score(index, self.response_method), (
                everyone
            )
        splitter = self.cv
        if isinstance(splitter, Real) and splitter < 1:
            splitter = StratifiedShuffleSplit(
                1, test_size=float(splitter), random_state=self.random_state
            )
        splitter = check_cv(splitter, y, classifier=True)
        splits = list(splitter.split(X, y, **routed["splitter"]["split"]))
        scores = Parallel(n_jobs=self.n_jobs)(
            delayed(_score_fold)(
                clone(self.estimator),
                (X, y, fit_params),
                (number, train, test),
                index,
                self.response_method,
            )
            for number, (train, test) in enumerate(splits)
        )
        return np.concatenate(scores), np.concatenate(
            [everyone[test] for _, test in splits]
        )

    def _answers(self, X):
        """Return what the threshold says, from one look at the inner scores."""
        check_is_fitted(self)
        return _Cut(self, answers_of(self.estimator_, X))

    def _store(self, curve, index):
        """Set the fitted attributes."""
        self.curve_ = curve
        self.threshold_ = curve.threshold
        self.fit_sensitivity_ = float(curve.sensitivity[curve.best])
        self.fit_specificity_ = float(curve.specificity[curve.best])
        self.n_optima_ = curve.n_optima
        self.classes_ = self.estimator_.classes_
        self.pos_label_ = self.classes_[index]
        self._positive_index = index
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))


class _Cut(Answers):
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


def _score_fold(estimator, data, fold, index, response_method):
    """Fit on the training rows of one fold; return the scores of its test rows."""
    X, y, fit_params = data
    number, train, test = fold
    if len(np.unique(y[train])) != 2:
        raise ValueError(
            f"Fold {number} would train on one class only; use fewer folds or a "
            "stratified splitter as cv"
        )
    fit_params = _check_method_params(X, fit_params, indices=train)
    estimator.fit(_safe_indexing(X, train), y[train], **fit_params)
    answers = answers_of(estimator, _safe_indexing(X, test))
    return answers.score(index, response_method)
