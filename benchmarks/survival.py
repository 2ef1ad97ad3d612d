"""Measure how often intervals of restricted means and areas hold the true value.

Means: exponential times, follow-up uniform from 4 to 12, a horizon of 5. Areas that
depend on time: exponential times whose log-hazard is a multiple of a normal score,
follow-up uniform from 2 to 14, 100 resamples; the truth is that of 400,000 patients
whom nobody leaves. Run:

    OMP_NUM_THREADS=1 python benchmarks/survival.py [--draws 500]
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import warnings

import numpy as np
from coverage_optimism import Ridge
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from sknac.survival import logrank, restricted_mean, time_dependent_auc

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
# Patients, effect of the score, mean time, when.
SCORED = (
    (42, 0.7, 8, 2.0),
    (126, 0.7, 8, 5.0),
    (42, 1.6, 8, 5.0),
    (126, 1.6, 8, 2.0),
    (42, 1.0, 30, 2.0),
    (126, 1.0, 60, 2.0),
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


def print_means(n_draws):
    """Print coverage of restricted means and of their difference."""
    print(f"\nRestricted means, nominal 95 %, {n_draws} draws")
    print("sizes     hazards       method  mean a  mean b  difference  p < 0.05")
    for sizes, hazards in STUDIES:
        for method, (held, rejected) in coverage(sizes, hazards, n_draws).items():
            shares = "  ".join(f"{100 * x:5.1f}" for x in held)
            print(
                f"{sizes!s:9} {hazards!s:13} {method:6} {shares}  {100 * rejected:5.1f}"
            )


def scored(rng, n, effect, mean, censored=True):
    """Return follow-up, events and scores."""
    score = rng.normal(size=n)
    time = rng.exponential(mean * np.exp(-effect * score))
    end = rng.uniform(2, 14, n) if censored else np.inf
    return np.minimum(time, end), time <= end, score


def print_areas(n_draws, seed=0):
    """Print coverage of the default interval, of a normal one and of quantiles."""
    print(f"\nAreas that depend on time, nominal 95 %, {n_draws} draws")
    print("patients  cases  area   t      normal  percentile")
    for n, effect, mean, at in SCORED:
        rng = np.random.default_rng(seed)
        time, _, score = scored(rng, 400_000, effect, mean, censored=False)
        true, held = roc_auc_score(time <= at, score), []
        about = {"times": [at], "high_score": "earlier", "predictions": "new"}
        for number in range(n_draws):
            data = scored(rng, n, effect, mean)
            about |= {"n_resamples": 100, "random_state": number}
            found = time_dependent_auc(*data, **about).table.loc[at]
            quantiles = time_dependent_auc(*data, **about, method="percentile")
            area, low, high = found["auc"], found["low"], found["high"]
            if not np.isfinite(area):
                continue
            plain = low, high
            if found["method"] == "logit":
                half = 1.96 * found["se"] / (area * (1 - area))
                plain = expit(logit(area) + np.array([-half, half]))
            bounds = (low, high), plain, quantiles.table.loc[at, ["low", "high"]]
            inside = [a <= true <= b for a, b in bounds]
            held.append([found["n_cases"], *inside])
        cases, *shares = np.mean(held, axis=0)
        texts = "  ".join(f"{100 * x:5.1f}" for x in shares)
        print(f"{n:8d}  {cases:5.1f}  {true:.3f}  {texts}", flush=True)


def print_logrank(n_draws, seed=0):
    """Print how often predictions of noise part the survival with p < .05.

    126 patients, half of whom respond and live twice as long; logistic regressions of
    predictors that know nothing. Predicted are patients of the fit, and out of fold.
    """
    print(f"\nLog-rank of groups predicted from noise, p < .05, {n_draws} draws")
    print("predictors  training  out of fold")
    y, folds = np.arange(126) % 2, np.arange(126) // 2 % 5
    for n_columns in (10, 30):
        rng, found = np.random.default_rng(seed), []
        for _ in range(n_draws):
            X = rng.normal(size=(126, n_columns))
            time = rng.exponential(5 * (1 + y))
            end = rng.uniform(4, 12, 126)
            data = np.minimum(time, end), time <= end
            apart = np.empty(126)
            for fold in range(5):
                test = folds == fold
                apart[test] = Ridge().fit(X[~test], y[~test]).predict(X[test])
            both = Ridge().fit(X, y).predict(X), apart
            found.append([logrank(*data, group).pvalue < 0.05 for group in both])
        own, new = 100 * np.mean(found, axis=0)
        print(f"{n_columns:10d}  {own:6.1f} %  {new:9.1f} %", flush=True)


def print_all(n_draws):
    """Print the tables."""
    print_means(n_draws)
    print_areas(n_draws)
    print_logrank(n_draws)


def main():
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=500)
    n_draws = parser.parse_args().draws
    warnings.simplefilter("ignore")
    print_all(n_draws)


if __name__ == "__main__":
    main()
