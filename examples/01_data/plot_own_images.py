"""
Your own images: from a CSV to a cross-validated AUC
====================================================

A CSV has one row per image, the cohort frame one row per patient, so that no patient is
in two folds. The images are **simulated**.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from PIL import Image
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline

from sknac.cohort import cohort_from_table
from sknac.datasets import make_bmode_cohort
from sknac.metrics import RocCIDisplay, cv_auc_ci
from sknac.nets import PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper

folder, rows = Path(tempfile.mkdtemp()), []
cohort = make_bmode_cohort(n_patients=60, image_size=(96, 112), random_state=0)
for case, study in cohort.X["us_post4"].items():
    image, mask = f"{case}.png", f"{case}_mask.png"
    Image.fromarray(study.planes[0].load()).save(folder / image)
    Image.fromarray(study.planes[0].core_mask()).save(folder / mask)
    rows.append({"id": case, "class": cohort.y[case], "file": image, "mask": mask})
pd.DataFrame(rows).to_csv(folder / "images.csv", index=False)

# %%
# One row per image becomes one row per patient
# ---------------------------------------------
names = {"id": "patient_id", "class": "label", "file": "path", "mask": "outline"}
table = pd.read_csv(folder / "images.csv").rename(columns=names)[[*names.values()]]
table = table.assign(visit="scan", kind="bmode", outline_units="px_bmode")
X = cohort_from_table(table, root=folder)
y, positive = X.pop("label"), "response"

# %%
# A small network, judged by patient-wise cross-validation
# --------------------------------------------------------
network = PlaneFeatureNet(module="resnet_tiny", lr=3e-3, max_epochs=12, random_state=0)
model = make_pipeline(ROICropper(), PlaneResizer(image_size=32), MapScaler(), network)
found = cross_validate(model, X, y, cv=3, return_estimator=True, return_indices=True)
print(cv_auc_ci(y, found, X=X, pos_label=positive))
roc = RocCIDisplay.from_cv_results(found, X, y, pos_label=positive, random_state=0)
roc.ax_.set_title("SIMULATED images")
plt.show()

# %%
# For your own data change these two lines, folder and columns, and the positive class;
# or take a public set::
#
#     folder = Path("my_images")
#     names = {"ID": "patient_id", "pCR": "label", "img": "path", "seg": "outline"}
#
#     cohort = load_busbra("BUSBRA")  # from sknac.datasets
#     X, y, positive = cohort.X[["us_scan"]], cohort.y, cohort.pos_label
