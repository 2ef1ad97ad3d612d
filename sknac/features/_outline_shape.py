"""`OutlineShape`: the shape of the tumour's outline as features."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd

from sknac.cohort.planes import check_kind, list_planes
from sknac.exceptions import CohortError
from sknac.features._margin import OF_IMAGE, Margin
from sknac.features._outline_trace import trace
from sknac.features._plane_features import PlaneFeatures
from sknac.features._regions import draw_regions
from sknac.features._shape import SHAPES, SIZES, Curve
from sknac.utils._sklearn import Interval, Real
from sknac.utils._warnings import warn_user

_DEFAULT = tuple(name for name in SHAPES if name != "eccentricity")
_KNOWN = (*_DEFAULT, "eccentricity", *SIZES, *OF_IMAGE)
# Above these the user is told: other pieces and holes, the curve along the image's
# border; and below it, samples across.
_MOST_OTHER, _MOST_BORDER, _FEW_SAMPLES = 0.01, 0.05, 12


class OutlineShape(PlaneFeatures):
    """Shape and size of the tumour core's outline, one row per patient.

    Parameters
    ----------
    descriptors : str, sequence of str or None, default=None
        Names out of those in the notes. None takes those of the shape and, if every
        training plane has a spacing, the sizes; those of the image must be named.
    margin_mm : float, default=5.0
        Thickness of the margin for the descriptors of the image, in mm; it is drawn
        as `sknac.roi.RegionChannels` draws it.
    margin_share : float or None, default=None
        The same as a share of the core's equivalent diameter, in place of `margin_mm`;
        it needs no spacing.
    channel : str or None, default=None
        Map of which the descriptors of the image are; B-mode, which is called
        ``"bmode"`` among other channels, needs none.
    reduce : {"mean", "max", "largest"}, default="mean"
        What becomes of a visit's planes: the mean or the highest of each descriptor,
        or those of the plane whose core has the largest area.
    columns : sequence of str or None, default=None
        Ultrasound columns; None takes all.
    n_jobs : int or None, default=None
        Planes worked on at a time.

    Attributes
    ----------
    descriptors_ : tuple of str
        The descriptors.
    columns_ : tuple of str
        Ultrasound columns that are read.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    See Also
    --------
    MapStatistics : Statistics of the pixels inside.
    sknac.roi.RegionChannels : The outline as a channel, for networks.

    Notes
    -----
    Of the shape, with the area A and perimeter P of the outline and of its convex hull:

    - ``height_width_ratio`` of the upright box, depth over width: above 1 the tumour is
      taller than wide; ``extent``, A over the box's area;
    - ``axis_ratio``, minor over major axis of the ellipse of equal second moments,
      ``eccentricity`` of that ellipse (only by name: it tells the same), and
      ``orientation_deg``, the angle of its major axis with the surface, 0 to 90, which
      says nothing where the axis ratio is near 1;
    - ``circularity`` 4 pi A / P^2, 1 for a circle; ``solidity``, A over the hull's;
      ``convexity``, the hull's P over P;
    - ``radial_sd``, the SD of the radius from the centroid along the outline, over its
      highest value [1]_; ``n_concavities``, how many bays between outline and hull are
      deeper than 5 % of the equivalent diameter.

    Sizes: ``area_mm2``, ``perimeter_mm``, ``equivalent_diameter_mm`` (of the circle of
    equal area), ``height_mm``, ``width_mm``, ``longest_diameter_mm``.

    Of the image: ``margin_contrast``, the mean of the core less that of the margin, and
    ``margin_sharpness``, the step of the mean image across the edge, within a quarter
    of the margin on either side, over the SD of core and margin.

    Nothing is learnt of values. Shape is in mm, also on grids whose spacings differ.
    Without a spacing the pixels of the image as it was read count as square, and
    sizes are refused; so is a plane without spacing among planes that have one, unless
    the descriptors are named and no size is among them.

    The whole outline counts, also what lies beyond the frame, so that cropping changes
    no shape. Of several pieces it is the largest, with its holes filled; of an outline
    that crosses itself, what the even-odd rule calls inside. The edge of a mask is
    smoothed over seven samples of its coarser spacing, sharp corners kept: perimeters
    of masks of 50 samples across agree with those of polygons to 1 %, see the guide.
    A polygon is taken as it is: one that was traced pixel by pixel has the perimeter
    of its steps, and is warned of.

    References
    ----------
    .. [1] J. Kilday, F. Palmieri, M. D. Fox, "Classifying mammographic lesions using
       computerized image analysis", IEEE Trans. Med. Imaging 12:664-669, 1993.
    .. [2] W. Gomez Flores, W. C. A. Pereira, A. F. C. Infantosi, "Improving
       classification performance of breast lesions on ultrasonography", Pattern
       Recognition 48:1125-1136, 2015; it reviews descriptors of outlines.

    Examples
    --------
    >>> from sknac.datasets import make_bmode_cohort
    >>> from sknac.features import OutlineShape
    >>> X = make_bmode_cohort(n_patients=4, random_state=0).X
    >>> shape = OutlineShape(descriptors=["solidity", "area_mm2"], columns=["us_pre"])
    >>> shape.set_output(transform="pandas").fit_transform(X).columns.tolist()
    ['us_pre__solidity', 'us_pre__area_mm2']
    """

    _parameter_constraints: dict = {
        **PlaneFeatures._parameter_constraints,
        "descriptors": ["array-like", str, None],
        "margin_mm": [Interval(Real, 0, None, closed="neither")],
        "margin_share": [Interval(Real, 0, None, closed="neither"), None],
        "channel": [str, None],
    }

    kinds = ("bmode", "maps", "rf")

    def __init__(
        self,
        *,
        descriptors: Any = None,
        margin_mm: float = 5.0,
        margin_share: float | None = None,
        channel: str | None = None,
        reduce: str = "mean",
        columns: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.descriptors = descriptors
        self.margin_mm = margin_mm
        self.margin_share = margin_share
        self.channel = channel
        self.reduce = reduce
        self.columns = columns
        self.n_jobs = n_jobs

    def _fit_frame(self, X: pd.DataFrame, columns: tuple[str, ...]) -> None:
        """Settle the descriptors, and refuse planes that cannot have them."""
        found = list_planes(X, columns)
        if self.descriptors is None:
            self.descriptors_ = _default_descriptors(found)
        else:
            self.descriptors_ = _check_descriptors(self.descriptors)
        for at in found:
            with at.named() as plane:
                self._check_plane(plane)

    def _check_plane(self, plane):
        """Refuse a plane that cannot have the descriptors, before any work."""
        check_kind(self, plane)
        if plane.core is None:
            raise ValueError("the plane has no core outline; give it one")
        known = plane.spacing_mm is not None
        if not known and any(name in SIZES for name in self.descriptors_):
            raise ValueError(
                "sizes in mm need spacing_mm, which is unknown for this plane; give "
                "it, or name descriptors without sizes"
            )
        if not any(name in OF_IMAGE for name in self.descriptors_):
            return
        if plane.kind not in ("bmode", "maps"):
            raise ValueError(
                f"descriptors of the image need B-mode or maps, got {plane.kind}; "
                "leave them out"
            )
        if not known and self.margin_share is None:
            raise ValueError(
                "margin_mm needs spacing_mm, which is unknown for this plane; give "
                "it, or take margin_share"
            )
        maps = plane.channels or (None, "bmode")
        if self.channel not in maps:
            raise ValueError(f"channel must be one of {maps}, got {self.channel!r}")

    def _plane_numbers(self, plane) -> list[float]:
        """Compute one plane's descriptors, and what must be said of its outline."""
        self._check_plane(plane)
        traced = trace(plane.core)
        curve = Curve(traced.ring)
        margin = None
        if any(name in OF_IMAGE for name in self.descriptors_):
            margin = self._margin(plane)
        numbers = []
        for name in self.descriptors_:
            if name in OF_IMAGE:
                numbers.append(OF_IMAGE[name](margin))
            else:
                numbers.append((SIZES | SHAPES)[name](curve))
        return [*map(float, numbers), *traced[1:]]

    def _margin(self, plane):
        """The image at the edge of the core; the margin is that of `RegionChannels`."""
        image = plane.load()
        if plane.kind == "maps":
            image = image[plane.channels.index(self.channel)]
        names = ("core", "margin")
        drawn = draw_regions(plane, names, self.margin_mm, self.margin_share)
        return Margin(image, drawn["core"], drawn["margin"], plane.grid.step)

    def _look_at(self, found, numbers) -> list:
        """Say of which outlines the shape is not that of the whole tumour."""
        n_numbers = len(self.descriptors_)
        notes = np.array([of_plane[n_numbers:] for of_plane in numbers])
        doubtful = (
            notes[:, 0] > _MOST_OTHER,
            notes[:, 1] > _MOST_BORDER,
            notes[:, 2] < _FEW_SAMPLES,
            notes[:, 3] > 0,
        )
        for those, (what, then) in zip(doubtful, _DOUBTS, strict=True):
            if those.any():
                first = found[int(np.argmax(those))].place
                warn_user(
                    f"{those.sum()} of {len(found)} outlines {what}, the first is "
                    f"{first}; {then}"
                )
        return [of_plane[:n_numbers] for of_plane in numbers]

    def _plane_names(self) -> list[str]:
        """Name the numbers of a plane: its descriptors."""
        return list(self.descriptors_)


