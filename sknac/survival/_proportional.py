"""Test of proportional hazards: do the effects of Cox's model change with time?"""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from scipy.stats import chi2


def proportional_hazards(followed, design, coef, terms):
    """Return the score tests of effects that change with 1 - survival.

    Parameters
    ----------
    followed : FollowUp
        The patients of the model.
    design : ndarray of shape (n, n_columns)
        Its columns.
    coef : ndarray of shape (n_columns,)
        Its coefficients, by Efron's method.
    terms : dict of object to list of int
        Columns that are tested together.

    Returns
    -------
    DataFrame of shape (n_terms, 3)
        By term `statistic`, `df` and `pvalue`.
    """
    p = design.shape[1]
    score, information = np.zeros(p), np.zeros((2 * p, 2 * p))
    design = design - design.mean(axis=0)
    left, when = _survival_before(followed)
    for mine in stratum_rows(followed):
        part, x = followed.part(mine), design[mine]
        weight = np.exp(x @ coef)
        for at in np.unique(part.time[part.event]):
            gap, spread = _step(part, x, weight, at)
            change = 1 - left[np.searchsorted(when, at)]
            score += change * gap
            powers = np.array([[1, change], [change, change**2]])
            information += np.kron(powers, spread)
    rows = {name: _test(score, information, which) for name, which in terms.items()}
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=["statistic", "df", "pvalue"]
    ).rename_axis("term")


def stratum_rows(followed):
    """Yield the rows of each stratum."""
    if followed.strata is None:
        yield np.arange(len(followed.time))
        return
    for stratum in np.unique(followed.strata):
        yield np.flatnonzero(followed.strata == stratum)


def _survival_before(followed):
    """Return the survival of all just before each event, and the events' times."""
    when, deaths = np.unique(followed.time[followed.event], return_counts=True)
    survival = np.cumprod(1 - deaths / followed.at_risk(when))
    return np.append(1.0, survival[:-1]), when


def _step(part, x, weight, at):
    """Return observed less expected covariates at an event, and their spread."""
    rows = (part.begun < at) & (at <= part.time)
    dies = part.event & (part.time == at)
    gap, spread = x[dies].sum(axis=0), 0.0
    for share in np.arange(dies.sum()) / dies.sum():  # Efron's method
        w = np.where(dies, 1 - share, 1.0)[rows] * weight[rows]
        w = w / w.sum()
        mean = w @ x[rows]
        gap = gap - mean
        spread = spread + (x[rows] * w[:, None]).T @ x[rows] - np.outer(mean, mean)
    return gap, spread


def _test(score, information, which):
    """Test whether some coefficients change with time, all of them being estimated."""
    p, which = len(score), np.asarray(which)
    rows = np.append(np.arange(p), p + which)
    u = np.append(np.zeros(p), score[which])
    try:
        statistic = float(u @ np.linalg.solve(information[np.ix_(rows, rows)], u))
    except np.linalg.LinAlgError:
        return np.nan, len(which), np.nan
    return statistic, len(which), float(chi2.sf(statistic, len(which)))
