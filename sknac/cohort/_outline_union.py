"""Several outlines of one tumour as one."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sknac.cohort._geometry import Grid
from sknac.cohort._outlines import MaskOutline, PolygonOutline
from sknac.utils._handle import digest_of


@dataclass(frozen=True, eq=False)
class OutlineUnion:
    """What lies inside any of several outlines, each kept as it was drawn.

    Parameters
    ----------
    parts : tuple of PolygonOutline or MaskOutline
        At least two.
    """

    parts: tuple[PolygonOutline | MaskOutline, ...]
    digest: str = field(init=False, repr=False)

    def __post_init__(self):
        digest = digest_of("union", *(part.digest for part in self.parts))
        object.__setattr__(self, "digest", digest)

    def to_mask(self, grid: Grid) -> np.ndarray:
        """Mark the samples of a grid that lie inside any part."""
        return np.logical_or.reduce([part.to_mask(grid) for part in self.parts])

    def box(self) -> np.ndarray:
        """Find the outermost (axial, lateral) coordinates of all parts."""
        return _around([part.box() for part in self.parts])

    def rings(self) -> list[np.ndarray]:
        """List the closed curves of each part, also where parts overlap."""
        return [ring for part in self.parts for ring in part.rings()]

    def _check_on(self, grid: Grid) -> np.ndarray:
        """Refuse a grid in another unit; return a box, without reading masks."""
        return _around([part._check_on(grid) for part in self.parts])

    def __eq__(self, other):
        return isinstance(other, OutlineUnion) and self.digest == other.digest

    def __hash__(self):
        return hash(self.digest)

    def __repr__(self):
        return f"OutlineUnion({len(self.parts)} outlines)"


def unite(
    outlines: Sequence[PolygonOutline | MaskOutline | OutlineUnion],
) -> PolygonOutline | MaskOutline | OutlineUnion:
    """Make one outline of several, whatever their kinds and order."""
    parts = [part for one in outlines for part in parts_of(one)]
    distinct = {part.digest: part for part in parts}
    parts = tuple(distinct[digest] for digest in sorted(distinct))
    return parts[0] if len(parts) == 1 else OutlineUnion(parts)


def parts_of(
    outline: PolygonOutline | MaskOutline | OutlineUnion | None,
) -> tuple[PolygonOutline | MaskOutline, ...]:
    """List the outlines that one is made of; none of None."""
    return getattr(outline, "parts", () if outline is None else (outline,))


def _around(boxes):
    """The box that holds all boxes."""
    low, high = np.stack(boxes, axis=1)
    return np.stack([low.min(axis=0), high.max(axis=0)])
