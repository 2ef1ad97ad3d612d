"""Measure how often a cut keeps its promise, and its interval holds the best cut.

Two classes of normal features; a logistic model, whose true rates at any cut are
known. "prefit": a fixed model of other patients. "5 folds": out-of-fold scores choose
the cut, and the refitted model uses it; "warned" where it tells its own patients apart.
Run, or see ``coverage.py``:

    OMP_NUM_THREADS=1 python benchmarks/coverage_cuts.py [--draws 2000]
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import time
import warnings

import numpy as np
from scipy.stats import multivariate_normal, norm
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from sknac.decision import weighted_youden_curve
from sknac.decision._band import _ends
from sknac.decision._held_out import HeldOut, _apart
from sknac.decision._joint import allowances, joint_cuts
from sknac.decision._promise import check_promise

GUARANTEE = 0.9
# Positive, negative, the sensitivity asked for: what so many patients can show.
COHORTS = ((30, 30, 0.90), (63, 63, 0.95), (10, 40, 0.75))
# Features, the folds, and how little the coefficients are penalised.
MODELS = (
    ("prefit", 5, "prefit", 1.0),
    ("5 folds, 5 features", 5, 5, 1.0),
    ("5 folds, 20 features", 20, 5, 1.0),
    ("the same, unpenalised", 20, 5, 1e4),
)
SHIFT = 1.5  # distance of the classes, an area of .86


def draw(rng, n_pos, n_neg, n_features):
    """Return features and labels."""
    y = np.repeat([1, 0], [n_pos, n_neg])
    shift = SHIFT / np.sqrt(n_features)
    return rng.normal(size=(y.size, n_features)) + shift * y[:, None], y


def true_sensitivity(model, threshold, n_features):
    """Return the share of all positive patients at or above a cut."""
    weights, intercept = model.coef_[0], model.intercept_[0]
    mean = intercept + weights.sum() * SHIFT / np.sqrt(n_features)
    return norm.sf((threshold - mean) / np.linalg.norm(weights))


def scored(rng, cohort, model, prefit):
    """Return labels, the scores that choose a cut, the model kept, and if it warns."""
    _, n_features, cv, penalty = model
    X, y = draw(rng, *cohort[:2], n_features)
    if cv == "prefit":
        return y, prefit.decision_function(X), prefit, False
    inner = LogisticRegression(C=penalty, max_iter=300)
    score = np.empty(y.size)
    for train, test in StratifiedKFold(cv).split(X, y):
        fold = inner.fit(X[train], y[train])
        score[test] = fold.decision_function(X[test])
    kept = inner.fit(X, y)
    warned = _apart(kept.decision_function(X), y == 1) and not _apart(score, y == 1)
    return y, score, kept, warned


def missed(cohort, model, n_draws, seed=0):
    """Return how often the true sensitivity falls short, and its mean, by guarantee.

    Also the share of cohorts with a warning, and how often it falls short with the
    guarantee in those without and with one.
    """
    bound, n_features = cohort[2], model[1]
    rng = np.random.default_rng(seed)
    prefit = LogisticRegression().fit(*draw(rng, 1000, 1000, n_features))
    ask = {"weight": 0.5, "at_least": {"sensitivity": bound}}
    rows, warned = np.empty((n_draws, 2)), np.empty(n_draws, dtype=bool)
    for row in range(n_draws):
        y, score, kept, warned[row] = scored(rng, cohort, model, prefit)
        for at, guarantee in enumerate((None, GUARANTEE)):
            cut = weighted_youden_curve(y, score, guarantee=guarantee, **ask).threshold
            rows[row, at] = true_sensitivity(kept, cut, n_features)
    short = rows < bound
    by_warning = [
        short[of, 1].mean() if of.any() else np.nan for of in (~warned, warned)
    ]
    return short.mean(axis=0), rows.mean(axis=0), [warned.mean(), *by_warning]


def print_promises(n_draws):
    """Print how often a sensitivity that is asked for is missed by new patients."""
    error = 100 * np.sqrt(0.1 * 0.9 / n_draws)
    print(
        f"\nCuts under a bound: the true sensitivity of the model kept falls short "
        f"({n_draws} cohorts, Monte-Carlo SE {error:.1f} points)"
    )
    print(
        "n+/n-  asked  scores                falls short: plain, guarantee; means; "
        "warned, short if not, if so"
    )
    for cohort in COHORTS:
        for model in MODELS:
            short, mean, warned = missed(cohort, model, n_draws)
            print(
                f"{cohort[0]}/{cohort[1]}  {cohort[2]:.2f}   {model[0]:21s} "
                f"{100 * short[0]:5.1f} % {100 * short[1]:9.1f} % "
                f"{mean[0]:10.3f} {mean[1]:8.3f}"
                + "".join(f"{100 * share:8.1f} %" for share in warned),
                flush=True,
            )


def print_bands(n_draws, seed=0):
    """Print how often either rate of a band is missed by new patients.

    Scores N(0, 1) and N(1.5, 1).
    """
    print(f"\nA band under two bounds, {n_draws} cohorts, normal scores")
    print("n+/n-  asked      either missed: plain, guarantee; share that goes on")
    rng = np.random.default_rng(seed)
    for n_pos, n_neg, *bounds in (
        (30, 30, 0.85, 0.85),
        (63, 63, 0.90, 0.90),
        (10, 40, 0.70, 0.85),
    ):
        asked = dict(zip(("sensitivity", "specificity"), bounds, strict=True))
        promises = [check_promise(asked, guarantee) for guarantee in (None, GUARANTEE)]
        every, y = np.arange(n_pos + n_neg), np.repeat([True, False], [n_pos, n_neg])
        short, on = np.empty((2, n_draws), dtype=bool), np.empty((2, n_draws))
        for row in range(n_draws):
            score = rng.normal(size=y.size) + SHIFT * y
            held = HeldOut(every, score, y, None, every, None)
            for at, promise in enumerate(promises):
                low, high = _ends(held, every, 0.5, promise)
                rates = norm.sf(low - SHIFT), norm.cdf(high)
                short[at, row] = (np.array(rates) < bounds).any()
                on[at, row] = ((low <= score) & (score < high)).mean()
        print(
            f"{n_pos}/{n_neg}  {bounds[0]:.2f}, {bounds[1]:.2f} "
            f"{100 * short[0].mean():9.1f} % {100 * short[1].mean():7.1f} % "
            f"{on[0].mean():13.2f} {on[1].mean():6.2f}",
            flush=True,
        )


def cut_coverage(n_pos, n_neg, n_draws, n_resamples=400, seed=0, **ask):
    """Return how often the interval holds the best cut of all patients, and its width.

    Scores N(0, 1) and N(1.5, 1): the best cut at even weight is 0.75.
    """
    rng = np.random.default_rng(seed)
    low, high = np.empty((2, n_draws))
    y = np.repeat([1, 0], [n_pos, n_neg])
    for row in range(n_draws):
        score = rng.normal(size=y.size) + SHIFT * y
        found = weighted_youden_curve(
            y, score, weight=0.5, n_resamples=n_resamples, random_state=row, **ask
        ).interval
        low[row], high[row] = found.low, found.high
    best = SHIFT / 2
    if ask:
        best = SHIFT + norm.ppf(1 - ask["at_least"]["sensitivity"])
    inside = (low <= best) & (best <= high)
    return inside.mean(), np.nanmean(high - low), np.isnan(low).mean()


def print_intervals(n_draws):
    """Print the coverage of the interval of the cut."""
    print(f"\nInterval of the cut, nominal 95 %, {n_draws} cohorts, normal scores")
    print("n+/n-  chosen by            covers   width   NaN")
    for n_pos, n_neg, bound in COHORTS:
        for name, ask in (
            ("weight .5", {}),
            (f"sensitivity >= {bound}", {"at_least": {"sensitivity": bound}}),
        ):
            covers, width, none = cut_coverage(n_pos, n_neg, n_draws, **ask)
            print(
                f"{n_pos}/{n_neg}  {name:20s} {100 * covers:5.1f} % {width:8.2f} "
                f"{100 * none:5.1f} %",
                flush=True,
            )


def print_cascades(n_draws, seed=0):
    """Print how often two stages together stop more than they may.

    Scores N(0, 1) and N(1.5, 1) in both stages, correlated .5 within a class.
    """
    print(f"\nTwo stages under one bound, guarantee .9, {n_draws} cohorts")
    print("go/stop  at most   exceeded   mean share   right stops")
    shape = np.array([[1, 0.5], [0.5, 1]])
    of_go = multivariate_normal([SHIFT, SHIFT], shape)
    rng = np.random.default_rng(seed)
    for n_go, n_stop, bound in ((30, 30, 0.15), (63, 63, 0.10), (10, 40, 0.4)):
        go = np.arange(n_go + n_stop) < n_go
        allowed = allowances(n_go, 2, bound, GUARANTEE, "go")
        share, right = np.empty((2, n_draws))
        for row in range(n_draws):
            scores = rng.multivariate_normal([0, 0], shape, size=go.size)
            scores += SHIFT * go[:, None]
            highest, _ = joint_cuts(scores, go, allowed, sure=True)
            cut = np.array([-np.inf if one is None else one for one in highest])
            # Both scores above: the mirror image lies below.
            share[row] = 1 - of_go.cdf(2 * SHIFT - cut)
            right[row] = (scores[~go] <= cut).any(axis=1).mean()
        print(
            f"{n_go}/{n_stop}    {bound:.2f} {100 * np.mean(share > bound):10.1f} % "
            f"{share.mean():10.3f} {right.mean():12.2f}",
            flush=True,
        )


def print_cuts(n_draws):
    """Print the tables."""
    print_cascades(n_draws)
    print_bands(n_draws)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The threshold for")
        print_promises(n_draws)
        print_intervals(n_draws // 6)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=2000)
    start = time.process_time()
    print_cuts(parser.parse_args().draws)
    print(f"\n{time.process_time() - start:.0f} s of CPU")
