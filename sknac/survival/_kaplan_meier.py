"""Kaplan-Meier curves by group, with the numbers a report needs."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sknac.survival._checks import group_labels
from sknac.survival._compare import FOLLOW_UP, LEVEL, LogRankResult, logrank
from sknac.survival._entered import entered_curve
from sknac.survival._follow_up import SETTINGS, follow_up, told
from sknac.utils._decimals import as_decimals, as_printed, snapped
from sknac.utils._labels import as_floats
from sknac.utils._result import Result
from sknac.utils._sklearn import validate_params
from sknac.utils._text import p_equals, patients
from sknac.utils._warnings import warn_undefined

ALL = "all"
# Survival is far more precise; what lies closer to a level is multiplied out.
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class KaplanMeierResult(Result):
    """Kaplan-Meier curves, patients at risk and log-rank test.

    Parameters
    ----------
    curves : DataFrame of shape (n_steps, 8)
        One row per group and distinct time, from time 0: `group`, `time`,
        `survival`, `low`, `high`, `at_risk` (just before that time), `events`,
        `censored`. The band is NaN where survival is 0.
    at_risk : DataFrame of shape (n_groups, n_times)
        Patients still followed just before each of a few times.
    summary : DataFrame of shape (n_groups, 3)
        `n`, `events` and `median` survival: the first time when survival is 1/2 or
        less, infinite where it was not reached. Where the curve is flat at 1/2, this
        is where it gets there (R takes the middle of the flat part).
    logrank : LogRankResult or None
        Test between the groups; None with one group.
    confidence_level : float
        Coverage of the band at each time, in (0, 1).
    start : str or None, default=None
        How follow-up began, where it was not at 0; survival is then that of patients
        who were followed at the first time of the curve.
    predictions : str or None, default=None
        Whose predictions the groups are, as told.

    See Also
    --------
    kaplan_meier : Computes this result.
    KaplanMeierDisplay : Draws it.

    Examples
    --------
    >>> from sknac.survival import kaplan_meier
    >>> kaplan_meier([1, 2, 3, 4], [1, 1, 0, 0])
    KaplanMeierResult(n=4 patients, events=2, confidence_level=0.95)
           n  events  median
    group
    all    4       2     2.0
    """

    curves: pd.DataFrame
    at_risk: pd.DataFrame
    summary: pd.DataFrame
    logrank: LogRankResult | None
    confidence_level: float
    start: str | None = None
    predictions: str | None = None

    @property
    def groups(self) -> list:
        """Group labels, in order."""
        return self.summary.index.tolist()

    def survival_at(self, times: ArrayLike, *, extend: bool = False) -> pd.DataFrame:
        """Return the landmark survival of each group.

        Parameters
        ----------
        times : float or array-like of shape (n_times,)
            Landmarks, in the unit of the follow-up, >= 0.
        extend : bool, default=False
            Whether the last value is carried on beyond a group's last follow-up.

        Returns
        -------
        landmarks : DataFrame of shape (n_groups * n_times, 6)
            `group`, `time`, `survival`, `low`, `high`, and `at_risk` just before
            that time. Beyond a group's last follow-up, where nobody is at risk, they
            are NaN with a warning unless `extend`, or unless nobody survived; before
            follow-up began, too. Before
            a group's first event `curves` has, as R, a band from 1 to 1; here, with a
            warning, it is Clopper-Pearson's of all patients still followed.

        Raises
        ------
        ValueError
            If a time is negative or not finite.
        """
        times = snapped(_check_times(times, "times"), self.curves["time"])
        rows = [
            _landmarks(curve, times)
            for _, curve in self.curves.groupby("group", sort=False)
        ]
        found = pd.concat(rows, ignore_index=True)
        early = found["survival"].isna()
        if early.any():
            at, group = found.loc[early, ["time", "group"]].iloc[0]
            warn_undefined(
                f"Time {at:g} lies before follow-up began in group {group!r}: survival "
                "is NaN; ask for later times"
            )
        self._widen(found)
        last = found["group"].map(self.curves.groupby("group")["time"].max())
        beyond = (found["time"] > last.astype(float)) & (found["survival"] > 0)
        if beyond.any() and not extend:
            found.loc[beyond, ["survival", "low", "high"]] = np.nan
            at, last, group = (
                found["time"][beyond],
                last[beyond],
                found["group"][beyond],
            )
            warn_undefined(
                f"Time {at.iloc[0]:g} lies beyond the last follow-up, {last.iloc[0]:g} "
                f"in group {group.iloc[0]!r}: survival is NaN; extend=True carries the "
                "last value on"
            )
        return found

    def _widen(self, found):
        """Give landmarks before the first event a band, in place."""
        begun = found["group"].map(self.curves.groupby("group")["time"].min())
        sure = (found["survival"] == 1) & (found["time"] > begun.astype(float))
        sure &= found["at_risk"] > 0
        if sure.any():
            tail = (1 - self.confidence_level) / 2
            found.loc[sure, "low"] = tail ** (1 / found["at_risk"][sure])
            time, group = found.loc[sure, ["time", "group"]].iloc[0]
            warn_undefined(
                f"No event by time {time:g} in group {group!r} and no spread; its band "
                "is Clopper-Pearson's of all patients still followed"
            )

    def quantile(self, shares: ArrayLike = 0.5) -> pd.DataFrame:
        """Return by which time shares of each group had the event.

        Parameters
        ----------
        shares : float or array-like of shape (n_shares,), default=0.5
            Shares of the patients, in (0, 1).

        Returns
        -------
        times : DataFrame of shape (n_groups, n_shares)
            The first time when survival is 1 - share or less; infinite where it was
            not reached. The comparison is exact.

        Raises
        ------
        ValueError
            If a share does not lie between 0 and 1.
        """
        as_floats(shares, "shares")  # or it says what is none
        shares = np.atleast_1d(shares)
        levels = [1 - share for share in as_decimals(shares)]
        if not all(0 < level < 1 for level in levels):
            raise ValueError(f"shares must lie between 0 and 1, got {shares.tolist()}")
        rows = {
            group: [_first_at_most(curve, level) for level in levels]
            for group, curve in self.curves.groupby("group", sort=False)
        }
        return pd.DataFrame(
            list(rows.values()),
            index=pd.Index(rows, name="group"),
            columns=pd.Index(shares, name="share"),
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the curves as a table.

        Returns
        -------
        frame : DataFrame of shape (n_steps, 8)
            A copy of `curves`.
        """
        return self.curves.copy()

    def __repr__(self):
        n, events = self.summary[["n", "events"]].sum().astype(int)
        test = f", {p_equals(self.logrank.pvalue)}" if self.logrank else ""
        return (
            f"KaplanMeierResult({patients(n)}, events={events}, "
            f"confidence_level={self.confidence_level:g}{test}{told(self)})\n"
            f"{self.summary}"
        )


