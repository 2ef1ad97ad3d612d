"""Columns of one stage: which they are, and who has data in them."""

# SPDX-License-Identifier: BSD-3-Clause

import numbers

import numpy as np
import pandas as pd
from scipy import sparse

from sknac.utils._frames import as_pandas
from sknac.utils._labels import refuse_masked
from sknac.utils._sklearn import _safe_indexing


def as_table(X):
    """Return X as a DataFrame, sparse matrix or 2-D array."""
    refuse_masked(X, "X")
    X = as_pandas(X)
    if not (sparse.issparse(X) or isinstance(X, pd.DataFrame)):
        X = np.asarray(X)
    if X.ndim != 2:
        raise ValueError(
            f"Expected 2D array, got {X.ndim}D array instead; Reshape your data: one "
            "row per patient, one column per feature"
        )
    if X.shape[1] == 0:
        raise ValueError(
            f"X has 0 feature(s) (shape={X.shape}) while a minimum of 1 is required; "
            "give a column"
        )
    return X


def column_positions(X, columns, stage):
    """Return the positions that `columns` means in X, each once."""
    positions = _positions(X, columns, stage)
    seen, counts = np.unique(positions, return_counts=True)
    if (counts > 1).any():
        name = getattr(X, "columns", range(X.shape[1]))[seen[counts > 1][0]]
        raise ValueError(f"stage {stage!r} names column {name!r} twice; name it once")
    return positions


def _positions(X, columns, stage):
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
    _check_not_named_elsewhere(X, selector, stage)
    try:
        return every[selector]
    except IndexError as error:
        raise ValueError(
            f"stage {stage!r} asks for columns {columns}, but X has {X.shape[1]} "
            "columns; name some of them"
        ) from error


def visit_columns(X, positions):
    """Tell which of the columns hold records of a visit rather than plain values."""
    if not isinstance(X, pd.DataFrame):
        return np.zeros(len(positions), dtype=bool)
    return np.array([_holds_records(X.iloc[:, at]) for at in positions], dtype=bool)


def stage_block(X, positions, visits, rule, rows):
    """Return of `rows` those with data for a stage, and their data."""
    columns = _safe_indexing(X, positions, axis=1)
    block = columns if len(rows) == X.shape[0] else _safe_indexing(columns, rows)
    absent = _missing_rows(block, visits, rule)
    if absent.any():
        block = _safe_indexing(block, np.flatnonzero(~absent))
    return rows[~absent], block


def check_present(X, cascade, number, rows):
    """Raise if `rows` lack data for a stage that has to judge them."""
    if len(rows) == 0 or (number and cascade.on_missing == "defer"):
        return
    name, _, positions = cascade.stages_[number]
    names = getattr(X, "columns", range(X.shape[1]))
    mend = (
        "give the visit, or set on_missing='defer'"
        if number
        else "leave her out, the first stage needs data of every patient"
    )
    raise ValueError(
        f"row {row_name(X, rows[0])} has to be judged by stage {name!r} but has no "
        f"data for it (columns {', '.join(str(names[at]) for at in positions)}, "
        f"{len(rows)} such rows); {mend}"
    )


def _missing_rows(block, visits, rule):
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
            f"stage {stage!r} names its columns {names}, but X is no DataFrame; give "
            "positions, or X with column names"
        )
    absent = [name for name in names if name not in X.columns]
    if absent:
        raise ValueError(
            f"stage {stage!r}: X has no column {', '.join(absent)}; take some of "
            f"{', '.join(map(str, X.columns))}"
        )
    return X.columns.get_indexer(names)


def _check_not_named_elsewhere(X, positions, stage):
    """Raise where a position is the name of another column."""
    if not isinstance(X, pd.DataFrame) or positions.dtype.kind not in "iu":
        return
    names = X.columns.tolist()
    for at in positions.tolist():
        if at in names and names.index(at) != at:
            raise ValueError(
                f"stage {stage!r} asks for column {at}, which is a position and the "
                f"name of column {names.index(at)}; name the columns by text"
            )


def _holds_records(column):
    """Tell whether an object column holds anything but text and numbers."""
    if column.dtype != object:
        return False
    present = column[column.notna()]
    return (
        not all(pd.api.types.is_scalar(cell) for cell in present) or len(present) == 0
    )
