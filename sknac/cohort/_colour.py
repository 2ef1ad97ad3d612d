"""Planes whose files hold colour, which became grey."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from functools import lru_cache

from sknac.cohort._handles import ArrayRef
from sknac.cohort.planes import PlaneAt
from sknac.io import read_info
from sknac.utils._progress import tracked

_TOLD = 0.001  # of the pixels: small calipers are less, a Doppler box is more


def colour_remark(found: Sequence[PlaneAt]) -> list[str]:
    """Say how many planes are coloured, and the most of them."""
    shares = []
    for at in tracked(found, "looking for colour"):
        with at.named() as plane:
            if isinstance(plane.image, ArrayRef):
                shares.append((_share(plane.image), at))
    coloured = [(share, at) for share, at in shares if share > _TOLD]
    if not coloured:
        return []
    share, at = max(coloured, key=lambda pair: pair[0])
    return [
        f"{len(coloured)} of {len(found)} planes hold colour that became grey "
        f"(Doppler, calipers, a logo), up to {share:.1%} of the pixels: patient "
        f"{at.patient}, visit {at.column[3:]}"
    ]


@lru_cache(maxsize=1 << 16)
def _share(handle):
    """Tell the share of coloured pixels; files without colour are not decoded."""
    info = read_info(handle.path, handle.variable, reader=handle.read_by)
    return info.coloured_share(handle.frame)
