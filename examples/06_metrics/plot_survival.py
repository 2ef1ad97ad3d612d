"""
Survival of predicted groups
============================

Kaplan-Meier curves of patients whom a model calls responders or not, with patients at
risk, a log-rank test, and what the score itself says of survival. The patients are
**simulated**.
"""

# %%
# Predictions of patients whom the model had not seen
# ---------------------------------------------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.datasets import make_bmode_cohort
from sknac.survival import (
    KaplanMeierDisplay,
    concordance,
    hazard_ratio,
    kaplan_meier,
    logrank,
    restricted_mean,
    time_dependent_auc,
)

cohort = make_bmode_cohort(n_patients=80, image_size=(96, 112), random_state=0)
columns, positive = ["age", "er", "her2", "ki67", "dvolume_4"], "response"
X, y = cohort.X[columns], cohort.y
time, event = cohort.survival["time_years"], cohort.survival["event"]
classifier = LogisticRegression(class_weight="balanced")
model = make_pipeline(SimpleImputer(), StandardScaler(), classifier)
proba = cross_val_predict(model, X, y, cv=5, method="predict_proba")
score = proba[:, sorted(set(y)).index(positive)]
called = np.where(score >= 0.5, positive, f"not {positive}")

# %%
# The groups, and the score
# -------------------------
# Two groups lose what the score knows. Concordance and the areas by a time take the
# score; a difference of restricted means needs no proportional hazards.
told = {"predictions": "out-of-fold"}  # of patients whom the model had not seen
print(kaplan_meier(time, event, called, **told).survival_at([2.0, 4.0]).round(2))
print(logrank(time, event, called, **told))
print(hazard_ratio(time, event, called, reference_group=positive, **told))
print(restricted_mean(time, event, called, until=5, **told))
print(concordance(time, event, score, high_score="later", **told))
settings = {"times": [2, 4], "n_resamples": 100, "random_state": 0}
print(time_dependent_auc(time, event, score, high_score="later", **settings, **told))

# %%
# The curves
# ----------
figure, ax = plt.subplots(figsize=(7, 5), layout="constrained")
KaplanMeierDisplay.from_predictions(time, event, called, **told, ax=ax)
ax.set(title="SIMULATED patients, by prediction")
plt.show()

# %%
# For your own data change these two lines, and give times in one unit::
#
#     cohort = load_ispy1("ispy1.csv")  # from sknac.datasets
#     columns, positive = ["age", "hr", "her2", "ld_baseline_mm", "ld_early_mm"], "pCR"
#     cohort.survival["time_years"] = cohort.survival["time_days"] / 365.25
