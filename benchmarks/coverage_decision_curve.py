"""Measure how often the bounds of net benefits hold the true value.

Log-odds of the outcome are normal with an SD of 1.5; one model knows all of them, the
other half. "Normal" are bounds of a mean over all draws, "now" those that
`decision_curve` gives, over the draws in which it gives any. Run:

    OMP_NUM_THREADS=1 python benchmarks/coverage_decision_curve.py [--draws 1000]
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import time
import warnings

import numpy as np
from scipy.special import expit

from sknac.metrics import decision_curve

SD = 1.5
CUTS = np.array([0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9])
SIZES = (42, 126)
RULES = ("to none", "to all", "two models")


def draw(rng, n):
    """Return labels and the predictions of two models."""
    shared, own, noise = rng.normal(size=(3, n))
    odds = SD * (shared + own) / np.sqrt(2)
    other = 0.55 * SD * (shared + noise) / np.sqrt(2)
    return rng.random(n) < expit(odds), {"a": expit(odds), "b": expit(other)}


def gains(y, probs):
    """Return what each patient adds by rule, (n, n_thresholds)."""
    worth = np.where(y[:, None], 1.0, -CUTS / (1 - CUTS))
    a, b = (probs[name][:, None] >= CUTS for name in ("a", "b"))
    steps = (a * 1.0, a - 1.0, a * 1.0 - b)
    return {rule: step * worth for rule, step in zip(RULES, steps, strict=True)}


def coverage(n, n_draws, seed=0):
    """Return by rule coverage of normal bounds, of ours, and how often ours are."""
    true = gains(*draw(np.random.default_rng(1), 1_000_000))
    true = {rule: values.mean(axis=0) for rule, values in true.items()}
    rng = np.random.default_rng(seed)
    held = {rule: np.zeros((3, CUTS.size)) for rule in RULES}
    for _ in range(n_draws):
        y, probs = draw(rng, n)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            curve = decision_curve(y.astype(int), probs, thresholds=CUTS)
        table = curve.differences.set_index(["model", "other"])
        ours = {
            "to none": (curve.low["a"], curve.high["a"]),
            "to all": bounds(table.loc[("a", "treat all")]),
            "two models": bounds(table.loc[("a", "b")]),
        }
        for rule, values in gains(y, probs).items():
            half = 1.96 * values.std(axis=0, ddof=1) / np.sqrt(n)
            low, high = ours[rule]
            held[rule] += (
                np.abs(values.mean(axis=0) - true[rule]) <= half,
                (low <= true[rule]) & (true[rule] <= high),
                np.isfinite(low),
            )
    return {
        rule: (100 * x[0] / n_draws, 100 * x[1] / np.maximum(x[2], 1), x[2] / n_draws)
        for rule, x in held.items()
    }


def bounds(table):
    """Return both bounds of a difference."""
    return table["low"].to_numpy(), table["high"].to_numpy()


def print_decision_curves(n_draws):
    """Print the table; in brackets how often there are bounds."""
    print(f"\nNet benefit, nominal 95 %, {n_draws} draws: normal, now (share drawn)")
    print("patients  difference  " + "".join(f"{cut:>18}" for cut in CUTS))
    for n in SIZES:
        for rule, found in coverage(n, n_draws).items():
            cells = [
                f"{before:5.1f} {now:5.1f} ({drawn:.2f})"
                if drawn
                else f"{before:5.1f} -"
                for before, now, drawn in zip(*found, strict=True)
            ]
            print(f"{n:8d}  {rule:11s} " + "".join(f"{x:>18}" for x in cells))


def main():
    """Print the table and the time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=1000)
    start = time.process_time()
    print_decision_curves(parser.parse_args().draws)
    print(f"\n{time.process_time() - start:.0f} s")


if __name__ == "__main__":
    main()
