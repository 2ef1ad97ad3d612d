"""Change of numbers between two visits, and when a ratio means something."""

# SPDX-License-Identifier: BSD-3-Clause

import re
from collections.abc import Mapping, Sequence

import numpy as np

#: Ways to measure a change, and how each writes its pair: (later, reference).
WAYS = {"difference": "{}-{}", "ratio": "{}/{}", "relative": "{}/{}-1"}

# A reference below this share of the usual one makes a ratio of its noise.
_NEAR_ZERO = 1e-3
# Levels in decibels: a map of them, its mean or a percentile. Spreads and textures of
# the same maps are no levels.
_LEVEL_DB = re.compile(r"(?:^|_)(?:mbf|si|eac|nakagami_omega)(?:_(?:mean|p\d{1,2}))?$")
_MEND = 'take how="difference" for it, or leave it out'


def change(first: np.ndarray, later: np.ndarray, way: str) -> np.ndarray:
    """Measure the change from the first to the later value; NaN stays NaN.

    A reference of 0 makes NaN or infinity, which the caller has seen to.
    """
    if way == "difference":
        return later - first
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = later / first
    return ratio if way == "ratio" else ratio - 1.0


def least_references(
    values: Mapping[str, np.ndarray], pairs: Sequence[tuple[str, str]]
) -> np.ndarray:
    """Per feature what a reference must reach: a thousandth of their median.

    Parameters
    ----------
    values : dict of str to ndarray of shape (n_patients, n_features)
        The features of each visit; NaN where it is missing.
    pairs : sequence of tuple of (str, str)
        Reference and later visit.

    Returns
    -------
    ndarray of shape (n_features,)
        0 where no reference is known.
    """
    found = np.concatenate([values[first] for first in {first for first, _ in pairs}])
    known = [column[np.isfinite(column)] for column in found.T]
    return np.array([_NEAR_ZERO * np.median(c) if c.size else 0.0 for c in known])


def meaningless(first, later, least) -> np.ndarray:
    """List (row, feature) whose ratio has no meaning, an array of shape (n, 2)."""
    wrong = (first < 0) | (later < 0) | (first <= 0) | (first < least)
    return np.argwhere(wrong)


def check_ratios(
    names: Sequence[str],
    values: Mapping[str, np.ndarray],
    pairs: Sequence[tuple[str, str]],
    patients: Sequence,
) -> None:
    """Raise for the first feature whose ratio has no meaning in training."""
    for name in names:
        if _LEVEL_DB.search(name):
            raise ValueError(
                f"feature {name} is a level in decibels, which has no ratio; {_MEND}"
            )
    least = least_references(values, pairs)
    for visit, table in values.items():
        is_reference = any(visit == first for first, _ in pairs)
        wrong = table < 0
        if is_reference:
            wrong |= (table <= 0) | (table < least)
        for row, feature in np.argwhere(wrong)[:1]:
            value = table[row, feature]
            why = (
                "it has values below 0" if value < 0 else "as a reference it is near 0"
            )
            raise ValueError(
                f"feature {names[feature]} has no ratio: {why}, {value:.4g} in row "
                f"{patients[row]}, column us_{visit}; {_MEND}"
            )
