"""Crop B-mode images to the tumour and its border."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from sknac.cohort import Plane, PlaneTransformer
from sknac.cohort.planes import check_kind
from sknac.roi._regions import bounding_box, widen_box
from sknac.utils._sklearn import Interval, Real


class ROICropper(PlaneTransformer):
    """Crop each image to the box of its tumour, widened by a border.

    Parameters
    ----------
    border_share : float, default=0.25
        Width of the border on each side, 0 or more, as a share of the tumour's box
        in that direction.
    border_mm : float or None, default=None
        Width of the border in mm, in place of the share; it needs the image's spacing.
    square : bool, default=True
        Widen the shorter side until the crop is square (in mm where the spacing
        is known, else in pixels), so that resizing does not distort it.
    columns : sequence of str or None, default=None
        Ultrasound columns; None takes all.
    n_jobs : int or None, default=None
        Taken as by every step; this one computes no pixels and is done in place.

    Attributes
    ----------
    columns_ : tuple of str
        Ultrasound columns that are cropped.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    See Also
    --------
    ROIMasker : The same for maps, with a mask instead of a box.

    Notes
    -----
    Near the edge of the image the box is moved inwards; where the image is
    smaller than the box, the crop is the image and no longer square
    (`sknac.preprocessing.PlaneResizer` has ``keep_aspect`` for these). The crop
    keeps its place in the scan (``origin_mm``), so the outline stays valid.

    The DLRP paper cropped by hand to the complete tumour and its border tissue
    and does not give the width of the border: the default is our choice.

    Examples
    --------
    >>> from sknac.datasets import make_bmode_cohort
    >>> from sknac.roi import ROICropper
    >>> X = make_bmode_cohort(n_patients=4, random_state=0).X
    >>> crop = ROICropper().fit_transform(X).iloc[0]["us_pre"].planes[0]
    >>> crop.image.shape < X.iloc[0]["us_pre"].planes[0].image.shape
    True
    """

    _parameter_constraints: dict = {
        **PlaneTransformer._parameter_constraints,
        "border_share": [Interval(Real, 0, None, closed="left")],
        "border_mm": [Interval(Real, 0, None, closed="left"), None],
        "square": ["boolean"],
    }

    kinds = ("bmode",)
    derives = True

    def __init__(
        self,
        *,
        border_share: float = 0.25,
        border_mm: float | None = None,
        square: bool = True,
        columns: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.border_share = border_share
        self.border_mm = border_mm
        self.square = square
        self.columns = columns
        self.n_jobs = n_jobs

    def transform_plane(self, plane: Plane) -> Plane:
        """Crop one plane.

        Parameters
        ----------
        plane : Plane
            A B-mode image with a core outline.

        Returns
        -------
        Plane
            The crop, at its place in the scan.

        Raises
        ------
        ValueError
            If the plane is no B-mode image, has no core, or the border is in mm
            and the spacing is unknown.
        """
        check_kind(self, plane)
        box = bounding_box(plane.core_mask())
        rows, columns = widen_box(
            box,
            self._border_samples(plane, box),
            plane.grid.shape,
            square_steps=plane.grid.step if self.square else None,
        )
        grid = plane.grid.crop(rows, columns)
        return plane.derive(
            _cropped,
            rows,
            columns,
            shape=grid.shape,
            dtype=plane.image.dtype,
            grid=grid,
        )

    def _border_samples(self, plane, box):
        """Width of the border in samples, axial and lateral."""
        if self.border_mm is None:
            return tuple(self.border_share * (span.stop - span.start) for span in box)
        if plane.spacing_mm is None:
            raise ValueError(
                "border_mm needs spacing_mm, which is unknown for this image; give the "
                "pixel size, or use border_share"
            )
        return tuple(self.border_mm / step for step in plane.spacing_mm)


def _cropped(image, rows, columns):
    """Crop an image to a box."""
    return image[rows, columns]
