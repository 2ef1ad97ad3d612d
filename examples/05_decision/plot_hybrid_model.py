"""
A hybrid model: network scores and clinical predictors
======================================================

Does the score of a network say more when age, receptors and the change of volume
stand beside it? scikit-learn's ``StackingClassifier`` joins the two without leaking;
the corrected resampled t-test of the folds answers. All data are **simulated**.
"""

# %%
# A table with scores and predictors
# ----------------------------------
# The score stands for out-of-fold predictions of a network such as
# ``DLRClassifier``; the predictors are distributed differently in the two classes.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from statsmodels.stats.multitest import multipletests

from sknac.clinical import StepwiseLogisticRegression, baseline_table, molecular_subtype
from sknac.decision import ScoreColumn
from sknac.metrics import (
    RocCIDisplay,
    SubgroupDisplay,
    corrected_resampled_ttest,
    cv_auc_ci,
    cv_rates,
    subgroup_rates,
)

rng = np.random.default_rng(7)
n = 220
responds = np.arange(n) % 2 == 0
er = rng.random(n) < np.where(responds, 0.37, 0.62)
pr = er & (rng.random(n) < 0.75)
her2 = rng.random(n) < np.where(responds, 0.58, 0.27)
latent = 1.2 * responds + rng.normal(size=n)
X = pd.DataFrame(
    {
        "score": 1 / (1 + np.exp(0.6 - latent)),
        "age": rng.normal(48, 9, n).round(),
        "er": er.astype(int),
        "pr": pr.astype(int),
        "her2": her2.astype(int),
        "dvolume_2": np.where(responds, 0.52, 0.40) + 0.35 * rng.normal(size=n),
    },
    index=pd.Index([f"P{i:03d}" for i in range(n)], name="patient_id"),
)
y = np.where(responds, "response", "non-response")
print(f"SIMULATED: {n} patients, {responds.sum()} responders")
table = baseline_table(X, y)
print(table.formatted(decimals=2).to_string())

# %%
# Three models
# ------------
# The clinical model selects its predictors stepwise, anew in every fold. The hybrid
# fits a logistic regression on out-of-fold outputs of both. Stacking trains on 0 and 1
# for the sorted labels, so that 1 is response; here everything does.
coded = responds.astype(int)
clinical = make_pipeline(
    make_column_transformer(
        ("passthrough", make_column_selector("^(?!score)")),
        verbose_feature_names_out=False,
    ).set_output(transform="pandas"),
    StepwiseLogisticRegression(pos_label=1),
)
network = ScoreColumn("score", pos_label=1)
hybrid = StackingClassifier(
    [("network", network), ("clinical", clinical)],
    final_estimator=LogisticRegression(),
    cv=StratifiedKFold(5, shuffle=True, random_state=0),
)
models = {"network": network, "clinical": clinical, "hybrid": hybrid}
outer = StratifiedKFold(10, shuffle=True, random_state=1)
kept = {"scoring": "roc_auc", "return_estimator": True, "return_indices": True}
found = {
    name: cross_validate(model, X, coded, cv=outer, **kept)
    for name, model in models.items()
}

# %%
# What the clinical model selects
# -------------------------------
# On all patients, with the path it took. The p-values of the coefficients do not know
# of the selection; the cross-validated scores do.
fitted = clinical.fit(X, coded)[-1]
print(fitted.path_[["action", "term", "pvalue", "test", "aic"]].round(4).to_string())
print(fitted.summary_.round(3).to_string())

# %%
# Comparison
# ----------
# Areas and rates know that their folds share training patients, and so does the test:
# DeLong's, on scores of all folds together, finds a difference between equal models in
# 8 to 21 % of studies.
for name, folds in found.items():
    print(name, cv_auc_ci(coded, folds, X=X, pos_label=1))
    print(cv_rates(coded, folds, X=X, pos_label=1))
pairs = [("hybrid", "network"), ("hybrid", "clinical"), ("network", "clinical")]
tests = [corrected_resampled_ttest(found[a], found[b]) for a, b in pairs]
adjusted = multipletests([test.pvalue for test in tests], method="holm")[1]
for (a, b), test, p in zip(pairs, tests, adjusted, strict=True):
    print(f"{a} - {b}: {test}, Holm-adjusted p = {p:.3g}")

# %%
# Accuracy by molecular subtype
# -----------------------------
decided = np.empty(n, dtype=int)  # of each patient by the model that has not seen her
folds = found["hybrid"]
for model, test in zip(folds["estimator"], folds["indices"]["test"], strict=True):
    decided[test] = model.predict(X.iloc[test])
subtype = molecular_subtype(X["er"], X["pr"], X["her2"])
rates = subgroup_rates(coded, decided, subtype, pos_label=1)
shown = ["n_right", "n", "accuracy", "accuracy_low", "accuracy_high"]
print(rates.to_frame()[shown].round(3))

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
RocCIDisplay.from_cv_results(
    found, X, coded, pos_label=1, random_state=0, ax=left, plot_band=False
)
left.set_title("ROC curves (1: response)\nSIMULATED")
SubgroupDisplay(rates=rates).plot(right)
right.set_title("Hybrid model by molecular subtype\nSIMULATED")

# %%
# For your own data replace ``X`` by the cohort frame and ``ScoreColumn`` by the network
# itself, on its ``us_`` columns: the stacking then cross-fits it too.
