"""
A clinical model as a nomogram
==============================

Stepwise logistic regression keeps few clinical columns; the nomogram draws the fitted
model so that a reader adds points by hand. The patients are **simulated**.
"""

# %%
# A stepwise model
# ----------------
# Akaike's information criterion decides which columns stay. Selection makes the
# coefficients look surer than they are: judge the model by cross-validation.
import matplotlib.pyplot as plt
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold, cross_validate

from sknac.clinical import NomogramDisplay, StepwiseLogisticRegression
from sknac.datasets import make_bmode_cohort
from sknac.metrics import cv_auc_ci

cohort = make_bmode_cohort(n_patients=100, image_size=(96, 112), random_state=0)
columns, positive = ["age", "er", "her2", "ki67", "dvolume_4"], "response"
X, y = cohort.X[columns].dropna(), cohort.y[cohort.X[columns].notna().all(axis=1)]
new = StepwiseLogisticRegression(criterion="aic", pos_label=positive)
model = clone(new).fit(X, y)
print(model.summary_.round(3).to_string())

# %%
# Judged by folds, each of which selects anew
# -------------------------------------------
folds = cross_validate(
    new,
    X,
    y,
    cv=StratifiedKFold(5, shuffle=True, random_state=0),
    scoring="roc_auc",
    return_estimator=True,
    return_indices=True,
)
print(cv_auc_ci(y, folds, X=X, pos_label=positive))

# %%
# The nomogram
# ------------
figure, ax = plt.subplots(figsize=(9, 4.5), layout="constrained")
NomogramDisplay.from_estimator(model, X, pos_label=positive, ax=ax)
ax.set_title("SIMULATED patients: points of each column, their sum, the probability")
plt.show()

# %%
# For your own data change these two lines::
#
#     cohort = load_ispy1("ispy1.csv")  # from sknac.datasets
#     columns, positive = ["age", "hr", "her2", "ld_baseline_mm", "ld_early_mm"], "pCR"
