"""Core, margin and region of a plane, drawn as `sknac.roi.ROIMasker` draws them."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import numpy as np

from sknac.cohort import Plane
from sknac.roi import ROIMasker

#: What features can be of.
REGIONS = ("core", "margin", "roi")


def draw_regions(
    plane: Plane, names: Sequence[str], margin_mm: float
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

    Returns
    -------
    dict of str to ndarray of bool of shape (height, width)
        ``"roi"`` is what `ROIMasker` kept, or the whole image; the others lie in it.

    Raises
    ------
    ValueError
        If there is no core, the margin needs a spacing that is unknown, or `ROIMasker`
        kept nothing of the margin.
    """
    kept = np.ones(plane.grid.shape, dtype=bool)
    if plane.roi is not None:
        kept = plane.roi.to_mask(plane.grid)
    masks = {"roi": kept}
    if "core" in names or "margin" in names:
        core = plane.core_mask()
        masks["core"] = core & kept
    if "margin" in names:
        masks["margin"] = _grown(plane, margin_mm) & ~core & kept
        if plane.roi is not None and not masks["margin"].any():
            raise ValueError(
                f"nothing of a margin of {margin_mm:g} mm lies in the region; take "
                'region="core+margin" in ROIMasker, or leave "margin" out of regions'
            )
    return {name: masks[name] for name in names}


def _grown(plane, margin_mm):
    """Core and margin, by a `ROIMasker` on an image of nothing."""
    if plane.spacing_mm is None:
        raise ValueError(
            "margin_mm needs spacing_mm, which is unknown for this plane; give it, or "
            'leave "margin" out of regions'
        )
    blank = np.zeros((1, *plane.grid.shape), dtype=np.uint8)
    drawn = plane.replace(image=blank, kind="maps", channels=("blank",), roi=None)
    masker = ROIMasker(region="core+margin", margin_mm=margin_mm)
    return masker.transform_plane(drawn).roi.to_mask(plane.grid)
