"""
Spectral features of a cohort: one row per patient
==================================================

`RegionSpectrum` turns each core into a few numbers, averaged over a patient's planes,
for any estimator of scikit-learn. The cohort is **simulated**.
"""

# %%
# RF, a phantom, and the attenuation of each patient's tissue
# -----------------------------------------------------------
import matplotlib.pyplot as plt
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.model_selection import cross_validate

from sknac.datasets import make_rf_cohort
from sknac.features import RegionSpectrum
from sknac.metrics import cv_auc_ci

size = {"n_patients": 40, "n_planes": 1, "depth_mm": 26, "width_mm": 18}
cohort = make_rf_cohort(**size, effect_size=1.5, random_state=0)
X, y, phantom = (
    cohort.X[["us_pre", "attenuation_db_cm_mhz"]],
    cohort.y,
    cohort.reference,
)

# %%
# Power is averaged over the core, then fitted
# --------------------------------------------
# The step learns nothing of the cohort, so its table may be made before the folds.
known = {"attenuation_db_cm_mhz": "attenuation_db_cm_mhz"}  # a column of X
spectra = RegionSpectrum(phantom, **known, parameters=["ss", "mbf"])
table = spectra.set_output(transform="pandas").fit_transform(X)
print(table.groupby(y).mean().round(2))
model = LinearDiscriminantAnalysis()
kept = {"return_estimator": True, "return_indices": True}
found = cross_validate(model, table, y, cv=5, **kept)
print(cv_auc_ci(y, found, X=table, pos_label="response"))

# %%
# Every patient, and where the model parts them
# ---------------------------------------------
model.fit(table, y)
look = {"response_method": "predict", "alpha": 0.2, "cmap": "coolwarm"}
ax = DecisionBoundaryDisplay.from_estimator(model, table, **look).ax_
for label, marker in zip(model.classes_, "os", strict=True):
    part = table[y == label]
    ax.scatter(*part.to_numpy().T, marker=marker, label=label, edgecolor="black")
ax.set(xlabel="spectral slope (dB/MHz)", ylabel="mid-band fit (dB)")
ax.set_title("SIMULATED patients, spectra of their cores")
ax.legend()
plt.show()

# %%
# For your own data change these two lines, with a phantom as
# :ref:`sphx_glr_examples_02_qus_plot_real_rf.py` makes it::
#
#     X = cohort_from_table("scans.csv")  # from sknac.cohort, with that column
#     y = X.pop("response")
