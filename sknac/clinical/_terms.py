"""Predictors as terms of a model: a number is one column, a factor several."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from sknac.utils._frames import as_names, as_pandas, validate_data
from sknac.utils._labels import (
    raise_first,
    refuse_dates,
    refuse_masked,
    warn_of_alike,
)

# A column that keeps less than this share of its spread beside the others adds none.
RANK_TOLERANCE = 1e-8


@dataclass(frozen=True)
class Term:
    """A predictor: its position in X, its name, and a factor's levels in order."""

    position: int
    name: str
    levels: tuple | None = None

    @property
    def columns(self):
        """Names of the design columns, the first level being the reference."""
        if self.levels is None:
            return [self.name]
        return [f"{self.name}[{level}]" for level in self.levels[1:]]

    def encode(self, column):
        """Return the design columns (n, k) of this term, checked."""
        if self.levels is None:
            refuse_dates(column, f"X column {self.name!r}")
            what = f"Input X contains NaN in column {self.name!r}"
            raise_first(pd.isna(column), f"{what}; impute, or leave those rows out")
            return check_array(
                np.asarray(column).reshape(-1, 1),
                dtype=np.float64,
                input_name=f"X column {self.name!r}",
            )
        column = pd.Series(np.asarray(column, dtype=object)).reset_index(drop=True)
        unknown = ~column.isin(self.levels)
        if unknown.any():
            row = int(np.flatnonzero(unknown)[0])
            raise ValueError(
                f"X column {self.name!r} holds {column[row]!r} in row {row}, which is "
                f"none of the levels {list(self.levels)} of fit (Input X contains NaN "
                "where it is missing); impute, or leave those rows out"
            )
        levels = np.array(self.levels[1:], dtype=object)
        return (column.to_numpy()[:, None] == levels).astype(np.float64)


def read_table(estimator, X, factors, *, reset):
    """Return X as a frame of columns, checked as far as all predictors share it."""
    refuse_masked(X, "X")
    X = as_pandas(X)
    if not isinstance(X, pd.DataFrame) and factors is None:
        return pd.DataFrame(validate_data(estimator, X, reset=reset, dtype=np.float64))
    validate_data(estimator, X, skip_check_array=True, reset=reset)
    if isinstance(X, pd.DataFrame):
        table = X.reset_index(drop=True)
    else:
        table = pd.DataFrame(np.asarray(X, dtype=object))
    if table.shape[0] == 0 or table.shape[1] == 0:
        kind = "sample(s)" if table.shape[0] == 0 else "feature(s)"
        raise ValueError(
            f"Found array with 0 {kind} (shape={table.shape}) while a minimum of 1 is "
            "required; give at least one"
        )
    return table


def make_terms(table, factors):
    """Return the terms of a table; factors are those named, or columns of text."""
    chosen = _factor_positions(table, factors)
    terms = []
    for position, name in enumerate(table.columns):
        column = table.iloc[:, position]
        label = name if isinstance(name, str) else f"x{name}"
        levels = _levels(column, label) if position in chosen else None
        terms.append(Term(position, label, levels))
    return terms


def encode(table, terms):
    """Return the design columns of each term, by name."""
    return {t.name: t.encode(table.iloc[:, t.position]) for t in terms}


def independent_terms(blocks):
    """Part the terms into those that can be told apart, and the others with reasons.

    A term whose columns are constant, or combinations of the intercept and the
    terms before it, is left out.
    """
    n = len(next(iter(blocks.values())))
    basis = np.full((n, 1), n**-0.5)
    kept, excluded = [], {}
    for name, block in blocks.items():
        constant = np.ptp(block, axis=0) == 0
        if block.shape[1] == 0 or constant.any():
            excluded[name] = "constant"
            continue
        scaled = block - block.mean(axis=0)
        scaled /= np.linalg.norm(scaled, axis=0)
        added = []
        for column in scaled.T:
            rest = column.copy()
            for _ in range(2):  # twice is enough for orthogonality
                rest -= basis @ (basis.T @ rest)
                for earlier in added:
                    rest -= earlier * (earlier @ rest)
            length = np.linalg.norm(rest)
            if length < RANK_TOLERANCE:
                excluded[name] = "collinear"
                break
            added.append(rest / length)
        if name not in excluded:
            basis = np.column_stack([basis, *added])
            kept.append(name)
    return kept, excluded


def _factor_positions(table, factors):
    """Return the positions of the factors."""
    if factors is not None:
        factors = as_names(factors, "factors")
        absent = [name for name in factors if name not in table.columns]
        if absent:
            raise ValueError(f"factors names {absent}, which must be columns of X")
        return {table.columns.get_loc(name) for name in factors}
    kinds = [is_text(table.iloc[:, at]) for at in range(table.shape[1])]
    return set(np.flatnonzero(kinds).tolist())


def is_text(column):
    """Tell whether a column holds categories rather than numbers."""
    if isinstance(column.dtype, pd.CategoricalDtype | pd.StringDtype):
        return True
    if isinstance(column.dtype, pd.ArrowDtype) and column.dtype.type is str:
        return True
    if column.dtype != object:
        return False
    present = column.dropna()
    return len(present) > 0 and all(isinstance(cell, str) for cell in present)


def _levels(column, name):
    """Return the levels of a factor: a categorical's own order, else sorted."""
    if column.isna().any():
        raise ValueError(
            f"Input X contains NaN: the factor {name!r} is missing in row "
            f"{int(np.flatnonzero(column.isna())[0])}; impute, or leave those rows out"
        )
    warn_of_alike(column.unique(), f"factor {name!r}")
    if isinstance(column.dtype, pd.CategoricalDtype):
        return tuple(
            level for level in column.cat.categories if (column == level).any()
        )
    return tuple(sorted(pd.unique(column).tolist()))
