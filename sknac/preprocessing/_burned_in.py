"""`BurnedInAnnotations`: find what is drawn on B-mode images, and take it out."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sknac.cohort import Plane, PlaneTransformer, check_cohort
from sknac.cohort.planes import (
    annotated_pixels,
    check_kind,
    derived_mask,
    list_planes,
)
from sknac.utils._burned_in import CONTRAST, mark_boxes, shares_near
from sknac.utils._handle import digest_of
from sknac.utils._optional import import_optional
from sknac.utils._sklearn import Interval, Real, StrOptions


class BurnedInAnnotations(PlaneTransformer):
    """Find calipers, text and colour that are drawn on B-mode images.

    They tell what the reader thought: where the tumour ends, that it was measured, at
    times what it is. A model that sees them learns from the reader. This step lists
    them, and takes them out where that is asked for.

    Parameters
    ----------
    action : {"keep", "mask", "inpaint"}, default="keep"
        ``"keep"`` finds and lists only; ``"mask"`` makes the marked pixels NaN, which
        feature steps leave out and `MapScaler` fills; ``"inpaint"`` fills them
        smoothly from around, with scikit-image (``pip install 'sknac[images]'``).
    contrast : float, default=0.25
        Least contrast of a stroke to both of its sides, as a share of the image's
        range, 0 to 1. Less finds fainter marks and calls more speckle a mark. Of a
        grainy image it is at least four times the usual difference of neighbours.
    columns : sequence of str or None, default=None
        Ultrasound columns; None takes all.
    n_jobs : int or None, default=None
        Planes worked on at a time.

    Attributes
    ----------
    annotations_ : DataFrame of shape (n_planes, 8)
        What is drawn on the training planes, as of `annotation_table`, with ``row``,
        the patient's position, for ``patient_id``.
    columns_ : tuple of str
        Ultrasound columns that are looked at.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    See Also
    --------
    sknac.cohort.cohort_summary : Counts marked planes with ``annotations=True``.
    sknac.roi.ROICropper : Leaves out what is drawn beside the tumour.

    Notes
    -----
    Speckle and interfaces are wider across the beam than along it. What is up to four
    pixels wide across, six tall or more, and brighter than both sides by ``contrast``
    is no echo but an upright stroke, of a letter or a ruler. The other letters of its
    line, as bright, are taken with it; crosses are found by their four arms, upright
    or slanted, and dotted lines by four or more sharp dots at equal distances; pixels
    that are coloured in the file (not screens tinted as a whole) are marks too. Give
    this step the images as they were read: crops and resampled images have lost the
    colour of their files, and strokes become wide.

    On 24 public breast images without marks it finds none but a ruler, and of white
    marks drawn on them 92 % or more of each kind, of light grey ones (200 of 255) 75 %
    or more. In simulated speckle it found none in 45 images without marks, 87 % or more
    of white ones, and 33 to 87 % of light grey ones by kind. Where a gain saturates a
    part of the speckle it found marks in up to 7 % of the images without, and 8 to 67 %
    of those drawn: white on white is not seen. It misses dotted stars, letters lower
    than six pixels, filled boxes, arrows and grey-scale bars, and may call a needle,
    which is upright, thin and bright, a mark.

    Marks are looked for at once; images without them are computed when they are read,
    by ``"inpaint"`` each time, which may take a second where much is drawn.

    NaN and filled pixels lie where the marks did: what a model makes of it may tell
    where the reader measured. `annotation_table` says how much that is.

    References
    ----------
    .. [1] DICOM PS3.3, C.7.6.1.1.2 and attribute Burned In Annotation (0028,0301).
    .. [2] C. Damelin, D. Hoang, "On surface completion and image inpainting by
       biharmonic functions", International Journal of Mathematics and Mathematical
       Sciences 2018:3950312, 2018 (what fills the pixels).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sknac.cohort import Plane, Study
    >>> from sknac.preprocessing import BurnedInAnnotations
    >>> image = np.full((40, 60), 90, "uint8")
    >>> image[20, 25:36] = image[15:26, 30] = 255  # a caliper
    >>> X = pd.DataFrame({"us_pre": [Study([Plane(image, "bmode")])]}, index=["P1"])
    >>> step = BurnedInAnnotations(action="mask").fit(X)
    >>> step.annotation_table(X)[["patient_id", "n_marks", "boxes"]]
      patient_id  n_marks               boxes
    0         P1        1  13:28, 23:38
    >>> masked = step.transform(X)["us_pre"].iloc[0].planes[0].load()
    >>> int(np.isnan(masked).sum())
    125
    """

    _parameter_constraints: dict = {
        **PlaneTransformer._parameter_constraints,
        "action": [StrOptions({"keep", "mask", "inpaint"})],
        "contrast": [Interval(Real, 0, 1, closed="neither")],
    }

    kinds = ("bmode",)

    def __init__(
        self,
        *,
        action: str = "keep",
        contrast: Any = CONTRAST,
        columns: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.action = action
        self.contrast = contrast
        self.columns = columns
        self.n_jobs = n_jobs

    def fit_planes(self, X: pd.DataFrame) -> None:
        """List what is drawn on the training planes.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Checked cohort frame.

        Raises
        ------
        ImportError
            If marks are to be inpainted and scikit-image is not installed.
        """
        if self.action == "inpaint":
            _restoration()
        self.annotations_ = self._table(X, "row", lambda at: at.row)

    def transform_plane(self, plane: Plane) -> Plane:
        """Take the marks out of one plane.

        Parameters
        ----------
        plane : Plane
            A B-mode image, as it was read.

        Returns
        -------
        Plane
            The same where nothing is drawn, or with ``action="keep"``.
        """
        check_kind(self, plane)
        if self.action == "keep":
            return plane
        found = annotated_pixels(plane, self.contrast)
        if not found.any():
            return plane
        masks = self.action == "mask"
        if not masks:
            _check_known(plane.load(), found)
        marks = derived_mask(
            _marks,
            (plane.image,),
            float(self.contrast),
            digest_of(np.packbits(found).tobytes()),
            shape=found.shape,
        )
        return plane.derive(
            _masked if masks else _inpainted,
            marks.keep(found),
            shape=plane.image.shape,
            dtype=np.float32 if masks else plane.image.dtype,
        )

    def annotation_table(self, X: pd.DataFrame) -> pd.DataFrame:
        """List what is drawn on each plane.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame with the columns seen in ``fit``.

        Returns
        -------
        DataFrame of shape (n_planes, 8)
            ``patient_id, visit, plane``; ``share`` of the image's pixels that are
            marked, ``core_share`` of the core's and ``crop_share`` of those in the
            core's box, widened by a quarter on each side (NaN without a core);
            ``n_marks`` and their ``boxes``, "top:bottom, left:right" in pixels of the
            image, the ends excluded, one after the other with a semicolon.
        """
        check_is_fitted(self)
        check_cohort(self, X, columns=self.columns_, reset=False)
        return self._table(X, "patient_id", lambda at: at.patient)

    def _table(self, X, name, named):
        """Look at each plane; errors name the place."""
        rows = []
        for at in list_planes(X, self.columns_):
            with at.named() as plane:
                check_kind(self, plane)
                found = annotated_pixels(plane, self.contrast)
                core = None if plane.core is None else plane.core_mask()
            boxes = mark_boxes(found)
            text = "; ".join("{}:{}, {}:{}".format(*box) for box in boxes)
            visit = at.column.removeprefix("us_")
            shares = found.mean(), *shares_near(found, core)
            rows.append((named(at), visit, at.number, *shares, len(boxes), text))
        return pd.DataFrame(rows, columns=[name, *_COLUMNS])


_COLUMNS = (
    "visit",
    "plane",
    "share",
    "core_share",
    "crop_share",
    "n_marks",
    "boxes",
)


def _restoration():
    """Import what fills pixels, or say which extra brings it."""
    return import_optional("skimage.restoration", "scikit-image", "images")


def _marks(images, contrast, _):
    """Find what is drawn on the image behind a handle, which may have colour.

    The last argument tells marks of a coloured file from those of its grey levels.
    """
    return annotated_pixels(Plane(*images, "bmode"), contrast)


def _masked(image, found):
    """Make marked pixels NaN."""
    return np.where(found, np.nan, image).astype(np.float32)


def _check_known(image, found):
    """Refuse an image of which nothing is left."""
    if (found | ~np.isfinite(image)).all():
        raise ValueError("the whole image is marked; leave the plane out")


def _inpainted(image, found):
    """Fill pixels smoothly from around, within the image's values and of its type."""
    known = np.isfinite(image)
    grey = np.where(known, image, 0).astype(np.float64)
    found = found.copy()  # scikit-image takes no read-only mask
    filled = _restoration().inpaint_biharmonic(grey, found)
    low, high = grey[~found & known].min(), grey[~found & known].max()
    filled = np.where(found, filled.clip(low, high), image)
    if image.dtype.kind in "iu":
        filled = filled.round()
    return filled.astype(image.dtype)
