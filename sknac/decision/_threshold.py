"""Meta-estimator that puts a classifier at its weighted Youden threshold."""

# SPDX-License-Identifier: BSD-3-Clause

from copy import deepcopy
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.utils import get_tags, indexable
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping

from sknac.decision._curve import cut_for, warn_if_trivial, weighted_youden_curve
from sknac.decision._cut_answers import CutPredictions
from sknac.decision._held_out import (
    check_rows,
    hold_out,
    keep_classifier,
    patients_of,
    warn_if_memorised,
)
from sknac.decision._nested import folds_of_patients, nested_rates
from sknac.decision._promise import check_promise
from sknac.utils._labels import check_target, chosen_class
from sknac.utils._routing import routed_fit_params
from sknac.utils._rows import NamedRowsScore
from sknac.utils._sklearn import (
    InstanceWith,
    Integral,
    Interval,
    Real,
    StrOptions,
    _fit_context,
)
from sknac.utils._state import SavedState


class WeightedYoudenThreshold(
    SavedState,
    NamedRowsScore,
    CutPredictions,
    ClassifierMixin,
    MetaEstimatorMixin,
    BaseEstimator,
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
    patients as far as the classifier kept scores them alike. It has no
    proof: in 2000 simulated cohorts each (30/30, 63/63, 10/40; logistic models) a bound
    at .9 was missed in at most 6 %, but in 21 to 83 % of those in which the classifier
    kept tells its own patients apart without error, of which it warns.

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
        estimator: Any,
        *,
        weight: float = 0.5,
        pos_label: Any = None,
        cv: Any = None,
        response_method: str = "auto",
        n_jobs: int | None = None,
        random_state: Any = None,
        at_least: Any = None,
        guarantee: float | None = None,
        n_resamples: int = 0,
    ) -> None:
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
    def fit(self, X: Any, y: Any, **params: Any) -> Self:
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
                "set cv to folds (for a ScoreColumn too, which learns nothing), or fit "
                "it on others and set cv='prefit'"
            )
        routed = routed_fit_params(self, params)
        check_rows(self.cv, X=X, y=y, **params)
        X, y = indexable(X, y)
        classes, codes = check_target(y)
        y, known = classes[codes], classes.tolist()
        index = chosen_class(known, self.pos_label, name="pos_label", default=1)
        of = (index, codes == index, patients_of(routed, len(y)))
        self.estimator_ = keep_classifier(
            self, X, y, routed["estimator"]["fit"], classes
        )
        self._held_out = hold_out(self, X, y, routed, of)
        curve = weighted_youden_curve(
            y[self._held_out.rows],
            self._held_out.score,
            weight=self.weight,
            pos_label=known[index],
            sample_weight=self._held_out.mass,
            groups=self._held_out.groups,
            at_least=self.at_least,
            guarantee=self.guarantee,
            n_resamples=self.n_resamples,
            random_state=self.random_state,
        )
        warn_if_trivial(curve)
        self._store(curve, index)
        self._judge(promise)
        if self.guarantee is not None:
            warn_if_memorised(self, X, self.guarantee)
        return self

    def get_metadata_routing(self) -> Any:
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

    def _judge(self, promise):
        """Set the rates of the patients of each fold at the cut of the others."""
        held = self._held_out

        def choose(rest):
            return cut_for(*held.of(rest), self.weight, promise)

        of = (held.score, held.positive, held.units)
        rates = nested_rates(choose, *of, self._nested_folds(), held.mass)
        self.nested_sensitivity_, self.nested_specificity_ = rates

    def _nested_folds(self):
        """Return the folds of the nested rates; None where there can be none."""
        held = self._held_out
        if held.folds is None and self.cv != "resubstitution":
            return folds_of_patients(held.positive, held.units)
        return held.folds

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