@validate_params(
    FOLLOW_UP
    | {
        "by": ["array-like", None],
        "confidence_level": LEVEL,
        "at_risk_times": ["array-like", None],
    }
    | SETTINGS,
    prefer_skip_nested_validation=True,
)
def kaplan_meier(
    time: ArrayLike,
    event: ArrayLike,
    by: ArrayLike | None = None,
    *,
    confidence_level: float = 0.95,
    at_risk_times: ArrayLike | None = None,
    entry: ArrayLike | float | None = None,
    predictions: str | None = None,
) -> KaplanMeierResult:
    """Estimate survival by group, for example by predicted response.

    Parameters
    ----------
    time : array-like of shape (n_patients,)
        Follow-up, any one unit, >= 0.
    event : array-like of shape (n_patients,)
        True or 1 where the event was seen, False or 0 where follow-up ended first.
    by : array-like of shape (n_patients,), default=None
        Group of each patient; None is one group "all".
    confidence_level : float, default=0.95
        Coverage of the band at each time, in (0, 1).
    at_risk_times : array-like of shape (n_times,), default=None
        Times of the at-risk table, in any order; None is four to eight round ones
        from 0.
    entry : float or array-like of shape (n_patients,), default=None
        When each patient's follow-up began, counted as `time` is; who had the event
        or left before is at no risk. One number is a landmark, such as the visit of
        the prediction: those who did not reach it are left out, and counted.
    predictions : {"new", "out-of-fold", "training"}, default=None
        Whose predictions the groups are, if they are any: of patients that the model
        never saw, of folds left out, or of those it was fitted to, which brings a
        warning. Shown in the repr.

    Returns
    -------
    result : KaplanMeierResult
        Curves, at-risk table, summary and, with several groups, the log-rank test.

    Raises
    ------
    ValueError
        If lengths differ, a value is missing, a time is negative, an event is
        neither 0 nor 1, or a time of the table is negative or not finite.

    See Also
    --------
    logrank : The test alone.
    hazard_ratio : How large the difference is.

    Notes
    -----
    The band is Greenwood's on the log-log scale (R: ``conf.type="log-log"``), which
    stays inside [0, 1]. lifelines does the estimation; with `entry` it is the same
    product over those who are at risk, entry < t <= time, as in R.

    Groups that are known at a later visit only, such as the response predicted from
    it, need that visit as `entry`: counted from the start, all who are in a group have
    survived until then, and the curves differ without any effect (immortal time). Or
    give the times since the visit.

    Times that differ by rounding only, such as 0.3 and 0.1 + 0.2, are one, by the rule
    of R's ``timefix``; those of single precision are the decimals that they print as.
    The same holds of the times that are asked for, of `logrank` and `hazard_ratio`.

    References
    ----------
    E. L. Kaplan, P. Meier, Nonparametric estimation from incomplete observations,
    J. Am. Stat. Assoc. 53:457-481, 1958.

    Examples
    --------
    >>> from sknac.survival import kaplan_meier
    >>> time = [5, 8, 9, 12, 14, 1, 2, 3, 4, 6]
    >>> event = [1, 0, 1, 0, 0, 1, 1, 1, 0, 1]
    >>> by = ["response"] * 5 + ["non-response"] * 5
    >>> kaplan_meier(time, event, by).survival_at(5)[["group", "survival"]]
              group  survival
    0  non-response       0.4
    1      response       0.8
    """
    about = {"entry": entry, "predictions": predictions}
    followed = follow_up(time, event, by, **about)
    time, event, by = followed.time, followed.event, followed.by
    if by is None:
        by = np.full(len(time), ALL)
    labels = group_labels(by)
    parts = {x: followed.part(np.asarray(by == x)) for x in labels}
    fitted = [_fit(part, x, confidence_level) for x, part in parts.items()]
    ticks = _round_times(time.max()) if at_risk_times is None else at_risk_times
    ticks = np.unique(snapped(_check_times(ticks, "at_risk_times"), time))
    return KaplanMeierResult(
        curves=pd.concat([curve for curve, _ in fitted], ignore_index=True),
        at_risk=_at_risk_table(parts, ticks),
        summary=pd.DataFrame(
            [row for _, row in fitted], index=pd.Index(labels, name="group")
        ),
        logrank=_logrank(followed, predictions) if len(labels) > 1 else None,
        confidence_level=float(confidence_level),
        start=followed.start,
        predictions=predictions,
    )


