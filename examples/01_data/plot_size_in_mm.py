"""
Pixel sizes: tumours measured in millimetres
============================================

Where the pixel size is known, outlines have sizes in mm, which do not change with the
scanner's zoom, and all images can be seen on one scale. The images are **simulated**.
"""

# %%
# Images with a pixel size
# ------------------------
import matplotlib.pyplot as plt

from sknac.datasets import make_bmode_cohort
from sknac.features import OutlineShape
from sknac.metrics import auc_ci

cohort = make_bmode_cohort(n_patients=40, random_state=0)
visit, positive = "us_post4", "non-response"
X, y = cohort.X[[visit]], cohort.y

# %%
# One row per patient
# -------------------
# A pixel counts as much as it covers.
names = ["equivalent_diameter_mm", "longest_diameter_mm", "height_width_ratio"]
shape = OutlineShape(descriptors=names).set_output(transform="pandas")
sizes = shape.fit_transform(X)
print(sizes.groupby(y).median().round(2).T)
for name in sizes:
    auc = auc_ci(y, sizes[name], pos_label=positive)
    found = f"AUC {auc.estimate:.2f} [{auc.low:.2f}, {auc.high:.2f}]"
    print(f"{name}: {found}, positive class {positive!r}")

# %%
# Small, middle and large on one scale
# ------------------------------------
diameters = sizes[f"{visit}__equivalent_diameter_mm"].sort_values()
shown = diameters.index[[0, len(X) // 2, -1]]
figure, axes = plt.subplots(
    1, 3, figsize=(9, 3.6), layout="constrained", sharex=True, sharey=True
)
for patient, ax in zip(shown, axes, strict=True):
    plane = X.at[patient, visit].planes[0]
    depth, width = plane.grid.axial, plane.grid.lateral
    box = (width[0], width[-1], depth[-1], depth[0])
    ax.imshow(plane.load(), cmap="gray", extent=box)
    for ring in plane.core.rings():
        ax.plot(ring[:, 1], ring[:, 0], color="tab:orange")
    ax.set(title=f"{patient}: {diameters[patient]:.1f} mm", xlabel="mm")
figure.suptitle("SIMULATED tumours: diameter of the circle of equal area")
plt.show()

# %%
# For your own data change these two lines. In a table of your own give
# ``spacing_axial_mm`` and ``spacing_lateral_mm``, in mm; a pixel of a breast scan is
# 0.05 to 0.15 mm. DICOM, NIfTI, NRRD and MetaImage files state it::
#
#     cohort = load_breast_lesions("BrEaST")  # from sknac.datasets
#     visit, positive = "us_scan", cohort.pos_label
