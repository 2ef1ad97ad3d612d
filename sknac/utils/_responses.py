"""Scores of fitted classifiers, on new patients or out of fold."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sknac.utils._classes import check_known_labels
from sknac.utils._frames import unique_columns
from sknac.utils._labels import positive_label
from sknac.utils._rows import PASS_GROUPS, Rows
from sknac.utils._sklearn import (
    _get_response_values_binary,
    _num_samples,
    _safe_indexing,
)

_METHODS = ["predict_proba", "decision_function"]


def responses_of(
    estimator: Any, X: Any, response_method: str, pos_label: Any
) -> tuple[np.ndarray, Any]:
    """Return a classifier's scores for the positive class, and that class."""
    method = _METHODS if response_method == "auto" else response_method
    label = label_of(estimator, pos_label)
    scores, _ = _get_response_values_binary(
        estimator, X, response_method=method, pos_label=label
    )
    return scores, label


def label_of(estimator: Any, pos_label: Any) -> Any:
    """Return the positive class: as given, or 1 where the classes leave no doubt."""
    if pos_label is not None:
        return pos_label
    classes = np.asarray(estimator.classes_).tolist()
    return classes[classes.index(positive_label(classes, None, "classes_"))]


def cv_responses(
    several: Mapping[str, Any],
    X: Any,
    y: Any,
    groups: Any,
    response_method: str,
    pos_label: Any,
) -> tuple[Any, dict[str, np.ndarray], Any, Any]:
    """Pool the out-of-fold scores of cross-validations of the same folds.

    Returns labels, scores by name, patients (None where every row is tested once and
    no groups are given) and the positive class.
    """
    names = Rows(PASS_GROUPS if groups is None else None)
    for name, values in {"X": X, "y": y, "groups": groups}.items():
        names.see(name, values)
    unique_columns(several, "cv_results")
    rows, scores, label = None, {}, pos_label
    for name, found in several.items():
        folds = _tested_rows(found, name)
        tested = np.concatenate(folds)
        if rows is not None and not np.array_equal(rows, tested):
            raise ValueError(
                f"{name!r} has other folds than {next(iter(several))!r}; pass the same "
                "splitter with the same random_state to both cross-validations"
            )
        rows, parts = tested, []
        for estimator, fold in zip(found["estimator"], folds, strict=True):
            part = _safe_indexing(X, fold)
            check_known_labels(estimator, _safe_indexing(np.asarray(y), fold))
            part, label = responses_of(estimator, part, response_method, pos_label)
            parts.append(part)
        scores[str(name)] = np.concatenate(parts)
    y = _safe_indexing(np.asarray(y), rows)
    return y, scores, _patients(groups, rows, X), label


def _tested_rows(found: Mapping[str, Any], name: str) -> list[np.ndarray]:
    """Return the test rows of each fold."""
    if "estimator" not in found or "indices" not in found:
        raise ValueError(
            f"the cross-validation {name!r} lacks its estimators or indices; call "
            "cross_validate with return_estimator=True and return_indices=True"
        )
    return [np.asarray(rows) for rows in found["indices"]["test"]]


def _patients(groups: Any, rows: np.ndarray, X: Any) -> Any:
    """Return the patient of each pooled score, or None if each row comes once."""
    if groups is not None:
        if len(groups) != _num_samples(X):
            raise ValueError(
                f"groups has {len(groups)} rows but X has {_num_samples(X)}; give one "
                "row of each"
            )
        return _safe_indexing(np.asarray(groups), rows)
    return rows if pd.Series(rows).duplicated().any() else None
