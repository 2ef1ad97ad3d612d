"""
A search over the stages of a cascade
=====================================

Changes of size at two times decide in two stages whether treatment goes on. How much
sensitivity weighs at each is searched, and the whole procedure is judged on patients
that neither model nor search has seen. The patients are **simulated**.
"""

# %%
# One column of sizes per visit
# -----------------------------
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline

from sknac.clinical import TumorChange
from sknac.decision import StagedClassifier, WeightedYoudenThreshold
from sknac.metrics import clinical_scorers, confusion_rates

rng = np.random.default_rng(0)
responds = rng.random(110) < 0.4
table = pd.DataFrame({"ld_baseline_mm": rng.gamma(6, 8, 110) + 15})
for visit, share in (("ld_early_mm", 0.15), ("ld_inter_regimen_mm", 0.4)):
    lost = share * (1 + 0.9 * responds) * rng.uniform(0.3, 1.3, 110)
    table[visit] = table["ld_baseline_mm"] * (1 - lost)
X, y = table, pd.Series(np.where(responds, "pCR", "no pCR"))

# %%
# Two stages, and the grid of their weights
# -----------------------------------------


def stage(*visits):
    """Return a name, a classifier on the changes up to a visit, and its columns."""
    columns = ["ld_baseline_mm", *visits]
    change = TumorChange({name: name for name in columns})
    model = make_pipeline(change, SimpleImputer(), LogisticRegression())
    cut = WeightedYoudenThreshold(model, pos_label="pCR", cv="resubstitution")
    return visits[-1].split("_")[1], cut, columns


stages = [stage("ld_early_mm"), stage("ld_early_mm", "ld_inter_regimen_mm")]
cascade = StagedClassifier(stages, stop_label="no pCR")
weights = [0.3, 0.6, 0.9]
search = GridSearchCV(
    cascade,
    {"early__weight": weights, "inter__weight": weights},
    scoring=clinical_scorers(pos_label="pCR", weight=0.6)["weighted_youden"],
    cv=StratifiedKFold(3, shuffle=True, random_state=0),
)

# %%
# Nested cross-validation
# -----------------------
# Inner folds choose the weights, outer folds judge the choice.
label = pd.Series(index=y.index, dtype=object)
tables = []
for train, test in StratifiedKFold(3, shuffle=True, random_state=1).split(X, y):
    search.fit(X.iloc[train], y.iloc[train])
    label.iloc[test] = search.predict(X.iloc[test])
    tables.append(search.cv_results_["mean_test_score"].reshape(3, 3))
    print(search.best_params_)
print(confusion_rates(y, label, pos_label="pCR"))

# %%
figure, axes = plt.subplots(1, 3, figsize=(9.5, 3.6), sharey=True, layout="constrained")
for fold, (ax, table) in enumerate(zip(axes, tables, strict=True)):
    shown = ax.imshow(table, vmin=np.min(tables), vmax=np.max(tables), origin="lower")
    ax.plot(*np.unravel_index(table.argmax(), (3, 3))[::-1], "r*", markersize=18)
    ax.set(xticks=range(3), xticklabels=weights, yticks=range(3), yticklabels=weights)
    ax.set(xlabel="weight, between regimens", title=f"outer fold {fold}")
axes[0].set_ylabel("weight, early")
figure.colorbar(shown, ax=axes, label="weighted Youden, inner folds")
figure.suptitle("SIMULATED patients: a star is chosen")
plt.show()

# %%
# For your own data, these two lines in the place of ``X, y``::
#
#     cohort = load_ispy1("ispy1.csv")  # from sknac.datasets
#     X, y = cohort.X.dropna(), cohort.y[cohort.X.notna().all(axis=1)]
