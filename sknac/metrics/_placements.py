"""Spread between patients: of placement values (DeLong's variances) and of means."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np


def placements(positive: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Count for each row the rows of the other class that it is ordered right with.

    For a positive row these are the negatives below it, for a negative row the
    positives above it, ties counting one half; one sort, exact in float64.
    """
    order = np.argsort(score)
    ordered, flag = score[order], positive[order]
    above = np.cumsum(flag)  # positives up to and including this place
    n_pos = int(above[-1])
    below = np.arange(1, score.size + 1) - above  # negatives, likewise
    first = np.empty(score.size, dtype=bool)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    if first.all():
        count = np.where(flag, below, n_pos - above).astype(np.float64)
    else:
        last = np.append(np.flatnonzero(first)[1:] - 1, score.size - 1)
        level = np.cumsum(first) - 1
        low = np.append(0, below[last[:-1]]) + below[last]
        high = 2 * n_pos - np.append(0, above[last[:-1]]) - above[last]
        count = 0.5 * np.where(flag, low[level], high[level])
    placed = np.empty(score.size)
    placed[order] = count
    return placed


def components(
    positive: np.ndarray, columns: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the areas (k,) and every row's centred placement value (k, n)."""
    n_pos = int(positive.sum())
    n_neg = positive.size - n_pos
    size = np.where(positive, float(n_neg), float(n_pos))
    placed = np.stack([placements(positive, score) for score in columns])
    auc = placed[:, positive].sum(axis=1) / (float(n_pos) * n_neg)
    placed /= size
    placed -= auc[:, None]
    return auc, placed


def covariance_of(
    centred: np.ndarray, positive: np.ndarray, codes: np.ndarray | None
) -> np.ndarray:
    """Return the covariance (k, k) of areas; NaN where a class has one unit only.

    With groups this is Obuchowski's form, which is DeLong's when every group
    holds one row.
    """
    n_pos = int(positive.sum())
    pos, neg = centred[:, positive], centred[:, ~positive]
    n_neg = positive.size - n_pos
    if codes is None:
        return _spread(pos, pos, n_pos, n_pos**2) + _spread(neg, neg, n_neg, n_neg**2)
    n_groups = int(codes.max()) + 1
    pos = _group_sums(pos, codes[positive], n_groups)
    neg = _group_sums(neg, codes[~positive], n_groups)
    with_pos = np.unique(codes[positive]).size
    with_neg = np.unique(codes[~positive]).size
    cross = _spread(pos, neg, n_groups, n_pos * n_neg)
    within = _spread(pos, pos, with_pos, n_pos**2)
    return within + _spread(neg, neg, with_neg, n_neg**2) + cross + cross.T


def degrees_of_freedom(positive: np.ndarray, codes: np.ndarray | None) -> float:
    """Return those of Student's t for areas; infinite where every row is a patient.

    One less than the patients of the class with fewer. Where some have more rows than
    others they count as so many equal patients as have this variance of their mean.
    """
    if codes is None or codes.max() + 1 == codes.size:
        return np.inf
    return max(1.0, min(patients_by_class(positive, codes)) - 1)


def rows_by_class(positive: np.ndarray, codes: np.ndarray) -> list[np.ndarray]:
    """Return each patient's number of positive rows, and of negative ones."""
    return [np.bincount(codes[known]) for known in (positive, ~positive)]


def patients_by_class(positive: np.ndarray, codes: np.ndarray | None) -> list[float]:
    """Return how many patients with equal numbers of rows weigh like each class's."""
    codes = np.arange(positive.size) if codes is None else codes
    return [equal_patients(rows) for rows in rows_by_class(positive, codes)]


def equal_patients(rows: np.ndarray) -> float:
    """Return how many patients with equal numbers of rows weigh like these."""
    return float(rows.sum() ** 2 / (rows.astype(float) ** 2).sum())


def _spread(a: np.ndarray, b: np.ndarray, units: int, scale: int) -> np.ndarray:
    """Return units / (units - 1) a b' / scale; NaN for a single unit."""
    if units < 2:
        return np.full((len(a), len(b)), np.nan)
    return a @ b.T * (units / (units - 1) / scale)


def _group_sums(values: np.ndarray, codes: np.ndarray, n_groups: int) -> np.ndarray:
    """Sum the columns of (k, n) values by group."""
    return np.stack([np.bincount(codes, row, n_groups) for row in values])


def mean_and_error(values: np.ndarray, codes: np.ndarray | None) -> tuple:
    """Return means over rows (n,) or (n, k) and their standard errors by patient."""
    n, mean = len(values), values.mean(axis=0)
    gaps = values - mean
    if codes is not None:
        summed = np.zeros((codes.max() + 1, *values.shape[1:]))
        np.add.at(summed, codes, gaps)
        gaps = summed
    units = len(gaps)
    if units < 2:
        return mean, mean * np.nan
    return mean, np.sqrt(units / (units - 1) * (gaps**2).sum(axis=0)) / n
