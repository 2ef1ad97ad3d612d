"""Measure the intervals where patients have several rows, or two tests.

`coverage.py` prints these tables below its own. Images of a patient share a chance of
a right decision (beta distributed, `icc` their correlation) or a level of their scores.
Run alone:

    OMP_NUM_THREADS=1 python benchmarks/coverage_by_patient.py [--draws 1000]
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import time
import warnings

import numpy as np
from scipy.special import expit, logit, ndtri

from sknac.metrics import (
    auc_ci,
    bootstrap_ci,
    compare_rates,
    confusion_rates,
    delong_test,
)

IMAGES = {"2": [2], "10": [10], "1,1,2,10": [1, 1, 2, 10]}

RATES = ((0.6, 0.5), (0.9, 0.2), (0.9, 0.5), (0.9, 0.9), (0.95, 0.5), (0.98, 0.5))


def right_rows(rng, n_patients, images, rate, icc):
    """Return each image's patient and whether its decision is right."""
    rows = np.resize(IMAGES[images], n_patients)
    shape = (1 - icc) / icc
    chance = rng.beta(rate * shape, (1 - rate) * shape, n_patients)
    patient = np.repeat(np.arange(n_patients), rows)
    return patient, (rng.random(patient.size) < chance[patient]).astype(int)


def held(found, truth):
    """Return whether an interval holds the truth, its width and whether it has one."""
    return found.low <= truth <= found.high, found.high - found.low


def print_rates(n_draws):
    """Print the coverage of rates of images: Wilson by patient, and the bootstrap."""
    print(f"\nRates of images, nominal 95 %, {n_draws} draws (bootstrap: a tenth)")
    print(
        "patients images    rate icc   by patient  width   percentile  width  no spread"
    )
    rng = np.random.default_rng(0)
    for n_patients in (10, 21, 40):
        for images in IMAGES:
            for rate, icc in RATES:
                new, old = [], []
                for draw in range(n_draws):
                    setting = n_patients, images, rate, icc
                    patient, right = right_rows(rng, *setting)
                    y = np.ones_like(right)
                    found = confusion_rates(y, right, groups=patient, pos_label=1)
                    new.append(held(found.sensitivity, rate))
                    if draw % 10 == 0:
                        known = {"groups": patient, "pos_label": 1, "random_state": 0}
                        old.append(quantiles(y, right, rate, known))
                (new, width), old = np.mean(new, axis=0), np.mean(old, axis=0)
                print(
                    f"{n_patients:<8d} {images:9s} {rate:.2f} {icc:.1f} "
                    f"{100 * new:9.1f} %  {width:.3f} {100 * old[0]:9.0f} %   "
                    f"{old[1]:.3f}  {100 * old[2]:3.0f} %",
                    flush=True,
                )


def quantiles(y, right, rate, known):
    """Return the same of the percentile bootstrap, and whether its quantiles agreed.

    `bootstrap_ci` then gives the Clopper-Pearson interval of all or none.
    """
    found = bootstrap_ci("sensitivity", y, right, n_resamples=500, **known)
    return *held(found, rate), found.method == "clopper-pearson"


def scores(rng, y, patient, areas, icc=0.6):
    """Return a normal score of each area, alike within patients and with each other."""
    n_patients, found = patient[-1] + 1, []
    common = rng.normal(size=n_patients)
    for area in areas:
        level = np.sqrt(0.6) * common + np.sqrt(0.4) * rng.normal(size=n_patients)
        noise = np.sqrt(icc) * level[patient]
        noise += np.sqrt(1 - icc) * rng.normal(size=y.size)
        found.append(np.sqrt(2) * ndtri(area) * y + noise)
    return found


