"""Cut the tumour core, or core and margin, out of maps and images."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sknac.cohort import MaskOutline, Plane, PlaneTransformer, check_cohort
from sknac.cohort.planes import check_kind, derived_mask, list_planes
from sknac.roi._regions import bounding_box, draw_region, margin_of, region_span
from sknac.utils._sklearn import Interval, Real, StrOptions


class ROIMasker(PlaneTransformer):
    """Keep the tumour core, or core and margin, of maps or B-mode images.

    Maps are computed once for the whole frame; this step cuts the region out,
    so a search over regions does not compute them again. Values outside the
    region become NaN and the planes are cropped to its box.

    Parameters
    ----------
    region : {"core", "core+margin", "frame"}, default="core+margin"
        What to keep; ``"frame"`` keeps everything.
    margin_mm : float, default=5.0
        Thickness of the margin in mm, 0 or more.
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
        Ultrasound columns that are masked.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.
    cut_ : DataFrame of shape (n_planes, 5)
        What the frames of the training planes cut off: ``row`` (the patient's
        position), ``visit, plane, core_cut, margin_cut``; `cut_table` has names.

    See Also
    --------
    ROICropper : Keeps a box round the tumour of B-mode images.
    RegionChannels : Shows core and margin to a network, and cuts nothing out.

    Notes
    -----
    The margin is measured between sample centres in mm, so it is right on
    anisotropic grids, and from the whole core, also where that leaves the frame.
    What lies beyond the frame is lost: ``cut_`` and `cut_table` say how much of
    each core and margin that is. (Maps begin and end half a window inside the
    scan.) The plane's ``roi`` holds the region, so that later steps can tell an
    invalid value inside it from the outside. B-mode images of whole numbers become
    float32, which has a NaN; grey levels stay what they were.

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
        "margin_share": [Interval(Real, 0, None, closed="left"), None],
    }

    kinds = ("bmode", "maps")
    derives = True

    def __init__(
        self,
        *,
        region: str = "core+margin",
        margin_mm: float = 5.0,
        margin_share: float | None = None,
        columns: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.region = region
        self.margin_mm = margin_mm
        self.margin_share = margin_share
        self.columns = columns
        self.n_jobs = n_jobs

    def transform_plane(self, plane: Plane) -> Plane:
        """Mask and crop one plane.

        Parameters
        ----------
        plane : Plane
            Maps or a B-mode image with a core outline.

        Returns
        -------
        Plane
            The region's box; NaN outside the region.

        Raises
        ------
        ValueError
            If the plane is of another kind, or has no core that covers a sample.
        """
        mask, margin = self._core(plane)
        if mask is None:
            return plane
        if margin > 0:
            mask |= draw_region(plane.core, plane.grid, margin).in_frame
        box = bounding_box(mask)
        grid = plane.grid.crop(*box)
        kept = derived_mask(
            _drawn, plane.core, plane.grid, float(margin), *box, shape=grid.shape
        )
        region = MaskOutline(kept.keep(mask[box]), grid)
        return plane.derive(
            _cut_out,
            region,
            *box,
            shape=(*plane.image.shape[:-2], *grid.shape),
            dtype=_with_nan(plane.image),
            grid=grid,
            roi=region,
        )

    def fit_planes(self, X: pd.DataFrame) -> None:
        """Measure what the frames cut off the training planes' regions.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Checked cohort frame.

        Warns
        -----
        UserWarning
            If more than half of a core lies beyond its frame.
        """
        self.cut_ = self._cut_table(X, "row", lambda at: at.row)
        lost = self.cut_[self.cut_["core_cut"] > 0.5]
        if len(lost):
            worst = lost.loc[lost["core_cut"].idxmax()]
            warnings.warn(
                f"{len(lost)} of {len(self.cut_)} frames hold less than half of their "
                f"core; row {X.index[worst['row']]}, column us_{worst['visit']}, plane "
                f"{worst['plane']} holds {1 - worst['core_cut']:.0%}: check the "
                "outline's unit and the spacing",
                UserWarning,
                stacklevel=4,
            )

    def cut_table(self, X: pd.DataFrame) -> pd.DataFrame:
        """List how much of each plane's region lies beyond its frame.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame with the columns seen in ``fit``.

        Returns
        -------
        DataFrame of shape (n_planes, 5)
            ``patient_id, visit, plane, core_cut, margin_cut``: the shares of core
            and margin, 0 to 1, that lie beyond the frame, by number of samples.
            Without rows if the region is the frame.
        """
        check_is_fitted(self)
        check_cohort(self, X, columns=self.columns_, reset=False)
        return self._cut_table(X, "patient_id", lambda at: at.patient)

    def _cut_table(self, X, name, named):
        """Measure each plane; errors name the place."""
        rows = []
        for at in list_planes(X, self.columns_) if self.region != "frame" else ():
            with at.named() as plane:
                cut = self._cut(plane)
            visit = at.column.removeprefix("us_")
            rows.append((named(at), visit, at.number, *cut))
        names = [name, "visit", "plane", "core_cut", "margin_cut"]
        return pd.DataFrame(rows, columns=names)

    def _cut(self, plane):
        """Share of core and margin beyond the frame."""
        _, margin = self._core(plane)
        spans = region_span(plane.core, plane.grid, margin)
        if all(
            span.start >= 0 and span.stop <= size
            for span, size in zip(spans, plane.grid.shape, strict=True)
        ):
            return 0.0, 0.0
        region = draw_region(plane.core, plane.grid, margin)
        return region.core_cut, region.margin_cut

    def _core(self, plane):
        """Mask of the core and the margin to draw; None and 0 for the whole frame."""
        check_kind(self, plane)
        if self.region == "frame":
            return None, 0.0
        core = plane.core_mask()  # says so where there is none
        if self.region == "core":
            return core, 0.0
        mend = 'or take margin_share or region="core"'
        return core, margin_of(plane, self.margin_mm, self.margin_share, mend)


def _drawn(core, grid, margin, rows, columns):
    """Draw the core, or core and margin, within a box."""
    mask = core.to_mask(grid)
    if margin > 0:
        mask |= draw_region(core, grid, margin).in_frame
    return mask[rows, columns]


def _cut_out(image, region, rows, columns):
    """Crop an image to a box, and make what is outside the region NaN."""
    image = image[..., rows, columns]
    kept = region.to_mask(region.grid)
    return np.where(kept, image.astype(_with_nan(image), copy=False), np.nan)


def _with_nan(image):
    """Type of an image's values beside NaN; whole numbers of B-mode images: float32."""
    if image.ndim == 2 and image.dtype.kind != "f":
        return np.dtype(np.float32)
    return np.where(True, np.empty(1, image.dtype), np.nan).dtype
