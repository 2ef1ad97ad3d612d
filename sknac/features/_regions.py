"""Core, margin and region of a plane, drawn as `sknac.roi` draws them."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import numpy as np

from sknac.cohort import Plane
from sknac.roi import RegionChannels

#: What features can be of.
REGIONS = ("core", "margin", "roi")


def draw_regions(
    plane: Plane,
    names: Sequence[str],
    margin_mm: float,
    margin_share: float | None = None,
) -> dict[str, np.ndarray]:
    """Draw some of a plane's regions on its grid.

    Parameters
    ----------
    plane : Plane
        An image; with a core, unless only ``"roi"`` is asked for.
    names : sequence of str
        Out of `REGIONS`.
    margin_mm : float
        Thickness of the margin.
    margin_share : float or None, default=None
        Thickness as a share of the core's equivalent diameter instead.

    Returns
    -------
    dict of str to ndarray of bool of shape (height, width)
        ``"roi"`` is what `ROIMasker` kept, or the whole image; the others lie in it.

    Raises
    ------
    ValueError
        If there is no core, the margin needs a spacing that is unknown, or the frame
        or a `ROIMasker` holds nothing of the margin.
    """
    kept = np.ones(plane.grid.shape, dtype=bool)
    if plane.roi is not None:
        kept = plane.roi.to_mask(plane.grid)
    masks = {"roi": kept}
    if "core" in names or "margin" in names:
        core = plane.core_mask()
        masks["core"] = core & kept
    if "margin" in names:
        ring = RegionChannels(
            regions="margin", margin_mm=margin_mm, margin_share=margin_share
        )
        masks["margin"] = ring.region_masks(plane)["margin"] & kept
        if not masks["margin"].any():
            raise ValueError(
                "the region that ROIMasker kept holds nothing of the margin; take "
                'region="core+margin" there, or leave "margin" out of regions'
            )
    return {name: masks[name] for name in names}
