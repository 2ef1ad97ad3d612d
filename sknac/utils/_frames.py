"""Tables as users have them: of polars or pyarrow, with other columns than in fit."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd


def as_pandas(X: Any) -> Any:
    """Return a polars or pyarrow table as a pandas frame; others as they are."""
    library = type(X).__module__.partition(".")[0]
    if library == "polars" and hasattr(X, "get_columns"):
        return pd.DataFrame({name: X[name].to_numpy() for name in X.columns})
    if library == "pyarrow" and hasattr(X, "to_pandas"):
        return X.to_pandas()
    return X


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
