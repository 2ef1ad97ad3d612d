"""Comparison of survival between groups: log-rank test and hazard ratio."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from sknac.survival._checks import check_follow_up, group_labels
from sknac.utils._frames import unique_columns
from sknac.utils._labels import refuse_dates
from sknac.utils._result import Result
from sknac.utils._sklearn import Interval, Real, validate_params
from sknac.utils._text import p_equals, patients
from sknac.utils._warnings import warn_undefined

# In units of a covariate's spread. Where the likelihood has a maximum the standard
# error is about 1 / sqrt(events), where it has none it comes out as 1e4 and more.
LARGEST_STANDARD_ERROR = 30.0
FOLLOW_UP = {"time": ["array-like"], "event": ["array-like"]}
LEVEL = [Interval(Real, 0, 1, closed="neither")]


@dataclass(frozen=True, eq=False, repr=False)
class LogRankResult(Result):
    """Log-rank test between groups.

    Parameters
    ----------
    statistic : float
        Chi-square; NaN where no comparison is possible.
    df : int
        Degrees of freedom.
    pvalue : float
        P-value; NaN where no comparison is possible.
    table : DataFrame of shape (n_groups, 3)
        `n`, `observed` and `expected` events by group.

    See Also
    --------
    logrank : Computes this result.

    Examples
    --------
    >>> from sknac.survival import logrank
    >>> logrank([1, 2, 3, 4], [1, 1, 1, 0], ["a", "a", "b", "b"]).df
    1
    """

    statistic: float
    df: int
    pvalue: float
    table: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return observed and expected events by group.

        Returns
        -------
        frame : DataFrame of shape (n_groups, 3)
            `n`, `observed`, `expected`.
        """
        return self.table.copy()

    def __repr__(self):
        n, events = self.table[["n", "observed"]].sum().astype(int)
        return (
            f"LogRankResult(statistic={self.statistic:.4g}, df={self.df}, "
            f"pvalue={self.pvalue:.4g}, {patients(n)}, events={events})"
        )


@dataclass(frozen=True, eq=False, repr=False)
class HazardRatioResult(Result):
    """Hazard ratios from Cox's model.

    Parameters
    ----------
    table : DataFrame of shape (n_terms, 7)
        One row per group other than the reference, then one per covariate:
        `hazard_ratio`, `low`, `high`, `coef`, `se`, `z`, `pvalue`.
    reference_group : object
        The group all others are compared with.
    n, n_events : int
        Patients and events.
    confidence_level : float
        Coverage of the interval, in (0, 1).

    See Also
    --------
    hazard_ratio : Computes this result.

    Examples
    --------
    >>> from sknac.survival import hazard_ratio
    >>> result = hazard_ratio([4, 3, 2, 1], [1, 1, 1, 1], ["a", "b", "a", "b"])
    >>> result.reference_group, result.n_events
    ('a', 4)
    """

    table: pd.DataFrame
    reference_group: object
    n: int
    n_events: int
    confidence_level: float

    def to_frame(self) -> pd.DataFrame:
        """Return the ratios as a table.

        Returns
        -------
        frame : DataFrame of shape (n_terms, 7)
            A copy of `table`.
        """
        return self.table.copy()

    def __repr__(self):
        rows = [
            f"  {term}: {row.hazard_ratio:.3g} [{row.low:.3g}, {row.high:.3g}], "
            f"{p_equals(row.pvalue)}"
            for term, row in self.table.iterrows()
        ]
        return (
            f"HazardRatioResult(reference_group={self.reference_group!r}, "
            f"{patients(self.n)}, events={self.n_events}, "
            f"confidence_level={self.confidence_level:g})\n" + "\n".join(rows)
        )


