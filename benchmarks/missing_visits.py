"""What a third visit adds to a network on two, and what missing visits cost.

Run ``python benchmarks/missing_visits.py [--n-seeds 8]``, a minute of CPU a seed. Each
seed simulates 400 patients with `make_bmode_cohort`, trains the tiny network of the
DLRP stages on 160 and tests it on 240: on two visits of which none is missing, on three
of which none is, and on three of which a fifth of the later ones is, in training and
test. Patients without a later visit are in the test, but for ``concat_diff``, which
cannot take them.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import roc_auc_score

from sknac.cohort.planes import has_study
from sknac.datasets import make_bmode_cohort
from sknac.systems import make_dlr_pipeline

VISITS = ["us_pre", "us_post2", "us_post4"]
N_TRAIN, N = 160, 400
CASES = {
    "pre, post2": (VISITS[:2], "concat_diff", False),
    "pre, post4": (VISITS[::2], "concat_diff", False),
    **{f"three, {f}": (VISITS, f, False) for f in ("concat_diff", "mean", "attention")},
    **{f"gaps, {f}": (VISITS, f, True) for f in ("concat_diff", "mean", "attention")},
}


def cropped(seed, missing_rate):
    """Patients' images of three visits, cropped to the tumour and 32 pixels."""
    cohort = make_bmode_cohort(N, missing_rate=missing_rate, random_state=seed)
    steps = make_dlr_pipeline(columns=VISITS, preset="tiny")[:2]
    return steps.fit_transform(cohort.X[VISITS]), cohort.y.to_numpy()


def auc(X, y, columns, fusion, gaps, seed):
    """Train on the first patients; AUC of the others."""
    model = make_dlr_pipeline(columns=columns, preset="tiny", random_state=seed)[2:]
    model.set_params(dlr__module__fusion=fusion)
    model.set_params(dlr__missing_visits="mask" if gaps else "raise")
    there = X[columns[1:]].map(has_study).any(axis=1).to_numpy()
    used = there | (fusion != "concat_diff")
    train = used & (np.arange(N) < N_TRAIN)
    test = used & ~train & (np.arange(N) >= N_TRAIN)
    model.fit(X.loc[train, columns], y[train])
    score = model.predict_proba(X.loc[test, columns])[:, 1]
    return roc_auc_score(y[test] == "response", score)


def with_interval(values):
    """Write a mean over seeds with its 95 % interval (Student's t)."""
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    mean = np.mean(values)
    return f"{mean:.3f} [{mean - half:.3f}, {mean + half:.3f}]"


def main():
    """Print a table: AUC, and the difference to either pair of visits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n-seeds", type=int, default=8)
    rows = []
    for seed in range(parser.parse_args().n_seeds):
        (whole, y), (holed, _) = cropped(seed, 0.0), cropped(seed, 0.2)
        rows.append(
            {
                name: auc(holed if gaps else whole, y, columns, fusion, gaps, seed)
                for name, (columns, fusion, gaps) in CASES.items()
            }
        )
        print(seed, {name: round(value, 3) for name, value in rows[-1].items()})
    table = pd.DataFrame(rows)
    for name in table:
        print(f"{name:20} {with_interval(table[name])}", end="")
        for pair in list(CASES)[:2]:
            print(f"  less {pair}: {with_interval(table[name] - table[pair])}", end="")
        print()


if __name__ == "__main__":
    main()
