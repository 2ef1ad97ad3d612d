"""
Core and margin: which part of the image counts
===============================================

A mask keeps the outlined core, or core and margin; a crop keeps a box round them, with
the tissue between. Both measure in mm. The images are **simulated**.
"""

# %%
# Images with outlines
# --------------------
import matplotlib.pyplot as plt
import numpy as np

from sknac.datasets import make_bmode_cohort
from sknac.roi import ROICropper, ROIMasker

X = make_bmode_cohort(8, image_size=(96, 110), random_state=1).X[["us_pre"]]

# %%
# The core, margins of 2 and 5 mm, and a box
# ------------------------------------------
# What lies beyond the frame is lost: the table says how much of each margin that is.
steps = {
    "core": ROIMasker(region="core"),
    "core and 2 mm": ROIMasker(region="core+margin", margin_mm=2.0),
    "core and 5 mm": ROIMasker(region="core+margin", margin_mm=5.0),
    "box, 5 mm wider": ROICropper(border_mm=5.0, square=False),
}
frames = {name: step.fit_transform(X) for name, step in steps.items()}
table = steps["core and 5 mm"].cut_table(X)
print(table.round(2).to_string(index=False))

# %%
# The image that loses most of its margin, and what is left of it
# ---------------------------------------------------------------
patient = table.loc[table["margin_cut"].idxmax(), "patient_id"]
size = {"figsize": (7, 6), "layout": "constrained", "sharex": True, "sharey": True}
figure, axes = plt.subplots(2, 2, **size)
whole = X.loc[patient].iloc[0].planes[0].grid
for ax, (name, frame) in zip(axes.flat, frames.items(), strict=True):
    plane = frame.loc[patient].iloc[0].planes[0]
    image, depth, width = plane.load(), plane.grid.axial, plane.grid.lateral
    box = (width[0], width[-1], depth[-1], depth[0])
    ax.imshow(image, cmap="gray", vmin=0, vmax=255, extent=box)
    ax.set(xlim=whole.lateral[[0, -1]], ylim=whole.axial[[-1, 0]])
    ax.set(title=f"{name}: {np.isfinite(image).sum()} pixels", facecolor="lightblue")
figure.suptitle(f"SIMULATED tumour of {patient}, axes in mm")
plt.show()

# %%
# For your own data change these two lines; without a pixel size say ``margin_share=``
# and ``border_share=``::
#
#     cohort = load_breast_lesions("BrEaST")  # from sknac.datasets
#     X = cohort.X[["us_scan"]]
