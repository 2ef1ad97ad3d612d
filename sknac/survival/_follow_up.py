"""Follow-up of patients, checked once: when it began, ended, and in which stratum."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Self

import numpy as np
import pandas as pd

from sknac.survival._checks import check_follow_up
from sknac.utils._decimals import as_printed, snapped
from sknac.utils._groups import check_groups_of
from sknac.utils._labels import as_floats, one_column, raise_first
from sknac.utils._sklearn import Interval, StrOptions
from sknac.utils._warnings import warn_user

PREDICTIONS = ("new", "out-of-fold", "training")
# What the functions take beside time and event.
SETTINGS = {
    "entry": ["array-like", Interval(Real, 0, None, closed="left"), None],
    "predictions": [StrOptions(set(PREDICTIONS)), None],
}


@dataclass(frozen=True, eq=False)
class FollowUp:
    """Follow-up of each patient who counts.

    Parameters
    ----------
    time, event : ndarray of shape (n,)
        When it ended, and whether with the event.
    by : ndarray, Categorical or None
        Groups.
    entry : ndarray of shape (n,) or None
        When it began; a patient is at risk at t where entry < t <= time.
    strata : int ndarray of shape (n,) or None
        Number of the stratum.
    kept : bool ndarray of shape (n_given,)
        Which of the given rows are these.
    start : str or None
        How follow-up began, in words.
    """

    time: np.ndarray
    event: np.ndarray
    by: Any
    entry: np.ndarray | None
    strata: np.ndarray | None
    kept: np.ndarray
    start: str | None

    def part(self, rows: np.ndarray) -> Self:
        """Return some of the patients."""
        some = {
            name: None if getattr(self, name) is None else getattr(self, name)[rows]
            for name in ("time", "event", "by", "entry", "strata")
        }
        return replace(self, **some)

    @property
    def about(self) -> dict[str, Any]:
        """What a result says of it."""
        n_strata = None if self.strata is None else len(np.unique(self.strata))
        return {"n_strata": n_strata, "start": self.start}

    @property
    def begun(self) -> np.ndarray:
        """When each patient's follow-up began; -1 from the start."""
        return np.full(len(self.time), -1.0) if self.entry is None else self.entry

    def at_risk(self, times: np.ndarray) -> np.ndarray:
        """Return how many are at risk at some times."""
        ended = np.searchsorted(np.sort(self.time), times)
        return np.searchsorted(np.sort(self.begun), times) - ended


def follow_up(
    time: Any,
    event: Any,
    by: Any = None,
    *,
    entry: Any = None,
    strata: Any = None,
    predictions: str | None = None,
    **beside: Any,
) -> FollowUp:
    """Check follow-up; leave out who did not reach a landmark."""
    index = getattr(time, "index", None)
    landmark = np.ndim(entry) == 0 and entry is not None
    beside |= {"strata": strata, "entry": None if landmark else entry}
    time, event, by = check_follow_up(time, event, by, **beside)
    kept, start = np.ones(len(time), dtype=bool), None
    if landmark:
        at = float(snapped(np.array([float(entry)]), time)[0])
        kept = time > at
        if not kept.any():
            raise ValueError(
                f"nobody is followed beyond the landmark entry={at:g}; give an earlier "
                f"one, follow-up ends at {time.max():g}"
            )
        start = f"landmark {at:g} ({int((~kept).sum())} left out)"
        entry = np.full(len(time), at)
    elif entry is not None:
        entry = _entry(entry, time, index)
        start = "delayed entry"
    if strata is not None:
        strata = _strata(strata, len(time), index)
    if predictions == "training":
        warn_user(
            "The groups or scores are predictions of the patients that the model was "
            "fitted to: differences in survival come out too large and p-values too "
            "small; use out-of-fold predictions"
        )
    return FollowUp(time, event, by, entry, strata, kept, start).part(kept)


def _entry(entry, time, index):
    """Return when each patient's follow-up began."""
    entry = as_floats(as_printed(one_column(entry, "entry")), "entry")
    if len(entry) != len(time):
        raise ValueError(
            f"entry has {len(entry)} rows but time has {len(time)}; give one of each"
        )
    mend = "leave the patient out"
    raise_first(~np.isfinite(entry), f"entry is missing or infinite; {mend}", index)
    raise_first(entry < 0, "entry is negative; count it as time is counted", index)
    entry = snapped(entry, time)
    late = entry >= time
    raise_first(late, f"entry must be earlier than time; {mend}, or mend one", index)
    return entry


def _strata(strata, n, index):
    """Return numbers of strata."""
    labels = one_column(strata, "strata")
    if len(labels) != n:
        raise ValueError(
            f"strata has {len(labels)} rows but time has {n}; give one of each"
        )
    raise_first(pd.isna(labels), "strata is missing; leave the patient out", index)
    check_groups_of(labels, "strata")
    return pd.factorize(labels)[0]


def told(result: Any) -> str:
    """Write what a result was told of the patients, for its repr."""
    names = ("n_strata", "start", "predictions")
    about = {name: getattr(result, name, None) for name in names}
    return "".join(f", {name}={value!r}" for name, value in about.items() if value)
