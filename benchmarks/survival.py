"""Measure how often intervals of restricted means hold the true value.

Exponential times, follow-up uniform from 4 to 12, a horizon of 5. Run:

    OMP_NUM_THREADS=1 python benchmarks/survival.py [--draws 500]
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import warnings

import numpy as np

from sknac.survival import restricted_mean

HORIZON = 5
METHODS = ("logit", "wald")
# Patients and hazards of both groups.
STUDIES = (
    ((21, 21), (0.02, 0.1)),
    ((21, 21), (0.05, 0.2)),
    ((10, 40), (0.2, 0.2)),
    ((10, 40), (0.1, 0.05)),
    ((60, 60), (0.05, 0.1)),
)


def draw(rng, sizes, hazards):
    """Return follow-up, events and groups."""
    n = sum(sizes)
    time = rng.exponential(1 / np.repeat(hazards, sizes))
    end = rng.uniform(4, 12, n)
    return np.minimum(time, end), time <= end, np.repeat(["a", "b"], sizes)


def coverage(sizes, hazards, n_draws, seed=0):
    """Return how often each interval holds, and how often the test of 0 rejects."""
    rng = np.random.default_rng(seed)
    means = [(1 - np.exp(-h * HORIZON)) / h for h in hazards]
    truth = [*means, means[1] - means[0]]
    held = {method: [] for method in METHODS}
    rejected = {method: [] for method in METHODS}
    for _ in range(n_draws):
        drawn = draw(rng, sizes, hazards)
        for method in METHODS:
            found = restricted_mean(*drawn, until=HORIZON, method=method)
            frames = found.table, found.differences
            bounds = np.concatenate(
                [f[["low", "high"]].to_numpy(float) for f in frames]
            )
            held[method].append((bounds[:, 0] <= truth) & (truth <= bounds[:, 1]))
            rejected[method].append(found.differences["pvalue"].iloc[0] < 0.05)
    return {m: (np.mean(held[m], axis=0), np.mean(rejected[m])) for m in METHODS}


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=500)
    n_draws = parser.parse_args().draws
    warnings.simplefilter("ignore")
    print(f"Restricted means, nominal 95 %, {n_draws} draws")
    print("sizes     hazards       method  mean a  mean b  difference  p < 0.05")
    for sizes, hazards in STUDIES:
        for method, (held, rejected) in coverage(sizes, hazards, n_draws).items():
            shares = "  ".join(f"{100 * x:5.1f}" for x in held)
            print(
                f"{sizes!s:9} {hazards!s:13} {method:6} {shares}  {100 * rejected:5.1f}"
            )


if __name__ == "__main__":
    main()
