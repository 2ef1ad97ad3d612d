"""Checks of labels, scores and groups that every metric makes before it works."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning


def one_dimensional(values: Any, name: str) -> np.ndarray:
    """Return a non-empty 1-D array, or say what is wrong."""
    array = np.asarray(values)
    if array.ndim != 1:
        hint = "; pass the column of the positive class" if array.ndim == 2 else ""
        raise ValueError(f"{name} has shape {array.shape}; it must be 1-D{hint}.")
    if array.size == 0:
        raise ValueError(f"{name} is empty.")
    return array


def _check_length(array: np.ndarray, n: int, name: str) -> None:
    """Raise unless the array has n entries."""
    if len(array) != n:
        raise ValueError(f"{name} has {len(array)} rows but y_true has {n}.")


def _spell(labels: Iterable[Any]) -> str:
    """List labels for an error message."""
    return "{" + ", ".join(repr(x) for x in labels) + "}"


def _resolve_pos_label(labels: list[Any], pos_label: Any) -> Any:
    """Apply scikit-learn's rule for the positive class."""
    if pos_label is None:
        if not (set(labels) <= {0, 1} or set(labels) <= {-1, 1}):
            raise ValueError(
                f"y_true takes value in {_spell(labels)} and pos_label is not "
                "specified: either make y_true take value in {0, 1} or {-1, 1} or "
                "pass pos_label explicitly."
            )
        return 1
    if len(labels) == 2 and pos_label not in labels:
        raise ValueError(
            f"pos_label={pos_label!r} is not a valid label. It should be one of "
            f"{_spell(labels)}."
        )
    return pos_label


def _distinct_labels(arrays: dict[str, np.ndarray]) -> list[Any]:
    """Return the labels found in all arrays together; raise on missing ones."""
    found: dict[Any, None] = {}
    for name, array in arrays.items():
        labels = pd.unique(array)
        if pd.isna(labels).any():
            raise ValueError(f"{name} holds missing labels; leave those rows out.")
        found |= dict.fromkeys(labels.tolist())
    return list(found)


def check_labels(
    y_true: Any, y_pred: Any = None, *, pos_label: Any = None
) -> tuple[np.ndarray, np.ndarray | None, Any]:
    """Return true and predicted positives as bool arrays, and the positive class."""
    arrays = {"y_true": one_dimensional(y_true, "y_true")}
    if y_pred is not None:
        arrays["y_pred"] = one_dimensional(y_pred, "y_pred")
        _check_length(arrays["y_pred"], len(arrays["y_true"]), "y_pred")
    labels = _distinct_labels(arrays)
    if len(labels) > 2:
        raise ValueError(
            f"{' and '.join(arrays)} hold {len(labels)} labels {_spell(labels[:5])}; "
            "they must be binary. Leave out rows that have no decision yet."
        )
    pos_label = _resolve_pos_label(labels, pos_label)
    positive = [np.asarray(a == pos_label, dtype=bool) for a in arrays.values()]
    return positive[0], positive[1] if y_pred is not None else None, pos_label


def check_scores(y_score: Any, n: int, name: str = "y_score") -> np.ndarray:
    """Return finite float64 scores, one per row."""
    array = one_dimensional(y_score, name)
    _check_length(array, n, name)
    try:
        array = array.astype(np.float64, copy=False)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers, not {array.dtype}.") from None
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise ValueError(
            f"{name} holds {bad.size} NaN or infinite values, the first in row "
            f"{bad[0]}; leave those rows out or mend the scores."
        )
    return array


def check_weights(sample_weight: Any, n: int) -> np.ndarray | None:
    """Return non-negative finite weights, one per row, or None."""
    if sample_weight is None:
        return None
    weights = check_scores(sample_weight, n, "sample_weight")
    if (weights < 0).any() or not weights.any():
        raise ValueError("sample_weight must be non-negative and not all zero.")
    return weights


def refuse_weights(sample_weight: Any) -> None:
    """Raise if weights were given where DeLong's variance would ignore them."""
    if sample_weight is not None:
        raise ValueError(
            "DeLong's variance has no weighted form: leave sample_weight out, or use "
            "bootstrap_ci, which takes it."
        )


def check_groups(groups: Any, n: int, *data: Any) -> np.ndarray | None:
    """Return group numbers 0, 1, ... per row, or None.

    Without groups, repeated index labels in `data` mean that a patient has
    several rows: that is warned of, because the interval would be too narrow.
    """
    if groups is not None:
        array = one_dimensional(groups, "groups")
        _check_length(array, n, "groups")
        codes, _ = pd.factorize(array)
        if (codes < 0).any():
            raise ValueError("groups holds missing values; name every row's patient.")
        return codes
    for item in data:
        index = getattr(item, "index", None)
        if isinstance(index, pd.Index) and not index.is_unique:
            warnings.warn(
                f"{n} rows but only {index.nunique()} distinct index labels: rows of "
                "one patient are not independent and the interval is too narrow. "
                "Pass the patients as groups.",
                UserWarning,
                stacklevel=3,
            )
            break
    return None


def check_confidence_level(level: float) -> float:
    """Return the level if it lies strictly between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"confidence_level={level!r} must lie between 0 and 1.")
    return float(level)


def check_n_resamples(n_resamples: int) -> int:
    """Return the number of resamples if it is whole and at least 2."""
    if int(n_resamples) != n_resamples or n_resamples < 2:
        raise ValueError(f"n_resamples={n_resamples!r} must be a whole number >= 2.")
    return int(n_resamples)


def check_option(value: Any, name: str, options: Iterable[Any]) -> None:
    """Raise unless the value is one of the options."""
    if value not in options:
        raise ValueError(f"{name}={value!r} must be one of {_spell(options)}.")


def check_weight(weight: float) -> float:
    """Return the weighted Youden index's weight if it lies in [0, 1]."""
    if not 0 <= weight <= 1:
        raise ValueError(f"weight={weight!r} must lie in [0, 1].")
    return float(weight)


def warn_undefined(what: str) -> None:
    """Warn that a metric or its interval is undefined and comes back as NaN."""
    warnings.warn(what, UndefinedMetricWarning, stacklevel=3)


def both_classes(positive: np.ndarray, what: str) -> bool:
    """Tell whether both classes are there; warn that `what` is NaN if not."""
    n_pos = int(positive.sum())
    if 0 < n_pos < positive.size:
        return True
    found = "positive" if n_pos else "negative"
    warnings.warn(
        f"Only the {found} class is present in y_true: {what} is undefined (NaN).",
        UndefinedMetricWarning,
        stacklevel=3,
    )
    return False
