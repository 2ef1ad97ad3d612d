"""Rates of a cut that was chosen without the patients it is judged on."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

N_FOLDS = 5


def folds_of_patients(positive: np.ndarray, units: np.ndarray) -> np.ndarray | None:
    """Return the number of the fold of each row, or None if a class is too small.

    For scores that come from no folds: stratified ones in the order of the rows.
    """
    least = min(len(np.unique(units[positive])), len(np.unique(units[~positive])))
    if least < 2:
        return None
    several = len(np.unique(units)) < len(units)
    kind = StratifiedGroupKFold if several else StratifiedKFold
    splits = kind(min(N_FOLDS, least)).split(
        positive, positive, units if several else None
    )
    found = np.empty(len(positive), dtype=int)
    for number, (_, test) in enumerate(splits):
        found[test] = number
    return found


def nested_rates(
    choose: Callable[[np.ndarray], float],
    score: np.ndarray,
    positive: np.ndarray,
    units: np.ndarray,
    folds: np.ndarray | None,
    mass: np.ndarray | None,
) -> tuple[float, float]:
    """Return sensitivity and specificity, each fold at the cut of the other patients.

    `choose` takes rows and returns their cut, NaN where there is none; the rates then
    are NaN too.
    """
    called = np.zeros(len(score), dtype=bool)
    for number in np.unique(folds) if folds is not None else ():
        here = folds == number
        rest = np.flatnonzero(~np.isin(units, units[here]))
        both = positive[rest].any() and not positive[rest].all()
        cut = choose(rest) if both else np.nan
        if np.isnan(cut):
            return np.nan, np.nan
        called[here] = score[here] >= cut
    if folds is None:
        return np.nan, np.nan
    mass = np.ones(len(score)) if mass is None else mass
    rates = [
        np.average(right[of], weights=mass[of]) if mass[of].any() else np.nan
        for right, of in ((called, positive), (~called, ~positive))
    ]
    return float(rates[0]), float(rates[1])


def check_folds(splits: list, codes: np.ndarray) -> None:
    """Raise if a patient has rows in the training and the test part of a fold."""
    for number, (train, test) in enumerate(splits):
        both = np.intersect1d(codes[test], codes[train])
        if both.size:
            row = int(np.flatnonzero(codes == both[0])[0])
            raise ValueError(
                f"fold {number} trains on rows of a patient whom it scores (the one of "
                f"row {row}); set cv=StratifiedGroupKFold(...), which takes groups by "
                "routing"
            )
