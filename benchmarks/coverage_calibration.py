"""Measure how often the intervals of calibration hold the true value.

Log-odds of the predictions are normal with an SD of 1.5; those of the outcome are a
shift plus a slope times them. "Before" is the error that holds where the slope is 1
and rows are patients, by statsmodels. Run:

    OMP_NUM_THREADS=1 python benchmarks/coverage_calibration.py [--draws 500]
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import time
import warnings

import numpy as np
import statsmodels.api as sm
from scipy.special import expit, logit

from sknac.metrics import calibration

SD = 1.5
POINTS = np.array([0.2, 0.5, 0.8])
# Patients, images of each, slope and shift.
CASES = (
    (42, 1, 1.0, 0.0),
    (42, 1, 0.6, 0.0),
    (126, 1, 1.0, 0.0),
    (126, 1, 0.6, 0.0),
    (126, 1, 0.6, -1.2),
    (126, 1, 1.5, 0.0),
    (42, 2, 0.6, 0.0),
    (21, 4, 0.6, 0.0),
)


def draw(rng, n, images, slope, shift):
    """Return labels, predictions and patients; images of a patient are alike."""
    own = rng.normal(size=n) * SD
    y = (rng.random(n) < expit(shift + slope * own)).astype(int)
    patient = np.repeat(np.arange(n), images)
    # The prediction's SD stays, and of several images most is the patient's own.
    seen = own[patient]
    if images > 1:
        seen = seen + rng.normal(size=patient.size) * 0.5
    return y[patient], expit(seen), patient


def truths(images, slope, shift):
    """Return slope, intercept, O:E and curve of a very large sample."""
    y, p, _ = draw(np.random.default_rng(1), 400_000 // images, images, slope, shift)
    odds = logit(p)
    found = sm.GLM(y, sm.add_constant(odds), sm.families.Binomial()).fit().params
    large = sm.GLM(y, np.ones(y.size), sm.families.Binomial(), offset=odds).fit()
    return {
        "intercept": large.params[0],
        "slope": found[1],
        "o_to_e": y.mean() / p.mean(),
        "curve": expit(found[0] + found[1] * logit(POINTS)),
    }


def before(y, p):
    """Return intercept and slope with model-based errors, in pairs."""
    odds = logit(p)
    large = sm.GLM(y, np.ones(y.size), sm.families.Binomial(), offset=odds).fit()
    both = sm.GLM(y, sm.add_constant(odds), sm.families.Binomial()).fit()
    return {
        "intercept": (large.params[0], large.bse[0]),
        "slope": (both.params[1], both.bse[1]),
    }


def coverage(n, images, slope, shift, n_draws, seed=0):
    """Return the share of draws in which each interval holds the truth."""
    rng = np.random.default_rng(seed)
    true = truths(images, slope, shift)
    kept = {"intercept": [], "slope": [], "o_to_e": [], "curve": []}
    kept |= {"intercept before": [], "slope before": []}
    for _ in range(n_draws):
        y, p, patient = draw(rng, n, images, slope, shift)
        groups = patient if images > 1 else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = calibration(y, p, groups=groups)
            for name, (value, se) in before(y, p).items():
                kept[f"{name} before"].append(abs(value - true[name]) < 1.96 * se)
        for name in ("intercept", "slope", "o_to_e"):
            x = getattr(found, name)
            kept[name].append(x.low <= true[name] <= x.high)
        kept["curve"] += _curve_holds(found.curve, true["curve"])
    return {name: 100 * np.mean(holds) for name, holds in kept.items()}


def _curve_holds(curve, true):
    """Tell at each point within the predictions whether the band holds the truth."""
    at = curve["predicted"]
    low, high = (np.interp(POINTS, at, curve[side]) for side in ("low", "high"))
    inside = (at.iloc[0] <= POINTS) & (at.iloc[-1] >= POINTS)
    return ((low <= true) & (true <= high))[inside].tolist()


def print_calibration(n_draws):
    """Print the table."""
    error = 100 * np.sqrt(0.95 * 0.05 / n_draws)
    print(f"\nCalibration, nominal 95 %, {n_draws} draws (SE {error:.1f} points)")
    print(
        "patients x images  slope  shift  intercept: before  now  slope: before  now  "
        "O:E  curve"
    )
    for case in CASES:
        found = coverage(*case, n_draws)
        n, images, slope, shift = case
        print(
            f"{n:4d} x {images}  {slope:14.1f}  {shift:5.1f}  "
            f"{found['intercept before']:17.1f}  {found['intercept']:4.1f}  "
            f"{found['slope before']:12.1f}  {found['slope']:4.1f}  "
            f"{found['o_to_e']:4.1f}  {found['curve']:4.1f}",
            flush=True,
        )


def main():
    """Print the table and the time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=500)
    start = time.process_time()
    print_calibration(parser.parse_args().draws)
    print(f"\n{time.process_time() - start:.0f} s")


if __name__ == "__main__":
    main()
