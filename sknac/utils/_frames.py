"""Tables as users have them: of polars or pyarrow, with other columns than in fit."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data as sklearn_validate_data

from sknac.utils._labels import shown


def as_pandas(X: Any) -> Any:
    """Return a polars or pyarrow table as a pandas frame; others as they are."""
    library = type(X).__module__.partition(".")[0]
    if library == "polars" and hasattr(X, "get_columns"):
        return pd.DataFrame({name: X[name].to_numpy() for name in X.columns})
    if library == "pyarrow" and hasattr(X, "to_pandas"):
        return X.to_pandas()
    return X


def unique_columns(names: Iterable[Any], what: str) -> None:
    """Raise where two columns have one name, or names that are written alike."""
    seen = set()
    for name in map(str, names):
        if name in seen:
            raise ValueError(
                f"{what} has two columns of one name, {name!r}; rename one"
            )
        seen.add(name)


def validate_data(estimator: Any, X: Any, **settings: Any) -> Any:
    """Check what an estimator is given, as scikit-learn does, and names that repeat."""
    if isinstance(X, pd.DataFrame):
        unique_columns(X, "X")
    return sklearn_validate_data(estimator, X, **settings)


def named_columns(given: Any, what: str) -> dict[Any, Any]:
    """Return the columns of a table or dictionary; each has a name of its own."""
    given = as_pandas(given)
    if not isinstance(given, Mapping | pd.DataFrame):
        raise ValueError(
            f"{what} must be a dictionary or table, which name their columns, got "
            f"{shown(given)}"
        )
    unique_columns(given, what)
    return {name: given[name] for name in given}


def named_models(given: Any, name: str, what: str) -> dict[Any, Any]:
    """Return scores by model: those of a table or dictionary, or of one model.

    A table of the probabilities of both classes, as of `predict_proba` with
    `set_output`, is none of models.
    """
    given = as_pandas(given)
    if not isinstance(given, Mapping | pd.DataFrame):
        return {name: given}
    found = named_columns(given, what)
    if isinstance(given, pd.DataFrame) and len(found) == 2:
        first, second = (np.asarray(values) for values in found.values())
        if {first.dtype.kind, second.dtype.kind} <= set("fiu") and np.allclose(
            first + second, 1, rtol=0, atol=1e-9
        ):
            raise ValueError(
                f"{what} has two columns that sum to 1, the probabilities of both "
                "classes and no models; pass the column of the positive class"
            )
    return found


def as_names(given: Any, what: str) -> list[Any]:
    """Return one name or several as a list; values of a dictionary would be ignored."""
    if isinstance(given, Mapping):
        raise ValueError(
            f"{what} must be a name or a list of names, got {shown(given)}"
        )
    return [given] if isinstance(given, str) else list(given)


def check_mapping(given: Any, what: str, example: str) -> None:
    """Raise unless something is a dictionary."""
    if not isinstance(given, Mapping):
        raise ValueError(
            f"{what} must be a dictionary, such as {example}, got {shown(given)}"
        )


def as_seen(estimator: Any, X: Any, used: Iterable[Any]) -> Any:
    """Return a frame with the columns of ``fit`` in their order, found by name.

    Further columns are left out, and one that is not used may be absent, as
    `sklearn.compose.ColumnTransformer` has it. Where a used one is absent, or a name
    repeats, the frame comes back as it is: scikit-learn's check of names says what is
    wrong.
    """
    names = getattr(estimator, "feature_names_in_", None)
    if names is None or not isinstance(X, pd.DataFrame) or not X.columns.is_unique:
        return X
    if np.array_equal(X.columns, names) or not set(used) <= set(X.columns):
        return X
    return X.reindex(columns=names)
