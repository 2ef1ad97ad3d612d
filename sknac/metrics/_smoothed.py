"""Banks' smoothed Bayesian bootstrap of ROC curves, by patient.

Between neighbouring scores of a class lies a gap, as there does beyond its extremes.
The share of patients to come in each gap is drawn from what the n scores leave
possible (Dirichlet, all gaps alike), so that cuts above the highest score are not taken
for sure and no draw is without spread, which resampled patients are near rates of 1.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Iterator

import numpy as np

from sknac.utils._room import check_room

METHOD = "smoothed-bootstrap"
# Masses held at once: 2 MB of float64, about what a second-level cache holds.
_CHUNK = 2**18
# Points of a curve; more lie closer to each other than a rate is known.
_MOST_POINTS = 2**12


class SmoothedCurves:
    """ROC curves that are possible given the scores of some patients.

    Parameters
    ----------
    positive : bool ndarray of shape (n,)
        Whether a row is positive; both kinds are there.
    score : ndarray of shape (n,)
        Scores, higher means positive.
    codes : int ndarray of shape (n,) or None
        Number 0, 1, ... of each row's patient; None where every row is one.
    """

    def __init__(
        self, positive: np.ndarray, score: np.ndarray, codes: np.ndarray | None
    ) -> None:
        level = np.unique(-score, return_inverse=True)[1]
        kept = slice(None, None, 1 + level.max() // _MOST_POINTS)
        codes = np.arange(score.size) if codes is None else codes
        self.n, self.n_units = score.size, int(codes.max()) + 1
        order = np.argsort(level, kind="stable")
        self.classes = []
        for known in (positive, ~positive):
            here = np.bincount(level, known)
            # A cut at a score lies in the middle of the rows that share it, and one
            # between two rows of the class in the middle of their gap.
            place = (np.cumsum(here) - here + (here + 1) / 2)[kept]
            units = codes[order[known[order]]]
            each = units.size / np.unique(units).size
            self.classes.append((units, each, place.astype(int), place % 1))

    def draws(
        self, seed: int, n_draws: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield false and true positive rates (b, n_points) and prevalences (b,).

        Points are distinct scores, falling, between (0, 0) and (1, 1).
        """
        rng = np.random.default_rng(seed)
        check_room(f"one draw of {self.n} rows", 64 * self.n, "give fewer rows")
        step = max(1, _CHUNK // self.n)
        for start in range(0, n_draws, step):
            size = min(step, n_draws - start)
            mass = rng.exponential(size=(size, self.n_units))
            (tpr, up), (fpr, down) = (
                _rates(rng, mass, *known) for known in self.classes
            )
            yield fpr, tpr, up / (up + down)

    def values(self, index: Callable, seed: int, n_draws: int) -> np.ndarray:
        """Return an index (fpr, tpr, prevalence) -> (b,) or (b, k) of all draws."""
        return np.concatenate([index(*drawn) for drawn in self.draws(seed, n_draws)])


def _rates(
    rng: np.random.Generator,
    mass: np.ndarray,
    units: np.ndarray,
    each: float,
    whole: np.ndarray,
    share: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return a class's rates (b, n_points) and the mass of its rows.

    `mass` is that of the patients, `each` their mean number of rows; a point lies
    `share` of the way from the gap `whole` to the next.
    """
    below = np.zeros((len(mass), units.size + 2))
    below[:, 1:-1] = mass[:, units]
    # The gap below all rows weighs like one more patient.
    below[:, -1] = each * rng.exponential(size=len(mass))
    np.cumsum(below, axis=1, out=below)
    rates = np.zeros((len(mass), whole.size + 2))
    rates[:, 1:-1] = below[:, whole] * (1 - share) + below[:, whole + 1] * share
    rates[:, -1] = below[:, -1]
    return rates / below[:, -1:], below[:, -2].copy()


def interpolated(x: np.ndarray, y: np.ndarray, at: float) -> np.ndarray:
    """Interpolate rising curves (b, n_points) linearly at one place: (b,)."""
    last = np.count_nonzero(x < at, axis=1, keepdims=True)
    (left, right), (low, high) = (
        [np.take_along_axis(line, last - 1 + step, axis=1)[:, 0] for step in (0, 1)]
        for line in (x, y)
    )
    return low + (at - left) / (right - left) * (high - low)


def quantile_bounds(
    values: np.ndarray, estimate: float, confidence_level: float
) -> tuple[float, float]:
    """Return the draws' quantiles, as far as they reach; they hold the estimate."""
    tails = [(1 - confidence_level) / 2, (1 + confidence_level) / 2]
    low, high = np.quantile(values, tails)
    return float(min(low, estimate)), float(max(high, estimate))
