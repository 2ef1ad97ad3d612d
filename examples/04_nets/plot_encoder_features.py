"""
An encoder that learned elsewhere, for few patients
===================================================

A network that was trained on other patients makes numbers of the images of a small
cohort, and is not trained again: a file of weights is all it takes. Images are
**simulated**.
"""

# %%
# Weights on your disk
# --------------------
# Nothing is downloaded. Here a tiny network learns from another hospital's patients,
# and its weights are put into a file, as those of a public encoder are.
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from sklearn.decomposition import PCA
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.datasets import make_bmode_cohort
from sknac.nets import EncoderFeatures, PlaneFeatureNet, PredictiveNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper

images = make_pipeline(ROICropper(), PlaneResizer(image_size=40), MapScaler())
other = make_bmode_cohort(
    n_patients=40, effect_size=2, image_size=(96, 112), random_state=1
)
net = PlaneFeatureNet(module="resnet_tiny", lr=3e-3, max_epochs=10, random_state=0)
net.fit(images.fit_transform(other.X[["us_post4"]]), other.y)
weights, module = Path(tempfile.mkdtemp()) / "encoder.pt", "resnet_tiny"
torch.save(net.module_.state_dict(), weights)

# %%
# Few patients of one's own
# -------------------------
cohort = make_bmode_cohort(
    n_patients=24, effect_size=0.5, image_size=(96, 112), random_state=2
)
X, y = cohort.X[["us_post4"]], cohort.y
encoder = EncoderFeatures(module, weights=weights)

# %%
# A small network on the numbers
# ------------------------------
# Any classifier will do. The encoder learns nothing; scales and the last network learn
# in each fold.
head = PredictiveNet(max_epochs=20, random_state=0)
model = make_pipeline(images, encoder, StandardScaler(), head)
areas = cross_val_score(model, X, y, cv=3, scoring="roc_auc")
print("AUC of three folds, SIMULATED:", areas.round(2))

# %%
# Patients as the encoder sees them
# ---------------------------------
features = make_pipeline(images, encoder, StandardScaler()).fit_transform(X)
print(f"{features.shape[1]} numbers of each of {len(X)} patients")
place = PCA(2).fit_transform(features)
figure, ax = plt.subplots(figsize=(6, 4.5), layout="constrained")
for label, marker in zip(sorted(set(y)), "so", strict=True):
    ax.scatter(*place[y == label].T, marker=marker, s=50, label=label)
ax.set(xlabel="first principal component", ylabel="second principal component")
ax.set_title("SIMULATED images, seen by an encoder from elsewhere")
ax.legend()
plt.show()

# %%
# For your own data change these two lines, and ``weights, module`` for an encoder of
# yours::
#
#     cohort = load_breast_lesions("BrEaST")  # from sknac.datasets
#     X, y = cohort.X[["us_scan"]], cohort.y
