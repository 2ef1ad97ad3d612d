"""Time sknac's statistics beside their peers, in one run, interleaved.

Peers: MLstatkit and confidenceinterval (extra "bench"), and loops over
scikit-learn's functions. Slow peers are timed on fewer resamples and scaled, which
the table marks with "~". Run:

    OMP_NUM_THREADS=1 python benchmarks/bench_stats.py [--quick]
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import contextlib
import importlib.metadata
import io
import platform
import time
import tracemalloc
import warnings

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score, roc_curve

from sknac.decision import weighted_youden_curve
from sknac.metrics import (
    auc_ci,
    bootstrap_ci,
    confusion_rates,
    cv_auc_ci,
    delong_test,
    optimism,
)

N_RESAMPLES = 2000
PACKAGES = ("numpy", "scipy", "scikit-learn", "MLstatkit", "confidenceinterval")


def make_scores(n, seed=0):
    """Return labels and two correlated scores, AUC about 0.8."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    a = 1.2 * y + rng.normal(size=n)
    return y, a, 0.6 * a + 0.4 * y + 0.5 * rng.normal(size=n)


def interleave(functions, *, budget_s):
    """Return the least CPU time in s of each function, called in turns."""
    best = dict.fromkeys(functions, np.inf)
    end, rounds = time.perf_counter() + budget_s, 0
    while rounds < 2 or (time.perf_counter() < end and rounds < 200):
        for name, function in functions.items():
            start = time.process_time()
            function()
            best[name] = min(best[name], time.process_time() - start)
        rounds += 1
    return best


def sklearn_loop(y, score, n_resamples, seed=0):
    """Bootstrap the area by a plain loop, as most notebooks do."""
    rng, values = np.random.default_rng(seed), []
    for _ in range(n_resamples):
        rows = rng.integers(len(y), size=len(y))
        if 0 < y[rows].sum() < len(y):
            values.append(roc_auc_score(y[rows], score[rows]))
    return np.quantile(values, [0.025, 0.975])


