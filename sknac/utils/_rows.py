"""Which rows belong together, by the index labels of arguments that have any.

Arrays and lists have no labels and are taken by position, and so is pandas' default
index beside other labels. Whatever else differs is refused.
"""

# SPDX-License-Identifier: BSD-3-Clause

import re
from typing import Any

import numpy as np
import pandas as pd

from sknac.utils._classes import check_known_labels
from sknac.utils._labels import refuse_masked, warn_of_alike
from sknac.utils._warnings import warn_user

PASS_GROUPS = "pass the patients as groups"
ONE_ROW = "give one row per patient"
_NUMBERS = ("integer", "floating", "datetime64")
# How names of index levels begin.
_PATIENTS = ("patient", "subject", "participant")
_PLACES = (
    *("centre", "center", "site", "hospital", "clinic", "institut", "country", "city"),
    *("cohort", "data", "trial", "source"),
)


class Rows:
    """Row labels of the arguments of one call, compared as they are seen.

    Parameters
    ----------
    repeats : str or None, default=None
        The mend where a patient has several rows, of which is warned once; None does
        not warn.
    """

    def __init__(self, repeats: str | None = None) -> None:
        self.repeats = repeats
        self.seen: dict[str, pd.Index] = {}

    def see(self, name: str, values: Any) -> None:
        """Raise if an argument hides rows or names them differently from others."""
        refuse_masked(values, name)
        index = index_of(values)
        if index is None or any(index is known for known in self.seen.values()):
            return
        for first, known in self.seen.items():
            if len(index) == len(known) and not index.equals(known):
                _check_pair(name, index, first, known)
        self.seen[name] = index
        if not self.repeats:
            return
        if repeats_patients(index):
            warn_of_repeats(index, self.repeats)
            self.repeats = None
        elif index.nlevels > 1 or index.inferred_type not in _NUMBERS:
            warn_of_alike(patients_of(index).tolist(), f"the rows of {name}")


def same_rows(**given: Any) -> None:
    """Raise if two arguments name their rows differently; arrays have no names."""
    rows = Rows()
    for name, values in given.items():
        rows.see(name, values)


class NamedRowsScore:
    """Mixin of classifiers, to the left of scikit-learn's: ``score`` pairs rows."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy on patients, paired by the names of their rows.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Patients.
        y : array-like of shape (n_samples,)
            True labels.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the patients.

        Returns
        -------
        score : float
            Share of right labels among those predicted.
        """
        same_rows(X=X, y=y, sample_weight=sample_weight)
        check_known_labels(self, y)
        return super().score(X, y, sample_weight=sample_weight)


def index_of(values: Any) -> pd.Index | None:
    """Return the row labels, if there are any."""
    index = getattr(values, "index", None)
    return index if isinstance(index, pd.Index) else None


def warn_of_repeats(index: pd.Index, mend: str) -> None:
    """Warn that rows of one patient are not independent."""
    n = patients_of(index).nunique()
    warn_user(
        f"{len(index)} rows but only {n} distinct index labels of patients; {mend}: "
        "rows of one patient are not independent and look surer than they are"
    )


def warn_of_shared(index: pd.Index | None, other: pd.Index | None, mend: str) -> None:
    """Warn that two samples, taken to be independent, hold a patient of one name.

    Numbers say nothing: two tables may both count from 0.
    """
    given = [patients_of(each) for each in (index, other) if each is not None]
    if len(given) < 2 or any(each.inferred_type in _NUMBERS for each in given):
        return
    both = given[0].intersection(given[1])
    if len(both):
        warn_user(
            f"{len(both)} patients are in both samples, the first is {both[0]!r}, and "
            f"count as independent; {mend}"
        )


def repeats_patients(index: pd.Index | None) -> bool:
    """Tell whether several rows are of one patient."""
    return index is not None and not patients_of(index).is_unique


def patients_of(index: pd.Index) -> pd.Index:
    """Return each row's patient: the level of that name, within its place or data set.

    Other levels, such as a visit, are no part of a patient. Without a level named
    patient it is all levels but the last, which is then an image's.
    """
    if index.nlevels == 1:
        return index
    words, named = _level_words(index)
    last = patient_level(index)
    kept = [i for i in range(last) if not named or _says(words[i], _PLACES)]
    dropped = sorted(set(range(index.nlevels)) - {*kept, last})
    return index.droplevel(dropped)


def patient_level(index: pd.Index) -> int:
    """Return which level of an index names the patient."""
    _, named = _level_words(index)
    return named[0] if named else max(index.nlevels - 2, 0)


def _level_words(index: pd.Index) -> tuple[list[list[str]], list[int]]:
    """Return the words of each level's name, and the levels named patient."""
    words = [re.split("[^a-z]+", str(name).lower()) for name in index.names]
    return words, [i for i, of in enumerate(words) if _says(of, _PATIENTS)]


def _says(words: list[str], beginnings: tuple[str, ...]) -> bool:
    """Tell whether one of the words begins like that."""
    return any(word.startswith(beginnings) for word in words)


def _check_pair(name: str, index: pd.Index, first: str, known: pd.Index) -> None:
    """Raise or warn unless two different indices can be read in one way only."""
    labels, others = _comparable(index, known)
    if _names_one_level(index, known) or np.array_equal(labels, others):
        return
    shared = np.isin(labels, others)
    same = shared.all() and np.isin(others, labels).all()
    default = [_is_default(index), _is_default(known)]
    ranges = [isinstance(each, pd.RangeIndex) for each in (index, known)]
    numbers = [each.inferred_type == "integer" for each in (index, known)]
    by_place = any(default) and not all(ranges) and not same
    if by_place and not shared.any():
        return
    # The default index, after splitters have picked rows.
    by_place |= sum(numbers) == 1 and not shared.any()
    if by_place:
        warn_user(
            f"{name} and {first} have different row labels ({_label(index)!r}, ... "
            f"and {_label(known)!r}, ...) and are taken by position; give both one "
            "index, or pass arrays"
        )
        return
    mend = f"pass {name}.loc[{first}.index]"
    if not (index.is_unique and known.is_unique):
        mend = "sort both alike (.loc cannot pair labels that repeat)"
    row = int(np.argmax(labels != others))
    raise ValueError(
        f"{name} has other row names than {first}, or another order (row {row} is "
        f"{_label(index, row)!r} and {_label(known, row)!r}); {mend}, or pass arrays "
        "where the order is right"
    )


def _comparable(index: pd.Index, known: pd.Index) -> list[np.ndarray]:
    """Return both indices' labels as numbers, if they are, else as text."""
    if all(each.inferred_type in ("integer", "floating") for each in (index, known)):
        return [each.to_numpy(dtype=float) for each in (index, known)]
    flat = [each.to_flat_index() for each in (index, known)]
    return [np.array([str(label) for label in each]) for each in flat]


def _names_one_level(index: pd.Index, known: pd.Index) -> bool:
    """Tell whether one index is a level of the other."""
    levels = [
        [each.get_level_values(i) for i in range(each.nlevels)]
        for each in (index, known)
    ]
    return any(a.equals(b) for a in levels[0] for b in levels[1]) and (
        1 in (index.nlevels, known.nlevels)
    )


def _label(index: pd.Index, row: int = 0) -> Any:
    """Return one row's label as Python has it."""
    return index[[row]].tolist()[0]


def _is_default(index: pd.Index) -> bool:
    """Tell whether an index is the one that pandas gives without being asked."""
    return index.equals(pd.RangeIndex(len(index))) and isinstance(index, pd.RangeIndex)