@validate_params(FOLLOW_UP | {"by": ["array-like"]}, prefer_skip_nested_validation=True)
def logrank(time: ArrayLike, event: ArrayLike, by: ArrayLike) -> LogRankResult:
    """Test whether survival differs between groups.

    Parameters
    ----------
    time : array-like of shape (n_patients,)
        Follow-up, any one unit, >= 0.
    event : array-like of shape (n_patients,)
        True or 1 where the event was seen, False or 0 where follow-up ended first.
    by : array-like of shape (n_patients,)
        Group of each patient, at least two groups; a score must be cut first.

    Returns
    -------
    result : LogRankResult
        Chi-square, p-value, and observed and expected events. A group that left
        before the first event tells nothing and costs a degree of freedom; with
        fewer than two groups left, or no events, both are NaN with a warning.

    Raises
    ------
    ValueError
        If lengths differ, a value is missing, a time is negative, an event is
        neither 0 nor 1, or there is one group only.

    See Also
    --------
    kaplan_meier : The curves.
    hazard_ratio : How large the difference is.

    References
    ----------
    R. Peto, J. Peto, Asymptotically efficient rank invariant test procedures,
    J. R. Stat. Soc. A 135:185-207, 1972.

    Examples
    --------
    >>> from sknac.survival import logrank
    >>> time = [5, 8, 9, 12, 14, 1, 2, 3, 4, 6]
    >>> event = [1, 0, 1, 0, 0, 1, 1, 1, 0, 1]
    >>> by = ["response"] * 5 + ["non-response"] * 5
    >>> round(logrank(time, event, by).pvalue, 3)
    0.023
    """
    time, event, by = check_follow_up(time, event, by)
    labels = group_labels(by, at_least=2)
    expected = _expected_events(time, event, by, labels)
    table = pd.DataFrame(
        {
            "n": [int((by == label).sum()) for label in labels],
            "observed": [int(event[by == label].sum()) for label in labels],
            "expected": expected,
        },
        index=pd.Index(labels, name="group"),
    )
    telling = np.isin(by, [x for x, e in zip(labels, expected, strict=True) if e])
    n_telling = int(np.count_nonzero(expected))
    if n_telling < 2:
        warn_undefined(
            "No event while two groups were at risk; the log-rank test is NaN"
        )
        return LogRankResult(np.nan, max(n_telling - 1, 0), np.nan, table)
    from lifelines.statistics import multivariate_logrank_test

    groups = np.asarray(by)[telling]
    test = multivariate_logrank_test(time[telling], groups, event[telling])
    return LogRankResult(
        float(test.test_statistic), n_telling - 1, float(test.p_value), table
    )


@validate_params(
    FOLLOW_UP
    | {
        "by": ["array-like"],
        "reference_group": "no_validation",
        "covariates": [pd.DataFrame, None],
        "confidence_level": LEVEL,
    },
    prefer_skip_nested_validation=True,
)
def hazard_ratio(
    time: ArrayLike,
    event: ArrayLike,
    by: ArrayLike,
    *,
    reference_group: object = None,
    covariates: pd.DataFrame | None = None,
    confidence_level: float = 0.95,
) -> HazardRatioResult:
    """Estimate by Cox's model how many times faster the events come in each group.

    Parameters
    ----------
    time : array-like of shape (n_patients,)
        Follow-up, any one unit, >= 0.
    event : array-like of shape (n_patients,)
        True or 1 where the event was seen, False or 0 where follow-up ended first.
    by : array-like of shape (n_patients,)
        Group of each patient, at least two groups.
    reference_group : object, default=None
        Group to compare with; None is the first level of a categorical `by`, as in R,
        else the first in sorted order. The result names it.
    covariates : DataFrame of shape (n_patients, n_covariates), default=None
        Numeric covariates to adjust for, no missing values.
    confidence_level : float, default=0.95
        Coverage of the Wald interval, in (0, 1).

    Returns
    -------
    result : HazardRatioResult
        A ratio with its interval for each other group, then for each covariate. NaN
        with a warning where the likelihood has no maximum: no events in the group
        or in the reference, or groups that never overlap. Groups without events tell
        nothing of the covariates, whose ratios then come from the others.

    Raises
    ------
    ValueError
        If lengths differ, a value is missing, a time is negative, an event is
        neither 0 nor 1, there is one group only, `reference_group` is none of them,
        or the covariates are constant or collinear.

    See Also
    --------
    logrank : Whether there is a difference at all.

    Notes
    -----
    Ties are handled by Efron's method. The model is that of statsmodels, which
    agrees with R's coxph to 1e-13; lifelines stops iterating at 3e-7.

    References
    ----------
    D. R. Cox, Regression models and life-tables, J. R. Stat. Soc. B 34:187-220,
    1972.

    B. Efron, The efficiency of Cox's likelihood function for censored data,
    J. Am. Stat. Assoc. 72:557-565, 1977.

    Examples
    --------
    >>> from sknac.survival import hazard_ratio
    >>> time = [5, 8, 9, 12, 14, 1, 2, 3, 4, 6]
    >>> event = [1, 0, 1, 0, 0, 1, 1, 1, 0, 1]
    >>> by = ["response"] * 5 + ["non-response"] * 5
    >>> hazard_ratio(time, event, by, reference_group="response")
    HazardRatioResult(reference_group='response', n=10 patients, events=6, ...)
      non-response: 9.52 [0.99, 91.7], p = 0.051
    """
    time, event, by = check_follow_up(time, event, by, covariates)
    labels = group_labels(by, at_least=2)
    base = labels[0] if reference_group is None else reference_group
    if base not in labels:
        raise ValueError(
            f"reference_group={reference_group!r} is no group; it must be one of "
            f"{labels}"
        )
    others = [label for label in labels if label != base]
    with_events = [x for x in labels if event[by == x].any()]
    # Where the reference has no event its ratios are infinite; the covariates are then
    # compared within the other groups, the first of which stands for it.
    anchor = base if base in with_events else next(iter(with_events), None)
    design = pd.DataFrame(
        {x: (by == x).astype(float) for x in with_events if x != anchor},
        index=range(len(time)),
    )
    design = _with_covariates(design, covariates, len(time), labels)
    terms = [*others, *([] if covariates is None else covariates.columns)]
    table = pd.DataFrame(
        index=pd.Index(terms, name="term"), columns=_COLUMNS, dtype=float
    )
    if with_events and not design.empty:
        kept = np.isin(by, with_events)
        _check_rank(design[kept])
        fitted = _cox(time[kept], event[kept], design[kept], confidence_level)
        # By place: a group may be called True, and labels would be a mask.
        known = np.array([anchor == base or x not in labels for x in fitted.index])
        table.iloc[[terms.index(x) for x in fitted.index[known]]] = fitted[known]
    lost = [str(term) for term in terms if not np.isfinite(table.loc[term, "coef"])]
    if lost:
        warn_undefined(
            f"The likelihood has no maximum for {', '.join(lost)} (reference "
            f"{base!r}): no events on one side, or no overlap; the hazard ratio is NaN"
        )
    return HazardRatioResult(
        table, base, len(time), int(event.sum()), float(confidence_level)
    )


