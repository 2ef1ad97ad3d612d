"""Checks of follow-up times, events and groups."""

# SPDX-License-Identifier: BSD-3-Clause

from datetime import date

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length

from sknac.utils._labels import (
    as_floats,
    in_order,
    one_column,
    raise_first,
    refuse_dates,
    refuse_masked,
)
from sknac.utils._rows import ONE_ROW, Rows

# More whole numbers than these are rather measured than names of groups.
MOST_GROUPS = 20


def check_follow_up(time, event, by=None, covariates=None):
    """Return times, events and group labels, or say which row is wrong."""
    rows = Rows(ONE_ROW)
    rows.see("time", time)
    rows.see("event", event)
    rows.see("by", by)
    rows.see("covariates", covariates)
    check_consistent_length(time, event, by)
    for name, values in (("time", time), ("event", event), ("by", by)):
        refuse_masked(values, name)
    refuse_dates(event, "event", mend="give 1 (seen) or 0 (censored)")
    index = getattr(time, "index", None)
    time = as_floats(one_column(time, "time"), "time")
    if len(time) == 0:
        raise ValueError("time is empty; give at least one patient")
    mend = "; leave the patient out"
    raise_first(~np.isfinite(time), f"time is missing or infinite{mend}", index)
    raise_first(time < 0, "time is negative; count it from the start", index)
    event = one_column(event, "event")
    raise_first(pd.isna(event), f"event is missing{mend}", index)
    strange = ~np.isin(event.astype(object), [0, 1])
    raise_first(strange, "event must be 1 (seen) or 0 (censored)", index)
    if by is None:
        return time, event.astype(bool), None
    by = np.asarray(one_column(by, "by"))
    raise_first(pd.isna(by), f"by is missing{mend}", index)
    _check_groups(by)
    return time, event.astype(bool), by


def _check_groups(by):
    """Raise where numbers or dates are measured and not names of groups."""
    if by.dtype.kind in "mM" or all(isinstance(x, date) for x in by):
        raise ValueError("by must name groups, got dates; cut them into periods")
    found = pd.unique(by)
    numbers = _as_floats(found)
    if len(found) < 3 or numbers is None:
        return
    whole = all(x.is_integer() for x in numbers)
    text = all(isinstance(x, str) for x in found)  # numbered groups, if whole
    many = len(found) > min(len(by) / 2, MOST_GROUPS)
    if (many and not (whole and text)) or not (whole or text):
        raise ValueError(
            f"by must name groups, got {len(found)} distinct numbers from "
            f"{min(numbers):g} to {max(numbers):g}; cut a score first (score >= "
            "threshold) or write numbered groups as text"
        )


def _as_floats(values):
    """Return values as floats; None unless all are numbers or all read as such."""
    if any(isinstance(x, bool | np.bool) for x in values):
        return None
    try:
        return [float(x) for x in values]
    except (TypeError, ValueError):
        return None


def group_labels(by, *, at_least=1):
    """Return the groups in order, or say that there are too few."""
    labels = in_order(by, "by")
    if len(labels) < at_least:
        raise ValueError(
            f"by holds {len(labels)} group only ({labels}); at least {at_least} "
            "are needed for a comparison"
        )
    return labels
