"""Change of tumour size between visits."""

# SPDX-License-Identifier: BSD-3-Clause

from fractions import Fraction
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sknac.utils._decimals import as_decimals
from sknac.utils._frames import as_pandas, as_seen, validate_data
from sknac.utils._labels import as_floats, raise_first
from sknac.utils._rows import same_rows
from sknac.utils._sklearn import StrOptions, _fit_context
from sknac.utils._state import SavedState
from sknac.utils._warnings import warn_hint

# Volumes of a cohort do not change so many times; a length for a volume does.
MOST_GROWTH = 20


class TumorChange(SavedState, TransformerMixin, BaseEstimator):
    """Change of tumour size from visit to visit.

    Parameters
    ----------
    visits : dict of str to str or list of three str
        Columns of each visit, in order of time: three diameters (any one length
        unit), of which the volume of the ellipsoid, pi/6 a b c, is made, or one
        column with a size measured otherwise (longest diameter, volume).
    definition : {"reduction", "change", "log_ratio"}, default="reduction"
        With s the size: "reduction" is (s_before - s_after) / s_before, at most 1,
        positive where the tumour shrank, the DLRP paper's percentage reduction as a
        fraction; "change" is its negative; "log_ratio" is ln(s_after / s_before).
    against : {"first", "previous"}, default="first"
        The visit that each later one is compared with.

    Attributes
    ----------
    columns_ : list of str
        The columns that are read.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X.

    Raises
    ------
    ValueError
        From `fit`: if there are fewer than two visits, a visit has neither one
        column nor three, two visits have the same columns, or one is missing. From
        both: if a size is negative or infinite, the size before is 0, or a logarithm
        would be taken of 0.

    See Also
    --------
    StepwiseLogisticRegression : Models that take the changes.

    Notes
    -----
    The DLRP paper describes its change after four courses once as the reduction since
    the start and once, below Table 2, as that since the second course: `against`
    chooses.

    Sizes are taken as the decimals that they print as: from 3.0 to 2.1 is a reduction
    of 0.3, which binary arithmetic misses.

    A missing size or diameter gives NaN: nothing is imputed here. Sizes mix only
    within one kind: all visits should be measured alike, and one size beside three
    diameters must be a volume; where it is not likely to be one, `fit` warns.

    References
    ----------
    The DLRP paper, European Radiology (change of volume after two and four courses).

    Examples
    --------
    >>> import pandas as pd
    >>> from sknac.clinical import TumorChange
    >>> X = pd.DataFrame({"a0": [40.0], "b0": [30.0], "c0": [20.0],
    ...                   "a2": [20.0], "b2": [15.0], "c2": [10.0]})
    >>> step = TumorChange({"pre": ["a0", "b0", "c0"], "post2": ["a2", "b2", "c2"]})
    >>> step.set_output(transform="pandas").fit_transform(X)
       reduction_post2
    0            0.875
    """

    _parameter_constraints: dict = {
        "visits": [dict],
        "definition": [StrOptions({"reduction", "change", "log_ratio"})],
        "against": [StrOptions({"first", "previous"})],
    }

    def __init__(
        self, visits: Any, *, definition: str = "reduction", against: str = "first"
    ) -> None:
        self.visits = visits
        self.definition = definition
        self.against = against

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Check that the columns are there; nothing is learned.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Table with the columns of all visits.
        y : None
            Ignored.

        Returns
        -------
        self : TumorChange
            The fitted object.
        """
        same_rows(X=X, y=y)
        if len(self.visits) < 2:
            raise ValueError("visits must name at least two visits")
        self.columns_ = self._every_column()
        X = as_pandas(X)
        _check_frame(X, self.columns_)
        validate_data(self, X, skip_check_array=True)
        self._changes(X)
        self._hint_at_lengths(X)
        return self

    def transform(self, X: Any) -> Any:
        """Compute the changes.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Table like that of `fit`.

        Returns
        -------
        changes : ndarray or DataFrame of shape (n_patients, n_visits - 1)
            One column per visit but the first; NaN where a size is missing.
        """
        check_is_fitted(self)
        X = as_pandas(X)
        _check_frame(X, self.columns_)
        X = as_seen(self, X, self.columns_)
        validate_data(self, X, skip_check_array=True, reset=False)
        return self._changes(X)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the changes.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        names : ndarray of shape (n_visits - 1,)
            ``<definition>_<visit>``.
        """
        names = [f"{self.definition}_{visit}" for visit in list(self.visits)[1:]]
        return np.array(names, dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False  # columns are known by name
        tags.input_tags.allow_nan = True
        return tags

    def _every_column(self):
        """Return the columns of all visits; none is compared with itself."""
        seen = {}
        for visit in self.visits:
            columns = tuple(sorted(self._names(visit), key=str))
            if columns in seen:
                raise ValueError(
                    f"visits {seen[columns]!r} and {visit!r} have the same columns "
                    f"{list(columns)}; name those of each visit"
                )
            seen[columns] = visit
        return [name for visit in self.visits for name in self._names(visit)]

    def _names(self, visit):
        """Return the one or three columns of a visit."""
        names = self.visits[visit]
        names = [names] if np.ndim(names) == 0 else list(names)
        if len(names) not in (1, 3):
            raise ValueError(
                f"visit {visit!r} has {len(names)} columns; give three diameters, or "
                "one column with the size"
            )
        return names

    def _changes(self, X):
        """Return the changes of a checked table."""
        sizes = np.column_stack([self._size(X, visit) for visit in self.visits])
        known = [X[self._names(visit)].notna().all(axis=1) for visit in self.visits]
        known = np.column_stack(known)
        first = np.s_[:, :1] if self.against == "first" else np.s_[:, :-1]
        wrong = known[first] & (sizes[first] == 0)
        raise_first(wrong, "size 0 before; leave those patients out", X.index)
        before = np.where(known[first], sizes[first], 1)
        ratio = sizes[:, 1:] / before
        # Exact until here: of 3.0 and 2.1 the reduction is the number 0.3.
        changes = {"reduction": 1 - ratio, "change": ratio - 1, "log_ratio": ratio}
        found = changes[self.definition].astype(np.float64)
        found[~(known[:, 1:] & known[first])] = np.nan
        if self.definition == "log_ratio":
            what = "size 0 has no logarithm; take definition='reduction'"
            raise_first(found == 0, what, X.index)
            return np.log(found)
        return found

    def _hint_at_lengths(self, X):
        """Warn where one size beside three diameters is of another kind than a volume.

        A length is some hundred times smaller than the volume that belongs to it.
        """
        one = [visit for visit in self.visits if len(self._names(visit)) == 1]
        three = [visit for visit in self.visits if visit not in one]
        for visit in one if three else []:
            known = X[self._names(visit) + self._names(three[0])].notna().all(axis=1)
            size, volume = self._size(X[known], visit), self._size(X[known], three[0])
            there = (size > 0) & (volume > 0)
            ratio = (size[there] / volume[there]).astype(np.float64)
            if ratio.size and not 1 / MOST_GROWTH < np.median(ratio) < MOST_GROWTH:
                warn_hint(
                    f"the size at {visit!r} is {np.median(ratio):.3g} times the volume "
                    "at other visits; beside three diameters one size must be a volume"
                )

    def _size(self, X, visit):
        """Return the volume, or the one size, of each patient in exact decimals."""
        table = X[self._names(visit)]
        columns = [as_floats(column, f"column {k!r}") for k, column in table.items()]
        values = np.column_stack(columns)
        wrong = (values < 0) | np.isinf(values)
        what = f"the size at {visit!r} must be finite and not negative"
        raise_first(wrong, what, X.index)
        sides = [as_decimals(column) for _, column in table.items()]
        if len(sides) == 1:
            return sides[0]
        return Fraction(np.pi / 6) * sides[0] * sides[1] * sides[2]


def _check_frame(X, columns):
    """Raise unless X is a table with these columns."""
    if not isinstance(X, pd.DataFrame):
        raise ValueError(f"X must be a DataFrame with the columns {columns}")
    absent = [name for name in columns if name not in X.columns]
    if absent:
        raise ValueError(f"X has no column {', '.join(map(str, absent))}; add it")
