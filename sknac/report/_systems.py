"""The methods of `StudyReport` that add a system: its patients and what was said."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import pandas as pd
from numpy.typing import ArrayLike

from sknac.report._additions import Additions
from sknac.report._checks import check_images_apart, check_names
from sknac.report._estimators import Judgement
from sknac.report._intake import (
    add_curve,
    check_probabilities,
    explain,
    judge_all,
    new_system,
    with_rows,
)
from sknac.report._learned import known_parameters, learn, map_quality
from sknac.report._sample import aligned_table, by_model
from sknac.report._sample_size import counted_parameters
from sknac.report._system import TEST, TRAINING
from sknac.report._validation import cross_validate_system, external_cohort


class Systems(Additions):
    """The methods of `StudyReport` that make a system of patients and models."""

    def add_predictions(
        self,
        name: str,
        y: ArrayLike,
        scores: Any,
        *,
        pos_label: Any,
        decisions: Any = None,
        main: str | None = None,
        probabilities: bool | Iterable[str] = False,
        y_train: ArrayLike | None = None,
        scores_train: Any = None,
        decisions_train: Any = None,
        curves: Mapping[str, Any] | None = None,
        cohort: str = TEST,
    ) -> Self:
        """Add a system from what its models said of the test patients.

        Parameters
        ----------
        name : str
            Name of the system, and of its model where there is one only.
        y : array-like of shape (n_patients,)
            True labels of the test patients, two classes. A Series' index names the
            patients, and all that is added later must have the same.
        scores : array-like of shape (n_patients,), dict of str to array-like, or None
            Scores by model, higher means positive; NaN for a patient without one.
        pos_label : int, float, bool or str
            The positive class of every number of this system.
        decisions : array-like of shape (n_patients,), dict of str to array-like, \
