"""Measure intervals and tests of cross-validated models: do they hold the truth?

Logistic regressions (ridge, C = 1) on normal predictors whose best area is known, five
folds, whose models' true areas and rates are closed forms: the truth of a draw is the
mean over its folds' models. Noise (area 0.5) and a selection of predictors within folds
are null cases. Run (200 draws take up to a quarter of an hour):

    OMP_NUM_THREADS=1 python benchmarks/coverage_cv.py [--draws 200]
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import time
import warnings

import numpy as np
from scipy.special import expit, ndtr, ndtri

from sknac.decision import weighted_youden_curve
from sknac.metrics import (
    confusion_rates,
    corrected_resampled_ttest,
    cv_auc_ci,
    cv_rates,
    delong_test,
)

COHORTS = ((60, 0.5), (60, 0.2), (126, 0.5), (126, 0.2))
K = 5


def fit(X, y, used, n_steps=12):
    """Fit many ridge logistic regressions at once: X (b, n, p + 1), used (b, n)."""
    coef, penalty = np.zeros((len(X), X.shape[2])), np.eye(X.shape[2])
    penalty[0, 0] = 1e-9
    for _ in range(n_steps):
        mean = expit(np.einsum("bnp,bp->bn", X, coef))
        slope = np.einsum("bnp,bn->bp", X, used * (y - mean)) - coef @ penalty
        weight = (used * mean * (1 - mean))[..., None]
        curve = np.swapaxes(X * weight, 1, 2) @ X + penalty
        coef += np.linalg.solve(curve, slope[..., None])[..., 0]
    return coef


def make_folds(rng, y):
    """Return stratified folds of one cohort."""
    folds = np.empty(y.size, dtype=int)
    for label in (0, 1):
        rows = rng.permutation(np.flatnonzero(y == label))
        folds[rows] = (np.arange(rows.size) + 3 * label) % K
    return folds


class Study:
    """Cohorts of `n_draws` studies of one kind, and models of their folds."""

    def __init__(self, n, share, n_columns, area, n_draws, seed=0, chosen=None):
        self.rng = np.random.default_rng(seed)
        n_pos = round(n * share)
        self.y = np.repeat([1, 0], [n_pos, n - n_pos])
        self.gap = np.zeros(n_columns)
        self.gap[:5] = np.sqrt(2 / 5) * ndtri(area)
        X = self.rng.normal(size=(n_draws, n, n_columns))
        self.X = X + self.y[:, None] * self.gap
        self.chosen, self.n_draws = chosen, n_draws

    def split(self):
        """Draw folds for every study."""
        return np.stack([make_folds(self.rng, self.y) for _ in range(self.n_draws)])

    def score(self, train, test):
        """Return scores of test rows, and the models' shift and gap in SDs."""
        X, gap = self.X, np.broadcast_to(self.gap, (self.n_draws, self.gap.size))
        if self.chosen:  # the columns whose classes differ most in training
            signed = np.where(self.y == 1, 1 / self.y.sum(), -1 / (1 - self.y).sum())
            apart = np.abs(np.einsum("bnp,bn->bp", X, train * signed))
            kept = np.argsort(-apart)[:, : self.chosen]
            X = np.take_along_axis(X, kept[:, None], axis=2)
            gap = np.take_along_axis(gap, kept, axis=1)
        X = np.concatenate([np.ones((*X.shape[:2], 1)), X], axis=2)
        coef = fit(X, self.y, train)
        size = np.maximum(np.linalg.norm(coef[:, 1:], axis=1), 1e-12)
        moved = (coef[:, 1:] * gap).sum(axis=1)
        return (
            np.where(test, np.einsum("bnp,bp->bn", X, coef), 0),
            coef[:, 0],
            moved,
            size,
        )

    def cross_validate(self):
        """Return folds, out-of-fold scores and the mean true area of the models."""
        folds, score, truth = self.split(), 0.0, 0.0
        for v in range(K):
            found, _, moved, size = self.score((folds != v) * 1.0, folds == v)
            score, truth = score + found, truth + ndtr(moved / size / np.sqrt(2)) / K
        return folds, score, truth


