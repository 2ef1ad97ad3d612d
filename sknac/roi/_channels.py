"""Give networks the tumour's outline: core and margin as further channels."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd

from sknac.cohort import Plane, PlaneTransformer
from sknac.cohort.planes import check_kind, derived_mask
from sknac.roi._regions import draw_region, margin_of
from sknac.utils._sklearn import Interval, Real

_REGIONS = ("core", "margin")


class RegionChannels(PlaneTransformer):
    """Add masks of the tumour core and its margin as channels of each plane.

    A network then sees where the tumour is and what shape it has, and a small one does
    not have to find that out.

    Parameters
    ----------
    regions : sequence of str, default=("core", "margin")
        Masks to add: ``"core"``, ``"margin"`` or both, in this order.
    margin_mm : float, default=5.0
        Thickness of the margin in mm.
    margin_share : float or None, default=None
        Thickness as a share of the core's equivalent diameter, in place of
        `margin_mm`; it needs no spacing.
    columns : sequence of str or None, default=None
        Ultrasound columns; None takes all.
    n_jobs : int or None, default=None
        Taken as by every step; this one computes no pixels and is done in place.

    Attributes
    ----------
    columns_ : tuple of str
        Ultrasound columns that get the channels.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    See Also
    --------
    ROIMasker : Cuts the region out instead, so that only it is seen.
    sknac.preprocessing.MapScaler : Scales the other channels and leaves masks alone.

    Notes
    -----
    A B-mode image becomes maps named ``("bmode", "core", "margin")``; maps get the new
    names behind theirs. Masks are 1 inside and 0 outside. The margin does not include
    the core, is measured between sample centres from the whole core, also where that
    leaves the frame, and ends where the frame does.

    The step comes after `ROICropper`, which takes images, and before or after
    `ROIMasker` and `sknac.preprocessing.PlaneResizer`: the outline follows every crop.
    Before a resizer a mask becomes the share of each new pixel that lies inside, after
    it 0 or 1. Outside the region that `ROIMasker` kept, masks are 0 after the scaler.

    A mask says what the reader who drew it saw. Where the classes were known to that
    reader, or the new patients' outlines will be drawn by another one, so does the
    network.

    Examples
    --------
    >>> from sknac.datasets import make_bmode_cohort
    >>> from sknac.roi import RegionChannels, ROICropper
    >>> X = make_bmode_cohort(n_patients=4, random_state=0).X
    >>> crops = ROICropper().fit_transform(X)
    >>> X = RegionChannels(margin_mm=2.0).fit_transform(crops)
    >>> plane = X["us_pre"].iloc[0].planes[0]
    >>> plane.kind, plane.channels
    ('maps', ('bmode', 'core', 'margin'))
    """

    _parameter_constraints: dict = {
        **PlaneTransformer._parameter_constraints,
        "regions": ["array-like", str],
        "margin_mm": [Interval(Real, 0, None, closed="neither")],
        "margin_share": [Interval(Real, 0, None, closed="neither"), None],
    }

    kinds = ("bmode", "maps")
    derives = True

    def __init__(
        self,
        *,
        regions: Any = _REGIONS,
        margin_mm: float = 5.0,
        margin_share: float | None = None,
        columns: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.regions = regions
        self.margin_mm = margin_mm
        self.margin_share = margin_share
        self.columns = columns
        self.n_jobs = n_jobs

    def fit_planes(self, X: pd.DataFrame) -> None:
        """Check the names of the regions.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Checked cohort frame.

        Raises
        ------
        ValueError
            If there is no such region.
        """
        _check_regions(self.regions)

    def transform_plane(self, plane: Plane) -> Plane:
        """Add the channels to one plane.

        Parameters
        ----------
        plane : Plane
            A B-mode image or maps with a core outline.

        Returns
        -------
        Plane
            Maps of type float32, or float64 where the maps were.

        Raises
        ------
        ValueError
            If the plane has no core that covers a sample, or the channels already, or
            its margin holds no sample or is in mm and the spacing is unknown.
        """
        check_kind(self, plane)
        regions = _check_regions(self.regions)
        channels = plane.channels or ("bmode",)
        twice = [name for name in regions if name in channels]
        if twice:
            raise ValueError(
                f"the plane has a channel {twice[0]!r} already; add it once, or rename "
                "the map"
            )
        masks = self.region_masks(plane)  # says so where they cannot be drawn
        drawn = derived_mask(
            _stacked,
            plane.core,
            plane.grid,
            self._margin_of(plane),
            regions,
            shape=(len(regions), *plane.grid.shape),
        )
        drawn.keep(np.stack(list(masks.values())))
        dtype = np.dtype(np.float32)
        if plane.kind == "maps":
            dtype = np.result_type(plane.image.dtype, dtype)
        return plane.derive(
            _beside,
            drawn,
            dtype.str,
            shape=(len(channels) + len(regions), *plane.grid.shape),
            dtype=dtype,
            kind="maps",
            channels=(*channels, *regions),
        )

    def region_masks(self, plane: Plane) -> dict[str, np.ndarray]:
        """Draw the regions on a plane's grid, without reading its image.

        Parameters
        ----------
        plane : Plane
            A plane of any kind with a core outline.

        Returns
        -------
        dict of str to ndarray of bool of shape (height, width)
            The masks of ``regions``, in their order.

        Raises
        ------
        ValueError
            If the plane has no core that covers a sample, or its margin holds no sample
            or is in mm and the spacing is unknown.
        """
        plane.core_mask()  # says so where there is none
        regions = _check_regions(self.regions)
        masks = _drawn(plane.core, plane.grid, self._margin_of(plane), regions)
        if "margin" in regions and not masks["margin"].any():
            raise ValueError(
                "the margin holds no sample of the image; widen it, crop less, or "
                "leave it out"
            )
        return masks

    def _margin_of(self, plane):
        """Thickness of the margin in the plane's unit; 0 where none is asked for."""
        if "margin" not in _check_regions(self.regions):
            return 0.0
        mend = (
            "or take margin_share, or the core alone (regions=['core'], and "
            "margin_mm=None in make_bmode_response_pipeline)"
        )
        return float(margin_of(plane, self.margin_mm, self.margin_share, mend))


def _drawn(core, grid, margin, regions):
    """Draw the regions by their names; the margin does not include the core."""
    mask = core.to_mask(grid)
    masks = {"core": mask}
    if "margin" in regions:
        masks["margin"] = draw_region(core, grid, margin).in_frame & ~mask
    return {name: masks[name] for name in regions}


def _stacked(core, grid, margin, regions):
    """Draw the regions as one array."""
    return np.stack(list(_drawn(core, grid, margin, regions).values()))


def _beside(image, masks, dtype):
    """Put masks behind the maps of an image."""
    maps = image.reshape(-1, *image.shape[-2:])
    return np.concatenate([maps, masks], dtype=np.dtype(dtype))


def _check_regions(regions):
    """Return the regions' names, each once and in their order."""
    names = (regions,) if isinstance(regions, str) else tuple(regions)
    if not names or names not in (_REGIONS, *((name,) for name in _REGIONS)):
        raise ValueError(
            f"regions must be 'core', 'margin' or {_REGIONS}, got {regions!r}"
        )
    return names
