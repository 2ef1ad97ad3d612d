"""Checks of what comes in: what is refused, and what is left alone."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial

import joblib
import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sknac.cohort import Study
from sknac.cohort.planes import list_planes
from sknac.testing._assert import (
    fit_and_use,
    fresh,
    output_of,
    require,
    require_error,
    require_words,
    us_column,
    with_cell,
)
from sknac.testing._cohorts import make_check_cohort
from sknac.testing._tags import takes

_CHECK = "call sknac.cohort.check_cohort on X in fit and later"
_PLACE = "say which row and column"


def check_unfitted_raises(estimator, X, y):
    """Use before fit is a NotFittedError."""
    try:
        output_of(clone(estimator), X)
    except NotFittedError:
        return
    except Exception as error:
        found = repr(error)
    else:
        found = "no error"
    raise AssertionError(f"before fit there is {found}; call check_is_fitted(self)")


def check_input_not_mutated(estimator, X, y):
    """X and y are left as they were."""
    before = _content_hash(X), joblib.hash(y)
    fit_and_use(estimator, X, y)
    require(_content_hash(X) == before[0], "X was changed; work on X.copy()")
    require(joblib.hash(y) == before[1], "y was changed; work on a copy")


def _content_hash(X):
    """Hash a frame and its samples, at which a plane's digest looks only once."""
    columns = [name for name in X if str(name).startswith("us_")]
    samples = [at.plane.load() for at in list_planes(X, columns)]
    return joblib.hash((X, samples))


def check_missing_column_is_named(estimator, X, y):
    """A column that is missing after fit is named."""
    fitted, column = fresh(estimator).fit(X, y), us_column(X)
    without = X.drop(columns=column)
    require_error(lambda: output_of(fitted, without), column, mend=_CHECK)


def check_missing_visit(estimator, X, y):
    """A visit that did not happen stays missing, or the error names it."""
    fitted, column = fresh(estimator).fit(X, y), us_column(X)
    holed = with_cell(X, 3, None)
    try:
        output = output_of(fitted, holed)
    except ValueError as error:
        require_words(error, X.index[3], column, mend=_PLACE)
        return
    require(len(output) == len(X), "a patient without a visit is gone; keep the row")
    if isinstance(output, pd.DataFrame) and column in output:
        filled = output[column].iloc[3] is not None
        require(not filled, "a missing visit was filled; leave None where it was")


def check_ragged_planes(estimator, X, y):
    """Planes of different size work, or the error names the patient."""
    cell = X[us_column(X)].iloc[3]
    plane = cell.planes[0]
    cut = plane.replace(image=plane.load()[..., :-2, :-2])
    ragged = with_cell(X, 3, Study((cut, *cell.planes[1:])))
    try:
        n_rows = len(fit_and_use(estimator, ragged, y))
    except ValueError as error:
        require_words(error, X.index[3], mend=_PLACE)
    else:
        require(n_rows == len(X), "a patient is gone; give one row per patient")


def check_duplicate_patient_is_named(estimator, X, y):
    """A patient in two rows is an error that names them."""
    twice = X.set_axis([X.index[0], *X.index[:-1]], axis=0)
    fit = partial(fresh(estimator).fit, twice, y)
    require_error(fit, X.index[0], mend=_CHECK)


def check_foreign_cell_is_named(estimator, X, y):
    """A cell that is no study is an error that names row and column."""
    foreign = with_cell(X, 2, "scan.rf")
    fit = partial(fresh(estimator).fit, foreign, y)
    require_error(fit, X.index[2], us_column(X), mend=_CHECK)


def check_other_kinds_are_refused(estimator, X, y):
    """Planes of a kind that it does not take are an error that names the place."""
    kinds, visits = takes(estimator)
    for kind in {"rf", "bmode", "maps"} - set(kinds):
        other, _ = make_check_cohort(kind, visits=visits)
        mend = f"refuse {kind} planes, or name {kind!r} among kinds"
        use = partial(fit_and_use, estimator, other, y)
        require_error(use, X.index[0], us_column(X), mend=mend)


CHECKS = (
    check_unfitted_raises,
    check_input_not_mutated,
    check_missing_column_is_named,
    check_missing_visit,
    check_ragged_planes,
    check_duplicate_patient_is_named,
    check_foreign_cell_is_named,
)
ONCE = (check_other_kinds_are_refused,)