def print_areas(n_draws):
    """Print the coverage of clustered areas by Student's t and the normal."""
    print(f"\nAreas of images, nominal 95 %, {n_draws} draws; perfect ones left out")
    print("n+/n-   images    area icc   t         width   normal   width")
    rng = np.random.default_rng(1)
    for n_pos, n_neg in ((10, 10), (10, 40), (21, 21), (40, 40)):
        for images in IMAGES:
            rows = np.resize(IMAGES[images], n_pos), np.resize(IMAGES[images], n_neg)
            patient = np.repeat(np.arange(n_pos + n_neg), np.concatenate(rows))
            y = (patient < n_pos).astype(int)
            for area, icc in ((0.75, 0.3), (0.9, 0.3), (0.9, 0.8), (0.97, 0.8)):
                kept = []
                for _ in range(n_draws):
                    (score,) = scores(rng, y, patient, [area], icc)
                    found = auc_ci(y, score, groups=patient)
                    if found.method == "clopper-pearson":
                        continue
                    middle, half = found.estimate, ndtri(0.975) * found.se
                    half /= middle * (1 - middle)
                    low, high = (expit(logit(middle) + sign * half) for sign in (-1, 1))
                    normal = low <= area <= high, high - low
                    kept.append((*held(found, area), *normal))
                t, width, normal, old = np.mean(kept, axis=0)
                print(
                    f"{n_pos}/{n_neg:<4d} {images:9s} {area:.2f} {icc:.1f} "
                    f"{100 * t:6.1f} %  {width:.3f} {100 * normal:6.1f} %  {old:.3f}",
                    flush=True,
                )


def print_differences(n_draws):
    """Print the coverage of the paired difference of two areas."""
    print(f"\nDifferences of two areas, nominal 95 %, {n_draws} draws; p < .05 of all")
    print(
        "n+/n-   images    areas        DeLong  width  logit   width  default  p < .05"
    )
    rng = np.random.default_rng(2)
    for n_pos, n_neg in ((10, 10), (10, 40), (21, 21), (40, 40)):
        for images, each in {"1": [1], **IMAGES}.items():
            rows = np.resize(each, n_pos), np.resize(each, n_neg)
            patient = np.repeat(np.arange(n_pos + n_neg), np.concatenate(rows))
            y = (patient < n_pos).astype(int)
            known = {"groups": None if images == "1" else patient}
            for areas in ((0.8, 0.8), (0.9, 0.75), (0.97, 0.9), (0.99, 0.9)):
                kept, truth = [], areas[0] - areas[1]
                for _ in range(n_draws):
                    pair = scores(rng, y, patient, areas)
                    plain, logits, auto = (
                        delong_test(y, *pair, interval=interval, **known)
                        for interval in ("delong", "logit", "auto")
                    )
                    bounds = *held(plain, truth), *held(logits, truth)
                    kept.append((*bounds, held(auto, truth)[0], plain.pvalue < 0.05))
                x = np.nanmean(kept, axis=0) * [100, 1, 100, 1, 100, 100]
                print(
                    f"{n_pos}/{n_neg:<4d} {images:9s} {areas[0]:.2f} - {areas[1]:.2f} "
                    f"{x[0]:6.1f} % {x[1]:.3f} {x[2]:6.1f} % {x[3]:.3f} {x[4]:6.1f} % "
                    f"{x[5]:6.1f} %",
                    flush=True,
                )


def print_paired_rates(n_draws):
    """Print the coverage of the difference of two rates, and how often p < 0.05."""
    print(f"\nDifferences of two rates, nominal 95 %, {n_draws} draws")
    print("patients images    rates        covers    width  p < .05")
    rng = np.random.default_rng(3)
    for n_patients in (10, 21, 40):
        for images in IMAGES:
            rows = np.resize(IMAGES[images], n_patients)
            patient = np.repeat(np.arange(n_patients), rows)
            y = np.zeros(patient.size)
            for rates in ((0.8, 0.8), (0.9, 0.75), (0.97, 0.9)):
                kept = []
                for _ in range(n_draws):
                    levels = scores(rng, y, patient, (0.5, 0.5))
                    right = [x < ndtri(p) for x, p in zip(levels, rates, strict=True)]
                    found = compare_rates(y + 1, *right, groups=patient, pos_label=1)
                    found = found.sensitivity
                    kept.append(
                        (*held(found, rates[0] - rates[1]), found.pvalue < 0.05)
                    )
                covers, width, rejects = np.mean(kept, axis=0)
                print(
                    f"{n_patients:<8d} {images:9s} {rates[0]:.2f} - {rates[1]:.2f} "
                    f"{100 * covers:6.1f} %   {width:.3f}  {100 * rejects:4.1f} %",
                    flush=True,
                )


def print_all(n_draws):
    """Print the tables."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        print_rates(n_draws)
        print_areas(n_draws)
        print_differences(n_draws)
        print_paired_rates(n_draws)


def main():
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=1000)
    start = time.process_time()
    print_all(parser.parse_args().draws)
    print(f"\n{time.process_time() - start:.0f} s")


if __name__ == "__main__":
    main()
