"""Run a function over parts of a cohort's planes, whose results are added up."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle
from collections.abc import Callable, Iterable
from typing import Any

from joblib import Parallel, delayed

from sknac.utils._workers import in_task, is_far, near

_PART = 32  # planes of one: sums of so many are sent instead of theirs
_MOST_BYTES = 20_000  # of a plane that is sent: its handles, not its pixels


def over_parts(
    function: Callable[[list], Any], found: list, *, n_jobs: int | None = None
) -> Iterable:
    """Apply a function to lists of some 32 planes, each in one task.

    Inside a task, and where workers are on other machines and planes hold pixels, all
    is done in place.

    Parameters
    ----------
    function : callable
        ``function(planes)`` of a list of `PlaneAt`; what it returns is small.
    found : list of PlaneAt
        Planes.
    n_jobs : int or None, default=None
        Tasks at a time, as in joblib.

    Returns
    -------
    iterable
        Results, in the order of the planes.
    """
    far = n_jobs != 1 and is_far() and not in_task() and _are_handles(found)
    settings = {"n_jobs": n_jobs, "return_as": "generator"}
    parallel = Parallel(batch_size=1, **settings) if far else near(**settings)
    parts = (found[i : i + _PART] for i in range(0, len(found), _PART))
    return parallel(delayed(function)(part) for part in parts)


def _are_handles(found):
    """Tell whether what is sent of each plane is small."""
    return all(len(pickle.dumps(at)) <= _MOST_BYTES for at in found)
