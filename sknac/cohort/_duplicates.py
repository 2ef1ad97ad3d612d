"""The same pixels under several patients, visits or planes."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import pandas as pd

from sknac.cohort._frame import ultrasound_columns
from sknac.cohort.planes import PlaneAt, is_empty, list_planes
from sknac.exceptions import CohortError
from sknac.utils._progress import tracked
from sknac.utils._warnings import warn_user

_LEGAL = ("warn", "raise", "ignore")


def find_duplicates(
    X: pd.DataFrame, columns: Sequence[str] | None = None
) -> list[list[PlaneAt]]:
    """List the groups of planes that have the same pixels; each plane is read once.

    An image of one value everywhere is like every other empty one and not counted.
    """
    found = list_planes(X, ultrasound_columns(X, columns))
    groups = {}
    for at in tracked(found, "comparing pixels"):
        with at.named() as plane:
            groups.setdefault(plane.image.pixel_digest, []).append(at)
    return [
        group
        for group in groups.values()
        if len(group) > 1 and not is_empty(group[0].plane.load())
    ]


def check_duplicates(X: pd.DataFrame, duplicates: str) -> None:
    """Warn of planes with the same pixels, or refuse or ignore them."""
    if duplicates not in _LEGAL:
        raise ValueError(f"duplicates must be one of {_LEGAL}, got {duplicates!r}")
    if duplicates == "ignore":
        return
    groups = find_duplicates(X)
    if not groups:
        return
    places = [f"patient {at.patient}, visit {at.column[3:]}" for at in groups[0]]
    n_patients = sum(len({at.patient for at in group}) > 1 for group in groups)
    text = (
        f"{len(groups)} images are there more than once, {n_patients} of them under "
        f"several patients; the first is at {' and at '.join(places[:4])}; keep one of "
        "each, or pass duplicates='ignore'"
    )
    if duplicates == "raise":
        raise CohortError(text)
    warn_user(text)
