"""
A small cohort: what is usually printed, and what holds
=======================================================

A clinical model without a second cohort: numbers of its own patients stand beside
cross-validated and corrected ones. The patients are **simulated**.
"""

# %%
# Clinical columns, and how many patients they would take
# -------------------------------------------------------
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline

from sknac import metrics as sm
from sknac.clinical import riley_sample_size
from sknac.datasets import make_bmode_cohort
from sknac.decision import WeightedYoudenThreshold

cohort = make_bmode_cohort(n_patients=80, image_size=(96, 112), random_state=0)
columns, label = ["age", "er", "her2", "ki67", "dvolume_2"], "response"
X, y = cohort.X[columns], cohort.y
print(riley_sample_size(len(columns), prevalence=(y == label).mean(), auc=0.75))

# %%
# One model, judged twice
# -----------------------
# Cross-validation and bootstrap repeat all that ``fit`` does, the threshold too.
cut = WeightedYoudenThreshold(LogisticRegression(), weight=0.5, pos_label=label)
model, pos = make_pipeline(SimpleImputer(), cut), {"pos_label": label}
cv = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)
how = {"return_estimator": True, "return_indices": True, "scoring": "roc_auc"}
folds = cross_validate(model, X, y, cv=cv, **how)
rates = sm.cv_rates(y, folds, X=X, **pos)
asked = ["calibration_slope", *(f"net_benefit@{t / 10}" for t in range(2, 8))]
mended = sm.optimism(model, X, y, asked, n_resamples=40, random_state=0, **pos)
model.fit(X, y)
prob = model.predict_proba(X)[:, list(model.classes_).index(label)]
own = sm.confusion_rates(y, model.predict(X), **pos)

# %%
# Naive beside honest, with 95 % intervals
# ----------------------------------------
pairs = {"area": (sm.auc_ci(y, prob, **pos), sm.cv_auc_ci(y, folds, X=X, **pos))}
for rate in ("sensitivity", "specificity"):
    pairs[rate] = getattr(own, rate), getattr(rates, rate)
said = {
    name: [f"{x.estimate:.2f} [{x.low:.2f}, {x.high:.2f}]" for x in pair]
    for name, pair in pairs.items()
}
for name in ("calibration_slope", "net_benefit@0.5"):
    said[name] = mended.table.loc[name, ["apparent", "corrected"]].round(2).tolist()
print(pd.DataFrame(said, index=["naive", "honest"]).T)

# %%
# What acting on it is worth, as it seems and corrected
# -----------------------------------------------------
figure, ax = plt.subplots(figsize=(6.5, 5), layout="constrained")
sm.DecisionCurveDisplay.from_predictions(y, prob, optimism=mended, ax=ax, **pos)
ax.set_title("SIMULATED patients")
plt.show()

# %%
# For your own data change these two lines::
#
#     cohort = load_ispy1("ispy1.csv")  # from sknac.datasets
#     columns, label = ["age", "hr", "her2", "ld_baseline_mm", "ld_early_mm"], "pCR"