def _logrank(followed, predictions):
    """Compare the groups; what was told is kept, and warned of once only."""
    found = logrank(followed.time, followed.event, followed.by, entry=followed.entry)
    return found.replace(start=followed.start, predictions=predictions)


def _check_times(times, name):
    """Return times, or say that one is none."""
    times = np.atleast_1d(as_floats(as_printed(times), name))
    if times.ndim != 1:
        raise ValueError(f"{name} must be 1-D, got shape {times.shape}")
    wrong = times[~np.isfinite(times) | (times < 0)]
    if wrong.size:
        raise ValueError(f"{name} must be finite and >= 0, got {wrong[0]:g}")
    return times


def _fit(part, label, confidence_level):
    """Return the curve of one group as a table, and its row of the summary."""
    curve = group_curve(part, label, confidence_level)
    curve.insert(0, "group", label)
    median = _first_at_most(curve, Fraction(1, 2))
    about = {"n": len(part.time), "events": int(part.event.sum()), "median": median}
    return curve, about


def group_curve(part, label, confidence_level):
    """Return the curve of one group as a table."""
    if part.entry is None:
        return _fitted_curve(part.time, part.event, confidence_level)
    return entered_curve(part, label, confidence_level)


def _fitted_curve(time, event, confidence_level):
    """Return the curve of lifelines as a table."""
    from lifelines import KaplanMeierFitter

    fitter = KaplanMeierFitter(alpha=1 - confidence_level).fit(time, event)
    steps = fitter.event_table
    survival = fitter.survival_function_.iloc[:, 0].to_numpy()
    band = fitter.confidence_interval_survival_function_.to_numpy().copy()
    band[survival == 0] = np.nan  # Greenwood's variance does not exist there
    return pd.DataFrame(
        {
            "time": steps.index.to_numpy(dtype=float),
            "survival": survival,
            "low": band[:, 0],
            "high": band[:, 1],
            "at_risk": steps["at_risk"].to_numpy(dtype=int),
            "events": steps["observed"].to_numpy(dtype=int),
            "censored": steps["censored"].to_numpy(dtype=int),
        }
    )


