"""`Texture`: grey-level co-occurrence of maps and images as features."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from sknac.cohort.planes import check_kind, list_planes
from sknac.features._glcm import (
    ANGLES,
    PROPERTIES,
    count_pairs,
    haralick,
    pair_offsets,
    to_levels,
)
from sknac.features._plane_features import PlaneFeatures
from sknac.features._regions import REGIONS, draw_regions
from sknac.utils._percentiles import exact_percentiles
from sknac.utils._sklearn import Integral, Interval, Real, StrOptions
from sknac.utils._warnings import warn_user

_CLIPPED = "clipped_share"
# Fewer pairs in a direction say nothing of the texture.
_MIN_PAIRS = 30
# Where most values of a fifth of the planes lie beyond the limits, they are of another
# gain or scanner; single planes are so by chance.
_MOST, _MANY = 0.5, 0.2


class Texture(PlaneFeatures):
    """Grey-level co-occurrence of maps and images, inside regions of each plane.

    How values of neighbouring pixels go together: maps of equal mean may be patchy,
    grainy or even.

    Parameters
    ----------
    regions : sequence of {"core", "margin", "roi"}, default=("core", "margin")
        What the features are of: the outlined core; the ring round it, without the
        core, as `sknac.roi.RegionChannels` draws it; what a `sknac.roi.ROIMasker`
        kept, or else the whole image. Core and margin end where the kept region ends.
    properties : sequence of str, default=("contrast", "correlation", "homogeneity", \
"energy", "entropy", "dissimilarity")
        Those, ``"asm"``, the square of the energy, and ``"clipped_share"``, the share
        of a region's values beyond the limits.
    distances : sequence of int, default=(1, 2)
        Distances of a pair in pixels.
    distances_mm : sequence of float or None, default=None
        Distances in mm, in place of those in pixels; they need the spacing. None is
        less than the larger side of a pixel.
    angles : {"mean", "apart"}, default="mean"
        Mean over the four directions of a pair, or features of each.
    levels : int, default=32
        Number of grey levels, 2 to 256.
    limits : tuple of (float, float), default=(1.0, 99.0)
        Percentiles of the training values in the regions, channel by channel, between
        which the levels lie; values beyond fall into the first or last level.
    margin_mm : float, default=5.0
        Thickness of the margin in mm.
    margin_share : float or None, default=None
        Thickness as a share of the core's equivalent diameter, in place of
        `margin_mm`; it needs no spacing.
    reduce : {"mean", "max", "largest"}, default="mean"
        What becomes of a visit's planes: the mean of each number over the planes in
        which it is defined, the highest, or the plane with the largest core.
    columns : sequence of str or None, default=None
        Ultrasound columns; None takes all. They share one set of limits.
    n_jobs : int or None, default=None
        Planes worked on at a time.

    Attributes
    ----------
    columns_ : tuple of str
        Ultrasound columns that are read.
    channels_ : tuple of str
        Names of the maps; empty for B-mode images.
    low_, high_ : ndarray of float of shape (n_channels,)
        Lower edge of the first level and upper edge of the last, in the map's unit.
    regions_, properties_ : tuple of str
        Regions and properties.
    distances_ : tuple of float
        Distances, in pixels or mm.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    Raises
    ------
    ValueError
        If a setting cannot be met, the limits of a channel coincide, or a margin is
        asked for where the spacing is unknown.

    Warns
    -----
    UserWarning
        If planes of a fit in pixels have other spacings; if more than half of a
        region's values lie beyond the limits in more than a fifth of the planes; if
        features of a patient are NaN.

    See Also
    --------
    MapStatistics : Means, spread and percentiles, which do not mind where values lie.
    sknac.roi.ROIMasker : Cuts regions out.

    Notes
    -----
    A value v is of level floor(levels (v - low) / (high - low)), counted from 0. With
    p(i, j) the share of pairs of levels i and j, each pair counted in both orders
    (symmetric, normed), m and s^2 the mean and variance of a level over the pairs,

    ``contrast``
        sum of (i - j)^2 p.
    ``dissimilarity``
        sum of abs(i - j) p.
    ``homogeneity``
        sum of p / (1 + (i - j)^2).
    ``energy``, ``asm``
        square root of the sum of p^2; that sum.
    ``entropy``
        -sum of p ln p, in nats.
    ``correlation``
        sum of (i - m) (j - m) p / s^2.

    These are scikit-image's definitions; the guide maps them to the names of the IBSI
    and of pyradiomics. A pair counts if both its pixels lie in the region and are
    finite. The directions are 0 (along a row), 45 (down to the right), 90 and 135
    degrees; a pair's offset is the pixel nearest to the distance in the direction, as
    in scikit-image, in mm on grids of unequal sides with ``distances_mm``.

    With fewer than 30 pairs in a direction a feature is NaN, and with it the mean over
    directions. In a region of one level alone the correlation is 0 / 0 and NaN (it is
    1 in scikit-image), the others are defined. Energy and entropy depend on the number
    of pairs: of n pairs the entropy is at most ln(2 n), so that small and large regions
    differ.

    References
    ----------
    R. M. Haralick, K. Shanmugam, I. Dinstein, "Textural features for image
    classification", IEEE Trans. Systems, Man, Cybernetics SMC-3:610-621, 1973.

    A. Zwanenburg et al., "The Image Biomarker Standardization Initiative", Radiology
    295:328-338, 2020 (fixed bin number; features 2D, averaged over directions).

    Examples
    --------
    >>> from sknac.datasets import make_bmode_cohort
    >>> from sknac.features import Texture
    >>> X = make_bmode_cohort(n_patients=4, random_state=0).X
    >>> table = Texture(regions=["core"], properties=["contrast", "energy"],
    ...                 distances=[1], columns=["us_pre"])
    >>> table.set_output(transform="pandas").fit_transform(X).columns.tolist()
    ['us_pre__core_contrast_d1', 'us_pre__core_energy_d1']
    """

    _parameter_constraints: dict = {
        **PlaneFeatures._parameter_constraints,
        "regions": ["array-like", str],
        "properties": ["array-like", str],
        "distances": ["array-like"],
        "distances_mm": ["array-like", None],
        "angles": [StrOptions({"mean", "apart"})],
        "levels": [Interval(Integral, 2, 256, closed="both")],
        "limits": [tuple, list],
        "margin_mm": [Interval(Real, 0, None, closed="neither")],
        "margin_share": [Interval(Real, 0, None, closed="neither"), None],
    }

    kinds = ("bmode", "maps")

    def __init__(
        self,
        *,
        regions: Any = ("core", "margin"),
        properties: Any = (
            "contrast",
            "correlation",
            "homogeneity",
            "energy",
            "entropy",
            "dissimilarity",
        ),
        distances: Any = (1, 2),
        distances_mm: Any = None,
        angles: str = "mean",
        levels: int = 32,
        limits: Any = (1.0, 99.0),
        margin_mm: float = 5.0,
        margin_share: float | None = None,
        reduce: str = "mean",
        columns: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.regions = regions
        self.properties = properties
        self.distances = distances
        self.distances_mm = distances_mm
        self.angles = angles
        self.levels = levels
        self.limits = limits
        self.margin_mm = margin_mm
        self.margin_share = margin_share
        self.reduce = reduce
        self.columns = columns
        self.n_jobs = n_jobs

    def _fit_frame(self, X: pd.DataFrame, columns: tuple[str, ...]) -> None:
        """Check the settings and learn the limits of the levels."""
        self.regions_ = _check_words("regions", self.regions, REGIONS)
        known = (*PROPERTIES, _CLIPPED)
        self.properties_ = _check_words("properties", self.properties, known)
        self.distances_ = _check_distances(self.distances, self.distances_mm)
        lower, upper = _check_limits(self.limits)
        found = list_planes(X, columns)
        self.channels_ = found[0].plane.channels
        if self.distances_mm is None:
            _warn_of_spacings(found)
        quantiles, n_finite, _ = exact_percentiles(
            partial(self._batches, found), [lower, upper]
        )
        names = np.asarray(self.channels_ or ("image",))
        if not n_finite.all():
            raise ValueError(
                f"channel {names[n_finite == 0][0]} must have a valid value in training"
            )
        self.low_, self.high_ = quantiles
        flat = ~(self.low_ < self.high_)
        if flat.any():
            raise ValueError(
                f"limits {tuple(self.limits)} of channel {names[flat][0]} coincide at "
                f"{self.low_[flat][0]:.4g} in training; leave it out if it is "
                "constant, or widen the limits"
            )

    def _batches(self, found):
        """Yield each plane's values inside its regions, (n_channels, n_values)."""
        for at in found:
            with at.named() as plane:
                check_kind(self, plane)
                images, masks = self._read(plane)
                if self.distances_mm is not None:
                    self._offsets(plane)  # says so where they cannot be had
            yield images[:, np.logical_or.reduce(list(masks.values()))]

    def _read(self, plane):
        """Load a plane as (n_channels, height, width), and draw its regions."""
        if plane.channels != self.channels_:
            raise ValueError(
                f"channels must be those of fit, {self.channels_}, got {plane.channels}"
            )
        images = plane.load().reshape(-1, *plane.image.shape[-2:])
        margin = self.margin_mm, self.margin_share
        return images, draw_regions(plane, self.regions_, *margin)

    def _offsets(self, plane):
        """Rows and columns from a pixel to its partner at every distance and angle."""
        if self.distances_mm is None:
            return pair_offsets(self.distances_)
        if plane.spacing_mm is None:
            raise ValueError(
                "distances_mm need spacing_mm, which is unknown for this plane; give "
                "it, or take distances in pixels"
            )
        side = max(plane.spacing_mm)
        if min(self.distances_) < side * (1 - 1e-6):
            raise ValueError(
                f"distances_mm must be at least the larger side of a pixel, {side:.4g} "
                f"mm, got {min(self.distances_):g}"
            )
        return pair_offsets(self.distances_, plane.spacing_mm)

    def _plane_numbers(self, plane) -> list[float]:
        """Compute a plane's numbers, and last the largest share of clipped values."""
        images, masks = self._read(plane)
        offsets, numbers, worst = self._offsets(plane), [], 0.0
        for mask in masks.values():
            box = _box(mask)
            for image, low, high in zip(images, self.low_, self.high_, strict=True):
                part = image[box]
                inside = mask[box] & np.isfinite(part)
                beyond = np.count_nonzero(inside & ((part < low) | (part > high)))
                n_valid = np.count_nonzero(inside)
                clipped = beyond / n_valid if n_valid else np.nan
                worst = max(worst, clipped)  # which leaves NaN out
                levels = to_levels(part, inside, low, high, self.levels)
                numbers += self._of_region(levels, offsets, clipped)
        return [*numbers, worst]

    def _of_region(self, levels, offsets, clipped):
        """Compute one map's numbers in one region."""
        counts = count_pairs(levels, self.levels, offsets.reshape(-1, 2))
        names = [name for name in self.properties_ if name != _CLIPPED]
        found = np.zeros((0, *offsets.shape[:2]))
        if names:
            found = haralick(counts, names).reshape(len(names), *offsets.shape[:2])
        few = counts.sum(axis=(1, 2)).reshape(offsets.shape[:2]) < _MIN_PAIRS
        found = np.where(few, np.nan, found)
        if self.angles == "mean":
            found = found.mean(axis=2)
        of_name = dict(zip(names, found, strict=True)) | {_CLIPPED: clipped}
        return [
            float(number)
            for name in self.properties_
            for number in np.ravel(of_name[name])
        ]

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Compute the features of each patient.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame with the columns seen in ``fit``.

        Returns
        -------
        ndarray or DataFrame of shape (n_patients, n_features)
            One column per visit, region, map, property and distance, in this order.

        Raises
        ------
        CohortError
            If a visit is missing, or a plane cannot be used; it names the place.

        Warns
        -----
        UserWarning
            If more than half of a region's values lie beyond the limits in more than
            a fifth of the planes, or features are NaN.
        """
        table = super().transform(X)
        lost = np.isnan(table).any(axis=1)
        if lost.any():
            name = self.get_feature_names_out()[np.isnan(table).any(axis=0)][0]
            warn_user(
                f"the texture of {lost.sum()} of {len(X)} patients is NaN in part, the "
                f"first is row {X.index[lost][0]}, of feature {name}: a region has "
                f"fewer than {_MIN_PAIRS} pairs of valid pixels in a direction, or, of "
                "the correlation, one level alone; impute, or take shorter distances"
            )
        return table

    def _look_at(self, found: list, numbers: list) -> list:
        """Warn of planes whose values lie beyond the limits."""
        odd = [at for at, row in zip(found, numbers, strict=True) if row[-1] > _MOST]
        if len(odd) > _MANY * len(found):
            warn_user(
                f"more than half of a region's values lie beyond the limits of the "
                f"training planes in {len(odd)} of {len(found)} planes, the first is "
                f"{odd[0].place}: they fall into the first or last level; check gain "
                "and unit, or fit on planes like these"
            )
        return [row[:-1] for row in numbers]

    def _plane_names(self) -> list[str]:
        """Name the numbers of a plane: region, map, property, distance, angle."""
        unit = "" if self.distances_mm is None else "mm"
        ends = [f"_d{distance:g}{unit}" for distance in self.distances_]
        if self.angles == "apart":
            ends = [f"{end}_a{angle}" for end in ends for angle in ANGLES]
        channels = [f"{name}_" for name in self.channels_] or [""]
        return [
            f"{region}_{channel}{name}{end}"
            for region in self.regions_
            for channel in channels
            for name in self.properties_
            for end in ([""] if name == _CLIPPED else ends)
        ]


def _box(mask):
    """Rows and columns that hold a mask; nothing of an empty one."""
    spans = []
    for axis in (1, 0):
        hit = np.flatnonzero(mask.any(axis=axis))
        spans.append(slice(hit[0], hit[-1] + 1) if hit.size else slice(0, 1))
    return tuple(spans)


def _check_words(setting, words, known):
    """Check that words are known and differ."""
    words = (words,) if isinstance(words, str) else tuple(words)
    unknown = [word for word in words if word not in known]
    if unknown or not words or len(set(words)) < len(words):
        raise ValueError(
            f"{setting} must be different names out of {known}, got {words!r}"
        )
    return words


def _check_distances(pixels, mm):
    """Check that distances are positive, differ, and are whole if in pixels."""
    name, legal = "distances", "different whole numbers of pixels, 1 or more"
    if mm is not None:
        name, legal = "distances_mm", "different positive numbers"
    distances = np.asarray(pixels if mm is None else mm)
    good = distances.ndim == 1 and distances.size and distances.dtype.kind in "iuf"
    good = good and np.isfinite(distances).all() and (distances > 0).all()
    good = good and len(np.unique(distances)) == distances.size
    if not good or (mm is None and (distances % 1).any()):
        raise ValueError(f"{name} must be {legal}, got {distances.tolist()}")
    return tuple(distances.tolist())


def _check_limits(limits):
    """Check two increasing percentiles."""
    good = len(limits) == 2 and np.asarray(limits).dtype.kind in "iuf"
    if not good or not 0 <= limits[0] < limits[1] <= 100:
        raise ValueError(
            f"limits must be percentiles 0 <= low < high <= 100, got {limits}"
        )
    if limits[1] <= 1:
        raise ValueError(
            f"limits must be percentiles, of 100, but {tuple(limits)} looks like shares"
        )
    return limits


def _warn_of_spacings(found):
    """Say that pixels of a distance are of other lengths in other planes."""
    known = [at for at in found if at.plane.spacing_mm is not None]
    sides = np.array([at.plane.spacing_mm for at in known]).reshape(-1, 2)
    if len(sides) and (sides.max(axis=0) > 1.01 * sides.min(axis=0)).any():
        other = np.abs(np.log(sides / sides[0])).max(axis=1).argmax()
        first, last = (
            " x ".join(f"{side:.4g}" for side in sides[i]) for i in (0, other)
        )
        warn_user(
            f"planes have pixels of other sizes, {first} mm and, {known[other].place}, "
            f"{last} mm: distances in pixels are other lengths in them; take "
            "distances_mm, or leave it if the size of the tumour shall not count"
        )
