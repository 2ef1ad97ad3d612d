"""Bootstrap resamples as counts, and metrics computed from counts all at once.

A resample is how often each cell was drawn. A cell is one patient, or several that
the metric cannot tell apart (same class and same score; same decision and truth):
drawing n patients with replacement then is a multinomial draw over the cells, and
2000 resamples of a metric are a few array operations.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from sknac.utils._confusion import (
    cell_codes,
    rate_terms,
    rates_of_counts,
)
from sknac.utils._labels import shown

# Counts held at once: 2 MB of int64, about what a second-level cache holds.
_CHUNK_CELLS = 2**18
# A binomial draw costs about as much as this many uniform integers.
_BINOMIAL_COST = 16


def draw_counts(
    rng: np.random.Generator, sizes: np.ndarray, n_resamples: int
) -> np.ndarray:
    """Draw sizes.sum() units with replacement and count them by cell."""
    n, n_cells = int(sizes.sum()), sizes.size
    if n_cells * _BINOMIAL_COST < n:
        return rng.multinomial(n, sizes / n, size=n_resamples)
    drawn = rng.integers(n, size=(n_resamples, n))
    if n_cells < n:
        drawn = np.repeat(np.arange(n_cells), sizes)[drawn]
    drawn += n_cells * np.arange(n_resamples)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=n_resamples * n_cells)
    return counts.reshape(n_resamples, n_cells)


def draw_chunks(
    seed: int, sizes: np.ndarray, strata: list[slice | np.ndarray], n_resamples: int
) -> Iterator[np.ndarray]:
    """Yield counts (b, n_cells), each stratum drawn by itself, b summing up."""
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK_CELLS // int(sizes.sum()))
    for start in range(0, n_resamples, step):
        size = min(step, n_resamples - start)
        if len(strata) == 1:
            yield draw_counts(rng, sizes, size)
            continue
        counts = np.empty((size, sizes.size), dtype=np.int64)
        for cells in strata:
            counts[:, cells] = draw_counts(rng, sizes[cells], size)
        yield counts


class AUCKernel:
    """Areas under the ROC curve of resamples.

    Cells are distinct scores per class, positives first; with groups or weights
    they are the units. Positive entry i ties with or beats the negatives from
    `low[i]` to `high[i]` in score order.
    """

    constant = 0.0

    def __init__(
        self,
        positive: np.ndarray,
        score: np.ndarray,
        units: np.ndarray | None,
        weights: np.ndarray | None,
    ) -> None:
        rows = np.flatnonzero(positive), np.flatnonzero(~positive)
        self.merged = units is None and weights is None
        if self.merged:
            (pos, n_pos), (neg, n_neg) = (
                np.unique(score[r], return_counts=True) for r in rows
            )
            self.sizes = np.concatenate([n_pos, n_neg])
            self.classes = np.repeat([1, 0], [pos.size, neg.size])
        else:
            rows = [r[np.argsort(score[r])] for r in rows]
            pos, neg = score[rows[0]], score[rows[1]]
            units = np.arange(score.size) if units is None else units
            self.unit = [units[r] for r in rows]
            self.weight = [1 if weights is None else weights[r] for r in rows]
            self.sizes = np.ones(int(units.max()) + 1, dtype=np.int64)
            self.classes = unit_classes(positive, units)
        self.scores = pos, neg  # of the entries, rising
        self.low = np.searchsorted(neg, pos, side="left")
        self.high = np.searchsorted(neg, pos, side="right")
        self.tied = bool((self.low != self.high).any())

    def split(self, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the mass on positive and on negative entries."""
        if self.merged:
            return counts[:, : self.low.size], counts[:, self.low.size :]
        return tuple(
            counts[:, u] * w for u, w in zip(self.unit, self.weight, strict=True)
        )

    def wins(self, neg: np.ndarray) -> np.ndarray:
        """Return twice the mass of negatives below each positive, ties once."""
        below = np.zeros((len(neg), neg.shape[1] + 1), dtype=neg.dtype)
        np.cumsum(neg, axis=1, out=below[:, 1:])
        if not self.tied:
            return 2 * below.take(self.low, axis=1)
        return below.take(self.low, axis=1) + below.take(self.high, axis=1)

    def values(self, counts: np.ndarray) -> np.ndarray:
        """Return the area of each resample; NaN where a class is missing."""
        pos, neg = self.split(counts)
        won = np.einsum("ij,ij->i", pos, self.wins(neg))
        pairs = pos.sum(axis=1).astype(float) * neg.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return won / (2 * pairs)

    @cached_property
    def estimate(self) -> float:
        """The area on the data."""
        return float(self.values(self.sizes[None])[0])

    def curves(
        self, counts: np.ndarray, levels: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return false and true positive rates (b, n_levels) at score >= level."""
        rates = []
        for scores, mass in zip(self.scores, self.split(counts), strict=True):
            below = np.zeros((len(mass), mass.shape[1] + 1), dtype=mass.dtype)
            np.cumsum(mass, axis=1, out=below[:, 1:])
            total = below[:, -1:]
            found = total - below.take(np.searchsorted(scores, levels), axis=1)
            with np.errstate(invalid="ignore"):
                rates.append(found / total)
        return rates[1], rates[0]

    def certain(self) -> list[tuple[float, float, int]] | None:
        """Return an area of 0 or 1 with its pairs that share no patient, else None."""
        if min(abs(self.estimate), abs(1 - self.estimate)) > 1e-12:
            return None
        if self.merged:
            counts = [int(self.sizes[self.classes == c].sum()) for c in (0, 1)]
            return [(1.0, self.estimate, min(counts))]
        pairs = zip(self.unit, self.weight, strict=True)
        known = [np.unique(u[np.broadcast_to(w, u.size) > 0]) for u, w in pairs]
        counts = [u.size for u in known] + [np.union1d(*known).size // 2]
        return [(1.0, self.estimate, min(counts))]

    def influence(self) -> np.ndarray:
        """Return the influence of one unit of each cell on the area."""
        pos, neg = self.split(self.sizes[None])
        n_pos, n_neg = float(pos.sum()), float(neg.sum())
        lost = np.zeros(neg.shape[1] + 1)
        np.add.at(lost, self.low, pos[0])
        np.add.at(lost, self.high, pos[0])
        beaten = np.cumsum(lost)[:-1]  # twice the mass of positives not above
        of_pos = self.wins(neg)[0] / (2 * n_neg) - self.estimate
        of_neg = 1 - beaten / (2 * n_pos) - self.estimate
        if self.merged:
            return np.concatenate([of_pos / n_pos, of_neg / n_neg])
        total = np.zeros(self.sizes.size)
        np.add.at(total, self.unit[0], of_pos * self.weight[0] / n_pos)
        np.add.at(total, self.unit[1], of_neg * self.weight[1] / n_neg)
        return total


class RateKernel:
    """Confusion rates of resamples: a metric linear in rates of four counts.

    Cells are the distinct rows of (counts by decision, class) of the units, so
    patients with one row each make at most four cells.
    """

    def __init__(
        self,
        positive: np.ndarray,
        predicted: np.ndarray,
        units: np.ndarray | None,
        weights: np.ndarray | None,
        parts: dict[str, float],
        constant: float,
    ) -> None:
        self.parts, self.constant = parts, constant
        codes = cell_codes(positive, predicted)
        if units is None and weights is None:
            sizes = np.bincount(codes, minlength=4)
            kept = np.flatnonzero(sizes)
            self.sizes, self.mass = sizes[kept], np.eye(4)[kept]
            self.classes = np.where(kept < 2, 1, 0)
            return
        units = np.arange(codes.size) if units is None else units
        n_units = int(units.max()) + 1
        mass = np.bincount(4 * units + codes, weights, minlength=4 * n_units)
        keys = np.column_stack(
            [mass.reshape(n_units, 4), unit_classes(positive, units)]
        )
        keys, self.sizes = np.unique(keys, axis=0, return_counts=True)
        self.mass, self.classes = keys[:, :4], keys[:, 4].astype(int)

    def values(self, counts: np.ndarray) -> np.ndarray:
        """Return the metric of each resample; NaN where it is undefined."""
        return rates_of_counts(counts @ self.mass, self.parts, self.constant)

    @cached_property
    def estimate(self) -> float:
        """The metric on the data."""
        return float(self.values(self.sizes[None])[0])

    def certain(self) -> list[tuple[float, float, int]] | None:
        """Return weight, value and units of each rate if all are 0 or 1, else None."""
        found, total = [], self.sizes @ self.mass
        for name, share in self.parts.items():
            if share:
                top, bottom = rate_terms(name)
                rate = total @ top / (total @ bottom)
                units = int(self.sizes[self.mass @ bottom > 0].sum())
                found.append((share, float(rate), units))
        return found if all(rate in (0, 1) for _, rate, _ in found) else None

    def influence(self) -> np.ndarray:
        """Return the influence of one unit of each cell on the metric."""
        total, found = self.sizes @ self.mass, np.zeros(self.sizes.size)
        for name, share in self.parts.items():
            if share:
                top, bottom = rate_terms(name)
                size = total @ bottom
                rate = total @ top / size
                found += share * (self.mass @ (top - rate * bottom)) / size
        return found


class CallableKernel:
    """Any metric of resamples: one call per resample, on repeated rows."""

    constant = 0.0

    def __init__(
        self,
        metric: Callable[..., float],
        y_true: np.ndarray,
        y_pred: np.ndarray,
        units: np.ndarray | None,
        weights: np.ndarray | None,
        classes: np.ndarray,
    ) -> None:
        self.metric, self.y_true, self.y_pred = metric, y_true, y_pred
        self.units = np.arange(len(y_true)) if units is None else units
        self.weights = weights
        self.sizes = np.ones(int(self.units.max()) + 1, dtype=np.int64)
        self.classes = unit_classes(classes, self.units)

    def values(self, counts: np.ndarray) -> np.ndarray:
        """Return the metric of each resample; NaN where it is undefined."""
        rows = np.arange(len(self.y_true))
        if self.units.size > self.sizes.size:  # else each row is a unit, in order
            counts = (c[self.units] for c in counts)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            return np.array([self._one(rows.repeat(times)) for times in counts])

    def _one(self, rows: np.ndarray) -> float:
        """Call the metric on some rows."""
        extra = {}
        if self.weights is not None:
            extra["sample_weight"] = self.weights[rows]
        value = self.metric(self.y_true[rows], self.y_pred[rows], **extra)
        if isinstance(value, float):
            return float(value)
        if np.ndim(value) or isinstance(value, str | complex | None):
            raise ValueError(f"metric must return one number, got {shown(value)}")
        return float(value)

    @cached_property
    def estimate(self) -> float:
        """The metric on the data."""
        return self._one(np.arange(len(self.y_true)))

    def certain(self) -> None:
        """Return nothing: of a function it is not known what 1 means."""

    def influence(self) -> np.ndarray:
        """Return the jackknife influence of each unit."""
        n = self.sizes.size
        units = np.arange(n)
        left_out = np.concatenate([self.values((units != i)[None] + 0) for i in units])
        return (n - 1) / n * (left_out.mean() - left_out)


def unit_classes(classes: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return the class of each unit; -1 where its rows differ (it straddles)."""
    classes = np.asarray(classes).astype(np.int64)
    n_units = int(units.max()) + 1
    lowest = np.full(n_units, np.iinfo(np.int64).max)
    highest = np.full(n_units, np.iinfo(np.int64).min)
    np.minimum.at(lowest, units, classes)
    np.maximum.at(highest, units, classes)
    return np.where(lowest == highest, highest, -1)


def strata_of(
    classes: np.ndarray, stratify: bool | str, *, by_class: bool
) -> list[slice | np.ndarray]:
    """Return the cells that are resampled together.

    "auto" stratifies a metric of each class by itself, if the groups allow it.
    """
    straddling = int((classes < 0).sum())
    if stratify == "auto":
        stratify = by_class and not straddling
    elif not isinstance(stratify, bool | np.bool):
        raise ValueError(f"stratify must be True, False or 'auto', got {stratify!r}")
    if not stratify:
        return [slice(None)]
    if straddling:
        raise ValueError(
            f"{straddling} groups hold rows of both classes and cannot be "
            "stratified; mend groups or y_true, or pass stratify=False"
        )
    return [np.flatnonzero(classes == c) for c in np.unique(classes)]
