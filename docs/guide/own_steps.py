"""Two steps of one's own, as the guide explains them."""

import numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sknac.cohort import PlaneTransformer, check_cohort
from sknac.cohort.planes import check_kind, list_planes


class Smooth(PlaneTransformer):
    """Blur images and maps by a Gaussian: planes in, planes out."""

    kinds = ("bmode", "maps")
    _parameter_constraints = {
        **PlaneTransformer._parameter_constraints,
        "sigma_px": [float, int],
    }

    def __init__(self, *, sigma_px=1.0, columns=None, n_jobs=None):
        self.sigma_px = sigma_px
        self.columns = columns
        self.n_jobs = n_jobs

    def fit_planes(self, X):
        if self.sigma_px < 0:
            raise ValueError(f"sigma_px must be >= 0, got {self.sigma_px}")

    def transform_plane(self, plane):
        image = gaussian_filter(plane.load(), self.sigma_px, axes=(-2, -1))
        return plane.replace(image=image)


def smoothed(image, sigma_px):
    """Blur an image or maps, as single-precision numbers."""
    return gaussian_filter(image.astype("float32"), sigma_px, axes=(-2, -1))


class LazySmooth(Smooth):
    """The same, computed when an image is read."""

    derives = True

    def transform_plane(self, plane):
        shape = plane.image.shape
        return plane.derive(smoothed, self.sigma_px, shape=shape, dtype="float32")


class CoreArea(TransformerMixin, BaseEstimator):
    """Mean area of each patient's tumour core: planes in, a table out.

    Attributes
    ----------
    columns_ : tuple of str
        Ultrasound columns.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.
    """

    kinds = ("bmode", "maps")

    def fit(self, X, y=None):
        self.columns_ = check_cohort(self, X, reset=True)
        self._areas(X)
        return self

    def transform(self, X):
        check_is_fitted(self)
        check_cohort(self, X, columns=self.columns_, reset=False)
        return self._areas(X)

    def _areas(self, X):
        areas = [[[] for _ in self.columns_] for _ in X.index]
        for at in list_planes(X, self.columns_):
            with at.named() as plane:
                check_kind(self, plane)
                area = plane.core_mask().sum() * np.prod(plane.spacing_mm)
            areas[at.row][self.columns_.index(at.column)].append(area)
        means = [[np.mean(a) if a else np.nan for a in row] for row in areas]
        return np.array(means)

    def get_feature_names_out(self, input_features=None):
        return np.array([f"{column}__core_mm2" for column in self.columns_])
