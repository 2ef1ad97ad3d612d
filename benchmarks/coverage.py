"""Measure how often each interval holds the true value, and how wide it is.

Areas: normal scores in two classes with a known area; rates: binomial counts.
Cohorts of a published study's size. A degenerate draw (area exactly 0 or 1, count 0
or all) stays in and is counted: its interval is what the function returns, which for
an area is the Clopper-Pearson interval of disjoint pairs. Below them are the tables of
the other scripts: patients with several rows, cuts, calibration, decision curves,
cross-validation, optimism and selection, survival; each can be run alone. Run:

    OMP_NUM_THREADS=1 python benchmarks/coverage.py [--draws 4000]
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import time
import warnings

import coverage_at_rate
import coverage_by_patient
import coverage_calibration
import coverage_cuts
import coverage_cv
import coverage_decision_curve
import coverage_optimism
import coverage_out_of_fold
import numpy as np
import survival
from scipy.special import ndtri
from scipy.stats import binom

from sknac.metrics import auc_ci, bootstrap_ci
from sknac.metrics._proportions import proportion_ci

AREAS = (
    (21, 21, 0.81),
    (21, 21, 0.94),
    (10, 40, 0.86),
    (10, 40, 0.95),
    (5, 20, 0.97),
    (21, 21, 0.99),
)
METHODS = ("logit-delong", "delong", "bca", "percentile")
PROPORTIONS = ((19, 21), (10, 21), (44, 50))
BINOMIAL = ("wilson", "clopper-pearson", "wald")


def draw(rng, n_pos, n_neg, area):
    """Return labels and normal scores whose true area is given."""
    y = np.repeat([1, 0], [n_pos, n_neg])
    return y, rng.normal(size=y.size) + np.sqrt(2) * ndtri(area) * y


def area_coverage(n_pos, n_neg, area, n_draws, seed=0):
    """Return coverage, misses below and above and mean width by method."""
    rng = np.random.default_rng(seed)
    low, high = (np.empty((n_draws, len(METHODS))) for _ in range(2))
    degenerate = 0
    for row in range(n_draws):
        y, score = draw(rng, n_pos, n_neg, area)
        for at, method in enumerate(METHODS):
            found = auc_ci(y, score, method=method, random_state=row)
            low[row, at], high[row, at] = found.low, found.high
        degenerate += found.method == "clopper-pearson"
    too_high, too_low = (low > area).mean(axis=0), (high < area).mean(axis=0)
    return (
        1 - too_high - too_low,
        too_high,
        too_low,
        (high - low).mean(axis=0),
        (degenerate),
    )


def print_areas(n_draws):
    """Print the table of areas."""
    error = 100 * np.sqrt(0.95 * 0.05 / n_draws)
    print(f"Areas, nominal 95 %, {n_draws} draws (Monte-Carlo SE {error:.2f} points)")
    print("n+/n-  area  method        covers  lies above  lies below  width  area=1")
    for n_pos, n_neg, area in AREAS:
        found = area_coverage(n_pos, n_neg, area, n_draws)
        for at, method in enumerate(METHODS):
            covers, above, below, width = (100 * column[at] for column in found[:4])
            print(
                f"{n_pos}/{n_neg}  {area:.2f}  {method:13s} {covers:5.1f} % "
                f"{above:8.1f} % {below:9.1f} %  {width / 100:.3f}  {found[4]}",
                flush=True,
            )


def print_proportions():
    """Print the exact coverage at the published rates, and averaged around them."""
    print("\nRates, nominal 95 %, exact binomial sums; degenerate = chance of 0 or n")
    print("rate   method           covers  mean over p in rate +- 0.05  width  degen.")
    for count, n in PROPORTIONS:
        p, counts = count / n, np.arange(n + 1)
        near = np.clip(np.linspace(p - 0.05, p + 0.05, 101), 1e-6, 1 - 1e-6)
        for method in BINOMIAL:
            found = [proportion_ci(k, n, method=method) for k in counts]
            low = np.array([x.low for x in found])
            high = np.array([x.high for x in found])

            def covers(q, low=low, high=high, counts=counts, n=n):
                inside = (low <= q) & (q <= high)
                return 100 * (binom.pmf(counts, n, q) * inside).sum()

            chance = binom.pmf(counts, n, p)
            width = (chance * (high - low)).sum()
            average = np.mean([covers(q) for q in near])
            print(
                f"{count}/{n}  {method:16s} {covers(p):5.1f} % {average:14.1f} % "
                f"{width:22.3f}  {100 * (chance[0] + chance[-1]):.1f} %"
            )


def print_bootstrap_rates():
    """Print the coverage of the bootstrap of a rate, exact over all counts."""
    print("\nRates by bootstrap (2000 resamples), exact binomial sums")
    for count, n in PROPORTIONS:
        for method in ("percentile", "bca"):
            inside, width = 0.0, 0.0
            for k in range(n + 1):
                y, found = np.ones(n, int), np.repeat([1, 0], [k, n - k])
                interval = rate_interval(y, found, method)
                chance = binom.pmf(k, n, count / n)
                inside += chance * (interval[0] <= count / n <= interval[1])
                width += chance * (interval[1] - interval[0])
            print(
                f"{count}/{n}  {method:16s} {100 * inside:5.1f} %   width {width:.3f}"
            )


def rate_interval(y, found, method):
    """Return the bootstrap interval; where BCa has none, the estimate itself."""
    if found.min() == found.max():
        return found[0], found[0]
    with np.errstate(all="ignore"):
        x = bootstrap_ci(
            "accuracy", y, found, method=method, random_state=0, pos_label=1
        )
    return x.low, x.high


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=4000)
    n_draws = parser.parse_args().draws
    start = time.perf_counter()
    print_areas(n_draws)
    print_proportions()
    print_bootstrap_rates()
    coverage_by_patient.print_all(n_draws // 4)
    coverage_at_rate.print_all(n_draws // 10)
    coverage_cuts.print_cuts(n_draws // 2)
    coverage_calibration.print_calibration(n_draws // 5)
    coverage_out_of_fold.print_out_of_fold(n_draws // 20)
    coverage_decision_curve.print_decision_curves(n_draws // 4)
    warnings.simplefilter("ignore")  # of null cases, and of what is told by its table
    coverage_cv.print_cv(n_draws // 20)
    coverage_optimism.print_optimism(n_draws // 40, n_resamples=100)
    survival.print_all(n_draws // 20)
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
