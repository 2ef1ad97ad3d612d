"""Cuts of several stages chosen together, so that all of them stop few wrongly.

Stage by stage the patients who should go on are cut off from below: of n, stage 1
removes the lowest by its score, stage 2 the lowest of the others by its own, and so on.
The share of all such patients in the parts cut off has the law of one order statistic
(statistically equivalent blocks), as if one score had been cut once. So the whole
cascade gets the exact tolerance bound, at the price of one patient per further stage.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from sknac.decision._promise import allowed_misses, patients_needed
from sknac.utils._result import Result
from sknac.utils._settings import check_confidence_level
from sknac.utils._text import patients


@dataclass(frozen=True, repr=False)
class StopBound(Result):
    """Who a cascade stops wrongly, on the scores that chose its cuts.

    Parameters
    ----------
    at_most : float
        Largest share of wrongly stopped patients that was asked for.
    guarantee : float or None
        Confidence that it holds for new patients.
    wrongly_stopped : dict of str to int
        Patients of the other class whom each stage stops.
    n : int
        Patients of that class.
    high : float or None
        With a guarantee, what the share is shown to be at most.
    go_label : object
        Their class.
    stop_label : object
        The class that stops a patient.

    See Also
    --------
    StagedClassifier : Makes this with ``stop_at_most``.

    Examples
    --------
    >>> from sknac.decision._joint import StopBound
    >>> StopBound(0.05, None, {"dlr2": 2, "dlr4": 1}, 63, None, "response", "no")
    StopBound(3/63 of 'response' stopped as 'no' (dlr2 2, dlr4 1), at_most=0.05,
              n=63 patients)
    """

    at_most: float
    guarantee: float | None
    wrongly_stopped: dict[str, int]
    n: int
    high: float | None
    go_label: object
    stop_label: object

    @property
    def share(self) -> float:
        """Share of wrongly stopped patients."""
        return sum(self.wrongly_stopped.values()) / self.n

    def __repr__(self) -> str:
        by_stage = ", ".join(f"{k} {v}" for k, v in self.wrongly_stopped.items())
        sure = f"at_most={self.at_most:g}"
        if self.guarantee is not None:
            sure += f", guarantee={self.guarantee:g} (clopper-pearson)"
        return (
            f"StopBound({sum(self.wrongly_stopped.values())}/{self.n} of "
            f"{self.go_label!r} stopped as {self.stop_label!r} ({by_stage}), {sure}, "
            f"{patients(self.n)})"
        )


def check_bound(stop_at_most: float | None, guarantee: float | None) -> None:
    """Raise unless both are shares, and there is something to guarantee."""
    if guarantee is not None:
        if stop_at_most is None:
            raise ValueError(
                f"guarantee={guarantee} has no bound to hold for; set stop_at_most, "
                "such as 0.05, or rates in defer"
            )
        check_confidence_level(guarantee, "guarantee")
    if stop_at_most is not None:
        check_confidence_level(stop_at_most, "stop_at_most")


def allowances(
    n: int, n_stages: int, at_most: float, guarantee: float | None, label: object
) -> list[int]:
    """Return how many patients each stage may stop wrongly: even shares, in order."""
    if guarantee is None:
        total = int(np.floor(at_most * n + 1e-9))
    else:
        # A block of each stage is its edge, which nobody falls below.
        total = allowed_misses(n, 1 - at_most, guarantee) - (n_stages - 1)
    if total < 0:
        least = patients_needed(1 - at_most, guarantee, n_stages - 1)
        raise ValueError(
            f"no {n_stages} stages together stop at most {at_most:g} of {label!r} with "
            f"guarantee {guarantee:g} on {n} such patients; take at least {least}, "
            "fewer stages, a larger share or a smaller guarantee"
        )
    share, more = divmod(total, n_stages)
    return [share + (stage < more) for stage in range(n_stages)]


def shown_share(n: int, allowed: list[int], guarantee: float) -> float:
    """Return what the share is shown to be at most: the beta law of all blocks."""
    blocks = sum(allowed) + len(allowed)
    return float(beta.ppf(guarantee, blocks, n - blocks + 1))


def joint_cuts(
    scores: np.ndarray, go: np.ndarray, allowed: list[int], *, sure: bool
) -> tuple[list[float | None], list[int]]:
    """Return of each stage the highest score that stops, and its wrong stops.

    Parameters
    ----------
    scores : ndarray of shape (n_patients, n_stages)
        Higher speaks for going on; NaN, where there are no data, never stops.
    go : bool ndarray of shape (n_patients,)
        Who should go on.
    allowed : list of int
        How many of them each stage may stop.
    sure : bool
        Whether the edge of each stage is left out of the next, which the guarantee
        needs. Otherwise what a stage leaves unused the next may use.
    """
    scores = np.where(np.isnan(scores), np.inf, scores)
    still_in, counted = np.ones(len(go), dtype=bool), go.copy()
    highest, wrong, unused = [], [], 0
    for score, most in zip(scores.T, allowed, strict=True):
        most += unused
        order = np.flatnonzero(counted)
        order = order[np.argsort(score[order], kind="stable")]
        edge = score[order[most]] if most < len(order) else np.inf
        # No higher than it takes to stop whom it should.
        rightly = score[still_in & ~go & (score < edge)]
        cut = float(rightly.max()) if rightly.size else None
        stopped = still_in & (score <= (-np.inf if cut is None else cut))
        highest.append(cut)
        wrong.append(int((stopped & go).sum()))
        still_in &= ~stopped
        if sure:
            counted[order[: most + 1]] = False
        else:
            counted, unused = still_in & go, most - wrong[-1]
    return highest, wrong
