"""Scores of fitted classifiers, on new patients or out of fold."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sknac.utils._classes import check_known_labels
from sknac.utils._folds import Folds, folds_of
from sknac.utils._frames import unique_columns
from sknac.utils._labels import one_dimensional, positive_label
from sknac.utils._rows import PASS_GROUPS, Rows, same_rows
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


def responses_by_name(
    estimator: Any,
    X: Any,
    y: Any,
    response_method: str,
    pos_label: Any,
    *,
    name: str | None,
    groups: Any,
) -> tuple[dict[str, np.ndarray], Any]:
    """Return the scores of a fitted classifier, or of several by name, and the class.

    One alone is called `name`, or like its class. Rows must match, and `y` must hold
    classes that the models know.
    """
    models = estimator
    if not isinstance(models, Mapping):
        models = {name or type(estimator).__name__: estimator}
    same_rows(X=X, y=y, groups=groups)
    scores, label = {}, pos_label
    for key, model in models.items():
        check_known_labels(model, y)
        scores[key], label = responses_of(model, X, response_method, pos_label)
    return scores, label


def label_of(estimator: Any, pos_label: Any) -> Any:
    """Return the positive class: as given, or 1 where the classes leave no doubt."""
    if pos_label is not None:
        return pos_label
    classes = np.asarray(estimator.classes_).tolist()
    return classes[classes.index(positive_label(classes, None, "classes_"))]


def cv_answers(
    several: Mapping[str, Any],
    X: Any,
    y: Any,
    groups: Any,
    answer: Callable[[Any, Any], np.ndarray],
) -> tuple[Folds, dict[str, np.ndarray]]:
    """Ask the models of cross-validations, of the same folds, of whom they test.

    Returns the folds and, by name, what `answer` says of a model and its test rows, in
    the folds' order.
    """
    names = Rows(PASS_GROUPS if groups is None else None)
    for name, values in {"X": X, "y": y, "groups": groups}.items():
        names.see(name, values)
    unique_columns(several, "cv_results")
    n, labels = _num_samples(X), one_dimensional(y, "y")
    if labels.size != n:
        raise ValueError(
            f"y has {labels.size} rows but X has {n}; give those of cross_validate"
        )
    folds, found = None, {}
    for name, kept in several.items():
        own = folds_of(_indices(kept, name), n)
        if folds is not None and not _are_same(folds, own):
            raise ValueError(
                f"{name!r} has other folds than {next(iter(several))!r}; pass the same "
                "splitter with the same random_state to both cross-validations"
            )
        folds, parts = own, []
        for estimator, tests in zip(kept["estimator"], own.parts, strict=True):
            rows = own.row[tests]
            check_known_labels(estimator, labels[rows])
            parts.append(answer(estimator, _safe_indexing(X, rows)))
        found[str(name)] = np.concatenate(parts)
    return folds, found


def cv_responses(
    several: Mapping[str, Any],
    X: Any,
    y: Any,
    groups: Any,
    response_method: str,
    pos_label: Any,
) -> tuple[Folds, dict[str, np.ndarray], Any]:
    """Return the folds of cross-validations, their scores by name, and the class."""

    def scores(estimator, part):
        return responses_of(estimator, part, response_method, pos_label)[0]

    folds, found = cv_answers(several, X, y, groups, scores)
    first = next(iter(several.values()))["estimator"][0]
    return folds, found, label_of(first, pos_label)


def _indices(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return which rows train and test each fold."""
    if "estimator" not in found or "indices" not in found:
        raise ValueError(
            f"the cross-validation {name!r} lacks its estimators or indices; call "
            "cross_validate with return_estimator=True and return_indices=True"
        )
    return found["indices"]


def _are_same(folds: Folds, other: Folds) -> bool:
    """Tell whether the same rows are tested by the same folds."""
    return np.array_equal(folds.row, other.row) and np.array_equal(
        folds.fold, other.fold
    )
