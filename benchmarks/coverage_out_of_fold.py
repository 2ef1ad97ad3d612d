"""Measure how often calibration out of fold holds that of the folds' models.

The predictions of all folds are taken together, as a report of a cross-validation
does; the truth is the mean slope (and O:E) of the folds' models on new patients. Run:

    OMP_NUM_THREADS=1 python benchmarks/coverage_out_of_fold.py [--draws 250]
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import time
import warnings

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from sknac.metrics import calibration

# Patients, predictors, effect of each.
CASES = ((60, 5, 0.6), (126, 5, 0.6), (126, 20, 0.3), (200, 5, 0.6))
N_NEW = 4000


def truths(model, X, p):
    """Return slope and O:E of a model on new patients of known probabilities."""
    odds = model.decision_function(X)
    again = LogisticRegression(C=1e9)
    again.fit(
        np.r_[odds, odds][:, None],
        np.repeat([1, 0], len(p)),
        sample_weight=np.r_[p, 1 - p],
    )
    return again.coef_[0, 0], p.mean() / expit(odds).mean()


def coverage(n, n_predictors, effect, n_draws, seed=15):
    """Return the share of draws in which each interval holds the truth."""
    rng = np.random.default_rng(seed)
    effects = np.full(n_predictors, effect)
    X_new = rng.normal(size=(N_NEW, n_predictors))
    p_new = expit(X_new @ effects)
    kept = {"slope": [], "o_to_e": []}
    for number in range(n_draws):
        X = rng.normal(size=(n, n_predictors))
        y = (rng.random(n) < expit(X @ effects)).astype(int)
        said, true = np.empty(n), []
        folds = StratifiedKFold(5, shuffle=True, random_state=number)
        for train, tests in folds.split(X, y):
            model = LogisticRegression(C=1e6).fit(X[train], y[train])
            said[tests] = model.predict_proba(X[tests])[:, 1]
            true.append(truths(model, X_new, p_new))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = calibration(y, np.clip(said, 1e-9, 1 - 1e-9), pos_label=1)
        for name, value in zip(kept, np.mean(true, axis=0), strict=True):
            x = getattr(found, name)
            kept[name].append(x.low <= value <= x.high)
    return {name: 100 * np.mean(holds) for name, holds in kept.items()}


def print_out_of_fold(draws):
    """Print the table."""
    error = 100 * np.sqrt(0.95 * 0.05 / draws)
    print(f"\nCalibration out of fold, nominal 95 %, {draws} draws (SE {error:.1f})")
    print("patients  predictors  slope   O:E")
    for case in CASES:
        found = coverage(*case, draws)
        print(
            f"{case[0]:8d}  {case[1]:10d}  {found['slope']:5.1f}  "
            f"{found['o_to_e']:4.1f}",
            flush=True,
        )


def main():
    """Print the table and the time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=250)
    start = time.process_time()
    print_out_of_fold(parser.parse_args().draws)
    print(f"\n{time.process_time() - start:.0f} s")


if __name__ == "__main__":
    main()
