"""Restricted mean survival: time lived until a horizon, by group."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import norm

from sknac.survival._checks import group_labels
from sknac.survival._compare import FOLLOW_UP, LEVEL
from sknac.survival._follow_up import SETTINGS, follow_up, told
from sknac.survival._kaplan_meier import ALL, group_curve
from sknac.utils._decimals import snapped
from sknac.utils._result import Result
from sknac.utils._sklearn import Interval, Real, StrOptions, validate_params
from sknac.utils._text import p_equals, patients
from sknac.utils._warnings import warn_undefined

METHODS = ("logit", "wald")
LARGEST_Z = 30.0  # p-values below 1e-196 are given as that


@dataclass(frozen=True, eq=False, repr=False)
class RestrictedMeanResult(Result):
    """Mean time without the event until a horizon.

    Parameters
    ----------
    table : DataFrame of shape (n_groups, 7)
        By group: `n`, `events` until the horizon, `mean`, `se`, `low`, `high`, and the
        `method` of the interval.
    differences : DataFrame of shape (n_groups - 1, 6)
        By group other than the reference: `difference` to it, `se`, `low`, `high`,
        `pvalue` and the `method` of both.
    until : float
        The horizon.
    reference_group : object
        Group that is compared with; None with one group.
    confidence_level : float
        Coverage of the intervals, in (0, 1).
    start : str or None, default=None
        How follow-up began, where it was not at 0; time is counted from there.
    predictions : str or None, default=None
        Whose predictions the groups are, as told.

    See Also
    --------
    restricted_mean : Computes this result.

    Examples
    --------
    >>> from sknac.survival import restricted_mean
    >>> restricted_mean([1, 2, 3, 4], [1, 0, 1, 0], until=3).table["mean"].item()
    2.5
    """

    table: pd.DataFrame
    differences: pd.DataFrame
    until: float
    reference_group: object
    confidence_level: float
    start: str | None = None
    predictions: str | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return the means by group.

        Returns
        -------
        frame : DataFrame of shape (n_groups, 7)
            A copy of `table`.
        """
        return self.table.copy()

    def __repr__(self):
        n, events = self.table[["n", "events"]].sum().astype(int)
        rows = [
            f"  {group}: {row['mean']:.4g} [{row['low']:.4g}, {row['high']:.4g}]"
            for group, row in self.table.iterrows()
        ]
        rows += [
            f"  {group} - {self.reference_group}: {row['difference']:.4g} "
            f"[{row['low']:.4g}, {row['high']:.4g}], {p_equals(row['pvalue'])}"
            for group, row in self.differences.iterrows()
        ]
        return (
            f"RestrictedMeanResult(until={self.until:g}, {patients(n)}, "
            f"events={events}, confidence_level={self.confidence_level:g}, "
            f"method={'/'.join(dict.fromkeys(self.table['method']))}"
            f"{told(self)})\n" + "\n".join(rows)
        )


