"""Cut the tumour core, or core and margin, out of maps."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.cohort import MaskOutline, Plane, PlaneTransformer
from sknac.roi._regions import bounding_box, grow_mask
from sknac.utils._sklearn import Interval, Real, StrOptions


class ROIMasker(PlaneTransformer):
    """Keep the tumour core, or core and margin, of parametric maps.

    Maps are computed once for the whole frame; this step cuts the region out,
    so a search over regions does not compute them again. Values outside the
    region become NaN and the maps are cropped to its box.

    Parameters
    ----------
    region : {"core", "core+margin", "frame"}, default="core+margin"
        What to keep; ``"frame"`` keeps everything.
    margin_mm : float, default=5.0
        Thickness of the margin in mm, 0 or more.
    columns : sequence of str or None, default=None
        Ultrasound columns; None takes all.
    n_jobs : int or None, default=None
        Patients worked on at a time.

    Attributes
    ----------
    columns_ : tuple of str
        Ultrasound columns that are masked.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    See Also
    --------
    ROICropper : The same for B-mode images, with a box instead of a mask.

    Notes
    -----
    The margin is measured between sample centres in mm, so it is right on
    anisotropic grids. It is cut off at the edge of the frame. The plane's
    ``roi`` holds the region, so that later steps can tell an invalid value
    inside it from the outside.

    References
    ----------
    .. [1] Taleghamar et al., Scientific Reports 12:2244, 2022 (core, and core
       with a margin of 5 mm).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sknac.cohort import Plane, PolygonOutline, Study
    >>> from sknac.roi import ROIMasker
    >>> core = PolygonOutline([(8, 8), (8, 12), (12, 12), (12, 8)])
    >>> plane = Plane(np.ones((1, 40, 40)), "maps", (0.5, 0.5), core=core,
    ...               channels=("mbf",))
    >>> X = pd.DataFrame({"us_pre": [Study([plane])]}, index=["P1"])
    >>> masked = ROIMasker(region="core").fit_transform(X)
    >>> masked.loc["P1", "us_pre"].planes[0].image.shape
    (1, 8, 8)
    """

    _parameter_constraints: dict = {
        **PlaneTransformer._parameter_constraints,
        "region": [StrOptions({"core", "core+margin", "frame"})],
        "margin_mm": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self, *, region="core+margin", margin_mm=5.0, columns=None, n_jobs=None
    ):
        self.region = region
        self.margin_mm = margin_mm
        self.columns = columns
        self.n_jobs = n_jobs

    def transform_plane(self, plane: Plane) -> Plane:
        """Mask and crop one plane.

        Parameters
        ----------
        plane : Plane
            Maps with a core outline.

        Returns
        -------
        Plane
            The region's box; NaN outside the region.

        Raises
        ------
        ValueError
            If the plane holds no maps, or has no core that covers a sample.
        """
        if plane.kind != "maps":
            raise ValueError(
                f"ROIMasker needs maps, got {plane.kind}: put a QUSMapper before it, "
                "or use ROICropper for B-mode images"
            )
        if self.region == "frame":
            return plane
        mask = self._region(plane)
        rows, columns = bounding_box(mask)
        grid = plane.grid.crop(rows, columns)
        kept = mask[rows, columns]
        return plane.replace(
            image=np.where(kept, plane.load()[:, rows, columns], np.nan),
            spacing_mm=grid.spacing_mm,
            origin_mm=grid.origin_mm,
            roi=MaskOutline(kept, grid),
        )

    def _region(self, plane):
        """Draw the region on the plane's grid."""
        core = plane.core_mask()
        if self.region == "core":
            return core
        if plane.spacing_mm is None:
            raise ValueError(
                "margin_mm needs spacing_mm, which is unknown for this plane"
            )
        return grow_mask(core, plane.spacing_mm, self.margin_mm)
