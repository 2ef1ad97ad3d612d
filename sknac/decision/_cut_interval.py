"""Interval of a chosen cut: the same choice among resampled patients."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sknac.utils._result import Result
from sknac.utils._warnings import warn_undefined

# A share of resamples without any cut beyond which the rest tell too little.
MOST_UNDEFINED = 0.05


@dataclass(frozen=True, repr=False)
class CutInterval(Result):
    """A chosen cut with its percentile interval.

    Parameters
    ----------
    threshold : float
        The cut chosen on all patients.
    low, high : float
        Bounds; NaN where the resamples have one cut only or too many have none.
    confidence_level : float
        Nominal coverage.
    method : str
        "percentile": patients drawn with replacement, within each class.
    n, n_pos : int
        Number of rows, and of those that are positive.
    n_groups : int or None
        Number of patients where they have several rows.
    pos_label : object
        The positive class.
    n_resamples : int
        Number of resamples.
    n_undefined : int
        Resamples in which no cut keeps the bounds asked for.
    seed : int
        Passing it as `random_state` gives the same resamples again.

    See Also
    --------
    weighted_youden_curve : Computes this with ``n_resamples``.

    Examples
    --------
    >>> from sknac.decision import weighted_youden_curve
    >>> y, score = [0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.6, 0.4, 0.7, 0.9]
    >>> curve = weighted_youden_curve(
    ...     y, score, weight=0.5, n_resamples=200, random_state=0
    ... )
    >>> curve.interval
    threshold 0.3 [0.25, 0.75] (95% percentile, pos_label=1, n=6 patients, n_pos=3)
    """

    threshold: float
    low: float
    high: float
    confidence_level: float
    method: str
    n: int
    n_pos: int
    n_groups: int | None
    pos_label: object
    n_resamples: int
    n_undefined: int
    seed: int

    def __repr__(self) -> str:
        bounds = f"[{self.low:.4g}, {self.high:.4g}]"
        return f"threshold {self.threshold:.4g} {bounds} ({self._about()})"


def resampled_cuts(
    choose: Callable[[np.ndarray, np.ndarray | None], float],
    positive: np.ndarray,
    units: np.ndarray | None,
    n_resamples: int,
    seed: int,
) -> np.ndarray:
    """Return the cut of each resample; `choose` takes its rows and whose they are.

    Patients are drawn within each class, so that both keep their numbers. A patient
    drawn twice counts as two.
    """
    rng = np.random.default_rng(seed)
    members = _rows_by_patient(positive.size, units)
    has_positive = np.array([positive[rows].any() for rows in members])
    strata = [np.flatnonzero(has_positive), np.flatnonzero(~has_positive)]
    found = np.empty(n_resamples)
    for number in range(n_resamples):
        drawn = np.concatenate(
            [who[rng.integers(who.size, size=who.size)] for who in strata if who.size]
        )
        if units is None:
            found[number] = choose(drawn, None)
            continue
        rows = [members[who] for who in drawn]
        copies = np.repeat(np.arange(drawn.size), [len(part) for part in rows])
        rows = np.concatenate(rows)
        one_class = positive[rows].all() or not positive[rows].any()
        found[number] = np.nan if one_class else choose(rows, copies)
    return found


def bounds_of(cuts: np.ndarray, level: float) -> tuple[float, float, int]:
    """Return percentile bounds of the resamples' cuts and how many have none."""
    undefined = int(np.isnan(cuts).sum())
    if undefined > MOST_UNDEFINED * cuts.size:
        warn_undefined(
            f"{undefined} of {cuts.size} resamples have no cut that keeps the bounds; "
            "the interval of the cut is NaN"
        )
        return np.nan, np.nan, undefined
    tail = 50 * (1 - level)
    low, high = np.nanpercentile(cuts, [tail, 100 - tail])
    if low == high:
        warn_undefined(
            "the cut has no spread between resampled patients; its interval is NaN"
        )
        return np.nan, np.nan, undefined
    return float(low), float(high), undefined


def _rows_by_patient(n, units):
    """Return the rows of each patient."""
    if units is None:
        return list(np.arange(n)[:, None])
    order = np.argsort(units, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(units[order])) + 1)