def areas(n_draws):
    """Print how often intervals hold the area, before and after."""
    print(
        "\nArea, 95 %: LeDell's interval, cv_auc_ci, ten repeats (a quarter of draws)"
    )
    settings = [(5, 0.5, None), (5, 0.75, None), (5, 0.92, None), (20, 0.75, None)]
    settings += [(100, 0.5, 5)]
    for n, share in COHORTS:
        for p, area, chosen in settings:
            study = Study(n, share, p, area, n_draws, chosen=chosen)
            folds, score, truth = study.cross_validate()
            inside, width = np.zeros(2), np.zeros(2)
            for i in range(n_draws):
                for at, method in enumerate(("ledell", "corrected")):
                    x = cv_auc_ci(study.y, score[i], folds[i], method=method)
                    inside[at] += x.low <= truth[i] <= x.high
                    width[at] += x.high - x.low
            few = Study(n, share, p, area, n_draws // 4, seed=1, chosen=chosen)
            runs = [few.cross_validate() for _ in range(10)]
            held = 0
            for i in range(few.n_draws):
                scores, cuts = [r[1][i] for r in runs], [r[0][i] for r in runs]
                x = cv_auc_ci(few.y, scores, cuts)
                held += x.low <= np.mean([r[2][i] for r in runs]) <= x.high
            (a, b), (short, wide) = 100 * inside / n_draws, width / n_draws
            of = f"{p} predictors" + (f" ({chosen} chosen)" if chosen else "")
            print(
                f"n={n} {share:.0%} positive, {of}, best area {area}: {a:.1f} -> "
                f"{b:.1f} %, width {short:.2f} -> {wide:.2f}; repeated "
                f"{100 * held / few.n_draws:.1f} %",
                flush=True,
            )


def rates(n_draws):
    """Print how often intervals hold sensitivity and specificity at a nested cut."""
    print("\nBoth rates, 95 % each: resubstituted cut, nested cut by Wilson, cv_rates")
    for n, share in COHORTS:
        for area, weight in ((0.5, 0.5), (0.75, 0.5), (0.75, 0.8), (0.92, 0.8)):
            study = Study(n, share, 5, area, n_draws)
            y, folds = study.y, study.split()
            called, truth = np.zeros((n_draws, n), int), np.zeros((2, n_draws))
            for v in range(K):
                train = folds != v
                inner, cut = 0.0, np.empty(n_draws)
                nested = np.full((n_draws, n), -1)
                for i in range(n_draws):
                    nested[i, train[i]] = make_folds(study.rng, y[train[i]])
                for u in range(K):
                    inner += study.score(train & (nested != u), nested == u)[0]
                found, shift, moved, size = study.score(train * 1.0, folds == v)
                for i in range(n_draws):
                    rows = train[i]
                    cut[i] = weighted_youden_curve(
                        y[rows], inner[i][rows], weight=weight
                    ).threshold
                called += (folds == v) & (found >= cut[:, None])
                truth[0] += ndtr((shift + moved - cut) / size) / K
                truth[1] += ndtr((cut - shift) / size) / K
            # One model, its cut and its rates on the same patients.
            every = np.ones((n_draws, n))
            found, shift, moved, size = study.score(every, every > 0)
            held = np.zeros((3, n_draws))
            for i in range(n_draws):
                cut = weighted_youden_curve(y, found[i], weight=weight).threshold
                own = (shift[i] + moved[i] - cut) / size[i], (cut - shift[i]) / size[i]
                own = ndtr(np.array(own))
                results = (
                    (confusion_rates(y, (found[i] >= cut) * 1, pos_label=1), own),
                    (confusion_rates(y, called[i], pos_label=1), truth[:, i]),
                    (cv_rates(y, called[i], folds[i]), truth[:, i]),
                )
                for at, (x, true) in enumerate(results):
                    pairs = zip((x.sensitivity, x.specificity), true, strict=True)
                    held[at, i] = all(r.low <= t <= r.high for r, t in pairs)
            old, wilson, new = 100 * held.mean(axis=1)
            print(
                f"n={n} {share:.0%} positive, best area {area}, w={weight}: {old:.1f}, "
                f"{wilson:.1f} -> {new:.1f} %",
                flush=True,
            )


def tests(n_draws):
    """Print how often equal models differ with p < 0.05."""
    print("\nTwo models of equal worth, p < 0.05: DeLong's test, corrected t-test")
    for n, share in COHORTS:
        for area in (0.5, 0.7, 0.85):
            study = Study(n, share, 5, area, n_draws)
            other = Study(n, share, 5, area, n_draws, seed=1)
            folds, a, _ = study.cross_validate()
            other.split = lambda folds=folds: folds
            _, b, _ = other.cross_validate()
            found = np.zeros((2, n_draws))
            for i in range(n_draws):
                x, z = (cv_auc_ci(study.y, s[i], folds[i]).by_fold for s in (a, b))
                found[0, i] = delong_test(study.y, a[i], b[i]).pvalue < 0.05
                found[1, i] = corrected_resampled_ttest(x, z).pvalue < 0.05
            old, new = 100 * found.mean(axis=1)
            print(
                f"n={n} {share:.0%} positive, best area {area}: {old:.1f} -> "
                f"{new:.1f} %",
                flush=True,
            )


def left_out(n_draws, seed=0):
    """Print the mean area of scores of patients left out one by one, without signal."""
    rng, found = np.random.default_rng(seed), []
    y = np.arange(42) % 2
    every = 1.0 - np.eye(42)
    for _ in range(n_draws):
        X = np.column_stack([np.ones(42), rng.normal(size=(42, 5))])
        coef = fit(np.broadcast_to(X, (42, *X.shape)), y, every)
        score = (X * coef).sum(axis=1)
        found.append((score[y == 1][:, None] > score[y == 0]).mean())
    print("\nLeave-one-out, 21/21, five predictors without signal: the pooled area")
    print(f"is {np.mean(found):.3f} on average, where .5 is true -> refused")


def print_cv(n_draws):
    """Print the tables."""
    print(
        f"\nCross-validation, {n_draws} draws, Monte-Carlo SE "
        f"{np.sqrt(475 / n_draws):.1f} points at 95 %"
    )
    for table in (areas, rates, tests, left_out):
        table(n_draws)


def main():
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=200)
    n_draws = parser.parse_args().draws
    warnings.simplefilter("ignore")
    start = time.process_time()
    print_cv(n_draws)
    print(f"\n{time.process_time() - start:.0f} CPU seconds")


if __name__ == "__main__":
    main()
