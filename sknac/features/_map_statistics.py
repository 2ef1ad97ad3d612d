"""Statistics of maps as features, one row per patient."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd

from sknac.features._plane_features import PlaneFeatures
from sknac.features._statistics import VALID, check_names, describe


class MapStatistics(PlaneFeatures):
    """Statistics of every map inside its region, averaged over planes.

    The hand-crafted baseline: a few numbers per map and patient for any classifier
    of scikit-learn. A network that does not beat it has learned nothing that the
    mean and the grain of a map do not tell.

    Parameters
    ----------
    statistics : sequence of str, default=("mean", "sd", "p10", "p50", "p90", \
"skewness", "kurtosis", "roughness")
        ``"mean"``, ``"sd"``, ``"skewness"`` and ``"kurtosis"`` (less 3) of the valid
        values; percentiles ``"p0"`` to ``"p99"``; ``"roughness"``, the mean absolute
        difference of neighbouring pixels over the SD, which tells fine grain (1.13
        for white noise) from coarse (towards 0); ``"contrast"``, the mean of the core
        less that of the rest of the region, which needs core outlines; and
        ``"valid_share"``, the share of the region in which the map has a value, which
        a step that fills maps, such as `MapScaler`, makes 1.
    reduce : {"mean", "max", "largest"}, default="mean"
        What becomes of a visit's planes: the mean or the highest of each number, or
        the numbers of the plane whose core has the largest area.
    columns : sequence of str or None, default=None
        Ultrasound columns; None takes all.
    n_jobs : int or None, default=None
        Planes worked on at a time.

    Attributes
    ----------
    columns_ : tuple of str
        Ultrasound columns that are read.
    channels_ : tuple of str
        Names of the maps; empty for B-mode images.
    statistics_ : tuple of str
        The statistics.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    See Also
    --------
    sknac.nets.PlaneFeatureNet : Features that are learned.

    Notes
    -----
    The region is the one that `sknac.roi.ROIMasker` kept, or else the whole image.
    Values that are not finite do not count; a map without a valid value is an error,
    unless ``"valid_share"`` alone is asked for, which is then 0.
    A feature is the mean over the planes of a visit unless `reduce` says otherwise.
    Areas of cores are compared in mm2, or where no plane of the visit has a spacing, in
    pixels of the images as they were read.

    Mean values and simple texture of such maps, and the contrast between core and
    margin, were the features of quantitative ultrasound before networks [1]_; the
    choice and the definitions here are this library's.

    References
    ----------
    .. [1] H. Taleghamar et al., Scientific Reports 12:2244, 2022; its introduction
       reviews the hand-crafted features that came before.

    Examples
    --------
    >>> from sknac.datasets import make_bmode_cohort
    >>> from sknac.features import MapStatistics
    >>> X = make_bmode_cohort(n_patients=4, random_state=0).X
    >>> table = MapStatistics(statistics=["mean", "contrast"], columns=["us_pre"])
    >>> table.set_output(transform="pandas").fit_transform(X).columns.tolist()
    ['us_pre__mean', 'us_pre__contrast']
    """

    _parameter_constraints: dict = {
        **PlaneFeatures._parameter_constraints,
        "statistics": ["array-like"],
    }

    kinds = ("bmode", "maps")

    def __init__(
        self,
        *,
        statistics: Any = (
            "mean",
            "sd",
            "p10",
            "p50",
            "p90",
            "skewness",
            "kurtosis",
            "roughness",
        ),
        reduce: str = "mean",
        columns: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.statistics = statistics
        self.reduce = reduce
        self.columns = columns
        self.n_jobs = n_jobs

    def _fit_frame(self, X: pd.DataFrame, columns: tuple[str, ...]) -> None:
        """Check the statistics' names and note those of the maps."""
        self.statistics_ = check_names(self.statistics)
        self.channels_ = X[columns[0]].iloc[0].planes[0].channels

    def _plane_numbers(self, plane) -> list[float]:
        """Compute one plane's numbers: the statistics of each map."""
        if plane.channels != self.channels_:
            raise ValueError(
                f"channels must be those of fit, {self.channels_}, got {plane.channels}"
            )
        maps = plane.load().reshape(-1, *plane.image.shape[-2:]).astype(np.float64)
        region = np.ones(maps.shape[1:], dtype=bool)
        if plane.roi is not None:
            region = plane.roi.to_mask(plane.grid)
        core = plane.core_mask() if "contrast" in self.statistics_ else None
        numbers = []
        for name, image in zip(plane.channels or ("image",), maps, strict=True):
            if self.statistics_ != (VALID,) and not np.isfinite(image[region]).any():
                raise ValueError(
                    f"map {name} has no valid value in its region; leave the plane out"
                )
            numbers += describe(image, region, core, self.statistics_)
        if not np.isfinite(numbers).all():
            raise ValueError(
                "the core or its surroundings hold no valid value for the contrast; "
                'take region="core+margin" in ROIMasker'
            )
        return numbers

    def _plane_names(self) -> list[str]:
        """Name the numbers of a plane: map and statistic."""
        maps = [f"{name}_" for name in self.channels_] or [""]
        return [f"{name}{statistic}" for name in maps for statistic in self.statistics_]
