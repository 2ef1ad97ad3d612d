"""Patients drawn with replacement, whatever X is: arrays, frames, cohort frames.

A patient who is drawn twice becomes two rows of two names, ``P017`` and ``P017#2``:
one row per patient, as frames and estimators want it. Who is a copy of whom is kept
beside, as groups.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sknac.utils._rows import index_of, patient_level
from sknac.utils._sklearn import _safe_indexing


def resolve_seed(random_state: Any) -> int:
    """Return an integer that reproduces the resamples when passed again."""
    if isinstance(random_state, int | np.integer) and not isinstance(
        random_state, bool
    ):
        return int(random_state)
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**32))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**32, dtype=np.uint64))
    raise ValueError(
        "random_state must be None, an int, a RandomState or a Generator, got "
        f"{random_state!r}"
    )


@dataclass(frozen=True, eq=False)
class Draw:
    """Patients drawn with replacement.

    Parameters
    ----------
    rows : int ndarray of shape (n_drawn_rows,)
        Positions of the rows, patient by patient.
    copies : int ndarray of shape (n_drawn_rows,)
        0 where a patient comes for the first time, 1 for the second, ...
    counts : int ndarray of shape (n_rows,)
        How often each row of the data was drawn.
    seed : int
        For what is random in a fit on them.
    """

    rows: np.ndarray
    copies: np.ndarray
    counts: np.ndarray
    seed: int

    def of(self, X: Any, mark: str = "#") -> Any:
        """Return the drawn rows of X or y; copies get names of their own."""
        part = _safe_indexing(X, self.rows)
        if index_of(X) is None:
            return part
        return part.set_axis(copy_names(part.index, self.copies, mark), axis=0)


def draw_patients(units: np.ndarray, seed: int, number: int) -> Draw:
    """Draw resample `number` of the patients with codes `units`, 0, 1, ..."""
    rng = np.random.default_rng([number, abs(seed)])
    n_units = int(units.max()) + 1
    drawn = np.sort(rng.integers(n_units, size=n_units))
    times = np.bincount(drawn, minlength=n_units)
    order = np.argsort(units, kind="stable")
    sizes = np.bincount(units, minlength=n_units)
    starts = np.cumsum(sizes) - sizes
    copy = np.arange(n_units) - (np.cumsum(times) - times)[drawn]
    lengths = sizes[drawn]
    inside = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    rows = order[np.repeat(starts[drawn], lengths) + inside]
    seed = int(rng.integers(2**31 - 1))
    return Draw(rows, np.repeat(copy, lengths), times[units], seed)


def free_mark(index: pd.Index | None) -> str:
    """Return a mark of copies that no patient's name holds."""
    mark = "#"
    if index is not None:
        names = index.get_level_values(patient_level(index)).astype(str)
        while names.str.contains(mark, regex=False).any():
            mark += "#"
    return mark


def copy_names(index: pd.Index, copies: np.ndarray, mark: str) -> pd.Index:
    """Return names where the second copy of P017 is P017#2."""
    at = patient_level(index)
    names = [
        f"{name}{mark}{copy + 1}" if copy else str(name)
        for name, copy in zip(index.get_level_values(at), copies, strict=True)
    ]
    if index.nlevels == 1:
        return pd.Index(names, dtype=object, name=index.name)
    levels = [index.get_level_values(i) for i in range(index.nlevels)]
    levels[at] = names
    return pd.MultiIndex.from_arrays(levels, names=index.names)


def originals(index: pd.Index, mark: str) -> np.ndarray:
    """Return whom each name is a copy of."""
    names = index.get_level_values(patient_level(index)).astype(str)
    return np.array([name.partition(mark)[0] for name in names], dtype=object)
