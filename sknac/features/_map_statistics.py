"""Statistics of maps as features, averaged over a patient's planes."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sknac.cohort import check_cohort
from sknac.cohort.planes import check_has_studies, check_kind, list_planes
from sknac.features._statistics import VALID, check_names, describe
from sknac.utils._rows import same_rows
from sknac.utils._sklearn import Integral, _fit_context
from sknac.utils._state import SavedState


class MapStatistics(SavedState, TransformerMixin, BaseEstimator):
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
    A feature is the mean over the planes of a visit.

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
        "statistics": ["array-like"],
        "columns": [str, "array-like", None],
        "n_jobs": [None, Integral],
    }

    kinds = ("bmode", "maps")

    def __init__(
        self,
        *,
        statistics=(
            "mean",
            "sd",
            "p10",
            "p50",
            "p90",
            "skewness",
            "kurtosis",
            "roughness",
        ),
        columns=None,
        n_jobs=None,
    ):
        self.statistics = statistics
        self.columns = columns
        self.n_jobs = n_jobs

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: pd.DataFrame, y=None):
        """Check the frame and note the names of the maps.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame of maps or B-mode images.
        y : ignored
            Present for scikit-learn.

        Returns
        -------
        self
            The fitted step.

        Raises
        ------
        CohortError
            If the frame cannot be used, or a visit is missing.
        ValueError
            If there is no such statistic.
        """
        statistics = check_names(self.statistics)
        columns = check_cohort(self, X, columns=self.columns, reset=True)
        check_has_studies(X, columns)
        self.statistics_ = statistics
        same_rows(X=X, y=y)
        self.columns_ = columns
        self.channels_ = X[columns[0]].iloc[0].planes[0].channels
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Compute the features of each patient.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame with the columns seen in ``fit``.

        Returns
        -------
        ndarray or DataFrame of shape (n_patients, n_features)
            One column per visit, map and statistic, in this order.

        Raises
        ------
        CohortError
            If a visit is missing, or a plane has other maps than the first one, no
            valid value, or no core and margin where ``"contrast"`` asks for them.
        """
        check_is_fitted(self)
        check_cohort(self, X, columns=self.columns_, reset=False)
        check_has_studies(X, self.columns_)
        found = list_planes(X, self.columns_)
        numbers = Parallel(n_jobs=self.n_jobs, prefer="threads")(
            delayed(self._named_plane)(at) for at in found
        )
        cells = {}
        for at, of_plane in zip(found, numbers, strict=True):
            cells.setdefault((at.row, at.column), []).append(of_plane)
        visits = [
            [np.mean(cells[row, column], axis=0) for row in range(len(X))]
            for column in self.columns_
        ]
        return np.concatenate(visits, axis=1, dtype=np.float64)

    def _named_plane(self, at):
        """Compute one plane's numbers; errors name the place."""
        with at.named() as plane:
            return self._plane(plane)

    def _plane(self, plane):
        """Compute one plane's numbers: the statistics of each map."""
        check_kind(self, plane)
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

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Name the features: visit, map and statistic.

        Parameters
        ----------
        input_features : array-like of str or None
            Ignored.

        Returns
        -------
        ndarray of str
            Such as ``us_pre__esd_mean``, and ``us_pre__mean`` for B-mode images.
        """
        check_is_fitted(self)
        maps = [f"{name}_" for name in self.channels_] or [""]
        names = [
            f"{column}__{name}{statistic}"
            for column in self.columns_
            for name in maps
            for statistic in self.statistics_
        ]
        return np.array(names, dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = True
        return tags
