"""
Which columns a model needs: images and clinical ones
=====================================================

scikit-learn's permutation importance takes a cohort frame as it is: the patients of
one column are exchanged, images too, and the model's area falls if it needs them. The
patients are **simulated**.
"""

# %%
# A model of images and clinical columns
# --------------------------------------
import matplotlib.pyplot as plt
from sklearn.inspection import permutation_importance
from sklearn.model_selection import train_test_split

from sknac.datasets import make_bmode_cohort
from sknac.systems import make_bmode_response_pipeline

cohort = make_bmode_cohort(n_patients=48, image_size=(96, 112), random_state=0)
columns, clinical = ["us_post2"], ["age", "her2", "dvolume_4"]
X, y = cohort.X[[*columns, *clinical]], cohort.y
X_train, X_test, y_train, y_test = train_test_split(
    X, y, stratify=y, test_size=0.4, random_state=0
)
model = make_bmode_response_pipeline(
    columns=columns, clinical=clinical, margin_mm=None, random_state=0
).fit(X_train, y_train)

# %%
# Exchanged in patients whom the model has not seen
# -------------------------------------------------
# Where two columns say the same, neither loses much: the other stands in for it.
found = permutation_importance(
    model, X_test, y_test, scoring="roc_auc", n_repeats=5, random_state=0
)
for name, mean, sd in zip(
    X, found.importances_mean, found.importances_std, strict=True
):
    print(f"{name}: the AUC falls by {mean:.3f} (SD {sd:.3f})")

# %%
order = found.importances_mean.argsort()
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
ax.boxplot(found.importances[order].T, orientation="horizontal")
ax.set_yticks(range(1, len(order) + 1), X.columns[order])
ax.axvline(0, color="0.6", linestyle=":")
ax.set_xlabel(f"fall of the AUC, {len(X_test)} new patients, 5 exchanges")
ax.set_title("SIMULATED patients")
plt.show()

# %%
# For your own data change these two lines::
#
#     cohort = load_breast_lesions("BrEaST")  # from sknac.datasets
#     columns, clinical = ["us_scan"], ["age"]
