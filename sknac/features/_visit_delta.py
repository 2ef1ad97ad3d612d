"""`VisitDelta`: how any features change between visits."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from sknac.cohort import check_cohort
from sknac.features._changes import (
    WAYS,
    change,
    check_ratios,
    least_references,
    meaningless,
)
from sknac.features._visit_rows import (
    AS_VISIT,
    check_pairs,
    check_transformer,
    parts_of,
    stack_visits,
    under_their_names,
)
from sknac.utils._rows import same_rows
from sknac.utils._settings import check_options
from sknac.utils._sklearn import InstanceWith, StrOptions, _fit_context
from sknac.utils._state import SavedState
from sknac.utils._warnings import warn_user


class VisitDelta(SavedState, TransformerMixin, BaseEstimator):
    """Change of any features between visits; a missing visit is NaN.

    One copy of a feature step computes the features of each visit, and this step
    their difference, ratio or relative change between named pairs of visits.

    Parameters
    ----------
    transformer : transformer
        What makes numbers of one visit: a feature step such as `MapStatistics`, or a
        pipeline, `sklearn.pipeline.FeatureUnion` or
        `sklearn.compose.ColumnTransformer` that ends in one. It sees the visits as
        the one ultrasound column ``us_visit``, beside the clinical columns, and no
        labels. It must name its features.
    visits : tuple of (str, str) or sequence of such pairs, default=("pre", "post2")
        Visits to compare: the reference, then the later one.
    how : str or sequence of str, default="difference"
        ``"difference"``, later - reference; ``"ratio"``, later / reference;
        ``"relative"``, (later - reference) / reference.
    keep : str or sequence of str, default=()
        Visits, out of those of the pairs, whose own features stand in the table too.

    Attributes
    ----------
    transformer_ : transformer
        The copy that was fitted, on the visits of all training patients together.
    pairs_ : tuple of tuple of (str, str)
        The pairs of visits.
    columns_ : tuple of str
        Ultrasound columns that are read.
    features_ : ndarray of str of shape (n_features_of_a_visit,)
        Names of the features of a visit, as the transformer gives them.
    least_references_ : ndarray of float of shape (n_features_of_a_visit,)
        Below which a reference is too near 0 for a ratio: a thousandth of the training
        references' median; NaN where only differences are asked for.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    See Also
    --------
    sknac.nets.DLRClassifier : A network that compares visits.
    sknac.clinical.TumorChange : Change of sizes in clinical columns.

    Notes
    -----
    What the transformer learns, such as the limits of a
    `sknac.preprocessing.MapScaler`, it learns from all visits named in ``visits``, of
    the training patients, together: limits of its own for each visit would take away
    the change that is to be measured. A patient without a visit teaches with those
    that happened, and has NaN in the changes that need the missing one: impute it, or
    take a classifier that knows missing values.

    A ratio has a meaning for quantities that have a zero and are above it: areas,
    diameters, SDs. In ``fit`` it is an error, which names feature, patient and visit,
    if a feature is negative in any training visit, if a reference is 0 or below a
    thousandth of the median reference, or if the feature is by its name a level in
    decibels: ``mbf``, ``si``, ``eac``, ``nakagami_omega`` themselves, their mean or a
    percentile. A difference of decibels is the logarithm of a ratio already. Later, a
    patient whose values break the rule has NaN, with a warning. Grey values of B-mode
    are compressed decibels, too; nothing but the user can know what was done to them,
    and the ratio of their means depends on the gain.

    Names are those of the transformer with the pair in the place of the visit:
    ``us_post2-us_pre__mean`` for a difference, ``us_post2/us_pre__mean`` for a ratio,
    ``us_post2/us_pre-1__mean`` for a relative change. Kept visits come first, then
    pair by pair each way.

    Differences of features between visits are the delta features of radiomics [1]_.

    References
    ----------
    .. [1] V. Nardone, A. Reginelli, R. Grassi et al., "Delta radiomics: a systematic
       review", La Radiologia Medica 126:1571-1583, 2021.

    Examples
    --------
    >>> from sknac.datasets import make_bmode_cohort
    >>> from sknac.features import MapStatistics, VisitDelta
    >>> X = make_bmode_cohort(n_patients=4, random_state=0).X
    >>> X.loc[X.index[1], "us_post2"] = None
    >>> delta = VisitDelta(MapStatistics(statistics=["mean"]), visits=("pre", "post2"))
    >>> table = delta.set_output(transform="pandas").fit_transform(X)
    >>> table.columns.tolist(), table.isna().sum().tolist()
    (['us_post2-us_pre__mean'], [1])
    """

    _parameter_constraints: dict = {
        "transformer": [InstanceWith(["fit", "transform", "get_feature_names_out"])],
        "visits": ["array-like"],
        "how": [StrOptions(set(WAYS)), "array-like"],
        "keep": [str, "array-like"],
    }

    def __init__(
        self,
        transformer: Any,
        *,
        visits: Any = ("pre", "post2"),
        how: Any = "difference",
        keep: Any = (),
    ) -> None:
        self.transformer = transformer
        self.visits = visits
        self.how = how
        self.keep = keep

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of planes that the transformer takes, as far as it says so."""
        tagged = [part for part in parts_of(self.transformer) if hasattr(part, "kinds")]
        return tuple(tagged[0].kinds) if tagged else ("bmode", "maps", "rf")

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Fit one copy of the transformer on the visits of all patients.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame; visits may be missing, but not of all patients.
        y : ignored
            Present for scikit-learn; the transformer does not see it.

        Returns
        -------
        self
            The fitted step.

        Raises
        ------
        CohortError
            If the frame or a plane cannot be used, or no patient has one of the
            visits.
        TypeError
            If the transformer learns from labels, or makes no table of numbers.
        ValueError
            If a setting cannot be met, or a feature has no ratio.
        """
        self._fit_visits(X, y)
        return self

    @_fit_context(prefer_skip_nested_validation=False)
    def fit_transform(
        self, X: pd.DataFrame, y: Any = None, **params: Any
    ) -> np.ndarray:
        """Fit, and compute the changes; the features are computed once.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame.
        y : ignored
            Present for scikit-learn.
        **params : dict
            None are taken.

        Returns
        -------
        ndarray or DataFrame of shape (n_patients, n_features)
            As of ``transform``.
        """
        if params:
            raise TypeError(
                f"fit_transform got {sorted(params)}; VisitDelta takes no metadata, "
                "leave them out"
            )
        return self._changes(X, self._fit_visits(X, y))

    def _fit_visits(self, X, y):
        """Fit, and return the training patients' features of each visit."""
        check_transformer(self.transformer)
        pairs = check_pairs(self.visits)
        ways = check_options(self.how, "how", WAYS)
        if not ways:
            raise ValueError("how must name a way to measure a change, got none")
        named = tuple(dict.fromkeys(visit for pair in pairs for visit in pair))
        kept = check_options(self.keep, "keep", named)
        for name, given in (("how", ways), ("keep", kept)):
            if len(set(given)) < len(given):
                raise ValueError(f"{name} must name each once, got {list(given)}")
        columns = tuple(f"us_{visit}" for visit in named)
        self.columns_ = check_cohort(self, X, columns=columns, reset=True)
        same_rows(X=X, y=y)
        self.pairs_, self._ways, self._kept = pairs, ways, kept
        stack = stack_visits(X, self.columns_, all_needed=True)
        with under_their_names():
            self.transformer_ = clone(self.transformer).fit(stack.frame)
        self.features_ = self.transformer_.get_feature_names_out()
        values = stack.unstacked(self._of_visits(stack.frame))
        self.least_references_ = np.full(len(self.features_), np.nan)
        if set(ways) - {"difference"}:
            check_ratios(self.features_, values, pairs, X.index)
            self.least_references_ = least_references(values, pairs)
        return values

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Compute the changes of each patient.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame with the columns seen in ``fit``; visits may be missing.

        Returns
        -------
        ndarray or DataFrame of shape (n_patients, n_features)
            In the order of the names; NaN where a visit is missing.

        Raises
        ------
        CohortError
            If a plane cannot be used; it names the place.

        Warns
        -----
        UserWarning
            If a ratio has no meaning for a patient: it is NaN.
        """
        check_is_fitted(self)
        check_cohort(self, X, columns=self.columns_, reset=False)
        stack = stack_visits(X, self.columns_)
        return self._changes(X, stack.unstacked(self._of_visits(stack.frame)))

    def _of_visits(self, frame):
        """Compute the features of the visits that happened."""
        if not len(frame):
            return np.empty((0, len(self.features_)))
        with under_their_names():
            found = self.transformer_.transform(frame)
        try:
            table = np.asarray(found, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise TypeError(
                "transformer must make a table of numbers, got "
                f"{type(found).__name__} of {type(self.transformer).__name__}; let it "
                "end in a feature step, such as MapStatistics"
            ) from error
        if table.shape != (len(frame), len(self.features_)):
            raise ValueError(
                f"transformer must make {len(self.features_)} numbers of each of "
                f"{len(frame)} visits, got shape {table.shape}"
            )
        return table

    def _changes(self, X, values):
        """Put kept features and changes side by side."""
        blocks, lost = [values[visit] for visit in self._kept], []
        for first, later in self.pairs_:
            wrong = meaningless(values[first], values[later], self.least_references_)
            for way in self._ways:
                block = change(values[first], values[later], way)
                if way != "difference":
                    lost += [(X.index[i], self.features_[j]) for i, j in wrong]
                    block[*wrong.T] = np.nan
                blocks.append(block)
        if lost:
            warn_user(
                f"{len(lost)} ratios have no meaning and are NaN, the first is "
                f"{lost[0][1]} of patient {lost[0][0]}: a value is negative, or its "
                'reference too near 0; take how="difference" or impute them'
            )
        return np.concatenate(blocks, axis=1)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name the features: pair of visits and feature.

        Parameters
        ----------
        input_features : array-like of str or None
            Ignored.

        Returns
        -------
        ndarray of str
            Such as ``us_post2-us_pre__mean``.
        """
        check_is_fitted(self)
        of_pair = [
            WAYS[way].format(f"us_{later}", f"us_{first}")
            for first, later in self.pairs_
            for way in self._ways
        ]
        visits = [f"us_{visit}" for visit in self._kept]
        names = [_renamed(n, at) for at in visits + of_pair for n in self.features_]
        return np.array(names, dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = True
        return tags


def _renamed(name, at):
    """Put visits into the place of the one column that the transformer saw."""
    if AS_VISIT in name:
        return name.replace(AS_VISIT, at)
    return f"{at}__{name}"
