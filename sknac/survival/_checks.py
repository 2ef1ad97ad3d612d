"""Checks of follow-up times, events and groups."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length

from sknac.utils._decimals import as_printed, tied
from sknac.utils._groups import check_groups_of
from sknac.utils._labels import (
    as_floats,
    in_order,
    one_column,
    raise_first,
    refuse_dates,
    refuse_masked,
)
from sknac.utils._rows import ONE_ROW, Rows


def check_follow_up(time, event, by=None, covariates=None, **beside):
    """Return times, events and group labels, or say which row is wrong."""
    rows = Rows(ONE_ROW)
    rows.see("time", time)
    rows.see("event", event)
    rows.see("by", by)
    rows.see("covariates", covariates)
    for name, values in beside.items():
        rows.see(name, values)
    check_consistent_length(time, event, by)
    for name, values in (("time", time), ("event", event), ("by", by)):
        refuse_masked(values, name)
    refuse_dates(event, "event", mend="give 1 (seen) or 0 (censored)")
    index = getattr(time, "index", None)
    time = as_floats(as_printed(one_column(time, "time")), "time")
    if len(time) == 0:
        raise ValueError("time is empty; give at least one patient")
    mend = "; leave the patient out"
    raise_first(~np.isfinite(time), f"time is missing or infinite{mend}", index)
    raise_first(time < 0, "time is negative; count it from the start", index)
    _refuse_days_of_the_calendar(time)
    time = tied(time)
    event = one_column(event, "event")
    raise_first(pd.isna(event), f"event is missing{mend}", index)
    strange = ~np.isin(event.astype(object), [0, 1])
    raise_first(strange, "event must be 1 (seen) or 0 (censored)", index)
    if by is None:
        return time, event.astype(bool), None
    groups = np.asarray(one_column(by, "by"))
    raise_first(pd.isna(groups), f"by is missing{mend}", index)
    check_groups_of(groups, "by")
    if isinstance(getattr(by, "dtype", None), pd.CategoricalDtype):
        groups = pd.Categorical(groups, by.dtype.categories)  # an order of its own
    return time, event.astype(bool), groups


def _refuse_days_of_the_calendar(time):
    """Raise where all times are whole numbers that read as dates, such as 20200131."""
    if time.min() < 19000101 or time.max() > 21001231 or (time % 1).any():
        return
    text = pd.Series(time.astype(int)).astype(str)
    if pd.to_datetime(text, format="%Y%m%d", errors="coerce").notna().all():
        raise ValueError(
            "time must be how long patients were followed, got dates, such as "
            f"{text[0]}; subtract the start"
        )


def group_labels(by, *, at_least=1):
    """Return the groups, sorted or in the order of a categorical's levels."""
    if isinstance(by, pd.Categorical):
        labels = by.categories[np.unique(by.codes)].tolist()
    else:
        labels = in_order(by, "by")
    if len(labels) < at_least:
        raise ValueError(
            f"by holds {len(labels)} group only ({labels}); at least {at_least} "
            "are needed for a comparison"
        )
    return labels
