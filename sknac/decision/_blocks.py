"""Columns of one stage: which they are, and who has data in them."""

# SPDX-License-Identifier: BSD-3-Clause

import numbers

import numpy as np
import pandas as pd
from scipy import sparse


def as_table(X):
    """Return X as a DataFrame, sparse matrix or 2-D array."""
    if not (sparse.issparse(X) or isinstance(X, pd.DataFrame)):
        X = np.asarray(X)
    if X.ndim != 2:
        raise ValueError(
            f"Expected 2D array, got {X.ndim}D array instead. Reshape your data: one "
            "row per patient, one column per feature."
        )
    if X.shape[1] == 0:
        raise ValueError(
            f"X has 0 feature(s) (shape={X.shape}) while a minimum of 1 is required."
        )
    return X


def column_positions(X, columns, stage):
    """Return the positions that `columns` means in X."""
    if callable(columns):
        columns = columns(X)
    if isinstance(columns, str | numbers.Integral):
        columns = [columns]
    every = np.arange(X.shape[1])
    if isinstance(columns, slice):
        return every[_positional(X, columns)]
    columns = list(columns)
    if columns and all(isinstance(name, str) for name in columns):
        return _named_positions(X, columns, stage)
    selector = np.asarray(columns, dtype=None if columns else int)
    try:
        return every[selector]
    except IndexError as error:
        raise ValueError(
            f"stage {stage!r} asks for columns {columns}, but X has {X.shape[1]} "
            "columns."
        ) from error


def visit_columns(X, positions):
    """Tell which of the columns hold records of a visit rather than plain values."""
    if not isinstance(X, pd.DataFrame):
        return np.zeros(len(positions), dtype=bool)
    return np.array([_holds_records(X.iloc[:, at]) for at in positions], dtype=bool)


def missing_rows(block, visits, rule):
    """Tell which rows of a stage's block have no data for that stage."""
    if sparse.issparse(block) or block.shape[1] == 0:
        return np.zeros(block.shape[0], dtype=bool)
    missing = np.asarray(pd.isna(block))
    if rule == "any":
        return missing.any(axis=1)
    return missing[:, visits].any(axis=1) | missing.all(axis=1)


def row_name(X, row):
    """Return how the user knows a row."""
    return str(X.index[row]) if isinstance(X, pd.DataFrame) else str(row)


def _positional(X, columns):
    """Return a slice over labels as a slice over positions."""
    if isinstance(columns.start, str) or isinstance(columns.stop, str):
        return X.columns.slice_indexer(columns.start, columns.stop, columns.step)
    return columns


def _named_positions(X, names, stage):
    """Return the positions of columns given by name."""
    if not isinstance(X, pd.DataFrame):
        raise ValueError(
            f"stage {stage!r} names its columns {names}, but X is no DataFrame: give "
            "positions, or X with column names."
        )
    absent = [name for name in names if name not in X.columns]
    if absent:
        raise ValueError(
            f"stage {stage!r}: X has no column {', '.join(absent)}; it has "
            f"{', '.join(map(str, X.columns))}."
        )
    return X.columns.get_indexer(names)


def _holds_records(column):
    """Tell whether an object column holds anything but text and numbers."""
    if column.dtype != object:
        return False
    present = column[column.notna()]
    return (
        not all(pd.api.types.is_scalar(cell) for cell in present) or len(present) == 0
    )
