"""The base of every step that maps planes to planes."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Collection
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils.validation import check_is_fitted

from sknac.cohort._derived import settle
from sknac.cohort._frame import check_cohort
from sknac.cohort._jobs import run_jobs
from sknac.cohort._records import Plane
from sknac.cohort.planes import PlaneAt, check_kind, list_planes, put_planes
from sknac.utils._rows import same_rows
from sknac.utils._sklearn import Integral, _fit_context, progress_of, without_callbacks
from sknac.utils._state import SavedState


class PlaneTransformer(
    SavedState,
    CallbackSupportMixin,
    TransformerMixin,
    BaseEstimator,
    auto_wrap_output_keys=None,
):
    """Base class of steps that take a cohort frame and replace its planes.

    A subclass writes `transform_plane` and, where it learns from the training
    planes, `fit_planes`. One that writes no ``__init__`` has the settings ``columns``
    and ``n_jobs``; one that does may leave them out, then all columns are taken, by one
    job. Checks,
    missing visits, error places and the output frame are done here. Planes of a kind
    that its class attribute ``kinds`` does not name are refused before the work
    begins. One that makes images by `Plane.derive` says ``derives = True``: it is quick
    and done in place, whatever ``n_jobs`` is. `sknac.cohort.planes` lists planes with
    their places.

    ``set_callbacks`` takes scikit-learn's callbacks, e.g. a
    `sklearn.callback.ProgressBar`; they hear of each plane that `transform` has
    finished, also inside a pipeline that carries them.

    Parameters
    ----------
    columns : str, sequence of str or None, default=None
        Ultrasound columns; None takes all.
    n_jobs : int or None, default=None
        Planes worked on at a time. Inside a task of joblib or dask, as of a search with
        ``n_jobs``, they are worked on in place.

    Attributes
    ----------
    columns_ : tuple of str
        Ultrasound columns that are transformed.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    Examples
    --------
    >>> from sknac.cohort import PlaneTransformer
    >>> from sknac.datasets import make_bmode_cohort
    >>> class Flip(PlaneTransformer):
    ...     def transform_plane(self, plane):
    ...         return plane.replace(image=plane.load()[:, ::-1], core=None)
    >>> X = make_bmode_cohort(n_patients=4, random_state=0).X
    >>> Flip().fit_transform(X).shape == X.shape
    True
    """

    _parameter_constraints: dict = {
        "columns": [str, "array-like", None],
        "n_jobs": [None, Integral],
    }

    kinds: Collection[str] = ("bmode", "maps", "rf")

    # True where transform_plane computes no pixels: then nothing is sent to workers.
    derives: bool = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # Subclasses would have their cohort frames made into polars' tables.
        super().__init_subclass__(**{"auto_wrap_output_keys": None} | kwargs)

    # What a step has whose own __init__ leaves these settings out.
    columns: str | Collection[str] | None = None
    n_jobs: int | None = None
    timeout: float | None = None

    def __init__(self, *, columns: Any = None, n_jobs: int | None = None) -> None:
        self.columns = columns
        self.n_jobs = n_jobs

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Check the frame and learn what the step learns.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame.
        y : ignored
            Present for scikit-learn.

        Returns
        -------
        self
            The fitted step.

        Raises
        ------
        CohortError
            If the frame or a plane cannot be used; it names the place.
        """
        same_rows(X=X, y=y)
        self.columns_ = check_cohort(self, X, columns=self.columns, reset=True)
        self._list_planes(X)  # refuses planes of another kind
        self.fit_planes(X)
        return self

    def fit_planes(self, X: pd.DataFrame) -> None:
        """Learn from the training planes; nothing by default.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Checked cohort frame; the columns are in ``columns_``.
        """

    def transform_plane(self, plane: Plane) -> Plane:
        """Make the new plane of one plane.

        Parameters
        ----------
        plane : Plane
            A plane of the frame.

        Returns
        -------
        Plane
            What takes its place.
        """
        return plane

    @with_callbacks
    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Replace every plane of the frame.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame with the columns seen in ``fit``; it is not changed.

        Returns
        -------
        DataFrame of shape (n_patients, n_columns)
            Same index and columns; missing visits stay None.

        Raises
        ------
        CohortError
            If the frame or a plane cannot be used; it names the place.
        """
        check_is_fitted(self)
        check_cohort(self, X, columns=self.columns_, reset=False)
        found = self._list_planes(X)
        with progress_of(self, len(found)) as on_plane:
            jobs = self.plane_jobs(X, found)
            n_jobs = 1 if self.derives else self.n_jobs
            workers = {"n_jobs": n_jobs, "timeout": self.timeout}
            made = run_jobs(found, jobs, **workers, on_plane=on_plane)
        planes = self.planes_made(found, made)
        self._settle_planes(found, planes)
        return put_planes(X, self.columns_, planes)

    def _settle_planes(self, found, planes):
        """Tell images that are computed later where they stand."""
        for at, plane in zip(found, planes, strict=False):  # put_planes counts
            with at.named():
                if isinstance(plane, Plane):
                    settle(plane, at.place)

    def _list_planes(self, X):
        """List the planes, all of kinds that the step takes."""
        found = list_planes(X, self.columns_)
        for at in found:
            with at.named() as plane:
                check_kind(self, plane)
        return found

    def plane_jobs(self, X: pd.DataFrame, found: list[PlaneAt]) -> list:
        """Say what makes each new plane; `transform_plane` does by default.

        Override it where a plane's result depends on more than the plane, such as
        another column of its row, or may be there already.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Checked cohort frame.
        found : list of PlaneAt
            Its planes.

        Returns
        -------
        list of callable or Plane
            Per plane a function ``job(plane) -> Plane``, which may run in another
            process, or the new plane itself. One whose attribute ``gives_handles``
            is true may be sent to another machine.

        See Also
        --------
        planes_made : Where jobs make more than planes.
        """
        return [without_callbacks(self).transform_plane] * len(found)

    def planes_made(self, found: list[PlaneAt], made: list) -> list[Plane]:
        """Take what the jobs made; the planes themselves by default.

        Override it where jobs tell more than their planes, e.g. how good these are.

        Parameters
        ----------
        found : list of PlaneAt
            The frame's planes.
        made : list
            What was made of each, in the same order.

        Returns
        -------
        list of Plane
            The new planes.
        """
        return made

    def set_output(self, *, transform: str | None = None) -> Self:
        """Do nothing: a cohort frame is a pandas DataFrame whatever is asked.

        Parameters
        ----------
        transform : str or None
            Ignored; there so that ``Pipeline.set_output`` works.

        Returns
        -------
        self
            The step.
        """
        return self

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name the output columns, which are the input columns.

        Parameters
        ----------
        input_features : array-like of str or None
            Ignored.

        Returns
        -------
        ndarray of str
            The columns seen in ``fit``.
        """
        check_is_fitted(self)
        return self.feature_names_in_.copy()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = []
        return tags