_DOUBTS = (
    (
        "have several pieces, holes or crossings",
        "shape is that of the largest piece with its holes filled: draw the outline "
        "again where that is not the tumour",
    ),
    (
        "run along the border of the image",
        "shape is that of the part of the tumour that is shown: leave the plane out "
        "where much is missing",
    ),
    (
        "are a few samples across",
        f"below {_FEW_SAMPLES} the perimeter may be 5 % wrong: give the mask as it was "
        "drawn, not resampled",
    ),
    (
        "are polygons that run from pixel to pixel",
        "the perimeter of such steps is 5 to 27 % too long: give the mask instead",
    ),
)


def _check_descriptors(names):
    """Refuse descriptors that there are not, and ones given twice."""
    names = (names,) if isinstance(names, str) else tuple(names)
    unknown = [name for name in names if name not in _KNOWN]
    if unknown or not names or len(set(names)) < len(names):
        raise ValueError(
            f"descriptors must be different names out of {_KNOWN}, got {names!r}"
        )
    return names


def _default_descriptors(found):
    """Take sizes too if all planes have a spacing; some without one raise."""
    without = [at for at in found if at.plane.spacing_mm is None]
    if without and len(without) < len(found):
        raise CohortError(
            f"{without[0].place}: the plane has no spacing_mm, and others have; give "
            "it, or name descriptors without sizes"
        )
    return _DEFAULT if without else (*_DEFAULT, *SIZES)
