"""What the checks share: fresh estimators, their output, and how a claim fails."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.base import clone

from sknac.cohort import Study

METHODS = ("transform", "predict_proba", "decision_function", "predict")


def require(condition, message):
    """Fail with a message; unlike ``assert`` also under ``python -O``."""
    if not condition:
        raise AssertionError(message)


def fresh(estimator, **settings):
    """Clone an estimator and seed it and its parts."""
    seeds = {
        name: 0
        for name in estimator.get_params()
        if name.split("__")[-1] == "random_state"
    }
    return clone(estimator).set_params(**seeds | settings)


def output_of(estimator, X):
    """Output of a fitted estimator, the most telling one it has."""
    for method in METHODS:
        if hasattr(estimator, method):
            return getattr(estimator, method)(X)
    raise AssertionError(
        f"{type(estimator).__name__} has neither transform nor predict; write one"
    )


def fit_and_use(estimator, X, y, **settings):
    """Fit a fresh estimator and take its output on the same frame."""
    return output_of(fresh(estimator, **settings).fit(X, y), X)


def comparable(output):
    """Make frames of studies, tables and arrays comparable with ``==``."""
    values = output.to_numpy() if hasattr(output, "to_numpy") else np.asarray(output)
    if values.dtype == object:
        digest = np.vectorize(lambda v: v.digest if isinstance(v, Study) else repr(v))
        return digest(values)
    return values


def require_same(first, second, message):
    """Require that two outputs are equal, bit for bit."""
    first, second = comparable(first), comparable(second)
    require(first.shape == second.shape, message)
    numeric = first.dtype.kind == "f"
    require(np.array_equal(first, second, equal_nan=numeric), message)


def us_column(X):
    """Name of the first ultrasound column."""
    return next(column for column in X.columns if str(column).startswith("us_"))


def with_cell(X, row, value):
    """Copy a frame with another value in one cell of the first ultrasound column."""
    column = us_column(X)
    cells = list(X[column])
    cells[row] = value
    return X.assign(**{column: pd.Series(cells, index=X.index, dtype=object)})


def require_error(call, *words, mend):
    """Require that a call raises an error that names the place."""
    try:
        call()
    except (ValueError, TypeError, KeyError) as error:
        require_words(error, *words, mend=mend)
    else:
        raise AssertionError(f"no error was raised; {mend}")


def require_words(error, *words, mend):
    """Require that an error says certain words."""
    missing = [str(word) for word in words if str(word) not in str(error)]
    require(not missing, f"the error does not name {missing}: {error}; {mend}")
