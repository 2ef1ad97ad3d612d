"""Scores that choose a cut: of patients whom the scoring classifier has not seen."""

# SPDX-License-Identifier: BSD-3-Clause

import numbers
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedShuffleSplit, check_cv
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from sknac.decision._nested import check_folds
from sknac.utils._answers import answers_of
from sknac.utils._classes import check_same_classes
from sknac.utils._labels import group_codes
from sknac.utils._rows import Rows
from sknac.utils._sklearn import (
    Real,
    _check_method_params,
    _num_samples,
    _safe_indexing,
)
from sknac.utils._warnings import warn_user

# A patient's rows in several folds would let her be scored by what has seen her.
_GROUPED_FOLDS = "set cv=StratifiedGroupKFold(...), which takes groups by routing"


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Scores of some rows, which may repeat, and what a cut has to know of them.

    Parameters
    ----------
    rows : int ndarray of shape (n,)
        Whose scores they are.
    score : ndarray of shape (n,)
        The scores.
    positive : bool ndarray of shape (n,)
        Whose class is positive.
    mass : ndarray of shape (n,) or None
        Weights.
    units : int ndarray of shape (n,)
        Numbers of the patients.
    folds : int ndarray of shape (n,) or None
        Folds of the scores; None where one classifier made them.
    """

    rows: np.ndarray
    score: np.ndarray
    positive: np.ndarray
    mass: np.ndarray | None
    units: np.ndarray
    folds: np.ndarray | None

    @property
    def groups(self) -> np.ndarray | None:
        """The patient of each row, where patients have several."""
        several = len(np.unique(self.units)) < len(self.units)
        return self.units if several else None

    def of(self, rows):
        """Return what `cut_for` takes of some of these rows."""
        mass = None if self.mass is None else self.mass[rows]
        return self.score[rows], self.positive[rows], mass, self.units[rows]


def check_rows(cv, **given):
    """Raise where the same patients come in another order or in several folds."""
    default = cv is None or isinstance(cv, numbers.Real)
    rows = Rows(_GROUPED_FOLDS if default else None)
    for name, values in given.items():
        rows.see(name, values)


def keep_classifier(model, X, y, fit_params, classes):
    """Return the classifier that a threshold keeps: as it came, or fitted on all."""
    if model.cv == "prefit":
        check_is_fitted(
            model.estimator,
            msg="cv='prefit' takes a fitted %(name)s; call its fit before, on other "
            "patients, or leave cv out",
        )
        kept = model.estimator
    else:
        kept = clone(model.estimator).fit(X, y, **fit_params)
    # One that came fitted, or holds such a one, may know others.
    check_same_classes(kept, classes, "the fitted estimator")
    return kept


def patients_of(routed, n):
    """Return the number of each row's patient where groups were asked for, or None."""
    groups = routed["threshold"]["fit"].get("groups")
    return None if groups is None else group_codes(groups, n)


def hold_out(model, X, y, routed, of):
    """Return the scores that choose the cut of a threshold with its classifier.

    `of` holds the number of the positive class, whose class is positive, and the
    patients of the rows.
    """
    index, positive, groups = of
    score, rows, folds = _scores(model, X, y, routed, (index, groups))
    mass = routed["threshold"]["fit"].get("sample_weight")
    return HeldOut(
        rows=rows,
        score=score,
        positive=positive[rows],
        mass=None if mass is None else np.asarray(mass)[rows],
        units=rows if groups is None else groups[rows],
        folds=folds,
    )


def warn_if_memorised(model, X, guarantee, name="the classifier"):
    """Warn where a guarantee is of scores that the classifier kept may not give.

    One that tells all the patients apart on whom it was fitted again, while those of
    the folds could not, may score new patients on another scale.
    """
    held = model._held_out
    if model.cv == "prefit" or _apart(held.score, held.positive):
        return
    again = model._answers(X).scores[held.rows]
    if _apart(again, held.positive):
        warn_user(
            f"guarantee={guarantee:g} is of the scores of the folds, and {name} fitted "
            "again on all tells its own patients apart without error, so that new ones "
            "may miss the bound far more often; fit it on other patients and set "
            "cv='prefit', or give it fewer features"
        )


def _apart(score, positive):
    """Tell whether every positive patient scores above every other."""
    return score[positive].min() > score[~positive].max()


def _scores(model, X, y, routed, of):
    """Return honest scores, whose they are and their folds."""
    index, groups = of
    everyone = np.arange(_num_samples(X))
    if model.cv in ("prefit", "resubstitution"):
        scores = answers_of(model.estimator_, X).score(index, model.response_method)
        return scores, everyone, None
    splitter = model.cv
    if isinstance(splitter, Real) and splitter < 1:
        splitter = StratifiedShuffleSplit(
            1, test_size=float(splitter), random_state=model.random_state
        )
    splitter = check_cv(splitter, y, classifier=True)
    splits = list(splitter.split(X, y, **routed["splitter"]["split"]))
    if groups is not None:
        check_folds(splits, groups)
    scores = Parallel(n_jobs=model.n_jobs)(
        delayed(_score_fold)(
            clone(model.estimator),
            (X, y, routed["estimator"]["fit"]),
            (number, train, test),
            index,
            model.response_method,
        )
        for number, (train, test) in enumerate(splits)
    )
    rows = [everyone[test] for _, test in splits]
    folds = np.repeat(np.arange(len(splits)), [len(test) for test in rows])
    several = len(splits) > 1
    return np.concatenate(scores), np.concatenate(rows), folds if several else None


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
