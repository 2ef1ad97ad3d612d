"""What an estimator takes, read from its ``kinds`` and ``n_visits``."""

# SPDX-License-Identifier: BSD-3-Clause

from sklearn.pipeline import Pipeline

_VISITS = ("pre", "post2", "post4")


def takes(estimator) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the kinds of planes and the visits that an estimator is checked on.

    In a pipeline the first step with ``kinds`` decides on them, and the step that needs
    most visits on the visits. Whoever takes any number is checked on two.
    """
    tagged = [part for part in _walk(estimator) if hasattr(part, "kinds")]
    if not tagged:
        raise ValueError(
            f"{type(estimator).__name__} has no attribute kinds; name the "
            "planes that it takes on its class, for example kinds = ('maps',)"
        )
    needed = (getattr(part, "n_visits", None) for part in tagged)
    n_visits = max((number for number in needed if number is not None), default=2)
    return tuple(sorted(tagged[0].kinds)), _VISITS[:n_visits]


def _walk(estimator):
    """Yield an estimator and those inside it, in the order that data take."""
    yield estimator
    if isinstance(estimator, Pipeline):
        parts = [step for _, step in estimator.steps]
    else:
        parts = estimator.get_params(deep=False).values()
    for part in parts:
        if hasattr(part, "get_params") and not isinstance(part, type):
            yield from _walk(part)
