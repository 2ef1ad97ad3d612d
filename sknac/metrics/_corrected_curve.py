"""Net benefits of a model's own patients, corrected for its optimism."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sknac.metrics._net_benefit import LEAST_ACTED, NET_BENEFIT, Gain, threshold_of
from sknac.metrics._optimism import OptimismResult
from sknac.utils._decimals import snapped
from sknac.utils._labels import shown
from sknac.utils._result import Result
from sknac.utils._sample import Sample

# Apparent values of one model and one sample agree but for rounding.
_SAME = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Corrected(Result):
    """A curve of net benefits that is corrected for optimism.

    Parameters
    ----------
    net_benefit, low, high : ndarray of shape (n_thresholds,)
        Corrected values and their bounds; NaN where fewer than ten patients are acted
        on.
    method : {"harrell", ".632+"}
        How the optimism was estimated.
    n_resamples : int
        Resamples that it was estimated from.
    """

    net_benefit: np.ndarray
    low: np.ndarray
    high: np.ndarray
    method: str
    n_resamples: int

    def __repr__(self) -> str:
        return f"corrected for optimism ({self.method}, {self.n_resamples} resamples)"


def by_model(optimism: Any, names: list[str]) -> dict[str, OptimismResult]:
    """Return the optimism of each model that has one."""
    if optimism is None:
        return {}
    if isinstance(optimism, OptimismResult):
        if len(names) > 1:
            raise ValueError(
                f"optimism must say which of the models {names} it is of; give a "
                "dictionary by name"
            )
        optimism = {names[0]: optimism}
    is_named = isinstance(optimism, Mapping) and set(map(str, optimism)) <= set(names)
    if not is_named or not all(
        isinstance(found, OptimismResult) for found in optimism.values()
    ):
        raise ValueError(
            "optimism must be a result of sknac.metrics.optimism, or several by the "
            f"names of the models {names}, got {shown(optimism)}"
        )
    return {str(name): found for name, found in optimism.items()}


def thresholds_of(found: OptimismResult) -> list[float]:
    """Return the thresholds at which a result holds net benefits."""
    cuts = [threshold_of(name) for name in found.table.index]
    return [cut for cut in cuts if cut is not None]


def corrected_by(
    found: OptimismResult,
    name: str,
    sample: Sample,
    cuts: np.ndarray,
    gain: Gain,
    size: float,
) -> Corrected:
    """Return the corrected curve of a model; refuse the optimism of another one.

    `size` is 1, or the share of positives by which the gain is divided.
    """
    rows = [row for row in found.table.index if threshold_of(row) is not None]
    if not rows:
        raise ValueError(
            f"optimism of {name!r} holds no net benefit; compute it with metrics="
            f"{NET_BENEFIT!r}"
        )
    known = np.array(thresholds_of(found))
    cuts = snapped(cuts, known)
    if absent := sorted(set(cuts) - set(known)):
        raise ValueError(
            f"optimism of {name!r} holds no net benefit at the thresholds "
            f"{', '.join(f'{cut:g}' for cut in absent[:5])}; give those of the result, "
            "or thresholds=None"
        )
    places = [rows[known.tolist().index(cut)] for cut in cuts]
    table = found.table.loc[places]
    about = {"n", "n_pos", "n_groups", "pos_label"}
    other = {key for key in about if sample.about[key] != getattr(found, key)}
    apparent = gain.mean * size
    gap = np.abs(table["apparent"].to_numpy() - apparent)
    if other or not (gap <= _SAME).all():
        what = ", ".join(sorted(other)) or (
            f"apparent net benefit {table['apparent'].iloc[gap.argmax()]:.4f} at "
            f"{cuts[gap.argmax()]:g}, here {apparent[gap.argmax()]:.4f}"
        )
        raise ValueError(
            f"optimism of {name!r} is of another model or other patients ({what}); "
            "give the probabilities that this model, fitted to all of these patients, "
            "predicts of them"
        )
    curve, *bounds = (table[x].to_numpy() / size for x in ("corrected", "low", "high"))
    drawn = gain.differ >= LEAST_ACTED
    bounds = (np.where(drawn, bound, np.nan) for bound in bounds)
    return Corrected(curve, *bounds, found.method, found.n_resamples)


def columns_of(found: Corrected | None, n: int) -> dict[str, np.ndarray]:
    """Return the columns of a table; NaN for a model without optimism."""
    names = {
        "corrected": "net_benefit",
        "corrected_low": "low",
        "corrected_high": "high",
    }
    nothing = np.full(n, np.nan)
    return {
        column: nothing if found is None else getattr(found, key)
        for column, key in names.items()
    }
