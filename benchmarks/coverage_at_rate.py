"""Measure the intervals of parts and other areas of a curve, and of near perfect ones.

Sensitivity at a specificity, the area up to a false positive rate and average precision
of normal scores in two classes; images of a patient share a level of their scores.
`coverage.py` prints these tables below its own. Run alone:

    OMP_NUM_THREADS=1 python benchmarks/coverage_at_rate.py [--draws 400]
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import time
import warnings

import numpy as np
from coverage_by_patient import IMAGES, held, scores
from scipy.special import ndtr, ndtri
from sklearn.metrics import roc_curve

from sknac.metrics import auc_ci, average_precision_ci, sensitivity_at_specificity
from sknac.metrics._pr import GRID, pr_of
from sknac.metrics._resampling import AUCKernel, draw_chunks, strata_of
from sknac.utils._sample import check_sample

# Patients of either class, images of each patient, area, false positive rate.
STUDIES = (
    (5, 20, "1", 0.90, 0.1),
    (10, 40, "1", 0.86, 0.1),
    (10, 40, "1", 0.95, 0.1),
    (10, 40, "1", 0.98, 0.1),
    (21, 21, "1", 0.81, 0.1),
    (21, 21, "1", 0.94, 0.1),
    (40, 10, "1", 0.90, 0.1),
    (40, 120, "1", 0.70, 0.1),
    (60, 60, "1", 0.90, 0.2),
    (10, 40, "2", 0.90, 0.1),
    (21, 21, "10", 0.90, 0.1),
    (10, 40, "1,1,2,10", 0.90, 0.1),
    (40, 40, "10", 0.95, 0.1),
)
RECALLS = (0.2, 0.5, 0.8)


def truths(n_pos, n_neg, area, fpr):
    """Return sensitivity at the rate, McClish's area, average precision, precisions."""
    shift, share = np.sqrt(2) * ndtri(area), n_pos / (n_pos + n_neg)
    up_to = (np.arange(20000) + 0.5) / 20000 * fpr
    partial = ndtr(shift + ndtri(up_to)).mean() * fpr
    partial = (1 + (partial - fpr**2 / 2) / (fpr - fpr**2 / 2)) / 2
    recall = (np.arange(100000) + 0.5) / 100000

    def precision(r):
        return share * r / (share * r + (1 - share) * ndtr(ndtri(r) - shift))

    exact = ndtr(shift + ndtri(fpr)), partial, precision(recall).mean()
    return exact, precision(np.array(RECALLS))


def resampled(y, score, fpr, seed):
    """Return the quantiles of the stratified bootstrap of rows, the usual interval."""
    kernel = AUCKernel(y == 1, score, None, None)
    strata = strata_of(kernel.classes, True, by_class=True)
    cuts = roc_curve(y, score, drop_intermediate=False)[2]
    found = [
        np.interp(fpr, *curve)
        for counts in draw_chunks(seed, kernel.sizes, strata, 400)
        for curve in zip(*kernel.curves(counts, cuts), strict=True)
    ]
    return np.quantile(found, [0.025, 0.975])


def print_rates(n_draws):
    """Print the coverage of each number."""
    print(f"\nSensitivity at a rate, part of the area, AP, 95 %, {n_draws} draws")
    print("n+/n-   images    area  fpr  sens.   width  rows*   partial  width  AP")
    rng = np.random.default_rng(0)
    for n_pos, n_neg, images, area, fpr in STUDIES:
        rows = np.resize(IMAGES.get(images, [1]), n_pos + n_neg)
        patient = np.repeat(np.arange(n_pos + n_neg), rows)
        y = (patient < n_pos).astype(int)
        exact, band = truths(n_pos, n_neg, area, fpr)
        kept, at = [], np.searchsorted(GRID, np.array(RECALLS) - 1e-9)
        for draw in range(n_draws):
            if images == "1":  # the share of positives varies too
                both = rng.random(y.size) < n_pos / (n_pos + n_neg)
                of_ap = both if 1 < both.sum() < y.size - 1 else y == 1
            else:
                of_ap = y == 1
            (score,) = scores(rng, y, patient, [area])
            known = {"groups": None if images == "1" else patient}
            drawn = {"n_resamples": 400, "random_state": draw}
            found = sensitivity_at_specificity(
                y, score, specificity=1 - fpr, **known, **drawn
            )
            part = auc_ci(y, score, max_fpr=fpr, **known, **drawn)
            low, high = resampled(y, score, fpr, draw)
            other = score + np.sqrt(2) * ndtri(area) * (of_ap.astype(int) - y)
            ap = average_precision_ci(of_ap.astype(int), other, **known)
            curve = pr_of(check_sample(of_ap, **known), other, 0.95, **drawn)
            inside = (curve.band_low[at] <= band) & (band <= curve.band_high[at])
            kept.append(
                (
                    *held(found, exact[0]),
                    low <= exact[0] <= high,
                    *held(part, exact[1]),
                    *held(ap, exact[2]),
                    *inside,
                )
            )
        x = 100 * np.mean(kept, axis=0)
        print(
            f"{n_pos}/{n_neg:<4d} {images:9s} {area:.2f}  {fpr:.1f} {x[0]:5.1f} % "
            f"{x[1] / 100:6.2f} {x[2]:5.1f} % {x[3]:6.1f} % {x[4] / 100:6.2f} "
            f"{x[5]:5.1f} % {x[6] / 100:.2f}  band {x[7]:.1f} {x[8]:.1f} {x[9]:.1f} %",
            flush=True,
        )
    print("* the stratified bootstrap of rows")


def print_all(n_draws):
    """Print the table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        print_rates(n_draws)


def main():
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=400)
    start = time.process_time()
    print_all(parser.parse_args().draws)
    print(f"\n{time.process_time() - start:.0f} s")


if __name__ == "__main__":
    main()
