"""Checks of follow-up times, events and groups."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length, column_or_1d


def check_follow_up(time, event, by=None):
    """Return times, events and group labels, or say which row is wrong."""
    check_consistent_length(time, event, by)
    rows = time.index if isinstance(time, pd.Series) else None
    time = np.asarray(column_or_1d(time), dtype=np.float64)
    if len(time) == 0:
        raise ValueError("time is empty.")
    _raise_first(~np.isfinite(time), rows, "time is missing or infinite")
    _raise_first(time < 0, rows, "time is negative")
    event = column_or_1d(event)
    _raise_first(pd.isna(event), rows, "event is missing")
    _raise_first(
        ~np.isin(event.astype(object), [0, 1]),
        rows,
        "event is neither 1 (seen) nor 0 (censored)",
    )
    if by is None:
        return time, event.astype(bool), None
    by = np.asarray(column_or_1d(by))
    _raise_first(pd.isna(by), rows, "by is missing")
    return time, event.astype(bool), by


def group_labels(by, *, at_least=1):
    """Return the groups in order, or say that there are too few."""
    labels = np.unique(by).tolist()
    if len(labels) < at_least:
        raise ValueError(
            f"by holds {len(labels)} group only ({labels}); at least {at_least} "
            "are needed for a comparison."
        )
    return labels


def _raise_first(wrong, rows, what):
    """Raise naming the first wrong row, if there is one."""
    found = np.flatnonzero(wrong)
    if len(found):
        row = found[0] if rows is None else rows[found[0]]
        raise ValueError(f"row {row}: {what} ({len(found)} such rows).")