@validate_params(
    FOLLOW_UP
    | {
        "by": ["array-like", None],
        "until": [Interval(Real, 0, None, closed="neither"), None],
        "reference_group": "no_validation",
        "confidence_level": LEVEL,
        "method": [StrOptions(set(METHODS))],
    }
    | SETTINGS,
    prefer_skip_nested_validation=True,
)
def restricted_mean(
    time: ArrayLike,
    event: ArrayLike,
    by: ArrayLike | None = None,
    *,
    until: float | None = None,
    reference_group: object = None,
    confidence_level: float = 0.95,
    method: str = "logit",
    entry: float | None = None,
    predictions: str | None = None,
) -> RestrictedMeanResult:
    """Compare how long patients live on average until a horizon.

    It needs no proportional hazards, and is a time: "of five years, responders live
    4.1 without recurrence, the others 3.2".

    Parameters
    ----------
    time : array-like of shape (n_patients,)
        Follow-up, any one unit, >= 0.
    event : array-like of shape (n_patients,)
        True or 1 where the event was seen, False or 0 where follow-up ended first.
    by : array-like of shape (n_patients,), default=None
        Group of each patient; None is one group "all".
    until : float, default=None
        Horizon, on the clock of `time`; to be chosen before the curves are seen. None
        is the last time at which every group was still followed.
    reference_group : object, default=None
        Group to compare with; None is the first one.
    confidence_level : float, default=0.95
        Coverage of the intervals, in (0, 1).
    method : {"logit", "wald"}, default="logit"
        Interval of a mean: on the logit scale of its share of the horizon, or normal,
        as R prints. Differences have bounds and p-value from both means' (MOVER), or
        normal ones.
    entry : float, default=None
        Landmark: those who did not reach it are left out, and counted, and the mean is
        that of the time from the landmark to the horizon.
    predictions : {"new", "out-of-fold", "training"}, default=None
        Whose predictions the groups are, if they are any: of patients that the model
        never saw, of folds left out, or of those it was fitted to, which brings a
        warning. Shown in the repr.

    Returns
    -------
    result : RestrictedMeanResult
        Means and differences. NaN with a warning in a group whose follow-up ends
        before the horizon while some live.

    Raises
    ------
    ValueError
        If follow-up is wrong, `until` is not after `entry`, `reference_group` is no
        group, or `entry` holds a time of each patient.

    See Also
    --------
    hazard_ratio : One ratio, where hazards are proportional.
    KaplanMeierDisplay : Draws the curves whose areas these are.

    Notes
    -----
    The mean is the area below Kaplan-Meier's curve, its variance Greenwood's: the sum
    of ``A**2 * d / (n * (n - d))`` over event times, with `A` the area from there to
    the horizon, `d` events and `n` at risk (R: ``summary(survfit(), rmean=)``). It is
    not lifelines' ``return_variance``, the variance of the times themselves.

    Simulated studies of 21 to 126 patients with censoring: 95 % intervals of a mean
    held it in 92 to 95 % on the logit scale (fewest with 21 patients and two events)
    and in 87 to 95 % by Wald; of a difference in 93 to 96 % by MOVER, in 90 to 95 % by
    Wald (fewest with 10 in one group). Where a group has no event, the bound is
    Clopper-Pearson's of all patients followed to the horizon.

    References
    ----------
    P. Royston, M. K. B. Parmar, Restricted mean survival time, BMC Med. Res.
    Methodol. 13:152, 2013.

    G. Y. Zou, A. Donner, Construction of confidence limits about effect measures: a
    general approach, Stat. Med. 27:1693-1702, 2008 (MOVER).

    Examples
    --------
    >>> from sknac.survival import restricted_mean
    >>> time = [5, 8, 9, 12, 14, 1, 2, 3, 4, 6]
    >>> event = [1, 0, 1, 0, 0, 1, 1, 1, 0, 1]
    >>> by = ["response"] * 5 + ["non-response"] * 5
    >>> restricted_mean(time, event, by, until=6)
    RestrictedMeanResult(until=6, n=10 patients, events=5, ...)
      non-response: 3.6 [1.799, 5.04]
      response: 5.8 [4.953, 5.966]
      response - non-response: 2.2 [0.5288, 4.008], p = 0.011
    """
    if entry is not None and np.ndim(entry):
        raise ValueError(
            "entry must be one landmark here, as a mean needs one start; give the "
            "times since each patient's own"
        )
    followed = follow_up(time, event, by, entry=entry, predictions=predictions)
    by = np.full(len(followed.time), ALL) if followed.by is None else followed.by
    labels = group_labels(by)
    base = labels[0] if reference_group is None else reference_group
    if base not in labels:
        raise ValueError(f"reference_group={base!r} must be one of {labels}")
    parts = {x: followed.part(np.asarray(by == x)) for x in labels}
    if until is None:
        until = min(part.time.max() for part in parts.values())
    until = float(snapped(np.array([float(until)]), followed.time)[0])
    begun = 0.0 if entry is None else float(followed.entry[0])
    if until <= begun:
        raise ValueError(f"until must be later than {begun:g}, got {until:g}")
    tail = (1 - confidence_level) / 2
    means = {x: _mean(part, x, begun, until) for x, part in parts.items()}
    rows = [mean.row(tail, method) for mean in means.values()]
    others = {x: _difference(means[base], means[x], tail, method) for x in labels}
    others.pop(base)
    index = pd.Index(others, name="group")
    names = ["difference", "se", "low", "high", "pvalue", "method"]
    differences = pd.DataFrame(list(others.values()), index=index, columns=names)
    table = pd.DataFrame(rows, index=pd.Index(labels, name="group"))
    return RestrictedMeanResult(
        table=table,
        differences=differences,
        until=until,
        reference_group=base if others else None,
        confidence_level=float(confidence_level),
        start=followed.start,
        predictions=predictions,
    )


