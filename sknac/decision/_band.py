"""A band of scores that a stage hands on: it decides only where it is sure.

Below the band lies the cut for a sensitivity (few positive patients are called
negative there), above it the cut for a specificity. Each is chosen as a cut under that
bound alone, so that a guarantee is the tolerance bound of a single cut.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

from sknac.decision._curve import cut_for
from sknac.decision._cuts import cuts_of
from sknac.decision._held_out import HeldOut
from sknac.decision._nested import nested_rates
from sknac.decision._promise import (
    Promise,
    check_countable,
    infeasible,
    lower_bounds,
)
from sknac.utils._result import Result, plain
from sknac.utils._warnings import warn_user

# The rate that bounds each end: below the band few positives, above few negatives.
ENDS = ("sensitivity", "specificity")


@dataclass(frozen=True, repr=False)
class DeferBand(Result):
    """Scores that a stage hands on to the next one, low <= score < high.

    Parameters
    ----------
    low : float
        Scores below it are called negative; -inf calls nobody so.
    high : float
        Scores from it on are called positive; inf calls nobody so.
    pos_label : object
        The positive class, for which high scores speak.
    n, n_pos : int
        Number of scores that it was chosen on, and of those that are positive.
    n_groups : int or None
        Number of patients where they have several of these scores.
    n_deferred : int
        How many of the scores lie in the band.
    at_least : dict of str to float or None
        Bounds that the band was chosen under; None if its scores were given.
    guarantee : float or None
        Confidence that the bounds of this stage hold for new patients.
    bounds : dict of str to float or None
        With a guarantee, what each of those rates is shown to be at least.
    fit_sensitivity : float
        Share of the positive scores that are not called negative, on these scores.
    fit_specificity : float
        Share of the negative scores that are not called positive.
    nested_sensitivity, nested_specificity : float
        The same where each fold is judged by the band chosen without it; NaN where
        there are no folds or no band.

    See Also
    --------
    StagedClassifier : Makes this with ``defer``.

    Examples
    --------
    >>> import pandas as pd
    >>> from sknac.decision import ScoreColumn, StagedClassifier
    >>> X = pd.DataFrame({"s2": [0.1, 0.5, 0.6, 0.9], "s4": [0.2, 0.3, 0.8, 0.7]})
    >>> stages = [(name, ScoreColumn(name, pos_label=1), [name]) for name in X]
    >>> cascade = StagedClassifier(stages, stop_label=0, defer={"s2": (0.3, 0.8)})
    >>> cascade.fit(X, [0, 0, 1, 1]).bands_["s2"]
    DeferBand(0.3 <= score < 0.8 goes on (2/4), sensitivity=1.000, specificity=1.000,
              pos_label=1, n=4 patients, n_pos=2)
    """

    low: float
    high: float
    pos_label: object
    n: int
    n_pos: int
    n_groups: int | None
    n_deferred: int
    at_least: dict[str, float] | None
    guarantee: float | None
    bounds: dict[str, float] | None
    fit_sensitivity: float
    fit_specificity: float
    nested_sensitivity: float
    nested_specificity: float

    def __repr__(self) -> str:
        asked = "".join(f"{k}>={v:g}, " for k, v in (self.at_least or {}).items())
        if self.guarantee is not None:
            asked += f"guarantee={self.guarantee:g} (clopper-pearson), "
        return (
            f"DeferBand({self.low:.4g} <= score < {self.high:.4g} goes on "
            f"({self.n_deferred}/{self.n}), sensitivity={self.fit_sensitivity:.3f}, "
            f"specificity={self.fit_specificity:.3f}, {asked}{self._about()})"
        )


def given_band(pair, held: HeldOut, pos_label) -> DeferBand:
    """Return the band of explicit scores; None leaves an end open."""
    low, high = pair
    ends = (-np.inf if low is None else low, np.inf if high is None else high)
    return _band(ends, held, pos_label, (np.nan, np.nan))


def band_under(promise: Promise, stage, name: str) -> DeferBand:
    """Return the band of a threshold's held-out scores that keeps the bounds."""
    held, every = stage._held_out, np.arange(len(stage._held_out.score))
    check_countable(promise, held.mass, held.groups)
    ends = _ends(held, every, stage.weight, promise)
    cuts = cuts_of(held.score, held.positive, held.mass, held.groups, stage.weight)
    if ends is None:
        raise ValueError(infeasible(cuts, promise, f"stage {name!r}: "))

    def chosen(end):
        def choose(rest):
            found = _ends(held, rest, stage.weight, promise)
            return np.nan if found is None else found[end]

        of = (held.score, held.positive, held.units)
        return nested_rates(choose, *of, stage._nested_folds(), held.mass)[end]

    band = _band(ends, held, stage.pos_label_, (chosen(0), chosen(1)))
    band = band.replace(at_least=promise.at_least, guarantee=promise.guarantee)
    if promise.guarantee is not None:
        band = band.replace(bounds=_shown(cuts, ends, promise))
    _warn_if_useless(band, name)
    return band


def _ends(held, rows, weight, promise):
    """Return both ends of the band for some rows, or None where one has no cut."""
    part = held.of(rows)
    level = None if promise.guarantee is None else promise.level
    ends = [-np.inf, np.inf]
    for end, rate in enumerate(ENDS):
        if rate in promise.at_least:
            alone = Promise({rate: promise.at_least[rate]}, level)
            ends[end] = cut_for(*part, weight, alone)
    low, high = ends
    if np.isnan(ends).any():
        return None
    if low <= high:
        return low, high
    # Any cut between keeps both bounds: the best one by the stage's own weight.
    cut = float(np.clip(cut_for(*part, weight, None), high, low))
    return cut, cut


def _shown(cuts, ends, promise):
    """Return what each rate is shown to be at least at its end."""
    found = {}
    for end, rate in zip(ends, ENDS, strict=True):
        if rate in promise.at_least:
            best = int(np.searchsorted(cuts.scores, end, side="left"))
            found[rate] = lower_bounds(cuts, best, promise)[rate]
    return found


def _band(ends, held, pos_label, nested):
    """Return a band with what it does on the scores that chose it."""
    low, high = map(float, ends)
    mass = np.ones(len(held.score)) if held.mass is None else held.mass
    rates = [
        float(np.average(right[of], weights=mass[of])) if mass[of].any() else np.nan
        for right, of in (
            (held.score >= low, held.positive),
            (held.score < high, ~held.positive),
        )
    ]
    groups = held.groups
    return DeferBand(
        low=low,
        high=high,
        pos_label=plain(pos_label),
        n=len(held.score),
        n_pos=int(held.positive.sum()),
        n_groups=None if groups is None else len(np.unique(groups)),
        n_deferred=int(((held.score >= low) & (held.score < high)).sum()),
        at_least=None,
        guarantee=None,
        bounds=None,
        fit_sensitivity=rates[0],
        fit_specificity=rates[1],
        nested_sensitivity=nested[0],
        nested_specificity=nested[1],
    )


def _warn_if_useless(band, name):
    """Warn of a band that holds everyone, or no one."""
    if band.n_deferred == band.n:
        warn_user(
            f"stage {name!r} decides nobody: all {band.n} scores lie in its band; "
            "lower a bound or the guarantee"
        )
    elif band.low == band.high:
        warn_user(
            f"the band of stage {name!r} is empty: the cut {band.low:.4g} alone keeps "
            "the bounds and nobody goes on; raise a bound, or leave the later stages "
            "out"
        )
