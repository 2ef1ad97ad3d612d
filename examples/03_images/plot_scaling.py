"""
One size and one scale, learnt from the training patients
=========================================================

Networks need images of one size and values from 0 to 1. Limits of the training patients
keep what tells patients apart, and a test patient changes nothing. The images are
**simulated**.
"""

# %%
# Training and test patients
# --------------------------
import matplotlib.pyplot as plt
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sknac.datasets import make_bmode_cohort
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper

X = make_bmode_cohort(n_patients=16, random_state=0).X[["us_pre"]]
train, test = train_test_split(X, test_size=0.25, random_state=0)

# %%
# Crop, resize, scale
# -------------------
# Percentiles are the limits: a few bright pixels would flatten all others.
steps = make_pipeline(
    ROICropper(), PlaneResizer(image_size=64), MapScaler(limits=(1.0, 99.0))
)
scaled = [*steps.fit_transform(train).iloc[:, 0], *steps.transform(test).iloc[:, 0]]
crops = [*steps[0].transform(train).iloc[:, 0], *steps[0].transform(test).iloc[:, 0]]
print("sizes before:", sorted({study.planes[0].image.shape for study in crops}))
print("and after:", {study.planes[0].image.shape for study in scaled})
low, high = steps[-1].low_[0], steps[-1].high_[0]

# %%
# Each patient's values, before and after
# ---------------------------------------
# Test patients come last; what lies beyond the limits is clipped.
figure, axes = plt.subplots(2, 1, figsize=(8, 5), layout="constrained", sharex=True)
for ax, studies in zip(axes, (crops, scaled), strict=True):
    boxes = ax.boxplot(
        [study.planes[0].load().ravel() for study in studies],
        whis=(1, 99),
        showfliers=False,
        patch_artist=True,
    )
    for number, patch in enumerate(boxes["boxes"]):
        patch.set_facecolor("C0" if number < len(train) else "C1")
axes[0].set(title="SIMULATED images, crops as read", ylabel="grey level")
axes[0].axhspan(low, high, color="0.9", zorder=0)
axes[1].set(title="resized, scaled", ylabel="value", xlabel="patient; orange: test")
plt.show()

# %%
# For your own data change these two lines::
#
#     cohort = load_busbra("BUSBRA")  # from sknac.datasets
#     X = cohort.X[["us_scan"]].iloc[:24]
