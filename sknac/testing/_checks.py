"""The checks themselves: what a cohort estimator promises."""

# SPDX-License-Identifier: BSD-3-Clause

import io
import pickle

import joblib
import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError

from sknac.cohort import Study


def _fitted(estimator, X, y):
    """Fit a clone."""
    return clone(estimator).fit(X, y)


def _output(estimator, X):
    """Output of a fitted estimator, the most telling one it has."""
    for method in ("transform", "predict_proba", "decision_function", "predict"):
        if hasattr(estimator, method):
            return getattr(estimator, method)(X)
    raise AssertionError(f"{estimator} has neither transform nor predict")


def _comparable(output):
    """Make frames of studies, tables and arrays comparable with ``==``."""
    values = output.to_numpy() if hasattr(output, "to_numpy") else np.asarray(output)
    if values.dtype == object:
        digest = np.vectorize(lambda v: v.digest if isinstance(v, Study) else repr(v))
        return digest(values)
    return values


def _assert_same(first, second, message):
    """Assert that two outputs are equal, bit for bit."""
    first, second = _comparable(first), _comparable(second)
    assert first.shape == second.shape, message
    numeric = first.dtype.kind == "f"
    assert np.array_equal(first, second, equal_nan=numeric), message


def _us_column(X):
    """Name of the first ultrasound column."""
    return next(c for c in X.columns if str(c).startswith("us_"))


def _expect_error(call, *words):
    """Assert that a call raises an error that names the place."""
    try:
        call()
    except (ValueError, TypeError, KeyError) as error:
        missing = [word for word in words if word not in str(error)]
        assert not missing, f"the error does not name {missing}: {error}"
    else:
        raise AssertionError(f"no error was raised; expected one naming {words}")


def check_clone_keeps_parameters(estimator, X, y):
    """Fitting changes no parameter, and a clone is unfitted."""
    fitted = _fitted(estimator, X, y)
    before, after = estimator.get_params(), fitted.get_params()
    assert before.keys() == after.keys()
    assert repr(clone(fitted)) == repr(clone(estimator))
    for name, value in clone(estimator).get_params(deep=False).items():
        if not hasattr(value, "get_params"):
            kept = fitted.get_params(deep=False)[name]
            assert repr(kept) == repr(value), f"fit changed the parameter {name}"


def check_unfitted_raises(estimator, X, y):
    """Use before fit is a NotFittedError."""
    try:
        _output(clone(estimator), X)
    except NotFittedError:
        return
    raise AssertionError("an unfitted estimator did not raise NotFittedError")


def check_fit_returns_self(estimator, X, y):
    """``fit`` returns the estimator."""
    fresh = clone(estimator)
    assert fresh.fit(X, y) is fresh


def check_input_not_mutated(estimator, X, y):
    """X and y are left as they were."""
    X_before, y_before = joblib.hash(X), joblib.hash(y)
    _output(_fitted(estimator, X, y), X)
    assert joblib.hash(X) == X_before, "X was changed"
    assert joblib.hash(y) == y_before, "y was changed"


def check_one_output_row_per_patient(estimator, X, y):
    """There is one output row per patient, for one patient too."""
    fitted = _fitted(estimator, X, y)
    assert len(_output(fitted, X)) == len(X)
    assert len(_output(fitted, X.iloc[:1])) == 1


def check_rows_are_independent(estimator, X, y):
    """A patient's output does not depend on who else is in the frame."""
    fitted = _fitted(estimator, X, y)
    order = np.random.default_rng(0).permutation(len(X))
    whole = _comparable(_output(fitted, X))[order]
    shuffled = _comparable(_output(fitted, X.iloc[order]))
    if whole.dtype.kind == "f":  # batches of other sizes round differently
        assert np.allclose(whole, shuffled, rtol=1e-4, atol=1e-6, equal_nan=True)
    else:
        assert np.array_equal(whole, shuffled)


def check_missing_column_is_named(estimator, X, y):
    """A column that is missing, in fit or later, is named."""
    fitted = _fitted(estimator, X, y)
    column = _us_column(X)
    _expect_error(lambda: _output(fitted, X.drop(columns=column)), column)


def check_missing_visit(estimator, X, y):
    """A visit that did not happen stays missing, or the error names it."""
    fitted = _fitted(estimator, X, y)
    column = _us_column(X)
    holed = X.copy()
    holed[column] = holed[column].astype(object)
    holed.iat[3, holed.columns.get_loc(column)] = None
    try:
        output = _output(fitted, holed)
    except ValueError as error:
        assert str(X.index[3]) in str(error), f"the error names no patient: {error}"
        assert column in str(error), f"the error names no column: {error}"
        return
    assert len(output) == len(X)
    if isinstance(output, pd.DataFrame) and column in output:
        assert output[column].iloc[3] is None, "a missing visit was filled"


