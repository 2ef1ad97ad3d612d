"""
What a network looks at: two heat maps
======================================

Grad-CAM says in one pass where evidence for a class lies, prediction difference
occludes one patch after the other. Both are laid over the image, beside the maps of
the same network before it learned anything. The images are **simulated**.
"""

# %%
# A small network
# ---------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import make_pipeline

from sknac.datasets import make_bmode_cohort
from sknac.inspection import SaliencyDisplay, grad_cam, prediction_difference
from sknac.nets import PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper

cohort = make_bmode_cohort(
    n_patients=40, effect_size=2, image_size=(96, 112), random_state=0
)
X, y, positive = cohort.X[["us_post4"]], cohort.y, "response"


def fitted(max_epochs, lr):
    """Return crops, one size, one scale and a network, fitted."""
    net = PlaneFeatureNet(
        module="resnet_tiny",
        lr=lr,
        max_epochs=max_epochs,
        validation_fraction=None,
        random_state=0,
    )
    steps = (ROICropper(), PlaneResizer(image_size=48), MapScaler(), net)
    return make_pipeline(*steps).fit(X, y)


# %%
# Two questions to it
# -------------------
# Maps lie on the grid of the image itself; an earlier layer is finer than the last. A
# map that looks the same for a network that learned nothing is that of the image. A
# difference has no direction: it may be evidence for the class or against it.
models = {"trained": fitted(12, 3e-3), "untrained": fitted(1, 1e-9)}
patient = X.loc[y == positive].iloc[:1]
scan = patient.iloc[0, 0].planes[0]
figure, axes = plt.subplots(2, 2, figsize=(8, 6.5), layout="constrained")
for row, (name, model) in zip(axes, models.items(), strict=True):
    heat = grad_cam(model, patient, target=positive, layer="backbone.layer2")
    change = prediction_difference(model, patient, patch=8, stride=8, target=positive)
    for ax, (way, maps) in zip(
        row, {"Grad-CAM": heat, "occlusion": change}.items(), strict=True
    ):
        plane = maps.iloc[0, 0].planes[0]
        print(f"{name}, {way}: highest value {np.nanmax(plane.load()):.3f}")
        SaliencyDisplay.from_plane(
            plane, background=scan, zoom=True, title=f"{name}: {way}", ax=ax
        )
figure.suptitle(f"SIMULATED image of a patient, class asked about: {positive}")
plt.show()

# %%
# For your own data change these two lines::
#
#     cohort = load_breast_lesions("BrEaST")  # from sknac.datasets
#     X, y, positive = cohort.X[["us_scan"]], cohort.y, "malignant"
