"""Settings that the simulators share, and those that are one number or two."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.utils._room import check_room_of_all
from sknac.utils._sklearn import Integral, Interval, Real

COHORT = {
    "n_patients": [Interval(Integral, 1, None, closed="left")],
    "n_planes": [Interval(Integral, 1, None, closed="left"), tuple, list],
    "effect_size": [Interval(Real, 0, None, closed="left")],
    "prevalence": [Interval(Real, 0, 1, closed="neither")],
    "n_jobs": [Integral, None],
}


def two_of(name, value, least, kind=Real, *, rising=True):
    """Return two numbers of at least the least; one number stands for both."""
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    legal = len(pair) == 2 and all(
        isinstance(v, kind) and least <= v < float("inf") for v in pair
    )
    if not legal or (rising and pair[0] > pair[1]):
        word = "two that rise" if rising else "two"
        raise ValueError(f"{name} must be a number >= {least} or {word}, got {value!r}")
    return tuple(map(int, pair)) if kind is Integral else pair


def check_cohort_room(n_patients, n_planes, plane_bytes):
    """Refuse a cohort that would not fit into memory; before anything is drawn."""
    check_room_of_all(
        f"a cohort of n_patients={n_patients} with up to {n_planes} planes each",
        int(n_patients) * (int(n_planes) * plane_bytes + 2000),
        "take fewer or smaller ones",
    )
