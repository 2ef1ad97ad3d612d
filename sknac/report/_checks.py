"""Checks of what a report is given."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable
from typing import Any

import pandas as pd

from sknac.cohort.planes import list_planes, shared_images
from sknac.utils._labels import warn_of_alike
from sknac.utils._names import brief, why_no_name, wrong_name

# More levels than this are a number to be cut, or name the patients.
MOST_SUBGROUPS = 20
_LONGEST_TEXT = 20_000


def check_text(text: Any, name: str, *, empty: bool = True) -> None:
    """Raise unless something is a text, and not empty where it may not be."""
    if not isinstance(text, str):
        raise TypeError(f"{name} must be text, got {type(text).__name__}")
    if not empty and not text.strip():
        raise ValueError(f"{name} is empty; write something")
    # A title or note may have lines, and is longer than a name.
    if odd := why_no_name("".join(text.split()), _LONGEST_TEXT, seen=False):
        raise ValueError(f"{name} {odd[0]}; {odd[1]}")


def check_shown(names: Iterable[Any], what: str) -> None:
    """Raise where a name has signs that no page can show, or no end."""
    if odd := wrong_name(names):
        raise ValueError(f"{what}: {brief(odd[0])} {odd[1]}; {odd[2]}")


def check_names(
    names: Iterable[str], known: Iterable[str], what: str
) -> tuple[str, ...]:
    """Return names of models; raise on unknown ones."""
    names = (names,) if isinstance(names, str) else tuple(names)
    absent = [name for name in names if name not in known]
    if absent:
        raise ValueError(f"{what} must name some of {list(known)}, got {absent[0]!r}")
    return names


def check_disjoint(
    name: str,
    test: pd.Index,
    train: pd.Index,
    cohort: str = "test",
    other: str = "training",
) -> None:
    """Raise if a patient is in two cohorts; plain ranges say nothing."""
    if isinstance(test, pd.RangeIndex) or isinstance(train, pd.RangeIndex):
        return
    both = test.intersection(train)
    if len(both):
        are = "patient is" if len(both) == 1 else "patients are"
        raise ValueError(
            f"{name}: {len(both)} {are} both in {other} and {cohort}, the first is "
            f"{both[0]!r}; leave them out of one"
        )
    warn_of_alike([*test, *train], f"{name}: the rows of {other} and {cohort}")


def check_images_apart(
    name: str, test: Any, train: Any, cohort: str = "test", other: str = "training"
) -> None:
    """Raise if the patients of two cohorts share an image under other names."""
    planes = []
    for X in (train, test):
        columns = [c for c in getattr(X, "columns", ()) if str(c).startswith("us_")]
        planes.append(list_planes(X, columns) if isinstance(X, pd.DataFrame) else [])
    pairs = shared_images(*planes) if all(planes) else []
    if pairs:
        (one, two), n = pairs[0], len(pairs)
        raise ValueError(
            f"{name}: {n} {'image is' if n == 1 else 'images are'} both in {other} "
            f"and {cohort}, by the pixels: patient {one.patient!r} ({one.column}) in "
            f"{other} is patient {two.patient!r} ({two.column}) in {cohort}; leave "
            "them out of one"
        )


def check_subgroups(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of subgroups; raise where it cannot be shown."""
    for column in table:
        if str(column) == "all":
            raise ValueError("a factor is named 'all', as everybody is; rename it")
        levels = table[column].nunique()
        if levels > MOST_SUBGROUPS:
            raise ValueError(
                f"subgroups {column!r} has {levels} levels, at most {MOST_SUBGROUPS} "
                "are shown; cut numbers into groups, for example with pandas.cut"
            )
    names = [
        f"{column}: {level}"
        for column in table
        for level in table[column].dropna().unique()
    ]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(
            f"two subgroups would be written {twice!r}; rename a factor or a level"
        )
    return table
