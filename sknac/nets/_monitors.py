"""Callbacks that record a score, and those that go by it: their order and direction."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from skorch.callbacks import (
    BatchScoring,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    EpochTimer,
    PassthroughScoring,
    PrintLog,
)

_SCORING = (BatchScoring, EpochScoring, PassthroughScoring)
_ORDER = (
    (EpochTimer, *_SCORING),
    (),  # all others, in the order given
    (EarlyStopping, Checkpoint),
    (PrintLog,),
)


def rank(callback) -> int:
    """Place of a callback, or of its class: what is looked at is recorded before."""
    kind = callback if isinstance(callback, type) else type(callback)
    ranks = (i for i, kinds in enumerate(_ORDER) if issubclass(kind, kinds))
    return next(ranks, 1)


def keeps_weights(callback) -> bool:
    """Tell whether a callback puts back the weights of an epoch at the end."""
    return bool(getattr(callback, "load_best", False))


def check_monitors(callbacks) -> None:
    """Let one callback alone choose the weights, and refuse a wrong direction.

    The last that would choose does so: the user's own come after the default.

    Raises
    ------
    ValueError
        If a callback takes for better what the recorded score takes for worse.
    """
    found = [callback for _, callback in callbacks]
    for callback in list(filter(keeps_weights, found))[:-1]:
        callback.load_best = False
    for scoring in (c for c in found if isinstance(c, _SCORING)):
        for callback in found:
            lower = _lower_is_better(callback, scoring)
            if lower is not None and lower != _direction(scoring):
                raise ValueError(
                    f"{type(callback).__name__} would keep the worst epoch: "
                    f"{_name(scoring)!r} is better where it is "
                    f"{'higher' if lower else 'lower'}; give it and its "
                    f"{type(scoring).__name__} lower_is_better={not lower}"
                )


def _lower_is_better(callback, scoring):
    """Direction in which a callback reads a score; None if it does not read it."""
    monitor = getattr(callback, "monitor", None)
    if isinstance(callback, EarlyStopping) and monitor == _name(scoring):
        return callback.lower_is_better
    if isinstance(callback, Checkpoint) and monitor == f"{_name(scoring)}_best":
        return scoring.lower_is_better
    return None


def _name(scoring):
    """Name under which a score is recorded."""
    return getattr(scoring, "name_", scoring.name)


def _direction(scoring):
    """Whether lower is better: never so for scikit-learn's scorers."""
    if isinstance(scoring, PassthroughScoring):
        return scoring.lower_is_better
    scorer = scoring.scoring
    known = isinstance(scorer, str) or type(scorer).__module__.startswith("sklearn.")
    return False if scorer is None or known else scoring.lower_is_better


def kept_epoch(net) -> int:
    """Tell the epoch, from 1, whose weights a trained network has."""
    keepers = [c for _, c in net.callbacks_ if keeps_weights(c)]
    if not keepers:
        return len(net.history_)
    if isinstance(keepers[-1], EarlyStopping):
        epoch = keepers[-1].best_epoch_
    else:  # a checkpoint; it marks the epochs that it saved
        mark = keepers[-1].event_name or keepers[-1].monitor
        marks = [row.get(mark, False) for row in net.history_]
        epoch = int(np.flatnonzero([False, *marks])[-1]) if any(marks) else 0
    if not epoch:
        raise ValueError(
            f"no epoch has a number for {keepers[-1].monitor!r}, so none is the best; "
            "monitor a score that the validation patients can have"
        )
    return epoch
