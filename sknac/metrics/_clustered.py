"""Rates of rows that patients have several of: Wilson's interval by patient."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.metrics._placements import equal_patients
from sknac.metrics._results import MetricInterval
from sknac.utils._confusion import RATES, cell_codes, rate_terms
from sknac.utils._sample import Sample
from sknac.utils._warnings import warn_user

METHOD = "clustered-wilson"
# Below these, patients with very unequal numbers of rows are told of: how many equal
# patients they weigh like, and their share of the patients there are.
FEW, UNEQUAL = 15, 0.75


def cells_by_patient(sample: Sample) -> np.ndarray:
    """Count each patient's rows in the four cells, (n_patients, 4)."""
    places = 4 * sample.codes + cell_codes(sample.positive, sample.predicted)
    counts = np.bincount(places, minlength=4 * sample.n_groups)
    return counts.reshape(sample.n_groups, 4)


def clustered_rates(sample: Sample, confidence_level: float) -> dict:
    """Return the interval of each rate of decisions with patients; NaN for no rows."""
    cells, found, counts = cells_by_patient(sample), {}, {}
    for name in RATES:
        right, rows = (cells @ term.astype(int) for term in rate_terms(name))
        kept = rows > 0
        right, rows = right[kept], rows[kept]
        counts[name] = rows
        about = {"metric": name, "confidence_level": confidence_level, **sample.about}
        found[name] = clustered_rate(right, rows, **about)
    warn_of_unequal(counts)
    return found


def warn_of_unequal(counts: dict[str, np.ndarray]) -> None:
    """Warn of rates of which few patients have most of the rows."""
    unequal = [
        f"{name} ({rows.min()} to {rows.max()} rows each)"
        for name, rows in counts.items()
        if are_unequal(rows)
    ]
    if unequal:
        warn_user(
            f"Few patients have most of the rows of {', '.join(unequal)}; where rows "
            "of a patient agree, 95 % intervals held the truth in 83 to 93 % of such "
            "simulated studies: give one row per patient to be sure"
        )


def clustered_rate(
    right: np.ndarray, rows: np.ndarray, *, confidence_level: float, **about
) -> MetricInterval:
    """Return the interval of a rate from each patient's rows and right ones."""
    from statsmodels.stats.proportion import proportion_confint

    estimate = low = high = se = np.nan
    if rows.size:
        estimate = float(right.sum() / rows.sum())
        worth = independent_rows(right, rows)
        low, high = proportion_confint(
            estimate * worth, worth, 1 - confidence_level, "wilson"
        )
        se = standard_error(right, rows)
    return MetricInterval(
        estimate=estimate,
        low=float(low),
        high=float(high),
        se=se,
        method=METHOD,
        confidence_level=confidence_level,
        count=int(right.sum()),
        total=int(rows.sum()),
        **about,
    )


def independent_rows(right: np.ndarray, rows: np.ndarray) -> float:
    """Return how many independent rows the patients' rows are worth.

    It is the number of rows over their design effect, the variance between patients
    in units of that of independent rows. A rate near 0 or 1 rests on the few patients
    with a row of the rarer kind, too few to know a design effect from: one more patient
    whose rows all agree is counted with them. Where nobody is left that is the number
    of patients.
    """
    n, rate = rows.sum(), right.sum() / rows.sum()
    if rate in (0, 1):
        return float(rows.size)
    alike = (rows**2).sum() / n  # the design effect where a patient's rows agree
    if rows.size == 1:
        return float(n / alike)
    spread = ((right - rate * rows) ** 2).sum()
    effect = max(1.0, spread / (n * rate * (1 - rate)))
    told = min(np.count_nonzero(right > 0), np.count_nonzero(right < rows))
    return float(n * (told + 1) / (told * effect + max(effect, alike)))


def standard_error(right: np.ndarray, rows: np.ndarray) -> float:
    """Return the standard error of the rate between patients; NaN for one."""
    n, units = rows.sum(), rows.size
    if units < 2:
        return np.nan
    spread = ((right - right.sum() / n * rows) ** 2).sum()
    return float(np.sqrt(units / (units - 1) * spread) / n)


def are_unequal(rows: np.ndarray, few: int = FEW) -> bool:
    """Tell whether a few of the patients have most of the rows."""
    return bool(rows.size) and equal_patients(rows) < min(few, UNEQUAL * rows.size)
