"""Molecular subtype from the receptors."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sknac.clinical._checks import as_flags, like, same_length
from sknac.utils._rows import same_rows
from sknac.utils._warnings import warn_user

# Positions: 2 * hormone receptor + HER2.
SUBTYPES = np.array(["TN", "HER2+", "HR+HER2-", "HR+HER2+"], dtype=object)


def molecular_subtype(er: ArrayLike, pr: ArrayLike, her2: ArrayLike) -> Any:
    """Name the molecular subtype that the receptors make.

    Parameters
    ----------
    er, pr, her2 : bool, int or array-like of shape (n_patients,)
        Whether oestrogen receptor, progesterone receptor and HER2 are positive:
        True/False or 1/0; NaN or None where unknown.

    Returns
    -------
    subtype : str, ndarray or Series of shape (n_patients,)
        "HR+HER2-", "HR+HER2+", "HER2+" (hormone receptors negative) or "TN" (triple
        negative); hormone receptors are positive if either is. None, with a
        `UserWarning`, where an unknown receptor leaves it open.

    Raises
    ------
    ValueError
        If lengths differ or a value is neither 0, 1 nor missing.

    See Also
    --------
    sknac.metrics.subgroup_rates : Rates by subtype.

    References
    ----------
    The DLRP paper, European Radiology (Table 2).

    Examples
    --------
    >>> from sknac.clinical import molecular_subtype
    >>> molecular_subtype([1, 0, 0], [0, 0, 0], [0, 1, 0]).tolist()
    ['HR+HER2-', 'HER2+', 'TN']
    """
    same_rows(er=er, pr=pr, her2=her2)
    given = {"er": as_flags(er, "er"), "pr": as_flags(pr, "pr")}
    er_, pr_, her2_ = same_length(**given, her2=as_flags(her2, "her2"))
    hormone = np.where((er_ == 1) | (pr_ == 1), 1.0, er_ + pr_)
    code = 2 * hormone + her2_
    known = ~np.isnan(code)
    subtype = np.full(code.size, None, dtype=object)
    subtype[known] = SUBTYPES[code[known].astype(int)]
    if not known.all():
        warn_user(
            f"{int((~known).sum())} of {known.size} patients have no subtype (None); a "
            "receptor that decides it is missing"
        )
    return like(er, subtype, "subtype")
