"""
No patient in two folds: why a row is a patient
===============================================

Where a row is an image, cross-validation tests on patients that it has trained on, and
finds what is not there. The images are **simulated**, and say nothing of the response.
"""

# %%
# Five images a patient: a row for each patient, or for each image
# ----------------------------------------------------------------
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.cohort import Study, planes_table
from sknac.datasets import make_bmode_cohort
from sknac.features import OutlineShape

size = {"n_patients": 30, "n_planes": 5, "image_size": 92}
cohort = make_bmode_cohort(**size, effect_size=0, random_state=0)
X, y = cohort.X[["us_pre"]], cohort.y
planes = planes_table(X)
print(f"{planes['pixels'].duplicated().sum()} images are there twice")
owner = planes["patient_id"].to_numpy()
cells = [Study([plane]) for study in X.iloc[:, 0] for plane in study.planes]
images = pd.DataFrame({X.columns[0]: cells}, index=np.arange(len(cells)).astype(str))

# %%
# One model, the same folds, two units
# ------------------------------------
# The nearest neighbour of an image is another image of the same patient.
model = make_pipeline(OutlineShape(), StandardScaler(), KNeighborsClassifier(3))
folds = StratifiedKFold(4, shuffle=True, random_state=0)
figure, axes = plt.subplots(2, 1, figsize=(8, 4.4), layout="constrained", sharex=True)
units = {"a row is an image": (images, owner), "a row is a patient": (X, X.index)}
for ax, (title, (rows, patients)) in zip(axes, units.items(), strict=True):
    labels = y.loc[patients].to_numpy()
    auc = cross_val_score(model, rows, labels, cv=folds, scoring="roc_auc").mean()
    share = np.zeros((4, len(X)))  # of a patient's rows that are held out
    for fold, (_, test) in enumerate(folds.split(rows, labels)):
        held = pd.Series(patients[test]).value_counts()
        share[fold] = (held / pd.Series(patients).value_counts()).reindex(X.index)
    print(f"{title}: AUC {auc:.2f}")
    picture = ax.imshow(np.nan_to_num(share), cmap="Blues", aspect="auto")
    ax.set(title=f"{title}: AUC {auc:.2f}", ylabel="fold", yticks=range(4))
axes[1].set_xlabel("patient")
figure.colorbar(picture, ax=axes, label="share of her images held out")
figure.suptitle("SIMULATED images without any effect: 0.50 is right")
plt.show()

# %%
# For your own data change these two lines::
#
#     cohort = load_busbra("BUSBRA")  # from sknac.datasets
#     X, y = cohort.X[["us_scan"]], cohort.y
