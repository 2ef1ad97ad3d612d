"""Correction of p-values for multiple comparisons."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd


def adjust_pvalues(pvalues: Any, *, method: str = "holm") -> Any:
    """Adjust p-values for the number of comparisons.

    Parameters
    ----------
    pvalues : array-like of shape (n_tests,)
        The p-values, in [0, 1]. A NaN (an undefined test) stays NaN but still counts
        as one of the comparisons, so that leaving it out cannot help the others.
    method : str, default="holm"
        Any method of `statsmodels.stats.multitest.multipletests`, such as
        "bonferroni", "hommel" or "fdr_bh".

    Returns
    -------
    ndarray or Series of shape (n_tests,)
        Adjusted p-values; a Series keeps its index and name.

    Raises
    ------
    ValueError
        If a p-value lies outside [0, 1] or the method is unknown.

    See Also
    --------
    delong_test : The p-value of a difference between two areas.

    References
    ----------
    S. Holm, "A simple sequentially rejective multiple test procedure",
    Scandinavian Journal of Statistics 6:65-70, 1979.

    Examples
    --------
    >>> from sknac.metrics import adjust_pvalues
    >>> adjust_pvalues([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    from statsmodels.stats.multitest import multipletests

    values = np.asarray(pvalues, dtype=float)
    if values.ndim != 1:
        raise ValueError(f"pvalues has shape {values.shape}; it must be 1-D.")
    undefined = np.isnan(values)
    known = values[~undefined]
    if ((known < 0) | (known > 1)).any():
        raise ValueError("pvalues must lie in [0, 1].")
    adjusted = np.full(values.shape, np.nan)
    if known.size:
        filled = np.where(undefined, 1.0, values)
        adjusted[:] = multipletests(filled, method=method)[1]
        adjusted[undefined] = np.nan
    if isinstance(pvalues, pd.Series):
        return pd.Series(adjusted, index=pvalues.index, name=pvalues.name)
    return adjusted
