"""The same model from several seeds, averaged."""

# SPDX-License-Identifier: BSD-3-Clause

from copy import deepcopy
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state, get_tags, indexable
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from sknac.utils._classes import check_same_classes
from sknac.utils._labels import check_target
from sknac.utils._routing import routed_fit_params
from sknac.utils._rows import NamedRowsScore, same_rows
from sknac.utils._sklearn import (
    InstanceWith,
    Integral,
    Interval,
    _fit_context,
    _num_samples,
    _safe_indexing,
    open_task,
    with_callbacks,
)
from sknac.utils._state import SavedState
from sknac.utils._warnings import warn_user

_LOOKED_AT = 5  # training rows that tell whether a seed changes anything


class SeedEnsemble(
    SavedState,
    NamedRowsScore,
    CallbackSupportMixin,
    ClassifierMixin,
    MetaEstimatorMixin,
    BaseEstimator,
):
    """A classifier fitted from several seeds; the probabilities are averaged.

    Networks trained on few patients depend on the seed: on the weights they start
    from, the patients that early stopping watches, the order of batches. The mean over
    seeds is steadier than any one, and often ranks patients a little better. It is no
    bagging: every member is fitted on the same patients, so that the spread over seeds
    says how sure the training is, not how sure the cohort makes it.

    Parameters
    ----------
    estimator : estimator instance
        Classifier with `predict_proba` that has, or holds, a `random_state`: a
        network, a pipeline with one, a search. It may take whatever rows `X` has.
    n_seeds : int, default=5
        Number of members.
    random_state : int, RandomState instance or None, default=None
        Source of the seeds. With an int, the first members are the same whatever
        `n_seeds` is.
    n_jobs : int, default=None
        Number of members fitted at the same time; None is 1, -1 all processors.

    Attributes
    ----------
    estimators_ : list of estimator
        The fitted members.
    seeds_ : ndarray of int of shape (n_seeds,)
        Seed of each.
    classes_ : ndarray of shape (n_classes,)
        Class labels, as given.
    n_features_in_ : int
        Number of features, where the members know it.
    feature_names_in_ : ndarray of str
        Feature names, where the members know them.

    Raises
    ------
    ValueError
        From `fit`: if the estimator has no `random_state`.

    See Also
    --------
    PlaneFeatureNet, DLRClassifier : Networks to average.
    sklearn.ensemble.BaggingClassifier : Members on other patients each.

    Notes
    -----
    Every `random_state` inside a member is set to that member's seed, one for all:
    networks in a row then go on holding out the same patients. The seed of a
    splitter (``cv=StratifiedKFold(..., random_state=0)``) is no setting of an
    estimator and stays.

    All steps of a pipeline are fitted once per seed. Steps without chance, such as
    maps and crops, cost less in front: ``make_pipeline(ROICropper(), PlaneResizer(64),
    MapScaler(), SeedEnsemble(net))``.

    Callbacks of scikit-learn such as `ProgressBar`, set here, follow every member.

    References
    ----------
    B. Lakshminarayanan, A. Pritzel, C. Blundell, "Simple and scalable predictive
    uncertainty estimation using deep ensembles", NeurIPS 30, 2017 (section 2.4).

    Examples
    --------
    >>> from sklearn.datasets import make_blobs
    >>> from sknac.nets import PredictiveNet, SeedEnsemble
    >>> X, y = make_blobs(60, centers=2, cluster_std=4, random_state=0)
    >>> net = PredictiveNet(module="mlp_tiny", max_epochs=5)
    >>> model = SeedEnsemble(net, n_seeds=3, random_state=0).fit(X, y)
    >>> model.predict_proba(X).shape, model.predict_proba_std(X).shape
    ((60, 2), (60, 2))
    """

    _parameter_constraints: dict = {
        "estimator": [InstanceWith(["fit", "predict_proba"])],
        "n_seeds": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        n_seeds: int = 5,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.n_seeds = n_seeds
        self.random_state = random_state
        self.n_jobs = n_jobs

    @with_callbacks
    # The inner estimator checks its own parameters.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Fit the classifier once per seed.

        Parameters
        ----------
        X : array-like, sparse matrix or cohort frame of shape (n_patients, n_features)
            Whatever `estimator` takes.
        y : array-like of shape (n_patients,)
            Labels.
        **params : dict
            Metadata for the members (`sample_weight`, `groups`), by request.

        Returns
        -------
        self : SeedEnsemble
            The fitted object.
        """
        names = _seed_settings(self.estimator)
        routed = routed_fit_params(self, params)
        same_rows(X=X, y=y, **params)
        X, y = indexable(X, y)
        classes, codes = check_target(y, binary=False)
        rng = check_random_state(self.random_state)
        seeds = rng.randint(2**31 - 1, size=self.n_seeds)
        task = open_task(self, "fit", self.n_seeds)
        told = {"estimator": self, "X": X, "y": y, "metadata": _weights(params)}
        task.call_on_fit_task_begin(**told)
        members = [
            clone(self.estimator).set_params(**dict.fromkeys(names, int(seed)))
            for seed in seeds
        ]
        # Before any is sent to a worker, which cannot do with one that changes.
        parts = [task.subcontext(task_name="seed") for _ in members]
        data = X, classes[codes], routed["estimator"]["fit"]
        self.estimators_ = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit_member)(member, part, data, self)
            for member, part in zip(members, parts, strict=True)
        )
        for member in self.estimators_:
            check_same_classes(member, classes, "a member")
        self.seeds_, self.classes_ = seeds, classes
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimators_[0], name):
                setattr(self, name, getattr(self.estimators_[0], name))
        self._warn_if_alike(X)
        task.call_on_fit_task_end(**told)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the mean of the members' probabilities.

        Parameters
        ----------
        X : array-like, sparse matrix or cohort frame of shape (n_patients, n_features)
            Whatever `estimator` takes.

        Returns
        -------
        probabilities : ndarray of shape (n_patients, n_classes)
            Columns in the order of `classes_`.
        """
        return self._each(X).mean(axis=0)

    def predict_proba_std(self, X: Any) -> np.ndarray:
        """Return how far the members' probabilities lie apart.

        Parameters
        ----------
        X : array-like, sparse matrix or cohort frame of shape (n_patients, n_features)
            Whatever `estimator` takes.

        Returns
        -------
        spread : ndarray of shape (n_patients, n_classes)
            Standard deviation over seeds, with n_seeds - 1. It is no standard error
            of a patient's risk: other patients to train on would move it more.

        Raises
        ------
        ValueError
            If there is one member only.
        """
        each = self._each(X)
        if len(each) < 2:
            raise ValueError(
                "a spread over seeds needs two members or more, got one; raise n_seeds"
            )
        return each.std(axis=0, ddof=1)

    def predict(self, X: Any) -> np.ndarray:
        """Predict the class of each patient: the most probable on average.

        Parameters
        ----------
        X : array-like, sparse matrix or cohort frame of shape (n_patients, n_features)
            Whatever `estimator` takes.

        Returns
        -------
        labels : ndarray of shape (n_patients,)
            Labels.
        """
        mean = self.predict_proba(X)
        return self.classes_[mean.argmax(axis=1)]

    def get_metadata_routing(self) -> Any:
        """Return who gets which metadata of `fit`.

        Returns
        -------
        routing : MetadataRouter
            The members take part in `fit`.
        """
        to_fit = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(
            estimator=self.estimator, method_mapping=to_fit
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = deepcopy(inner.input_tags)
        tags.classifier_tags = deepcopy(inner.classifier_tags)
        tags.non_deterministic = inner.non_deterministic
        return tags

    def _each(self, X):
        """Probabilities of every member, (n_seeds, n_patients, n_classes)."""
        check_is_fitted(self)
        return np.stack([member.predict_proba(X) for member in self.estimators_])

    def _warn_if_alike(self, X):
        """Warn where seeds seem to change nothing, as in many that take one."""
        first = _safe_indexing(X, np.arange(min(_LOOKED_AT, _num_samples(X))))
        each = self._each(first)
        # Of patients that every member is sure of nothing can be told.
        telling = ((each > 0) & (each < 1)).any()
        if len(each) > 1 and telling and (each == each[0]).all():
            warn_user(
                f"all {len(each)} members give the first training patients the same "
                f"probabilities: random_state may change nothing in "
                f"{type(self.estimator).__name__}; take one that depends on chance"
            )


def _seed_settings(estimator):
    """Name every setting that is a seed, at any depth."""
    settings = estimator.get_params(deep=True)
    names = [name for name in settings if name.split("__")[-1] == "random_state"]
    if not names:
        raise ValueError(
            f"{type(estimator).__name__} has no random_state, so seeds would change "
            "nothing; take an estimator that has one (to fit the same one on other "
            "patients there is sklearn.ensemble.BaggingClassifier)"
        )
    return names


def _weights(params):
    """What scikit-learn's callbacks are told of the metadata, to score by it."""
    weights = params.get("sample_weight")
    return None if weights is None else {"sample_weight": weights}


def _fit_member(member, task, data, caller):
    """Fit one member, with the ensemble's callbacks looking on."""
    X, y, fit_params = data
    told = {"estimator": caller, "X": X, "y": y, "metadata": _weights(fit_params)}
    with task.propagate_callback_context(member):
        task.call_on_fit_task_begin(**told)
        member.fit(X, y, **fit_params)
    task.call_on_fit_task_end(**told)
    return member