def _first_at_most(curve, level):
    """Return the first time when survival is a level or less, by exact arithmetic.

    Only steps that are equal to the level but for rounding are multiplied out.
    """
    curve = curve[curve["events"] > 0]
    gap = curve["survival"].to_numpy() - float(level)
    for at in np.flatnonzero(gap < ROUNDING):
        if gap[at] > -ROUNDING:
            at_risk = curve["at_risk"].tolist()[: at + 1]
            left = [n - d for n, d in zip(at_risk, curve["events"], strict=False)]
            if Fraction(math.prod(left), math.prod(at_risk)) > level:
                continue
        return float(curve["time"].iloc[at])
    return np.inf


def _landmarks(curve, times):
    """Return survival, band and patients at risk of one group at some times."""
    reached = np.searchsorted(curve["time"], times, side="right") - 1
    ahead = np.searchsorted(curve["time"], times, side="left")
    at_risk = np.append(curve["at_risk"].to_numpy(), 0)[ahead]
    rows = curve.iloc[reached][["group", "survival", "low", "high"]]
    rows = rows.assign(time=times, at_risk=at_risk)
    rows.iloc[reached < 0, 1:4] = np.nan  # before follow-up began
    return rows[["group", "time", "survival", "low", "high", "at_risk"]]


def _at_risk_table(parts, ticks):
    """Return how many of each group are still followed just before each time."""
    counts = [
        ((part.begun[:, None] <= ticks) & (part.time[:, None] >= ticks)).sum(axis=0)
        for part in parts.values()
    ]
    return pd.DataFrame(
        np.array(counts, dtype=int),
        index=pd.Index(parts, name="group"),
        columns=pd.Index(ticks, name="time"),
    )


def _round_times(last):
    """Return four to eight round times from 0 to the last follow-up."""
    if last <= 0:
        return np.zeros(1)
    unit = 10.0 ** np.floor(np.log10(last / 3))
    steps = unit * np.array([1.0, 2.0, 2.5, 5.0, 10.0])
    step = steps[np.flatnonzero(last / steps < 8)[0]]
    return np.arange(0, last + step / 1e6, step)
