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

from sknac.decision._curve import cut_for, warn_if_trivial, weighted_youden_curve
from sknac.decision._nested import check_folds, folds_of_patients, nested_rates
from sknac.decision._promise import check_promise
from sknac.utils._answers import Answers, answers_of, score_method
from sknac.utils._classes import check_same_classes
from sknac.utils._labels import check_target, chosen_class, group_codes
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
        Seed of the split where `cv` is a float, and of the resamples.
    at_least : dict of str to float, default=None
        Bounds of "sensitivity", "specificity", "npv" or "ppv", under which the other
        rate is maximised in place of the index (several bounds: the index).
    guarantee : float, default=None
        Confidence in (0, 1) that the bounds hold for new patients. Exact with
        ``cv="prefit"``; see the notes for the other ways.
    n_resamples : int, default=0
        Number of bootstrap resamples, by patient, for ``curve_.interval``, the 95 %
        interval of the cut.

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
    nested_sensitivity_, nested_specificity_ : float
        Rates where the patients of each fold are judged at the cut chosen without
        them; NaN with "resubstitution", and where the other folds give no cut.
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
        fold trains on one class, or a score is not finite; if no cut keeps the
        bounds; if a guarantee is asked of resubstituted scores.

    See Also
    --------
    weighted_youden_curve : The search itself and the rule for ties.
    StagedClassifier : Puts several of these in a row.
    sklearn.model_selection.TunedThresholdClassifierCV : Any metric, on a grid.

    Notes
    -----
    Cross-fitting with k folds costs k + 1 fits. Pooling takes the scores of the
    folds to be on one scale: true of probabilities, less so of raw margins.

    With a guarantee, the cut is safe for the scores it was chosen on and all that are
    exchangeable with them. Scores of a classifier that came fitted (``cv="prefit"``)
    on other patients are: the guarantee is exact for that classifier. Out-of-fold
    scores are of k classifiers that each saw a share 1 - 1/k of the patients, and the
    one kept saw all: the guarantee is of pooled out-of-fold scores, and holds for new
    patients as far as the classifier kept scores them alike. It has no proof; the
    guide tells what was measured.

    The nested rates reuse the out-of-fold scores: the cut has not seen the patients of
    the fold, though the classifiers that scored the others have. For scores of no
    folds, five stratified ones part the patients. They are of cuts on fewer patients.

    The rates are unweighted unless ``set_fit_request(sample_weight=True)`` was
    called on this object; the same call on `estimator` hands the weights on to its
    `fit`. Where patients have several rows, ``set_fit_request(groups=True)`` on this
    object makes guarantee and interval by patient. All need metadata routing.

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
    __metadata_request__fit = {"sample_weight": False, "groups": False}

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
        "at_least": "no_validation",
        "guarantee": "no_validation",
        "n_resamples": [Interval(Integral, 0, None, closed="left")],
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
        at_least=None,
        guarantee=None,
        n_resamples=0,
    ):
        self.estimator = estimator
        self.weight = weight
        self.pos_label = pos_label
        self.cv = cv
        self.response_method = response_method
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.at_least = at_least
        self.guarantee = guarantee
        self.n_resamples = n_resamples

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
        promise = check_promise(self.at_least, self.guarantee)
        if self.guarantee is not None and self.cv == "resubstitution":
            raise ValueError(
                "a guarantee needs scores of patients whom the model has not seen; "
                "set cv to folds, or fit it on others and set cv='prefit'"
            )
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
        asked = routed["threshold"]["fit"]
        groups = _group_codes(asked.get("groups"), len(y))
        scores, rows, folds = self._fit_and_score(
            X, y, routed, classes, (index, groups)
        )
        weights = asked.get("sample_weight")
        mass = None if weights is None else np.asarray(weights)[rows]
        units = rows if groups is None else groups[rows]
        several = len(np.unique(units)) < len(units)
        curve = weighted_youden_curve(
            y[rows],
            scores,
            weight=self.weight,
            pos_label=known[index],
            sample_weight=mass,
            groups=units if several else None,
            at_least=self.at_least,
            guarantee=self.guarantee,
            n_resamples=self.n_resamples,
            random_state=self.random_state,
        )
        warn_if_trivial(curve)
        self._store(curve, index)
        self._scored = (rows, scores)
        self._judge((scores, codes[rows] == index, mass, units), folds, promise)
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

    def _judge(self, scored, folds, promise):
        """Set the rates of the patients of each fold at the cut of the others."""
        score, positive, mass, units = scored
        if folds is None and self.cv != "resubstitution":
            folds = folds_of_patients(positive, units)

        def choose(rest):
            part = [None if one is None else one[rest] for one in scored]
            return cut_for(*part, self.weight, promise)

        rates = nested_rates(choose, score, positive, units, folds, mass)
        self.nested_sensitivity_, self.nested_specificity_ = rates

    def _stop_up_to(self, highest, stop_index):
        """Move the cut so that scores stop whose oriented value is `highest` or less.

        Oriented away from class number `stop_index`; None stops none of the scores.
        """
        scores = self.curve_.scores
        if self._positive_index != stop_index:
            best = 0 if highest is None else np.searchsorted(scores, highest, "right")
        else:
            best = len(scores)
            if highest is not None:
                best = np.searchsorted(scores, -highest, "left")
        moved = self.curve_.replace(best=int(best), n_optima=1, interval=None)
        self._store(moved, self._positive_index)
        self.nested_sensitivity_ = self.nested_specificity_ = np.nan

    def _fit_and_score(self, X, y, routed, classes, of):
        """Fit the classifier; return honest scores, whose they are and their folds.

        Folds are None where there is one classifier.
        """
        index, groups = of
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
            scores = answers_of(self.estimator_, X).score(index, self.response_method)
            return scores, everyone, None
        splitter = self.cv
        if isinstance(splitter, Real) and splitter < 1:
            splitter = StratifiedShuffleSplit(
                1, test_size=float(splitter), random_state=self.random_state
            )
        splitter = check_cv(splitter, y, classifier=True)
        splits = list(splitter.split(X, y, **routed["splitter"]["split"]))
        if groups is not None:
            check_folds(splits, groups)
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
        rows = [everyone[test] for _, test in splits]
        folds = np.repeat(np.arange(len(splits)), [len(test) for test in rows])
        several = len(splits) > 1
        return np.concatenate(scores), np.concatenate(rows), folds if several else None

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


def _group_codes(groups, n):
    """Return the number of each row's patient, or None."""
    return None if groups is None else group_codes(groups, n)


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
