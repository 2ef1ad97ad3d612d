"""Checks of settings and state: what fit may write, and what nothing else may."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
import io
import pickle
from functools import partial
from itertools import pairwise

import joblib
from sklearn.base import clone

from sknac.testing._assert import (
    METHODS,
    fit_and_use,
    fresh,
    output_of,
    require,
    require_error,
    require_same,
    us_column,
)
from sknac.utils._sklearn import generate_invalid_param_val, make_constraint


def check_clone_keeps_parameters(estimator, X, y):
    """Fitting changes no parameter, and a clone is unfitted."""
    fitted = clone(estimator).fit(X, y)
    given, kept = estimator.get_params(), fitted.get_params()
    changed = sorted(given.keys() ^ kept.keys())
    changed += [
        name
        for name, value in clone(estimator).get_params(deep=False).items()
        if not hasattr(value, "get_params")
        and repr(fitted.get_params(deep=False)[name]) != repr(value)
    ]
    message = f"fit changed the settings {changed}; write to attributes that end in _"
    require(not changed, message)
    message = "a clone of the fitted estimator differs; __init__ must only assign"
    require(repr(clone(fitted)) == repr(clone(estimator)), message)


def check_fit_returns_self(estimator, X, y):
    """``fit`` returns the estimator."""
    step = fresh(estimator)
    require(step.fit(X, y) is step, "fit does not return the estimator; return self")


def check_invalid_settings_are_refused(estimator, X, y):
    """``fit`` refuses an invalid value of any setting, and names the setting."""
    constraints = getattr(estimator, "_parameter_constraints", {})
    for name in estimator.get_params(deep=False):
        for value in _invalid_values(constraints.get(name, ())):
            mend = f"refuse {name}={value!r} in fit, as _parameter_constraints do"
            fit = partial(_fit_with, estimator, X, y, **{name: value})
            require_error(fit, name, mend=mend)


def _fit_with(estimator, X, y, **settings):
    """Fit a clone with other settings."""
    clone(estimator).set_params(**settings).fit(X, y)


class _NoSuchType:
    """Of a type that no setting takes."""

    def __repr__(self):
        return "<an object of another type>"


def _invalid_values(constraints):
    """Yield a value of a foreign type, and values just outside the constraints."""
    if constraints == "no_validation":
        return
    yield _NoSuchType()
    made = [make_constraint(constraint) for constraint in constraints]
    for constraint in made:
        try:
            value = generate_invalid_param_val(constraint)
        except NotImplementedError:  # any value of its type is valid
            continue
        if not any(other.is_satisfied_by(value) for other in made):
            yield value


def check_one_column_by_name(estimator, X, y):
    """``columns`` takes one name as well as a sequence of names."""
    alone = getattr(estimator, "n_visits", None) in (None, 1)
    if "columns" not in estimator.get_params(deep=False) or not alone:
        return
    outputs = [
        fit_and_use(estimator, X, y, columns=columns)
        for columns in (us_column(X), [us_column(X)])
    ]
    message = "columns='us_pre' must do what columns=['us_pre'] does"
    require_same(*outputs, message)


def check_pickle_round_trip(estimator, X, y):
    """Pickled and joblib-dumped copies give the same output bit for bit."""
    fitted = fresh(estimator).fit(X, y)
    expected = output_of(fitted, X)
    for library in (pickle, joblib):
        buffer = io.BytesIO()
        library.dump(fitted, buffer)
        buffer.seek(0)
        message = f"{library.__name__} changed the output; keep all state in attributes"
        require_same(output_of(library.load(buffer), X), expected, message)


def check_same_seed_same_output(estimator, X, y):
    """Two fits with one seed agree bit for bit."""
    outputs = [fit_and_use(estimator, X, y) for _ in range(2)]
    message = "two fits with one seed differ; draw all that is random from random_state"
    require_same(*outputs, message)


def check_refit_starts_anew(estimator, X, y):
    """A second fit forgets the first, on other patients or on the same."""
    expected = fit_and_use(estimator, X, y)
    again = fresh(estimator).fit(X.iloc[:8], y.iloc[:8])
    for whom in ("other patients", "the same patients"):
        message = f"fit after a fit on {whom} gives other output; start from nothing"
        require_same(output_of(again.fit(X, y), X), expected, message)


def check_use_leaves_state(estimator, X, y):
    """``transform`` and the predict methods write no attribute.

    An estimator may name attributes that describe its last use, and that no later one
    depends on, as its class attribute ``set_in_use``.
    """
    fitted = fresh(estimator).fit(X, y)
    before = _state(fitted)
    for method in METHODS:
        if hasattr(fitted, method):
            getattr(fitted, method)(X)
    after = _state(fitted)
    names = before.keys() | after.keys()
    changed = sorted(name for name in names if before.get(name) != after.get(name))
    message = f"transform or predict changed {changed}; write attributes in fit alone"
    require(not changed, message)


def _state(estimator):
    """Picture every attribute, so that a write into an array shows too."""
    of_use = getattr(estimator, "set_in_use", ())
    state = {n: value for n, value in vars(estimator).items() if n not in of_use}
    return {name: _picture(value) for name, value in state.items()}


def _picture(value):
    """Bytes of a value; of what has none, its identity."""
    try:
        return pickle.dumps(value)
    except Exception:
        return id(value)


def check_n_jobs_leaves_output(estimator, X, y):
    """The number of workers does not change the output by a bit."""
    if "n_jobs" not in estimator.get_params(deep=False):
        return
    outputs = [fit_and_use(estimator, X, y, n_jobs=n_jobs) for n_jobs in (1, 2)]
    message = "n_jobs changes the output; let each plane's work depend on it alone"
    require_same(*outputs, message)


def check_fitted_attributes_are_documented(estimator, X, y):
    """What fit leaves is documented, and what is documented is there."""
    fitted = fresh(estimator).fit(X, y)
    public = {n for n in vars(fitted) if n.endswith("_") and not n.startswith("_")}
    missing = sorted(public - _documented(type(fitted).__mro__))
    message = f"{missing} are not documented; add them to the docstring's Attributes"
    require(not missing, message)
    own = sorted(n for n in _documented([type(fitted)]) if n.endswith("_"))
    own = [name for name in own if name not in getattr(fitted, "set_in_use", ())]
    absent = [name for name in own if not hasattr(fitted, name)]
    message = f"{absent} are documented but not there after fit; set them in fit"
    require(not absent, message)


def _documented(classes):
    """Names in the Attributes sections of classes' numpydoc docstrings."""
    names = set()
    for cls in classes:
        lines = inspect.cleandoc(cls.__doc__ or "").split("\n")
        heads = [i - 1 for i, line in enumerate(lines) if set(line) == {"-"}]
        for start, end in pairwise([*heads, len(lines)]):
            if lines[start] == "Attributes":
                entries = [line for line in lines[start + 2 : end] if line[:1].strip()]
                found = ",".join(line.split(":")[0] for line in entries)
                names |= {name.strip() for name in found.split(",")}
    return names


CHECKS = (
    check_use_leaves_state,
    check_pickle_round_trip,
    check_same_seed_same_output,
)
ONCE = (
    check_fit_returns_self,
    check_clone_keeps_parameters,
    check_invalid_settings_are_refused,
    check_refit_starts_anew,
    check_n_jobs_leaves_output,
    check_one_column_by_name,
    check_fitted_attributes_are_documented,
)
