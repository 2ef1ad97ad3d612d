"""
A search over three stages, in nested cross-validation
======================================================

Longest tumour diameters at four times decide in three stages whether treatment goes
on; the weights of the three thresholds are searched, and everything is judged on
patients that neither saw. Give the clinical table of the I-SPY 1 trial (The Cancer
Imaging Archive) as an argument; without it a **simulated** table of the same form is
used: ``python plot_staged_search.py ispy1.csv``.
"""

# %%
# The table
# ---------
# Diameters in mm by MRI at baseline, 1-3 days into chemotherapy, between the two
# regimens and before surgery; whether the tumour vanished (pathologic complete
# response, pCR); recurrence-free survival in days.
import sys
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.clinical import TumorChange
from sknac.decision import (
    StagedClassifier,
    StageFlowDisplay,
    WeightedYoudenThreshold,
    stage_flow,
)
from sknac.metrics import auc_ci, clinical_scorers
from sknac.survival import KaplanMeierDisplay, hazard_ratio, kaplan_meier

VISITS = {
    "pre": "MRI LD Baseline",
    "early": "MRI LD 1-3dAC",
    "middle": "MRI LD InterReg",
    "late": "MRI LD PreSurg",
}
start = time.perf_counter()


def simulate(n_patients=110, seed=0):
    """Simulate shrinking tumours, of which a quarter vanish, with missing visits."""
    rng = np.random.default_rng(seed)
    vanishes = rng.random(n_patients) < 0.27
    size = rng.gamma(6, 11, n_patients) + 15
    table = {VISITS["pre"]: size}
    for visit, share in (("early", 0.1), ("middle", 0.35), ("late", 0.6)):
        loss = share * (1 + 0.6 * vanishes) * rng.uniform(0.3, 1.3, n_patients)
        table[VISITS[visit]] = size * np.clip(1 - loss, 0, None)
        lost = rng.random(n_patients) < 0.07
        table[VISITS[visit]][lost] = np.nan
    years = rng.exponential(np.where(vanishes, 25, 9))
    followed = rng.uniform(2, 6, n_patients)
    table |= {"PCR": vanishes * 1.0, "RFS": 365 * np.minimum(years, followed)}
    table["rfs_ind"] = (years < followed) * 1
    return pd.DataFrame(table).rename_axis("SUBJECTID").round(1)


path = sys.argv[1] if len(sys.argv) > 1 else None
table = pd.read_csv(path, index_col="SUBJECTID") if path else simulate()
source = "I-SPY 1" if path else "SIMULATED table"

# %%
# Who takes part is counted, not hidden
# -------------------------------------
# The outcome and the first stage's two diameters must be there. A later visit may be
# missing: a patient who gets that far then awaits data.
known = table["PCR"].notna()
first = table[[VISITS["pre"], VISITS["early"]]].notna().all(axis=1)
cohort = table[known & first]
X = cohort[list(VISITS.values())]
y = cohort["PCR"].map({1.0: "pCR", 0.0: "no pCR"})
print(f"{source}: {len(table)} patients, {(~known).sum()} without outcome,")
print(f"{(known & ~first).sum()} more without the first two diameters;")
print(f"{len(X)} take part, {(y == 'pCR').sum()} with pCR; later visits missing:")
print(X.isna().sum()[list(VISITS.values())[2:]].to_string())

# %%
# Three stages
# ------------
# Each stage sees the diameters so far and predicts by logistic regression on the
# relative reductions. Its threshold comes from out-of-fold scores of its own.


def stage(*visits):
    """Return a classifier on the reductions up to the last of some visits."""
    change = TumorChange({visit: VISITS[visit] for visit in ("pre", *visits)})
    model = make_pipeline(change, StandardScaler(), LogisticRegression())
    return WeightedYoudenThreshold(model, pos_label="pCR", cv=3)


stages = []
for at, name in enumerate(("early", "middle", "late"), start=1):
    seen = list(VISITS)[1 : at + 1]
    stages.append((name, stage(*seen), [VISITS[v] for v in ("pre", *seen)]))
cascade = StagedClassifier(
    stages, stop_label="no pCR", on_missing="defer", missing="any"
)

# %%
# Nested cross-validation
# -----------------------
# The inner folds choose how much sensitivity weighs at each stage; the outer folds
# judge the whole procedure. Several metrics are recorded, one decides.
grid = {
    "early__weight": [0.8, 0.9],
    "middle__weight": [0.7, 0.8],
    "late__weight": [0.3, 0.6],
}
search = GridSearchCV(
    cascade,
    grid,
    scoring=clinical_scorers(pos_label="pCR", weight=0.6),
    refit="weighted_youden",
    cv=StratifiedKFold(3, shuffle=True, random_state=0),
)
each = pd.DataFrame(index=X.index, columns=[name for name, _, _ in stages])
ways = []
with warnings.catch_warnings():
    # Small folds: trivial thresholds and undefined rates happen, and are counted.
    warnings.simplefilter("ignore")
    outer = StratifiedKFold(5, shuffle=True, random_state=1)
    for fold, (train, test) in enumerate(outer.split(X, y)):
        search.fit(X.iloc[train], y.iloc[train])
        rows, best = X.index[test], search.best_estimator_
        each.loc[rows] = best.predict_each(X.loc[rows]).to_numpy()
        ways.append(best.trace(X.loc[rows]))
        weights = ", ".join(f"{k} {v}" for k, v in search.best_params_.items())
        print(f"outer fold {fold}: {weights}")
ways = pd.concat(ways).loc[X.index]

# %%
# The cascade beside each stage alone
# -----------------------------------
# All predictions are of patients whom neither the model, nor its thresholds, nor the
# search had seen. A patient awaiting data has no final decision and is left out of
# the cascade's rates (``n_undecided``).
each = each.astype(object).where(each.notna(), None)
flow = stage_flow(y, each, stop_label="no pCR", pos_label="pCR")
print(flow)
columns = ["n", "n_undecided", "sensitivity", "specificity", "ppv", "npv", "accuracy"]
print(flow.to_frame()[columns].astype(float).round(3).to_string())
for name, rates in flow.rates.items():
    found = rates.sensitivity, rates.specificity
    cells = ", ".join(f"{r.metric} {r.count}/{r.total}" for r in found)
    print(f"{name:8s} {cells}")
print("order of the whole cascade:", auc_ci(y, ways["score"], pos_label="pCR"))
print(ways["action"].value_counts().to_string())

# %%
# Survival by predicted group
# ---------------------------
# Response is not the end that counts: recurrence-free survival of the patients
# predicted to reach pCR and of the others.
decided = ways["action"] != "awaiting"
years = cohort["RFS"] / 365.25
event = cohort["rfs_ind"]
group = ways["label"][decided]
curves = kaplan_meier(years[decided], event[decided], group)
print(curves)
print(curves.survival_at([3.0]).round(3).to_string())
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    ratio = hazard_ratio(years[decided], event[decided], group, reference_group="pCR")
print(ratio)

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
StageFlowDisplay(flow=flow).plot(ax=left)
left.set_title(f"Cascade, out-of-fold predictions\n{source}")
KaplanMeierDisplay(result=curves).plot(
    ax=right, time_label="years (recurrence-free survival)"
)
right.set_title(f"Survival by predicted group, out-of-fold\n{source}")
print(f"{time.perf_counter() - start:.0f} s")

# %%
# For your own data change ``VISITS`` and the grid. A richer stage (images, receptors)
# is any classifier in place of the pipeline; its settings join the search by name,
# such as ``middle__estimator__logisticregression__C``.
