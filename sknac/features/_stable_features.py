"""`StableFeatures`: keep the features that repeated measurements agree on."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted

from sknac.cohort import Study
from sknac.cohort.planes import as_column, check_kind, has_study, list_planes
from sknac.exceptions import CohortError
from sknac.features._visit_rows import parts_of
from sknac.utils._icc import agreement
from sknac.utils._labels import shown
from sknac.utils._rows import same_rows
from sknac.utils._sklearn import HasMethods, Interval, Real, StrOptions, _fit_context
from sknac.utils._state import SavedState

# An ICC of fewer has an interval that is nearly all there is.
LEAST_PATIENTS = 3
LEVEL = 0.95


class StableFeatures(SavedState, SelectorMixin, BaseEstimator):
    """Features that agree between repeated planes or outlines of a patient.

    A feature step computes the features of each repeat alone; those whose intraclass
    correlation ICC(2,1) over the repeats of the training patients is high enough are
    kept. No labels are used.

    Parameters
    ----------
    transformer : transformer
        What makes numbers of a cohort frame, such as `MapStatistics`, or of a table
        of features. It must name its features.
    threshold : float, default=0.75
        Least ICC, in [0, 1]. Below 0.5 agreement is called poor, from 0.75 good, from
        0.9 excellent [1]_.
    repeats : "planes" or dict of str to str or sequence of str, default="planes"
        What the repeats are. ``"planes"``: the planes of a visit. A dictionary gives
        for a column the columns that hold it measured again, such as
        ``{"us_pre": "us_pre_reader2"}``; these do not go into the features.
    criterion : {"estimate", "low"}, default="estimate"
        What must reach the threshold: the ICC, or the lower bound of its interval of
        95 %, which few patients seldom reach.

    Attributes
    ----------
    transformer_ : transformer
        The step, fitted to all planes of the training patients.
    icc_ : DataFrame of shape (n_features_of_transformer, 4)
        By feature `icc`, `low` and `high` (95 %), and `n` patients.
    n_repeats_ : int
        Repeats of each patient.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    See Also
    --------
    sknac.metrics.icc : The correlation of a table of measurements.

    Notes
    -----
    ICC(2,1) needs as many repeats of every patient. Of planes the first ones are
    taken, as many as the patient with the fewest has, who must have two; patients
    with one plane in a visit do not teach, nor do those without a feature. Planes
    of a visit show different cuts of a tumour: their ICC tells how far one plane speaks
    for the tumour, not how well the same plane is measured twice. The mean of several
    planes is more reliable than one.

    Selection is part of ``fit``: inside a pipeline it is learnt in each training fold.

    References
    ----------
    .. [1] T. K. Koo, M. Y. Li, A guideline of selecting and reporting intraclass
       correlation coefficients for reliability research, Journal of Chiropractic
       Medicine 15:155-163, 2016.

    Examples
    --------
    >>> from sknac.features import MapStatistics, StableFeatures
    >>> from sknac.testing import make_check_cohort
    >>> X, y = make_check_cohort("bmode")
    >>> stable = StableFeatures(MapStatistics(statistics=["mean", "sd"])).fit(X)
    >>> stable.icc_["icc"].round(2).to_dict()
    {'us_pre__mean': 1.0, 'us_pre__sd': -0.42}
    >>> stable.transform(X).shape
    (12, 1)
    """

    _parameter_constraints: dict = {
        "transformer": [HasMethods(["fit", "transform", "get_feature_names_out"])],
        "threshold": [Interval(Real, 0, 1, closed="both")],
        "repeats": [StrOptions({"planes"}), Mapping],
        "criterion": [StrOptions({"estimate", "low"})],
    }

    def __init__(
        self,
        transformer: Any,
        *,
        threshold: float = 0.75,
        repeats: Any = "planes",
        criterion: str = "estimate",
    ) -> None:
        self.transformer = transformer
        self.threshold = threshold
        self.repeats = repeats
        self.criterion = criterion

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of planes that the transformer takes, as far as it says so."""
        tagged = [part for part in parts_of(self.transformer) if hasattr(part, "kinds")]
        return tuple(tagged[0].kinds) if tagged else ("bmode", "maps", "rf", "envelope")

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Fit the transformer, and measure how its features agree.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame, or table of features.
        y : array-like of shape (n_patients,), default=None
            Handed to the transformer; not used otherwise.

        Returns
        -------
        self
            The fitted selector.

        Raises
        ------
        CohortError
            If too few patients have repeats.
        ValueError
            If a setting cannot be met, or no feature reaches the threshold.
        """
        if not isinstance(X, pd.DataFrame):
            raise TypeError(
                f"X must be a pandas DataFrame, got {type(X).__name__}; give a cohort "
                "frame or a table with named columns"
            )
        same_rows(X=X, y=y)
        again = _columns_again(self.repeats, X)
        self._again = tuple(name for names in again.values() for name in names)
        frame = X.drop(columns=list(self._again))
        self.transformer_ = clone(self.transformer).fit(frame, y)
        self._check_kinds(frame)
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        read = getattr(self.transformer_, "columns_", None)
        parts = _with_columns(X, frame, again) if again else _planes_apart(frame, read)
        made = [self.transformer_.transform(part) for part in parts]
        tables = [np.asarray(table, dtype=np.float64) for table in made]
        self.n_repeats_ = len(tables)
        names = self.transformer_.get_feature_names_out()
        self.icc_ = _table(np.stack(tables, axis=1), names)
        self._check_some_are_stable()
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Compute the features of each patient, and keep the stable ones.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            As in ``fit``; columns measured again are not needed.

        Returns
        -------
        ndarray or DataFrame of shape (n_patients, n_stable_features)
            In the order of the names.
        """
        check_is_fitted(self)
        if isinstance(X, pd.DataFrame):
            X = X.drop(columns=[name for name in self._again if name in X])
        return np.asarray(self.transformer_.transform(X))[:, self.get_support()]

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name the features that are kept.

        Parameters
        ----------
        input_features : array-like of str or None
            Ignored.

        Returns
        -------
        ndarray of str
            As the transformer names them.
        """
        check_is_fitted(self)
        names = np.asarray(self.transformer_.get_feature_names_out(), dtype=object)
        return names[self.get_support()]

    def _get_support_mask(self):
        """Tell which features are stable."""
        check_is_fitted(self)
        column = "icc" if self.criterion == "estimate" else "low"
        return self.icc_[column].to_numpy() >= self.threshold

    def _check_kinds(self, frame):
        """Refuse planes of other kinds, also of patients with only one."""
        for at in list_planes(frame, _ultrasound(frame)):
            with at.named() as plane:
                check_kind(self, plane)

    def _check_some_are_stable(self):
        """Refuse to select nothing."""
        if not self._get_support_mask().any():
            column = "icc" if self.criterion == "estimate" else "low"
            found = self.icc_[column].dropna()
            best = f"{found.max():.2f} of {found.idxmax()}" if len(found) else "NaN"
            raise ValueError(
                f"no feature reaches threshold={self.threshold}, the highest is "
                f"{best}; lower it, or take other features"
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = True
        return tags


def _ultrasound(frame):
    """Return the names of columns that hold studies."""
    return [n for n in frame if any(isinstance(cell, Study) for cell in frame[n])]


def _columns_again(repeats, X):
    """Return the columns measured again, by the column that they repeat."""
    if isinstance(repeats, str):
        return {}
    again = {
        name: [names] if isinstance(names, str) else list(names)
        for name, names in repeats.items()
    }
    sizes = {len(names) for names in again.values()}
    if len(sizes) != 1 or sizes == {0}:
        raise ValueError(
            "repeats must give as many columns, one or more, for each column that was "
            f"measured again, got {shown(repeats)}"
        )
    named = [*again, *(name for names in again.values() for name in names)]
    absent = [name for name in named if name not in X]
    if absent or len(set(named)) < len(named):
        what = f"{absent[0]!r} is not there" if absent else "one is named twice"
        raise ValueError(f"repeats must name columns of X once, but {what}")
    return again


def _with_columns(X, frame, again):
    """Return the frame, then with each column in the place of the one it repeats."""
    parts = [frame]
    for names in zip(*again.values(), strict=True):
        swapped = {to: X[name] for to, name in zip(again, names, strict=True)}
        parts.append(frame.assign(**swapped))
    return parts


def _planes_apart(frame, read):
    """Return frames of one plane a visit, of patients with two or more in each."""
    columns = [name for name in _ultrasound(frame) if read is None or name in read]
    counts = frame[columns].map(lambda cell: len(cell.planes) if has_study(cell) else 0)
    several = ((counts != 1) & counts.any(axis=1).to_numpy()[:, None]).all(axis=1)
    if not columns or several.sum() < LEAST_PATIENTS:
        n = int(several.sum()) if columns else 0
        raise CohortError(
            f"repeats='planes' needs {LEAST_PATIENTS} patients with two planes or more "
            f"in each visit, got {n} of {len(frame)}; "
            "name columns of repeated outlines, or leave StableFeatures out"
        )
    frame, counts = frame[several.to_numpy()], counts[several.to_numpy()].to_numpy()
    parts = []
    for number in range(counts[counts > 0].min()):
        cells = {
            name: as_column(
                [
                    Study((cell.planes[number],)) if has_study(cell) else None
                    for cell in frame[name]
                ],
                frame.index,
            )
            for name in columns
        }
        parts.append(frame.assign(**cells))
    return parts


def _table(values, names):
    """Return ICC, bounds and patients of each feature (patients, repeats, features)."""
    rows = []
    for of_feature in np.moveaxis(values, 2, 0):
        whole = of_feature[np.isfinite(of_feature).all(axis=1)]
        found = (np.nan,) * 3
        if len(whole) >= LEAST_PATIENTS:
            found = tuple(float(x[0]) for x in agreement(whole[:, :, None], LEVEL))
        rows.append((*found, len(whole)))
    return pd.DataFrame(rows, columns=["icc", "low", "high", "n"], index=list(names))
