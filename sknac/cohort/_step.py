"""The base of every step that maps planes to planes."""

# SPDX-License-Identifier: BSD-3-Clause

from contextlib import contextmanager

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils.validation import check_is_fitted

from sknac.cohort._frame import check_cohort
from sknac.cohort._mapping import list_planes, put_planes, run_planes
from sknac.cohort._records import Plane
from sknac.utils._sklearn import _fit_context


class PlaneTransformer(
    CallbackSupportMixin, TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Base class of steps that take a cohort frame and replace its planes.

    A subclass writes `transform_plane` and, where it learns from the training
    planes, `fit_planes`; it has the settings ``columns`` and ``n_jobs``. Checks,
    missing visits, error places and the output frame are done here.

    ``set_callbacks`` takes scikit-learn's callbacks, e.g. a
    `sklearn.callback.ProgressBar`; they hear of each plane that `transform` has
    finished, also inside a pipeline that carries them.

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
    ...     def __init__(self, *, columns=None, n_jobs=None):
    ...         self.columns = columns
    ...         self.n_jobs = n_jobs
    ...
    ...     def transform_plane(self, plane):
    ...         return plane.replace(image=plane.load()[:, ::-1], core=None)
    >>> X = make_bmode_cohort(n_patients=4, random_state=0).X
    >>> Flip().fit_transform(X).shape == X.shape
    True
    """

    _parameter_constraints: dict = {
        "columns": ["array-like", None],
        "n_jobs": [None, int],
    }

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: pd.DataFrame, y=None):
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
        self.columns_ = check_cohort(self, X, columns=self.columns, reset=True)
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
        found = list_planes(X, self.columns_)
        with progress_of(self, len(found)) as on_plane:
            work = self._plane_work(X, found)
            planes = run_planes(found, work, n_jobs=self.n_jobs, on_plane=on_plane)
        return put_planes(X, self.columns_, found, planes)

    def _plane_work(self, X, found):
        """What to run on each plane found, or the plane that is the result."""
        return [_without_callbacks(self).transform_plane] * len(found)

    def set_output(self, *, transform: str | None = None):
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

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
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


def _without_callbacks(step):
    """Return a twin that can be sent to a worker; callbacks stay here."""
    kept = {k: v for k, v in vars(step).items() if "_callback" not in k}
    if len(kept) == len(vars(step)):
        return step
    twin = type(step).__new__(type(step))
    vars(twin).update(kept)
    return twin


@contextmanager
def progress_of(step, n_planes):
    """Tell a step's callbacks of its planes; yield what to call for each, or None."""
    if not getattr(step, "_skl_callbacks", None):
        yield None
        return
    whole = step._init_callback_context("transform", max_subtasks=n_planes)
    whole.call_on_fit_task_begin(estimator=step)

    def on_plane():
        part = whole.subcontext(task_name="plane")
        part.call_on_fit_task_begin(estimator=step)
        part.call_on_fit_task_end(estimator=step)

    yield on_plane
    whole.call_on_fit_task_end(estimator=step)
