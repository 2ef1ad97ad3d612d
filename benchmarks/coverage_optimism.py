"""How near bootstrap-corrected performance comes, and what its intervals hold.

Logistic models of normal predictors, of which up to five have a signal, with a ridge
penalty that is told by row. The truth is the performance of each fitted model in 20000
new patients. Then the Wald intervals of odds ratios after a stepwise selection. Run:

    OMP_NUM_THREADS=1 python benchmarks/coverage_optimism.py [--draws 150]
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import time
import warnings

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin

from sknac.clinical import StepwiseLogisticRegression
from sknac.metrics import optimism
from sknac.metrics._indices import Predicted

# Patients, predictors, SD of the log-odds, share at the mean, ridge penalty.
STUDIES = (
    (50, 3, 1.5, 0.2, 1.0),
    (60, 5, 1.5, 0.4, 1e-3),
    (126, 5, 1.5, 0.3, 1e-3),
    (126, 40, 2.0, 0.3, 1.0),
)
METRICS = (
    "roc_auc",
    "sensitivity",
    "brier",
    "calibration_slope",
    "net_benefit@0.2",
    "net_benefit@0.5",
)
# Patients, log odds ratios per SD.
SELECTIONS = (
    (126, [0.3] * 10),
    (126, [0.3] * 5 + [0.0] * 5),
    (126, [0.15] * 10),
    (126, [0.1] * 10),
    (60, [0.3] * 10),
)


class Ridge(ClassifierMixin, BaseEstimator):
    """Logistic regression by a few Newton steps, quicker than scikit-learn's."""

    def __init__(self, penalty=1.0):
        self.penalty = penalty

    def fit(self, X, y):
        self.classes_ = np.array([0, 1])
        design = np.column_stack([X, np.ones(len(X))])
        self.coef_ = np.zeros(design.shape[1])
        ridge = np.full(design.shape[1], self.penalty)
        ridge[-1] = 0
        for _ in range(30):
            p = expit(design @ self.coef_)
            gradient = design.T @ (y - p) - ridge * self.coef_
            curve = (design.T * (p * (1 - p))) @ design + np.diag(ridge + 1e-9)
            step = np.linalg.solve(curve, gradient)
            largest = max(np.abs(step).max(), 1e-12)
            self.coef_ = self.coef_ + step * min(1, 5 / largest)
            if largest < 1e-6:
                break
        return self

    def predict_proba(self, X):
        p = expit(np.column_stack([X, np.ones(len(X))]) @ self.coef_)
        return np.column_stack([1 - p, p])

    def predict(self, X):
        return (self.predict_proba(X)[:, 1] > 0.5).astype(int)


def draw(rng, n, weights, share):
    """Return predictors and outcomes."""
    X = rng.normal(size=(n, len(weights)))
    odds = np.log(share / (1 - share)) + X @ weights
    return X, (rng.random(n) < expit(odds)).astype(int)


def study(n, p, spread, share, penalty, n_draws, n_resamples, seed=0):
    """Print estimates and coverage of one kind of study."""
    rng, weights = np.random.default_rng(seed), np.zeros(p)
    weights[: min(p, 5)] = spread / np.sqrt(min(p, 5))
    others, outcome = draw(rng, 20000, weights, share)
    model, rows = Ridge(penalty), {name: [] for name in METRICS}
    for number in range(n_draws):
        X, y = draw(rng, n, weights, share)
        given = {"n_resamples": n_resamples, "random_state": number}
        harrell = optimism(model, X, y, list(METRICS), **given).table
        plus = optimism(model, X, y, list(METRICS), method=".632+", **given).table
        prob = Ridge(penalty).fit(X, y).predict_proba(others)[:, 1]
        true = Predicted(outcome == 1, prob > 0.5, prob)
        for name in METRICS:
            truth = true.index(name, np.ones(20000))
            a, b = harrell.loc[name], plus.loc[name]
            values = [truth, a["apparent"], a["corrected"], b["corrected"]]
            inside = [row["low"] <= truth <= row["high"] for row in (a, b)]
            rows[name].append([*values, *inside])
    for name, found in rows.items():
        mean = np.nanmean(found, axis=0)
        print(
            f"{n:4d} x {p:2d}  {name:18s} apparent {mean[1]:6.3f}  harrell "
            f"{mean[2]:6.3f}  .632+ {mean[3]:6.3f}  truth {mean[0]:6.3f}  intervals "
            f"{100 * mean[4]:5.1f} %  {100 * mean[5]:5.1f} %",
            flush=True,
        )


def selection(n, weights, n_draws, seed=0):
    """Print what Wald's intervals of the chosen terms hold."""
    rng, held, chosen = np.random.default_rng(seed), 0, 0
    for _ in range(n_draws):
        X, y = draw(rng, n, np.array(weights), 0.4)
        table = StepwiseLogisticRegression(direction="forward").fit(X, y).summary_[1:]
        true = np.exp([weights[int(name[1:])] for name in table.index])
        held += int(((table["low"] <= true) & (true <= table["high"])).sum())
        chosen += len(table)
    print(f"{n:4d}  {weights}: {100 * held / chosen:.1f} % of {chosen}", flush=True)


def print_optimism(n_draws, n_resamples):
    """Print the tables."""
    print("\nWald's intervals of odds ratios after a selection (forward, p < .05)")
    for n, weights in SELECTIONS:
        selection(n, weights, n_draws)
    print("\nPatients x predictors; intervals of harrell and .632+")
    for settings in STUDIES:
        study(*settings, n_draws, n_resamples)


def main():
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=150)
    parser.add_argument("--resamples", type=int, default=100)
    given, start = parser.parse_args(), time.process_time()
    warnings.simplefilter("ignore")  # of resamples without a class, and the like
    print_optimism(given.draws, given.resamples)
    print(f"\n{time.process_time() - start:.0f} s of CPU")


if __name__ == "__main__":
    main()
