"""Comparison of survival between groups: log-rank test and hazard ratio."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import chi2

from sknac.survival._checks import group_labels
from sknac.survival._cox import check_rank, cox, with_covariates
from sknac.survival._follow_up import SETTINGS, follow_up, told
from sknac.survival._proportional import proportional_hazards, stratum_rows
from sknac.utils._result import Result
from sknac.utils._sklearn import Interval, Real, validate_params
from sknac.utils._text import p_equals, patients
from sknac.utils._warnings import warn_undefined

FOLLOW_UP = {"time": ["array-like"], "event": ["array-like"]}
STRATA = {"strata": ["array-like", None]}
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
        `n`, `observed` and `expected` events by group, summed over the strata.
    n_strata : int or None, default=None
        Strata within which the groups were compared.
    start : str or None, default=None
        How follow-up began, where it was not at 0.
    predictions : str or None, default=None
        Whose predictions the groups are, as told.

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
    n_strata: int | None = None
    start: str | None = None
    predictions: str | None = None

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
            f"pvalue={self.pvalue:.4g}, {patients(n)}, events={events}{told(self)})"
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
    proportional : DataFrame of shape (n_tests, 3) or None, default=None
        Tests of proportional hazards, for the groups ("by"), each covariate and all
        of them ("all"): `statistic`, `df`, `pvalue`. None where a ratio is NaN.
    n_strata : int or None, default=None
        Strata, each with a hazard of its own.
    start : str or None, default=None
        How follow-up began, where it was not at 0.
    predictions : str or None, default=None
        Whose predictions the groups are, as told.

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
    proportional: pd.DataFrame | None = None
    n_strata: int | None = None
    start: str | None = None
    predictions: str | None = None

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
            f"confidence_level={self.confidence_level:g}"
            f"{self._test()}{told(self)})\n" + "\n".join(rows)
        )

    def _test(self):
        """Write the test of proportional hazards."""
        if self.proportional is None:
            return ""
        pvalue = self.proportional.loc["all", "pvalue"]
        return f", proportional hazards {p_equals(pvalue)}"


@validate_params(
    FOLLOW_UP | SETTINGS | STRATA | {"by": ["array-like"]},
    prefer_skip_nested_validation=True,
)
def logrank(
    time: ArrayLike,
    event: ArrayLike,
    by: ArrayLike,
    *,
    entry: ArrayLike | float | None = None,
    strata: ArrayLike | None = None,
    predictions: str | None = None,
) -> LogRankResult:
    """Test whether survival differs between groups.

    Parameters
    ----------
    time : array-like of shape (n_patients,)
        Follow-up, any one unit, >= 0.
    event : array-like of shape (n_patients,)
        True or 1 where the event was seen, False or 0 where follow-up ended first.
    by : array-like of shape (n_patients,)
        Group of each patient, at least two groups; a score must be cut first.
    entry : float or array-like of shape (n_patients,), default=None
        When each patient's follow-up began, counted as `time` is; who had the event
        or left before is at no risk. One number is a landmark, such as the visit of
        the prediction: those who did not reach it are left out, and counted.
    strata : array-like of shape (n_patients,), default=None
        Stratum of each patient, such as the hospital; groups are
        compared within strata, and the sums added.
    predictions : {"new", "out-of-fold", "training"}, default=None
        Whose predictions the groups are, if they are any: of patients that the model
        never saw, of folds left out, or of those it was fitted to, which brings a
        warning. Shown in the repr.

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
    about = {"entry": entry, "strata": strata, "predictions": predictions}
    followed = follow_up(time, event, by, **about)
    time, event, by = followed.time, followed.event, followed.by
    labels = group_labels(by, at_least=2)
    expected, spread = _expected_events(followed, labels)
    table = pd.DataFrame(
        {
            "n": [int((by == label).sum()) for label in labels],
            "observed": [int(event[by == label].sum()) for label in labels],
            "expected": expected,
        },
        index=pd.Index(labels, name="group"),
    )
    about = followed.about | {"predictions": predictions}
    n_telling = int(np.count_nonzero(expected))
    if n_telling < 2 or not spread.any():
        warn_undefined(
            "No event while two groups were at risk; the log-rank test is NaN"
        )
        return LogRankResult(np.nan, max(n_telling - 1, 0), np.nan, table, **about)
    if entry is None and strata is None:
        from lifelines.statistics import multivariate_logrank_test

        telling = np.isin(by, [x for x, e in zip(labels, expected, strict=True) if e])
        groups = np.asarray(by)[telling]
        test = multivariate_logrank_test(time[telling], groups, event[telling])
        found = float(test.test_statistic), n_telling - 1, float(test.p_value)
        return LogRankResult(*found, table, **about)
    gap = (table["observed"] - table["expected"]).to_numpy()
    df = int(np.linalg.matrix_rank(spread))
    statistic = float(gap @ np.linalg.pinv(spread, hermitian=True) @ gap)
    return LogRankResult(statistic, df, float(chi2.sf(statistic, df)), table, **about)


