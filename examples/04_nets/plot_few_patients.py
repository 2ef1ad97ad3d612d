"""
Few patients: numbers, a network, and a network that sees the outline
=====================================================================

With some hundred patients, numbers that somebody thought of often beat a network that
starts from nothing. Three models see the same crops in the same folds. The images are
**simulated**; :doc:`/guide/few_patients` tells what came out on real ones.
"""

# %%
# One image per patient
# ---------------------
import matplotlib.pyplot as plt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.datasets import make_bmode_cohort
from sknac.features import MapStatistics
from sknac.metrics import cv_auc_ci
from sknac.nets import Augmentation, PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import RegionChannels, ROICropper, ROIMasker

cohort = make_bmode_cohort(n_patients=60, image_size=(96, 112), random_state=0)
X, y, positive = cohort.X[["us_post4"]], cohort.y, "response"

# %%
# Three models
# ------------
# Grey values inside the tumour; a small network on crops; the same network with the
# outline as a second channel. Images change a little in every epoch, and the outline's
# channel moves with them.
net = PlaneFeatureNet(module="resnet_tiny", lr=3e-3, max_epochs=15, random_state=0)
net.set_params(batch_size=16, augmentation=Augmentation(rotate_deg=10.0, gain=0.2))
grey = (ROIMasker(region="core"), MapStatistics(), StandardScaler())
late = (PlaneResizer(image_size=40), MapScaler(), net)
models = {
    "grey values": make_pipeline(*grey, LogisticRegression()),
    "network": make_pipeline(ROICropper(), *late),
    "network, outline": make_pipeline(
        ROICropper(), RegionChannels(regions=("core",)), *late
    ),
}

# %%
# Cross-validated by patient
# --------------------------
# More epochs and pixels, as in the guide, are needed before the network is judged. The
# hint says that each fold's network has a scale of its own: areas are averaged within
# folds, and scores of folds are never pooled.
how = {"return_estimator": True, "return_indices": True}
how["cv"] = StratifiedKFold(3, shuffle=True, random_state=0)
figure, ax = plt.subplots(figsize=(5, 4.5), layout="constrained")
for name, model in models.items():
    found = cross_validate(model, X, y, **how)
    area = cv_auc_ci(y, found, X=X, pos_label=positive)
    print(f"{name}: {area}")
    ends = [[area.estimate - area.low], [area.high - area.estimate]]
    ax.bar(name, area.estimate, yerr=ends, color="C0", ecolor="0.3", capsize=6)
ax.axhline(0.5, color="0.5", linestyle=":")
ax.set(ylabel=f"AUC, 3 folds, {len(X)} patients", title="SIMULATED images")
plt.show()

# %%
# For your own data change these two lines::
#
#     cohort = load_busbra("BUSBRA")  # from sknac.datasets
#     X, y, positive = cohort.X[["us_scan"]], cohort.y, "malignant"
