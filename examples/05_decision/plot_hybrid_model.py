"""
A hybrid model: network scores and clinical predictors
======================================================

Does the score of a network say more when clinical columns stand beside it?
scikit-learn's ``StackingClassifier`` joins the two without leaking; the corrected
resampled t-test of the folds answers. The patients are **simulated**.
"""

# %%
# Scores and clinical columns of each patient
# -------------------------------------------
# The score stands for out-of-fold predictions of a network.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline

from sknac.clinical import StepwiseLogisticRegression
from sknac.decision import ScoreColumn
from sknac.metrics import corrected_resampled_ttest, cv_auc_ci

rng = np.random.default_rng(7)
responds = rng.integers(0, 2, 150)
columns = {
    "y": responds,  # 0 and 1, on which stacking trains
    "score": 1.2 * responds + rng.normal(size=150),
    "age": rng.normal(48, 9, 150).round(),
    "her2": (rng.random(150) < 0.3 + 0.3 * responds).astype(int),
    "dvolume_2": 0.4 + 0.2 * responds + 0.35 * rng.normal(size=150),
}
X = pd.DataFrame(columns)
y = X.pop("y")

# %%
# Three models, each judged on the same folds
# -------------------------------------------
# The clinical model selects its columns stepwise, anew in every fold. The hybrid fits
# a logistic regression on out-of-fold outputs of both.
others = make_column_transformer(
    ("passthrough", make_column_selector("^(?!score)")), verbose_feature_names_out=False
).set_output(transform="pandas")
clinical = make_pipeline(others, StepwiseLogisticRegression(pos_label=1))
network = ScoreColumn("score", pos_label=1, kind="score")
both = [("network", network), ("clinical", clinical)]
inner = StratifiedKFold(3, shuffle=True, random_state=0)
hybrid = StackingClassifier(both, final_estimator=LogisticRegression(), cv=inner)
models = {"network": network, "clinical": clinical, "hybrid": hybrid}
how = {"scoring": "roc_auc", "return_estimator": True, "return_indices": True}
how["cv"] = StratifiedKFold(5, shuffle=True, random_state=1)
found = {name: cross_validate(model, X, y, **how) for name, model in models.items()}
for name, folds in found.items():
    print(name, cv_auc_ci(y, folds, X=X, pos_label=1))
print(corrected_resampled_ttest(found["hybrid"], found["network"]))

# %%
# Each line is a fold: models are compared on the same patients.
areas = np.array([folds["test_score"] for folds in found.values()])
figure, ax = plt.subplots(figsize=(5.5, 4.5), layout="constrained")
ax.plot(list(found), areas, "o-", color="0.6")
ax.plot(list(found), areas.mean(axis=1), "_", color="C0", markersize=45, mew=3)
ax.margins(x=0.15)
ax.set_ylabel("AUC of a fold, bars: mean (positive: response)")
ax.set_title("SIMULATED patients, five folds")
plt.show()

# %%
# For your own data change these two lines, of a CSV with 0 or 1 in the column ``y``::
#
#     X = pd.read_csv("patients.csv", index_col="patient_id")
#     y = X.pop("y")
#
# A network on ``us_`` columns in the place of ``network`` is cross-fitted as well.
