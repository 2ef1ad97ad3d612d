"""Cox's model: its design, and fits of which not every term has a maximum."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd
from scipy.stats import norm

from sknac.utils._frames import unique_columns
from sknac.utils._labels import refuse_dates

# In units of a covariate's spread. Where the likelihood has a maximum the standard
# error is about 1 / sqrt(events), where it has none it comes out as 1e4 and more.
LARGEST_STANDARD_ERROR = 30.0


def with_covariates(design, covariates, n_patients, groups):
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


def _ordered(followed):
    """Return follow-up as whole numbers in the same order, for statsmodels.

    There a patient who enters at an event is at risk of it, in R and here not yet.
    """
    if followed.entry is None:
        return {"endog": followed.time}
    times = np.unique([*followed.time, *followed.entry])
    ended, begun = (np.searchsorted(times, x) for x in (followed.time, followed.entry))
    return {"endog": 2.0 * ended, "entry": 2.0 * begun + 1}


def check_rank(design, strata=None):
    """Raise if a column is constant or a combination of others, within strata."""
    centred = design.to_numpy() - design.to_numpy().mean(axis=0)
    if strata is not None:
        centred = design - design.groupby(strata).transform("mean")
    if np.linalg.matrix_rank(centred) < design.shape[1]:
        raise ValueError(
            f"the columns {list(design.columns)} are constant or collinear"
            f"{'' if strata is None else ' within the strata'}; leave some of them out"
        )


def cox(followed, design, confidence_level):
    """Fit Cox's model; rows of terms whose likelihood has no maximum are NaN."""
    from statsmodels.duration.hazard_regression import PHReg
    from statsmodels.tools.sm_exceptions import ConvergenceWarning

    values = design.to_numpy()
    with warnings.catch_warnings():
        # A likelihood without a maximum is recognised below, by its standard error.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = PHReg(
            exog=values,
            status=followed.event.astype(int),
            strata=followed.strata,
            ties="efron",
            **_ordered(followed),
        )
        fitted = model.fit(disp=0)
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
