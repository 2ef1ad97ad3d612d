"""What feature steps share: numbers of each plane, of a visit's planes one of each."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import pandas as pd
from joblib import delayed
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.callback import CallbackSupportMixin
from sklearn.utils.validation import check_is_fitted

from sknac.cohort import check_cohort
from sknac.cohort.planes import check_has_studies, check_kind, list_planes
from sknac.exceptions import CohortError
from sknac.features._reduce import REDUCTIONS, reduce_planes
from sknac.utils._rows import same_rows
from sknac.utils._sklearn import (
    Integral,
    StrOptions,
    _fit_context,
    progress_of,
    with_callbacks,
)
from sknac.utils._state import SavedState
from sknac.utils._workers import near


class PlaneFeatures(SavedState, CallbackSupportMixin, TransformerMixin, BaseEstimator):
    """Base of steps that make one row of numbers of each patient's planes.

    scikit-learn's callbacks hear of each plane whose numbers are there.

    A subclass sets `kinds`, takes `reduce`, `columns` and `n_jobs`, and writes
    `_fit_frame`, `_plane_numbers` and `_plane_names`.
    """

    _parameter_constraints: dict = {
        "reduce": [StrOptions(set(REDUCTIONS))],
        "columns": [str, "array-like", None],
        "n_jobs": [None, Integral],
    }

    kinds: tuple[str, ...] = ()

    def _fit_frame(self, X: pd.DataFrame, columns: tuple[str, ...]) -> None:
        """Check the settings against a checked frame, and keep what they need."""

    def _plane_numbers(self, plane) -> list[float]:
        """Compute one plane's numbers; what is undefined is NaN."""
        raise NotImplementedError(
            f"{type(self).__name__} must write _plane_numbers of its own"
        )

    def _settle(self, X: pd.DataFrame, columns: tuple[str, ...]) -> Callable:
        """Settle what the planes of a frame need; return what works on one of them."""
        return self._of_plane

    def _look_at(self, found: list, numbers: list) -> list:
        """Say what all planes' numbers tell together, before they are averaged."""
        return numbers

    def _plane_names(self) -> list[str]:
        """Name the numbers of a plane."""
        raise NotImplementedError(
            f"{type(self).__name__} must write _plane_names of its own"
        )

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Check the frame and the settings; nothing is learnt of values.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame of planes of the step's kinds.
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
            If a setting cannot be met.
        """
        columns = check_cohort(self, X, columns=self.columns, reset=True)
        check_has_studies(X, columns)
        same_rows(X=X, y=y)
        self._fit_frame(X, columns)
        self.columns_ = columns
        return self

    @with_callbacks
    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Compute the features of each patient.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame with the columns seen in ``fit``.

        Returns
        -------
        ndarray or DataFrame of shape (n_patients, n_features)
            One column per visit and number, in the order of their names.

        Raises
        ------
        CohortError
            If a visit is missing or a plane cannot be used; it names the place.
        """
        check_is_fitted(self)
        check_cohort(self, X, columns=self.columns_, reset=False)
        check_has_studies(X, self.columns_)
        of_plane = self._settle(X, self.columns_)
        found = list_planes(X, self.columns_)
        numbers = self._look_at(found, self._of_planes(of_plane, found))
        cells: dict = {}
        for at, of_one in zip(found, numbers, strict=True):
            cells.setdefault((at.row, at.column), []).append((at, of_one))
        visits = [
            [self._of_visit(cells[row, column]) for row in range(len(X))]
            for column in self.columns_
        ]
        return np.concatenate(visits, axis=1, dtype=np.float64)

    def _of_planes(self, of_plane, found):
        """Compute the planes' numbers, and tell callbacks of each."""
        with progress_of(self, len(found)) as on_plane:
            given = "generator" if on_plane else "list"
            work = near(self.n_jobs, prefer="threads", return_as=given)
            numbers = []
            for of_one in work(delayed(of_plane)(at) for at in found):
                numbers.append(of_one)
                if on_plane:
                    on_plane()
        return numbers

    def _of_plane(self, at, *settled):
        """Compute one plane's numbers; errors name the place."""
        with at.named() as plane:
            check_kind(self, plane)
            return self._plane_numbers(plane, *settled)

    def _of_visit(self, planes):
        """Make one row of what was computed of a visit's planes."""
        places, numbers = zip(*planes, strict=True)
        areas = ()
        if self.reduce == "largest" and len(places) > 1:
            _check_one_unit(places)
            areas = [_core_area(at) for at in places]
        return reduce_planes(numbers, self.reduce, areas)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name the features: visit and number.

        Parameters
        ----------
        input_features : array-like of str or None
            Ignored.

        Returns
        -------
        ndarray of str
            Such as ``us_pre__mbf``.
        """
        check_is_fitted(self)
        names = self._plane_names()
        names = [f"{column}__{name}" for column in self.columns_ for name in names]
        return np.array(names, dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = True
        return tags


def _check_one_unit(places):
    """Refuse to compare areas in mm2 with areas in pixels."""
    first = places[0].plane.grid.unit
    for at in places:
        if at.plane.grid.unit != first:
            raise CohortError(
                f"{at.place}: reduce='largest' compares areas, and this plane's is in "
                f"{at.plane.grid.unit}, that of plane 0 in {first}; give spacing_mm to "
                "all planes of a visit, or take another reduce"
            )


def _core_area(at):
    """Area of a plane's core in its own unit; errors name the place."""
    with at.named() as plane:
        return plane.core_mask().sum() * np.prod(plane.grid.step)
