"""
A small cohort, from its table to its report
============================================

A clinical model without a second cohort: what is usually printed beside what holds.
The patients are **simulated**, or of I-SPY 1 where the path of its csv file is given.
"""

# %%
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline

from sknac import metrics as sm
from sknac.clinical import baseline_table
from sknac.datasets import load_ispy1, make_bmode_cohort
from sknac.decision import WeightedYoudenThreshold
from sknac.report import StudyReport

if len(sys.argv) > 1:
    of, cohort, label = "I-SPY 1", load_ispy1(sys.argv[1]), "pCR"
    columns = ["age", "hr", "her2", "ld_baseline_mm", "ld_early_mm"]
else:
    of, label = "SIMULATED", "response"
    cohort = make_bmode_cohort(n_patients=110, n_planes=1, random_state=0)
    columns = ["age", "er", "her2", "ki67", "dvolume_2"]
X, y = cohort.X[columns], cohort.y
print(baseline_table(X, y).formatted(smd=True).to_string())

# %%
# One model, judged twice
# -----------------------
# Cross-validation and bootstrap repeat all that ``fit`` does, the threshold too.
cut = WeightedYoudenThreshold(LogisticRegression(), weight=0.5, pos_label=label)
model, pos = make_pipeline(SimpleImputer(), cut), {"pos_label": label}
cv = RepeatedStratifiedKFold(n_splits=5, n_repeats=4, random_state=0)
how = {"return_estimator": True, "return_indices": True, "scoring": "roc_auc"}
folds = cross_validate(model, X, y, cv=cv, **how)
area = sm.cv_auc_ci(y, folds, X=X, **pos)
rates = sm.cv_rates(y, folds, X=X, **pos)
asked = ["calibration_slope", *(f"net_benefit@{t / 10}" for t in range(1, 8))]
mended = sm.optimism(model, X, y, asked, n_resamples=100, random_state=0, **pos)
model.fit(X, y)
prob = model.predict_proba(X)[:, list(model.classes_).index(label)]
own = sm.confusion_rates(y, model.predict(X), **pos)

# %%
# Naive beside honest, with 95 % intervals
# ----------------------------------------
pairs = {"area": (sm.auc_ci(y, prob, **pos), area)}
pairs |= {
    x: (getattr(own, x), getattr(rates, x)) for x in ("sensitivity", "specificity")
}
said = {
    name: [f"{x.estimate:.2f} [{x.low:.2f}, {x.high:.2f}]" for x in pair]
    for name, pair in pairs.items()
}
for name in ("calibration_slope", "net_benefit@0.5"):
    said[name] = mended.table.loc[name, ["apparent", "corrected"]].round(2).tolist()
print(of, len(y), "patients, positive:", label)
print(pd.DataFrame(said, index=["naive", "honest"]).T)

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
sm.RocCIDisplay.from_cv_results({"model": folds}, X, y, ax=left, **pos)
sm.DecisionCurveDisplay.from_predictions(y, prob, optimism=mended, ax=right, **pos)
figure.suptitle(f"A small cohort, {of}")

# %%
# The report takes the same folds. For your own cohort, replace ``X`` and ``y``.
study = StudyReport(f"A small cohort ({of})", synthetic=of == "SIMULATED")
study.add_cv("model", folds, X, y, **pos)
print(study.save(Path("build/small_cohort"), overwrite=True))