@validate_params(
    FOLLOW_UP
    | {
        "by": ["array-like"],
        "reference_group": "no_validation",
        "covariates": [pd.DataFrame, None],
        "confidence_level": LEVEL,
    }
    | SETTINGS
    | STRATA,
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
    entry: ArrayLike | float | None = None,
    strata: ArrayLike | None = None,
    predictions: str | None = None,
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
    entry : float or array-like of shape (n_patients,), default=None
        When each patient's follow-up began, counted as `time` is; who had the event
        or left before is at no risk. One number is a landmark, such as the visit of
        the prediction: those who did not reach it are left out, and counted.
    strata : array-like of shape (n_patients,), default=None
        Stratum of each patient, such as the hospital; each has a
        hazard of its own, and the ratios are common to all.
    predictions : {"new", "out-of-fold", "training"}, default=None
        Whose predictions the groups are, if they are any: of patients that the model
        never saw, of folds left out, or of those it was fitted to, which brings a
        warning. Shown in the repr.

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

    The test of proportional hazards is Grambsch and Therneau's, as the score test of
    effects that change with 1 - survival (R: ``cox.zph`` of survival 3). A small p says
    that a single ratio does not describe the difference, and the restricted mean may;
    a large one, with few events, says little.

    References
    ----------
    D. R. Cox, Regression models and life-tables, J. R. Stat. Soc. B 34:187-220,
    1972.

    B. Efron, The efficiency of Cox's likelihood function for censored data,
    J. Am. Stat. Assoc. 72:557-565, 1977.

    P. M. Grambsch, T. M. Therneau, Proportional hazards tests and diagnostics based on
    weighted residuals, Biometrika 81:515-526, 1994.

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
    about = {"entry": entry, "strata": strata, "predictions": predictions}
    followed = follow_up(time, event, by, covariates=covariates, **about)
    if covariates is not None and len(covariates) == len(followed.kept):
        covariates = covariates[followed.kept]
    labels = group_labels(followed.by, at_least=2)
    base = labels[0] if reference_group is None else reference_group
    if base not in labels:
        raise ValueError(
            f"reference_group={reference_group!r} is no group; it must be one of "
            f"{labels}"
        )
    table, proportional = _ratios(followed, labels, base, covariates, confidence_level)
    lost = [str(x) for x, coef in table["coef"].items() if not np.isfinite(coef)]
    if lost:
        warn_undefined(
            f"The likelihood has no maximum for {', '.join(lost)} (reference "
            f"{base!r}): no events on one side, or no overlap; the hazard ratio is NaN"
        )
    return HazardRatioResult(
        table,
        base,
        len(followed.time),
        int(followed.event.sum()),
        float(confidence_level),
        proportional,
        **followed.about,
        predictions=predictions,
    )


_COLUMNS = ["hazard_ratio", "low", "high", "coef", "se", "z", "pvalue"]


def _ratios(followed, labels, base, covariates, level):
    """Return the table of ratios to a group, and the test of proportional hazards."""
    event, by = followed.event, followed.by
    others = [label for label in labels if label != base]
    with_events = [x for x in labels if event[by == x].any()]
    # Where the reference has no event its ratios are infinite; the covariates are then
    # compared within the other groups, the first of which stands for it.
    anchor = base if base in with_events else next(iter(with_events), None)
    design = pd.DataFrame(
        {x: (by == x).astype(float) for x in with_events if x != anchor},
        index=range(len(by)),
    )
    design = with_covariates(design, covariates, len(by), labels)
    terms = [*others, *([] if covariates is None else covariates.columns)]
    table = pd.DataFrame(
        index=pd.Index(terms, name="term"), columns=_COLUMNS, dtype=float
    )
    if not with_events or design.empty:
        return table, None
    kept = np.isin(by, with_events)
    design, part = design[kept], followed.part(kept)
    check_rank(design, part.strata)
    fitted = cox(part, design, level)
    # By place: a group may be called True, and labels would be a mask.
    known = np.array([anchor == base or x not in labels for x in fitted.index])
    table.iloc[[terms.index(x) for x in fitted.index[known]]] = fitted[known]
    if not np.isfinite(fitted["coef"]).all():
        return table, None
    n_groups = len(with_events) - 1
    return table, _proportional(part, design, fitted["coef"], n_groups)


def _proportional(followed, design, coef, n_groups):
    """Test proportional hazards of the groups, each covariate and all together."""
    names = {"by": list(range(n_groups))} if n_groups else {}
    names |= {x: [n_groups + n] for n, x in enumerate(design.columns[n_groups:])}
    names["all"] = list(range(design.shape[1]))
    return proportional_hazards(followed, design.to_numpy(), coef.to_numpy(), names)


def _expected_events(followed, labels):
    """Return the events each group would have at the common hazard, and their spread.

    Within strata, where there are any, and summed.
    """
    expected, spread = np.zeros(len(labels)), np.zeros((len(labels), len(labels)))
    for rows in stratum_rows(followed):
        part = followed.part(rows)
        when, deaths = np.unique(part.time[part.event], return_counts=True)
        n = part.at_risk(when)
        if (deaths == n).all():  # nobody survives an event: no comparison
            continue
        groups = [part.part(np.asarray(part.by == x)).at_risk(when) for x in labels]
        shares = np.array(groups) / n
        expected += (deaths * shares).sum(axis=1)
        scale = deaths * (n - deaths) / np.maximum(n - 1, 1)
        spread += np.diag((scale * shares).sum(axis=1)) - (scale * shares) @ shares.T
    return expected, spread