_COLUMNS = ["hazard_ratio", "low", "high", "coef", "se", "z", "pvalue"]


def _expected_events(time, event, by, labels):
    """Return the events each group would have had at the common hazard."""
    when, deaths = np.unique(time[event], return_counts=True)
    at_risk = len(time) - np.searchsorted(np.sort(time), when)
    share = deaths / at_risk
    if (deaths == at_risk).all():  # nobody survives the first event: no comparison
        return np.zeros(len(labels))
    expected = np.zeros(len(labels))
    for number, label in enumerate(labels):
        mine = np.sort(time[by == label])
        expected[number] = (share * (len(mine) - np.searchsorted(mine, when))).sum()
    return expected


def _with_covariates(design, covariates, n_patients, groups):
    """Return the design with the covariates beside the group columns."""
    if covariates is None:
        return design
    if len(covariates) != n_patients:
        raise ValueError(
            f"covariates has {len(covariates)} rows but time has {n_patients}; give "
            "one row of each"
        )
    unique_columns(covariates, "covariates")
    clash = set(covariates.columns) & set(groups)
    if clash:
        raise ValueError(
            f"covariates and groups share the names {sorted(clash)}; rename one"
        )
    for name, column in covariates.items():
        refuse_dates(column, f"covariate {name!r}")
        if isinstance(column.dtype, pd.CategoricalDtype):  # "1", "2" would be numbers
            raise ValueError(
                f"covariate {name!r} must be numbers, got a categorical; code its "
                "classes as columns of 0 and 1, for example with pandas.get_dummies"
            )
    try:
        added = covariates.reset_index(drop=True).astype(float)
    except (TypeError, ValueError):
        raise ValueError(
            "covariates must be numbers; code classes as columns of 0 and 1, for "
            "example with pandas.get_dummies"
        ) from None
    if added.isna().any(axis=None):
        raise ValueError("covariates holds missing values; impute or leave rows out")
    if np.isinf(added).any(axis=None):
        raise ValueError("covariates holds infinite values; leave those rows out")
    return pd.concat([design, added], axis=1)


def _check_rank(design):
    """Raise if a column is constant or a combination of others."""
    centred = design.to_numpy() - design.to_numpy().mean(axis=0)
    if np.linalg.matrix_rank(centred) < design.shape[1]:
        raise ValueError(
            f"the columns {list(design.columns)} are constant or collinear; leave "
            "some of them out"
        )


def _cox(time, event, design, confidence_level):
    """Fit Cox's model; rows of terms whose likelihood has no maximum are NaN."""
    from statsmodels.duration.hazard_regression import PHReg
    from statsmodels.tools.sm_exceptions import ConvergenceWarning

    values = design.to_numpy()
    with warnings.catch_warnings():
        # A likelihood without a maximum is recognised below, by its standard error.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = PHReg(time, values, event.astype(int), ties="efron").fit(disp=0)
    coef, se = np.asarray(fitted.params), np.asarray(fitted.bse)
    lost = ~(se * values.std(axis=0) < LARGEST_STANDARD_ERROR)
    coef, se = np.where(lost, np.nan, coef), np.where(lost, np.nan, se)
    half = norm.ppf(0.5 + confidence_level / 2) * se
    z = coef / se
    return pd.DataFrame(
        {
            "hazard_ratio": np.exp(coef),
            "low": np.exp(coef - half),
            "high": np.exp(coef + half),
            "coef": coef,
            "se": se,
            "z": z,
            "pvalue": 2 * norm.sf(np.abs(z)),
        },
        index=design.columns,
    )