@dataclass(frozen=True)
class _Mean:
    """A group's mean, what its interval is made of, and who it is of."""

    n: int
    events: int
    mean: float
    se: float
    whole: float  # time from the start to the horizon
    left: int  # patients followed to the horizon

    @property
    def certain(self):
        """Whether the data show no spread."""
        return self.se == 0

    def bounds(self, tail, method):
        """Return the bounds, on the logit scale of the share of the horizon."""
        if self.certain:  # all followed to the horizon, or none
            if self.events or not self.left:
                return np.nan, np.nan
            return self.whole * tail ** (1 / self.left), self.whole
        half = norm.isf(tail) * self.se
        if method == "wald":
            return self.mean - half, self.mean + half
        half *= self.whole / (self.mean * (self.whole - self.mean))
        center = logit(self.mean / self.whole)
        return tuple(self.whole * expit([center - half, center + half]))

    def row(self, tail, method):
        """Return the group's row of the table."""
        low, high = self.bounds(tail, method)
        if self.certain:
            method = "none" if np.isnan(low) else "clopper-pearson"
        about = {"n": self.n, "events": self.events, "mean": self.mean, "se": self.se}
        return about | {"low": low, "high": high, "method": method}


def _mean(part, label, begun, until):
    """Return the mean of one group; NaN with a warning where there is none."""
    curve = group_curve(part, label, 0.95)
    events = int((part.event & (part.time <= until)).sum())
    mean, se = area(curve, begun, until)
    if part.time.max() < until and curve["survival"].iloc[-1] > 0:
        warn_undefined(
            f"Follow-up of group {label!r} ends at {part.time.max():g}, before the "
            f"horizon {until:g}: its restricted mean is NaN; give an earlier `until`"
        )
        mean = se = np.nan
    elif se == 0:
        fate = "events are at one time" if events else "patients live to the horizon"
        bound = "NaN" if events else "Clopper-Pearson's"
        warn_undefined(
            f"All {fate} in group {label!r} and no spread; the bound of its restricted "
            f"mean is {bound}"
        )
    left = int((part.time >= until).sum())
    return _Mean(len(part.time), events, mean, se, until - begun, left)


def area(curve, begun, until):
    """Return the area below a curve between two times, and its standard error."""
    steps = curve[(curve["events"] > 0) & (curve["time"] < until)]
    times = np.concatenate([[begun], steps["time"], [until]])
    parts = np.append(1.0, steps["survival"]) * np.diff(times)
    ahead = parts.sum() - np.cumsum(parts)[:-1]
    n, left = steps["at_risk"], steps["at_risk"] - steps["events"]
    spread = np.where(left > 0, steps["events"] / (n * left.clip(lower=1)), 0.0)
    return float(parts.sum()), float(np.sqrt((ahead**2 * spread).sum()))


def _difference(base, other, tail, method):
    """Return the row of a group's difference to the reference."""
    gap = other.mean - base.mean
    se = float(np.hypot(base.se, other.se))
    if method == "wald" and not (base.certain or other.certain):
        half, pvalue = norm.isf(tail) * se, 2 * norm.sf(abs(gap / se))
        return [gap, se, gap - half, gap + half, float(pvalue), "wald"]
    low, high = _mover(base, other, tail)
    if np.isnan(low):
        return [gap, se, low, high, np.nan, "none"]
    return [gap, se, low, high, _level_at_zero(base, other, gap), "mover"]


def _mover(base, other, tail):
    """Return bounds of a difference from those of both means (MOVER)."""
    (low_a, high_a), (low_b, high_b) = (x.bounds(tail, "logit") for x in (base, other))
    down = np.hypot(other.mean - low_b, high_a - base.mean)
    up = np.hypot(high_b - other.mean, base.mean - low_a)
    gap = other.mean - base.mean
    return gap - down, gap + up


def _level_at_zero(base, other, gap):
    """Return the p-value: one less the level at which the interval touches 0."""
    side = int(gap < 0)

    def nearer(z):
        return _mover(base, other, norm.sf(z))[side] * (-1 if side else 1)

    if gap == 0:
        return 1.0
    if nearer(LARGEST_Z) > 0:
        return float(2 * norm.sf(LARGEST_Z))
    return float(2 * norm.sf(brentq(nearer, 0, LARGEST_Z)))
