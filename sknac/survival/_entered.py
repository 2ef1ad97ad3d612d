"""Kaplan-Meier's curve of patients who came under observation at different times."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from scipy.stats import norm

from sknac.utils._warnings import warn_user


def entered_curve(part, label, confidence_level):
    """Return the curve of one group, with a row where anybody enters or leaves."""
    start = part.entry.min()
    times = np.unique([*part.entry, *part.time])
    at_risk = part.at_risk(times)
    at_risk[0] = (part.entry == start).sum()
    events = _count(part.time[part.event], times)
    survival = np.cumprod(1 - events / np.maximum(at_risk, 1))
    _warn_of_nobody(part, label, times, at_risk, events)
    low, high = _band(survival, at_risk, events, confidence_level)
    return pd.DataFrame(
        {
            "time": times,
            "survival": survival,
            "low": low,
            "high": high,
            "at_risk": at_risk,
            "events": events,
            "censored": _count(part.time[~part.event], times),
        }
    )


def _count(values, times):
    """Return how many values there are at each time."""
    return np.bincount(np.searchsorted(times, values), minlength=len(times))


def _band(survival, at_risk, events, confidence_level):
    """Return Greenwood's band on the log-log scale; NaN where nobody survived."""
    left = at_risk - events
    safe = np.where(left > 0, at_risk * left, 1)
    variance = np.cumsum(np.where(left > 0, events / safe, 0.0))
    inside = (survival > 0) & (survival < 1)
    log = np.log(survival, where=inside, out=np.full(len(survival), -1.0))
    half = norm.ppf(0.5 + confidence_level / 2) * np.sqrt(variance) / log
    fixed = np.where(survival == 1, 1.0, np.nan)
    return (np.where(inside, np.exp(log * np.exp(s * half)), fixed) for s in (-1, 1))


def _warn_of_nobody(part, label, times, at_risk, events):
    """Warn where all who were at risk had the event while others had yet to enter."""
    emptied = (events > 0) & (events == at_risk) & (times < part.entry.max())
    if emptied.any():
        at = np.flatnonzero(emptied)[0]
        warn_user(
            f"In group {label!r} survival falls to 0 at time {times[at]:g}, where all "
            f"{at_risk[at]} at risk had the event, although others entered later; give "
            "a later landmark as entry"
        )
