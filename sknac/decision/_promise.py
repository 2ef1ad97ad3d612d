"""Rates that a cut must reach: on these scores, or for new patients with confidence.

A share of wrong decisions below a cut grows with it, so the cuts that are safe are all
those up to some score. Tested one after the other until the first that fails, each at
the full level (fixed-sequence testing), they are those below an order statistic of the
patients of one class: the tolerance bound of Wilks, exact for any scores. Predictive
values are not monotone in the cut. They are tested at a few cuts that are fixed by
rank before any label is seen, with Bonferroni's level.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import beta, binom

from sknac.decision._cuts import TIE_TOLERANCE, Cuts, best_index
from sknac.utils._labels import shown, spell
from sknac.utils._settings import as_number, check_confidence_level
from sknac.utils._text import significant

# Each rate, and the one that is the greatest under its bound.
OTHER = {
    "sensitivity": "specificity",
    "specificity": "sensitivity",
    "npv": "specificity",
    "ppv": "sensitivity",
}
# Of two cuts that are equally good otherwise, the lower one has more of these.
LOWER_IS_SURER = ("sensitivity", "npv")
# Cuts at which a predictive value is tested: those with so many tenths below them.
N_RANKS = 9


@dataclass(frozen=True)
class Promise:
    """Bounds that rates must reach, and how surely.

    Parameters
    ----------
    at_least : dict of str to float
        Least rates by name.
    guarantee : float or None
        Confidence that all of them hold for new patients; None asks for them on the
        scores at hand.
    """

    at_least: dict[str, float]
    guarantee: float | None

    @property
    def level(self) -> float:
        """Confidence of each bound, so that all hold together."""
        return 1 - (1 - self.guarantee) / len(self.at_least)

    def __str__(self):
        rates = " and ".join(f"{k} >= {v:g}" for k, v in self.at_least.items())
        if self.guarantee is None:
            return rates
        return f"{rates} with guarantee {self.guarantee:g}"


def check_promise(
    at_least: Any,
    guarantee: Any,
    *,
    rates: Collection[str] = tuple(OTHER),
    name: str = "at_least",
) -> Promise | None:
    """Return what is asked for, some of `rates`, or None; errors call it `name`."""
    if at_least is None:
        if guarantee is not None:
            raise ValueError(
                f"guarantee={guarantee} has no rate to hold for; set at_least, such as "
                "{'sensitivity': 0.95}"
            )
        return None
    if not isinstance(at_least, Mapping) or not at_least:
        raise ValueError(
            f"{name} must be a dict of rates such as {{'sensitivity': 0.95}}, got "
            f"{shown(at_least)}"
        )
    strange = [rate for rate in at_least if rate not in rates]
    if strange:
        raise ValueError(
            f"{name} must name some of {spell(rates)}, got {shown(strange[0])}"
        )
    bounds = {
        rate: _check_bound(value, f"{name}[{rate!r}]")
        for rate, value in at_least.items()
    }
    if guarantee is None:
        return Promise(bounds, None)
    guarantee = check_confidence_level(guarantee, "guarantee")
    certain = [rate for rate, bound in bounds.items() if bound == 1]
    if certain:
        raise ValueError(
            f"{name}[{certain[0]!r}] must be less than 1 with a guarantee, got 1: no "
            "number of patients shows that none is ever missed"
        )
    if {"npv", "ppv"} <= set(bounds):
        raise ValueError(
            "at_least names npv and ppv, which have their guarantees at other cuts; "
            "take one of them, or leave the guarantee out"
        )
    return Promise(bounds, guarantee)


def _check_bound(value, name):
    number = as_number(value)
    if number is None or not 0 < number <= 1:
        hint = ""
        if number is not None and 1 < number <= 100:
            hint = f"; for {number:g} % write {float(number) / 100:g}"
        raise ValueError(f"{name} must be a rate in (0, 1], got {shown(value)}{hint}")
    return float(number)


def check_countable(promise: Promise | None, mass: Any, units: Any) -> None:
    """Raise where a guarantee cannot count the patients."""
    if promise is None or promise.guarantee is None:
        return
    if mass is not None:
        raise ValueError(
            "guarantee counts patients, and sample_weight is given; leave one of them "
            "out"
        )
    values = [name for name in promise.at_least if name in ("npv", "ppv")]
    if values and units is not None:
        raise ValueError(
            f"the guarantee of {values[0]} is of one score per patient, and some have "
            "several; pool the scores of each patient first, or score each once"
        )


def allowed_misses(n: int, rate: float, level: float) -> int:
    """Return the most misses of n that show `rate` at a level; -1 if none do.

    The lower bound of Clopper and Pearson, one-sided, reaches the rate for so many.
    """
    if n == 0:
        return -1
    risk = (1 - level) * (1 + TIE_TOLERANCE)  # 1 - .9 is not .1
    most = int(binom.ppf(risk, n, 1 - rate))
    return most if binom.cdf(most, n, 1 - rate) <= risk else most - 1


def patients_needed(rate: float, level: float, misses: int = 0) -> int:
    """Return how many patients show `rate` at a level when so many are missed."""
    high = 1
    while allowed_misses(high, rate, level) < misses:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        enough = allowed_misses(middle, rate, level) >= misses
        low, high = (low, middle) if enough else (middle, high)
    return high


def choose_under(cuts: Cuts, promise: Promise, weight: float) -> tuple[int, int] | None:
    """Return the position of the best cut under the promise, and how many tie for it.

    With one bound the other rate is the greatest, with several the index. Where no cut
    keeps the promise it is None.
    """
    kept = np.logical_and.reduce(
        [_kept(cuts, promise, name) for name in promise.at_least]
    )
    if not kept.any():
        return None
    at = np.flatnonzero(kept)
    if len(promise.at_least) > 1:
        best, n_optima = best_index(cuts.youden[at], weight)
        return int(at[best]), n_optima
    (name,) = promise.at_least
    other = cuts.rate(OTHER[name])[at]
    optima = at[other >= other.max() - TIE_TOLERANCE]
    return int(optima[0 if name in LOWER_IS_SURER else -1]), len(optima)


def pinned(cuts: Cuts, best: int, promise: Promise | None) -> float:
    """Return the cut itself: a predictive value is guaranteed at an end of the gap."""
    cut = float(cuts.thresholds[best])
    if promise is None or promise.guarantee is None:
        return cut
    if "npv" in promise.at_least:
        return float(cuts.scores[best])
    if "ppv" in promise.at_least:
        return float(np.nextafter(cuts.scores[best - 1], np.inf))
    return cut


def _kept(cuts, promise, name):
    """Tell which cuts keep one bound."""
    bound = promise.at_least[name]
    if promise.guarantee is not None:
        return _safe(cuts, name, bound, promise.level)
    return cuts.rate(name) >= bound - TIE_TOLERANCE  # not where it is NaN


def _safe(cuts, name, bound, level):
    """Tell at which cuts a rate holds for new patients at a level."""
    if name in ("npv", "ppv"):
        return _safe_value(cuts, name, bound, level)
    n, wrong = cuts.wrong(name)
    return wrong <= allowed_misses(n, bound, level)


def _safe_value(cuts, name, bound, level):
    """Tell at which of the cuts fixed by rank a predictive value holds.

    Given the score at a rank, the rows beyond it are independent draws from
    beyond it, so that their true classes are binomial.
    """
    level = 1 - (1 - level) / N_RANKS
    order = np.sort(cuts.score)
    beyond = len(order) * np.arange(1, N_RANKS + 1) // (N_RANKS + 1)
    found = np.zeros(len(cuts.thresholds), dtype=bool)
    for count in beyond:
        if name == "npv":
            at = int(np.searchsorted(cuts.scores, order[count], side="left"))
            called = cuts.score < order[count]
            wrong = called & cuts.positive
        else:
            edge = order[len(order) - 1 - count]
            at = int(np.searchsorted(cuts.scores, edge, side="right"))
            called = cuts.score > edge
            wrong = called & ~cuts.positive
        found[at] |= wrong.sum() <= allowed_misses(called.sum(), bound, level)
    return found


def infeasible(cuts: Cuts, promise: Promise, where: str = "") -> str:
    """Say why no cut keeps the promise, what is within reach, and the mend."""
    return where + _infeasible(cuts, promise)


def _infeasible(cuts, promise):
    if promise.guarantee is None:
        return f"no cut reaches {promise}{_nearest(cuts, promise)}; lower a bound"
    short = [
        (name, bound)
        for name, bound in promise.at_least.items()
        if not _kept(cuts, promise, name).any()
    ]
    if not short:
        return (
            f"no cut reaches {promise}{_nearest(cuts, promise)}, though each bound "
            "alone is within reach; lower a bound or the guarantee"
        )
    name, bound = short[0]
    if name in ("npv", "ppv"):
        return _infeasible_value(promise, name, bound, len(cuts.score))
    n = cuts.wrong(name)[0]
    best = (1 - promise.level) ** (1 / n)
    of = "positive" if name == "sensitivity" else "negative"
    return (
        f"no cut reaches {promise}: with {n} {of} patients, none of them missed, the "
        f"{name} is shown to be at least {significant(best)}; take at least "
        f"{patients_needed(bound, promise.level)} {of} patients, or a lower bound or "
        "guarantee"
    )


def _infeasible_value(promise, name, bound, n):
    """Say the same of a predictive value."""
    called = "negative" if name == "npv" else "positive"
    least = patients_needed(bound, 1 - (1 - promise.level) / N_RANKS)
    return (
        f"no cut reaches {promise}: at none of the {N_RANKS} cuts at tenths of the "
        f"{n} patients do those called {called} show it, of whom at least {least} are "
        "needed, all of them rightly; take more patients, or a lower bound or guarantee"
    )


def _nearest(cuts, promise):
    """Say what the cut that comes nearest reaches."""
    found = np.array([cuts.rate(name) for name in promise.at_least])
    gap = found - np.array([[bound] for bound in promise.at_least.values()])
    at = int(np.nan_to_num(gap, nan=-1).min(axis=0).argmax())
    rates = " and ".join(
        f"{name} {significant(value)}"
        for name, value in zip(promise.at_least, found[:, at], strict=True)
    )
    return f" (the nearest, {significant(cuts.thresholds[at])}, has {rates})"


def lower_bounds(cuts: Cuts, best: int, promise: Promise) -> dict[str, float] | None:
    """Return what each rate is shown to be at least at the chosen cut."""
    if promise.guarantee is None:
        return None
    found = {}
    for name in promise.at_least:
        level = promise.level
        if name in ("npv", "ppv"):
            below = cuts.score < cuts.thresholds[best]
            called = below if name == "npv" else ~below
            n, level = int(called.sum()), 1 - (1 - level) / N_RANKS
            wrong = int((called & (cuts.positive == (name == "npv"))).sum())
        else:
            n, every = cuts.wrong(name)
            wrong = int(every[best])
        found[name] = float(beta.ppf(1 - level, n - wrong, wrong + 1))
    return found