default=None
            Predicted labels by model; None for a patient without a decision.
        main : str, default=None
            The model that the first table, subgroups, survival and the wrong decisions
            are about. None takes the one named like the system, else the only one, else
            the only one with decisions; where none is, it must be named.
        probabilities : bool or list of str, default=False
            Which scores are probabilities of the positive class (True: all); for
            calibration and decision curve.
        y_train : array-like of shape (n_train,), default=None
            True labels of the training patients.
        scores_train, decisions_train : as `scores` and `decisions`, default=None
            The same of the training patients.
        curves : dict of str to ThresholdCurve, default=None
            Threshold curve by model, from the patients who chose the threshold.
        cohort : str, default="test"
            Name of the test patients, such as their hospital; `add_cohort` adds others.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        ValueError
            If the name is taken, there are neither scores nor decisions, the main model
            is not known, rows do not match, `y` has not two classes, a patient has
            several rows, a label is unknown, or training and test patients overlap.
        """
        test = Judgement(by_model(scores, name, "scores"))
        test.decisions = by_model(decisions, name, "decisions")
        train = None
        if y_train is not None:
            train = Judgement(by_model(scores_train, name, "scores_train"))
            train.decisions = by_model(decisions_train, name, "decisions_train")
        elif scores_train is not None or decisions_train is not None:
            raise ValueError(
                f"{name}: scores and decisions in training must come with y_train"
            )
        given = name, y, test, y_train, train, pos_label
        system = new_system(self._systems, *given, main=main, cohort=cohort)
        chosen = test.scores if probabilities is True else probabilities or ()
        system.probabilities = check_names(chosen, test.scores, "probabilities")
        check_probabilities(system)
        for model, curve in (curves or {}).items():
            add_curve(system, model, curve)
        self._take(system)
        return self

    def add_estimator(
        self,
        name: str,
        estimator: Any,
        X: pd.DataFrame,
        y: ArrayLike,
        *,
        pos_label: Any,
        X_train: pd.DataFrame | None = None,
        y_train: ArrayLike | None = None,
        others: Mapping[str, Any] | None = None,
        attribution: bool | Mapping[str, Any] = False,
        cohort: str = TEST,
    ) -> Self:
        """Add a system from a fitted classifier.

        One that decides in stages gives its cascade, and each stage alone as a model
        of its own. Thresholds, coefficients, losses, settings and the quality of maps
        (``quality_`` of a mapper of `sknac.qus`) are found inside.

        Parameters
        ----------
        name : str
            Name of the system and of its model.
        estimator : classifier
            Fitted; any of scikit-learn's interface.
        X : DataFrame or array of shape (n_patients, n_columns)
            The test patients; plain columns of a frame make the baseline table.
        y : array-like of shape (n_patients,)
            Their true labels, two classes.
        pos_label : int, float, bool or str
            The positive class of every number of this system.
        X_train : DataFrame or array of shape (n_train, n_columns), default=None
            The patients it was trained on, whom it scores too.
        y_train : array-like of shape (n_train,), default=None
            Their true labels.
        others : dict of str to classifier, default=None
            Further fitted classifiers for the same patients, to compare with.
        attribution : bool or dict, default=False
            Whether to explain a few test patients of each class with
            `sknac.inspection.grad_cam`; a dict holds its settings.
        cohort : str, default="test"
            Name of the test patients, such as their hospital; `add_cohort` adds others,
            whom the same models judge.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        ValueError
            As `add_predictions`; and if one of `X_train` and `y_train` is missing, the
            rows of `X` and `y` have different names or another order, or one of
            `others` is named like the system; or training and test patients share an
            image, by its pixels (every plane is read for that, once a process).
        TypeError
            If an estimator is no classifier.
        NotFittedError
            If an estimator is not fitted.
        """
        if (X_train is None) != (y_train is None):
            raise ValueError(f"{name}: X_train and y_train must come together")
        if name in (others or {}):
            raise ValueError(f"two models are named {name!r}; name one in others else")
        models = {name: estimator} | dict(others or {})
        y, y_train = with_rows(name, y, X), with_rows(name, y_train, X_train)
        test, quality = judge_all(models, X, pos_label), {}
        quality[cohort] = map_quality(models)
        train = None if X_train is None else judge_all(models, X_train, pos_label)
        if train is not None:
            quality[TRAINING] = map_quality(models)
        given = name, y, test, y_train, train, pos_label
        system = new_system(self._systems, *given, cohort=cohort)
        check_images_apart(name, X, X_train)
        system.models = models
        system.resubstituted = True
        for where, tables in quality.items():
            for model, table in tables.items():
                system.quality.setdefault(model, {})[where] = table
        system.probabilities = tuple(test.probabilities)
        tables = {cohort: ("X", X), TRAINING: ("X_train", X_train)}
        for where, sample in system.cohorts():
            if isinstance(tables[where][1], pd.DataFrame):
                system.tables[where] = aligned_table(*tables[where], sample.y)
        if test.stages is not None:
            system.cascade = (test.stages, test.stop_label, test.deferred)
        for model, fitted in models.items():
            learn(system, model, fitted)
        if train is not None and system.main == name:
            system.sample_size = counted_parameters(known_parameters(estimator))
        if attribution is not False:
            given = {} if attribution is True else dict(attribution)
            explain(system, estimator, system.tables.get(cohort, X), given)
        self._take(system)
        return self

    def add_cv(
        self,
        name: str,
        estimator: Any,
        X: pd.DataFrame,
        y: ArrayLike,
        *,
        pos_label: Any,
        cv: Any = None,
        others: Mapping[str, Any] | None = None,
        compare: Sequence[tuple[str, str]] = (),
        n_jobs: int | None = None,
        callbacks: Any = (),
    ) -> Self:
        """Add a system by cross-validation, for a study without test patients.

        Each fold's models are fitted to the patients of the others and asked of those
        whom the fold tests: a threshold, a selection or an imputation inside of the
        estimator is chosen anew in each. Every table and caption of the system says
        how it was cross-validated.

        Parameters
        ----------
        name : str
            Name of the system and of its model.
        estimator : classifier or dict
            To be cloned and fitted, all that is learned inside. Or what
            `sklearn.model_selection.cross_validate` returned for it, with
            ``return_estimator=True, return_indices=True``.
        X : DataFrame or array of shape (n_patients, n_columns)
            All patients, one row each; plain columns of a frame make the baseline
            table.
        y : array-like of shape (n_patients,)
            Their true labels, two classes.
        pos_label : int, float, bool or str
            The positive class of every number of this system.
        cv : int, splitter or list of (train, test), default=None
            The folds, the same for all models, none of which holds one patient only;
            None is 5, stratified, or those of a result that was given. Repeats are
            averaged and do not shorten an interval.
        others : dict of str to classifier or dict, default=None
            Further models for the same folds.
        compare : list of (str, str), default=()
            Pairs of models whose areas are compared, by the corrected resampled t-test;
            nothing is compared without being asked.
        n_jobs : int, default=None
            Number of folds fitted at the same time; None is 1, -1 all processors.
        callbacks : sequence, default=()
            Of scikit-learn, e.g. a `sklearn.callback.ProgressBar`; they hear of each
            fold that is done.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        ValueError
            As `add_estimator`; and, before anything is fitted, if patients are not
            tested equally often, a fold lacks a class or holds one patient
            (leave-one-out), trains whom it tests, or shares an image with its training
            patients, by the pixels; or the models have different folds.

        See Also
        --------
        sknac.metrics.cv_auc_ci : The areas and their intervals.
        sknac.metrics.cv_rates : The rates.
        sknac.metrics.corrected_resampled_ttest : What compares models.

        Notes
        -----
        What needs one answer per patient (calibration, decision curve, survival,
        wrong decisions) takes that out of fold, of the first repeat. The numbers are
        about models of the folds' training patients, not of one model: there is none
        yet that could be tested elsewhere. An estimator or a splitter whose chance is
        not seeded gives other numbers each time.
        """
        given = name, estimator, X, y, pos_label, cv, others, compare
        system = cross_validate_system(self._systems, *given, n_jobs, callbacks)
        self._take(system)
        return self

    def add_cohort(
        self,
        name: str,
        cohort: str,
        y: ArrayLike,
        *,
        X: pd.DataFrame | None = None,
        scores: Any = None,
        decisions: Any = None,
    ) -> Self:
        """Add a further test cohort to a system, such as another hospital's.

        It has its row in the tables, its curves, and a place in the forest plots;
        nothing is pooled over cohorts. Subgroups, survival and the wrong decisions
        stay those of the first cohort.

        Parameters
        ----------
        name : str
            A system added before by `add_estimator` or `add_predictions`.
        cohort : str
            Name of the cohort, as it shall be read.
        y : array-like of shape (n_patients,)
            True labels of its patients, the same two classes.
        X : DataFrame or array of shape (n_patients, n_columns), default=None
            The patients: the models of `add_estimator` judge them, and must not have
            been fitted again since. Of a system of predictions their
            characteristics.
        scores, decisions : array-like or dict of str to array-like, default=None
            Of a system of predictions, by model, as in `add_predictions`.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        ValueError
            If the system is unknown or cross-validated, the cohort's name is taken,
            its main model says nothing, a patient (or, by the pixels, an image) is in
            another cohort too, the models were fitted again, or the input is not as in
            `add_estimator` and `add_predictions`.
        """
        system = self._system(name)
        external_cohort(system, cohort, y, X, scores, decisions)
        return self
