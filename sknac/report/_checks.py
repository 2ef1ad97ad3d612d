"""Checks of what a report is given."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any

import pandas as pd

from sknac.metrics._subgroups import ALL
from sknac.report._card import About
from sknac.report._parts import Options

# More levels than this are a number to be cut, or name the patients.
MOST_SUBGROUPS = 20


def check_text(text: Any, name: str, *, empty: bool = True) -> None:
    """Raise unless something is a text, and not empty where it may not be."""
    if not isinstance(text, str):
        raise TypeError(f"{name} must be text, not {type(text).__name__}.")
    if not empty and not text.strip():
        raise ValueError(f"{name} is empty.")


def check_flag(flag: Any, name: str) -> bool:
    """Return a flag; a text such as "no" would count as true."""
    if flag is not True and flag is not False:
        raise TypeError(f"{name} must be True or False, not {flag!r}.")
    return flag


def make_about(
    title: str,
    data: str,
    intended_use: str,
    limits: Iterable[str],
    seeds: Mapping[str, Any] | None,
    date: str,
) -> About:
    """Return what an author says of a study, checked."""
    check_text(title, "title", empty=False)
    limits = (limits,) if isinstance(limits, str) else tuple(limits)
    texts = {"data": data, "intended_use": intended_use, "date": date}
    for name, text in (*texts.items(), *(("limits", text) for text in limits)):
        check_text(text, name)
    return About(title, data, intended_use, limits, dict(seeds or {}), date)


def make_options(
    synthetic: bool,
    show_ids: bool,
    confidence_level: float,
    n_resamples: int,
    random_state: int,
) -> Options:
    """Return the settings of a report, checked."""
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence_level={confidence_level!r} is not in (0, 1).")
    if int(n_resamples) != n_resamples or n_resamples < 2:
        raise ValueError(f"n_resamples={n_resamples!r} must be whole and >= 2.")
    if isinstance(random_state, bool) or not isinstance(random_state, Integral):
        raise ValueError(f"random_state={random_state!r} must be a whole number.")
    return Options(
        synthetic=check_flag(synthetic, "synthetic"),
        show_ids=check_flag(show_ids, "show_ids"),
        confidence_level=float(confidence_level),
        n_resamples=int(n_resamples),
        random_state=int(random_state),
    )


def check_names(
    names: Iterable[str], known: Iterable[str], what: str
) -> tuple[str, ...]:
    """Return names of models; raise on unknown ones."""
    names = (names,) if isinstance(names, str) else tuple(names)
    absent = [name for name in names if name not in known]
    if absent:
        raise ValueError(f"{what} names {absent[0]!r}; there are {list(known)}.")
    return names


def check_disjoint(name: str, test: pd.Index, train: pd.Index) -> None:
    """Raise if a patient is trained on and tested; plain ranges say nothing."""
    if isinstance(test, pd.RangeIndex) or isinstance(train, pd.RangeIndex):
        return
    both = test.intersection(train)
    if len(both):
        raise ValueError(f"{name}: {len(both)} patients are both in training and test.")


def check_subgroups(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of subgroups; raise where it cannot be shown."""
    for column in table:
        if str(column) == ALL:
            raise ValueError(f"a factor is named {ALL!r}, as everybody is; rename it.")
        levels = table[column].nunique()
        if levels > MOST_SUBGROUPS:
            raise ValueError(
                f"subgroups {column!r} has {levels} levels, at most {MOST_SUBGROUPS} "
                "are shown: cut numbers into groups, for example with pandas.cut."
            )
    return table