def check_ragged_planes(estimator, X, y):
    """Planes of different size work, or the error names the patient."""
    column = _us_column(X)
    ragged = X.copy()
    studies = list(X[column])
    plane = studies[3].planes[0]
    cut = plane.replace(image=plane.load()[..., :-2, :-2])
    studies[3] = Study((cut, *studies[3].planes[1:]))
    ragged[column] = pd.Series(studies, index=X.index, dtype=object)
    try:
        fitted = _fitted(estimator, ragged, y)
        assert len(_output(fitted, ragged)) == len(X)
    except ValueError as error:
        assert str(X.index[3]) in str(error), f"the error names no patient: {error}"


def check_duplicate_patient_is_named(estimator, X, y):
    """A patient in two rows is an error that names them."""
    twice = X.set_axis([X.index[0], *X.index[:-1]], axis=0)
    _expect_error(lambda: clone(estimator).fit(twice, y), str(X.index[0]))


def check_foreign_cell_is_named(estimator, X, y):
    """A cell that is no study is an error that names row and column."""
    column = _us_column(X)
    foreign = X.copy()
    foreign[column] = foreign[column].astype(object)
    foreign.iat[2, foreign.columns.get_loc(column)] = "scan.rf"
    place = (str(X.index[2]), column)
    _expect_error(lambda: clone(estimator).fit(foreign, y), *place)


def check_pickle_round_trip(estimator, X, y):
    """Pickled and joblib-dumped copies give the same output bit for bit."""
    fitted = _fitted(estimator, X, y)
    expected = _output(fitted, X)
    copy = pickle.loads(pickle.dumps(fitted))
    _assert_same(_output(copy, X), expected, "pickle changed the output")
    buffer = io.BytesIO()
    joblib.dump(fitted, buffer)
    buffer.seek(0)
    copy = joblib.load(buffer)
    _assert_same(_output(copy, X), expected, "joblib changed the output")


def check_same_seed_same_output(estimator, X, y):
    """Two fits with one seed agree bit for bit."""
    fresh = clone(estimator)
    if "random_state" in fresh.get_params():
        fresh.set_params(random_state=0)
    outputs = [_output(clone(fresh).fit(X, y), X) for _ in range(2)]
    _assert_same(*outputs, "two fits with one seed differ")


def check_feature_names_in(estimator, X, y):
    """``feature_names_in_`` and ``n_features_in_`` describe the frame."""
    fitted = _fitted(estimator, X, y)
    assert list(fitted.feature_names_in_) == list(X.columns)
    assert fitted.n_features_in_ == X.shape[1]


def check_label_types(estimator, X, y):
    """Labels of any type come back as they were given."""
    makes = (
        lambda label: label,
        lambda label: int(label == "response"),
        lambda label: label == "response",
    )
    for make in makes:
        labels = y.map(make)
        fitted = _fitted(estimator, X, labels)
        assert list(fitted.classes_) == sorted(set(labels))
        predicted = fitted.predict(X)
        assert set(predicted) <= set(labels)
        assert np.asarray(predicted).dtype.kind == fitted.classes_.dtype.kind
        if hasattr(fitted, "predict_proba"):
            proba = np.asarray(fitted.predict_proba(X))
            assert proba.shape == (len(X), 2)
            assert np.allclose(proba.sum(axis=1), 1.0, atol=1e-6)


def check_one_class_raises(estimator, X, y):
    """A single class in y is a clear error."""
    _expect_error(lambda: clone(estimator).fit(X, ["response"] * len(X)), "class")


def check_pandas_output(estimator, X, y):
    """Pandas output is a DataFrame on the patients' index."""
    fresh = clone(estimator).set_output(transform="pandas")
    output = fresh.fit(X, y).transform(X)
    assert isinstance(output, pd.DataFrame)
    assert output.index.equals(X.index)
    if not is_classifier(estimator):
        assert list(output.columns) == list(fresh.get_feature_names_out())


def check_frame_steps_keep_the_frame(estimator, X, y):
    """A step that hands on studies keeps index and columns."""
    output = _fitted(estimator, X, y).transform(X)
    values = output.to_numpy() if hasattr(output, "to_numpy") else output
    if values.dtype != object:
        assert values.ndim == 2, "a feature step gives a 2-D table"
        return
    assert list(output.columns) == list(X.columns)
    assert output.index.equals(X.index)
    assert output["age"].equals(X["age"]), "a clinical column was changed"


ALL = (
    check_clone_keeps_parameters,
    check_unfitted_raises,
    check_fit_returns_self,
    check_input_not_mutated,
    check_one_output_row_per_patient,
    check_rows_are_independent,
    check_missing_column_is_named,
    check_missing_visit,
    check_ragged_planes,
    check_duplicate_patient_is_named,
    check_foreign_cell_is_named,
    check_pickle_round_trip,
    check_same_seed_same_output,
    check_feature_names_in,
)
CLASSIFIER = (check_label_types, check_one_class_raises)
TRANSFORMER = (check_pandas_output, check_frame_steps_keep_the_frame)
