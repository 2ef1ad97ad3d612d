"""Checks of what comes out: a row per patient, labels and frames as they were."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier

from sknac.testing._assert import (
    comparable,
    fresh,
    output_of,
    require,
    require_error,
    require_same,
)


def check_one_output_row_per_patient(estimator, X, y):
    """There is one output row per patient, for one patient too."""
    fitted = fresh(estimator).fit(X, y)
    for rows in (X, X.iloc[:1]):
        n_rows = len(output_of(fitted, rows))
        message = f"{len(rows)} patients gave {n_rows} rows; give one per patient"
        require(n_rows == len(rows), message)


def check_rows_are_independent(estimator, X, y):
    """A patient's output does not depend on who else is in the frame."""
    fitted = fresh(estimator).fit(X, y)
    order = np.random.default_rng(0).permutation(len(X))
    whole = comparable(output_of(fitted, X))[order]
    shuffled = comparable(output_of(fitted, X.iloc[order]))
    if whole.dtype.kind == "f":  # batches of other sizes round differently
        alike = np.allclose(whole, shuffled, rtol=1e-4, atol=1e-6, equal_nan=True)
    else:
        alike = np.array_equal(whole, shuffled)
    require(alike, "rows depend on their order; use each patient's own cells only")


def check_feature_names_in(estimator, X, y):
    """``feature_names_in_`` and ``n_features_in_`` describe the frame."""
    fitted = fresh(estimator).fit(X, y)
    names = getattr(fitted, "feature_names_in_", ())
    n_names = getattr(fitted, "n_features_in_", None)
    message = "feature_names_in_ is not X.columns; check_cohort(reset=True) sets it"
    require(list(names) == list(X.columns), message)
    message = "n_features_in_ is not X.shape[1]; check_cohort(reset=True) sets it"
    require(n_names == X.shape[1], message)


def check_label_types(estimator, X, y):
    """Labels of any type come back as they were given."""
    makes = (
        lambda label: label,
        lambda label: int(label == "response"),
        lambda label: label == "response",
    )
    for make in makes:
        labels = y.map(make)
        fitted = fresh(estimator).fit(X, labels)
        message = f"classes_ of {labels.dtype} are others than y's; keep them as given"
        require(list(fitted.classes_) == sorted(set(labels)), message)
        predicted = np.asarray(fitted.predict(X))
        alike = predicted.dtype.kind == fitted.classes_.dtype.kind
        message = "predict gives labels that y does not hold; index classes_"
        require(alike and set(predicted) <= set(labels), message)
        if hasattr(fitted, "predict_proba"):
            proba = np.asarray(fitted.predict_proba(X))
            sums = proba.shape == (len(X), 2) and np.allclose(proba.sum(axis=1), 1.0)
            require(sums, "predict_proba must give a column per class that sum to 1")


def check_one_class_raises(estimator, X, y):
    """A single class in y is a clear error."""
    require_error(
        lambda: fresh(estimator).fit(X, ["response"] * len(X)),
        "class",
        mend="say in fit that y needs two classes",
    )


def check_pandas_output(estimator, X, y):
    """Pandas output is a DataFrame on the patients' index."""
    step = fresh(estimator).set_output(transform="pandas")
    output = step.fit(X, y).transform(X)
    framed = isinstance(output, pd.DataFrame) and output.index.equals(X.index)
    message = "pandas output must be a DataFrame on X.index; inherit TransformerMixin"
    require(framed, message)
    if not is_classifier(estimator):
        names = list(step.get_feature_names_out())
        message = "output columns must be those of get_feature_names_out; write it"
        require(list(output.columns) == names, message)


def check_frame_steps_keep_the_frame(estimator, X, y):
    """A step that hands on studies keeps index and columns."""
    output = fresh(estimator).fit(X, y).transform(X)
    values = output.to_numpy() if hasattr(output, "to_numpy") else output
    if values.dtype != object:
        require(
            values.ndim == 2, "features are no table; give (n_patients, n_features)"
        )
        return
    message = "the frame has other rows or columns; change its cells only"
    require(list(output.columns) == list(X.columns), message)
    require(output.index.equals(X.index), message)
    message = "a clinical column was changed; change ultrasound columns only"
    require(output["age"].equals(X["age"]), message)


def check_fit_transform(estimator, X, y):
    """``fit_transform`` gives what ``fit`` and then ``transform`` give."""
    step = fresh(estimator)
    require_same(
        clone(step).fit_transform(X, y),
        clone(step).fit(X, y).transform(X),
        "fit_transform differs from fit and transform; let one call the others",
    )


CHECKS = (
    check_one_output_row_per_patient,
    check_rows_are_independent,
    check_feature_names_in,
)
CLASSIFIER_CHECKS = (check_label_types, check_one_class_raises)
TRANSFORMER_CHECKS = (
    check_pandas_output,
    check_frame_steps_keep_the_frame,
    check_fit_transform,
)