def bench_bootstrap(n, budget_s):
    """Time 2000 resamples of the area; ours before and after the slow peers."""
    import confidenceinterval
    import MLstatkit

    y, a, _ = make_scores(n)
    prob = 1 / (1 + np.exp(-a))
    few = N_RESAMPLES if n < 1000 else max(20, N_RESAMPLES * 1000 // n)
    scale = N_RESAMPLES / few
    ours = interleave(
        {
            "sknac": lambda: bootstrap_ci(
                "roc_auc", y, a, n_resamples=N_RESAMPLES, random_state=0
            )
        },
        budget_s=budget_s,
    )
    peers = {
        "MLstatkit": lambda: MLstatkit.Bootstrapping(
            y, prob, "roc_auc", n_bootstraps=few
        ),
        "confidenceinterval": lambda: confidenceinterval.roc_auc_score(
            y, a, method="bootstrap_percentile", n_resamples=few, random_state=0
        ),
        "sklearn loop": lambda: sklearn_loop(y, a, few),
    }
    with contextlib.redirect_stderr(io.StringIO()):  # MLstatkit's progress bar
        found = interleave(peers, budget_s=0)
    again = interleave(
        {
            "sknac": lambda: bootstrap_ci(
                "roc_auc", y, a, n_resamples=N_RESAMPLES, random_state=0
            )
        },
        budget_s=budget_s,
    )
    times = {"sknac": min(ours["sknac"], again["sknac"])}
    times |= {name: scale * took for name, took in found.items()}
    report(f"AUC bootstrap x{N_RESAMPLES}", n, times, scaled=scale > 1)


def bench_delong(n, budget_s):
    """Time one paired test, and one interval."""
    import confidenceinterval
    import MLstatkit

    y, a, b = make_scores(n)
    times = interleave(
        {
            "sknac": lambda: delong_test(y, a, b),
            "MLstatkit": lambda: MLstatkit.Delong_test(y, a, b),
        },
        budget_s=budget_s,
    )
    report("DeLong pair", n, times)
    times = interleave(
        {
            "sknac": lambda: auc_ci(y, a),
            "confidenceinterval": lambda: confidenceinterval.roc_auc_score(y, a),
        },
        budget_s=budget_s,
    )
    report("DeLong interval", n, times)


def bench_threshold(n, budget_s):
    """Time the search against roc_curve and argmax, and against a bare sort."""
    y, a, _ = make_scores(n)

    def by_roc_curve():
        fpr, tpr, thresholds = roc_curve(y, a)
        return thresholds[np.argmax(0.8 * tpr - 0.2 * fpr)]

    def by_full_roc_curve():
        fpr, tpr, thresholds = roc_curve(y, a, drop_intermediate=False)
        return thresholds[np.argmax(0.8 * tpr - 0.2 * fpr)]

    times = interleave(
        {
            "sknac": lambda: weighted_youden_curve(y, a, weight=0.8).threshold,
            "roc_curve + argmax": by_roc_curve,
            "roc_curve(all) + argmax": by_full_roc_curve,
            "np.argsort alone": lambda: np.argsort(a),
        },
        budget_s=budget_s,
    )
    report("threshold search", n, times)


def bench_rates(n, budget_s):
    """Time the rates of n images of n / 10 patients, by patient and by image."""
    rng = np.random.default_rng(0)
    patient = rng.integers(n // 10, size=n)
    y = patient % 2
    found = np.where(rng.random(n) < 0.9, y, 1 - y)
    times = interleave(
        {
            "sknac": lambda: confusion_rates(y, found, groups=patient),
            "without groups": lambda: confusion_rates(y, found),
        },
        budget_s=budget_s,
    )
    report("rates by patient", n, times)


def bench_cv_auc(n, budget_s, n_folds=5):
    """Time the cross-validated area beside the areas of its folds."""
    y, a, _ = make_scores(n)
    folds = np.random.default_rng(0).permutation(n) % n_folds

    def areas():
        return [roc_auc_score(y[folds == k], a[folds == k]) for k in range(n_folds)]

    times = interleave(
        {
            "sknac": lambda: cv_auc_ci(y, a, folds),
            "roc_auc_score of each fold": areas,
            "np.argsort alone": lambda: np.argsort(a),
        },
        budget_s=budget_s,
    )
    report("cv_auc_ci", n, times)


def bench_callable(n=168):
    """Time 2000 resamples of Python functions beside their own bare calls."""
    y, a, _ = make_scores(n)
    prob, rng = 1 / (1 + np.exp(-a)), np.random.default_rng(0)
    rows = [rng.integers(n, size=n) for _ in range(N_RESAMPLES)]

    def brier(truth, predicted):
        return float(np.mean((truth - predicted) ** 2))

    known = {"n_resamples": N_RESAMPLES, "random_state": 0}
    for name, metric, given in (
        ("f1_score", f1_score, (prob > 0.5).astype(int)),
        ("own brier", brier, prob),
    ):
        times = interleave(
            {
                "sknac": lambda m=metric, p=given: bootstrap_ci(m, y, p, **known),
                "calls alone": lambda m=metric, p=given: [m(y[r], p[r]) for r in rows],
            },
            budget_s=0,
        )
        report(f"{name} x{N_RESAMPLES}", n, times)


def report(what, n, times, *, scaled=False):
    """Print one line per peer with the ratio to ours."""
    ours = times["sknac"]
    line = f"{what:22s} n={n:<8d} sknac {1e3 * ours:10.3f} ms"
    for name, took in times.items():
        if name != "sknac":
            mark = "~" if scaled else " "
            line += f" | {name} {mark}{1e3 * took:.3f} ms = {took / ours:.1f}x"
    print(line, flush=True)


def bench_optimism(n=126, p=5):
    """Time 2000 resamples of a logistic model; its bare fits are the floor."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(n, p)), np.arange(n) % 2
    X[:, 0] += y
    model, times = LogisticRegression(), {}
    start = time.perf_counter()
    for _ in range(N_RESAMPLES):
        rows = rng.integers(n, size=n)
        clone(model).fit(X[rows], y[rows])
    times["fits alone"] = time.perf_counter() - start
    for n_jobs in (1, 2):
        start = time.perf_counter()
        optimism(
            model,
            X,
            y,
            ["roc_auc", "brier", "calibration_slope"],
            n_resamples=N_RESAMPLES,
            n_jobs=n_jobs,
            random_state=0,
        )
        times[f"n_jobs={n_jobs}"] = time.perf_counter() - start
    told = " | ".join(f"{name} {took:.1f} s" for name, took in times.items())
    print(f"optimism x{N_RESAMPLES}         n={n:<8d} {told} (wall)", flush=True)


def bench_memory(n=10**6):
    """Print the most memory each call holds at once beyond its input."""
    y, a, b = make_scores(n)
    calls = {
        "delong_test": lambda: delong_test(y, a, b),
        "auc_ci": lambda: auc_ci(y, a),
        "weighted_youden_curve": lambda: (
            weighted_youden_curve(y, a, weight=0.8).threshold
        ),
        "bootstrap_ci x20": lambda: bootstrap_ci("roc_auc", y, a, n_resamples=20),
    }
    for name, call in calls.items():
        tracemalloc.start()  # numpy reports its arrays to it
        call()
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        print(f"peak extra memory      n={n:<8d} {name} {peak:.0f} MiB", flush=True)


def main():
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="no n above 1e4")
    quick = parser.parse_args().quick
    warnings.simplefilter("ignore")
    have = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    print(f"python {platform.python_version()}, {', '.join(have)}")
    print(f"{platform.processor() or platform.machine()}; best of interleaved calls")
    for n in (42, 168, 10**4) if quick else (42, 168, 10**4, 10**5):
        bench_bootstrap(n, budget_s=1.0)
    for n in (42, 168, 999, 10**4) if quick else (42, 168, 999, 10**4, 10**5, 10**6):
        bench_delong(n, budget_s=1.0)
    for n in (42, 10**4) if quick else (42, 10**4, 10**5, 10**6):
        bench_threshold(n, budget_s=2.0)
    for n in (10**4,) if quick else (10**4, 10**5):
        bench_rates(n, budget_s=1.0)
    for n in (10**4,) if quick else (10**4, 10**5):
        bench_cv_auc(n, budget_s=1.0)
    bench_callable()
    bench_optimism()
    if not quick:
        bench_memory()


if __name__ == "__main__":
    main()
