"""
Pixel sizes: tumours measured in millimetres
============================================

Where the pixel size is known, outlines have areas and depths in mm, which do not change
with the scanner's zoom. Tumours are measured by their outlines and the two classes are
compared; without arguments the images are **simulated**.

With BrEaST-Lesions-USG, whose table states the pixel size of each image::

    python examples/01_data/plot_size_in_mm.py --folder BrEaST
"""

# %%
# Images with a pixel size
# ------------------------
import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu

from sknac.datasets import load_breast_lesions, make_bmode_cohort
from sknac.metrics import auc_ci

parser = argparse.ArgumentParser()
parser.add_argument("--folder", type=Path, help="of BrEaST-Lesions-USG")
parser.add_argument("--out", type=Path, default=Path("build/size_in_mm"))
args, _ = parser.parse_known_args()

if args.folder is None:
    cohort = make_bmode_cohort(n_patients=40, random_state=0)
    X, y, visit, positive = cohort.X, cohort.y, "us_post4", "non-response"
    title = "Simulated, after course 4"
else:
    cohort = load_breast_lesions(args.folder)
    X, y, visit, positive = cohort.X, cohort.y, "us_scan", cohort.pos_label
    title = "BrEaST-Lesions-USG"
print(cohort.DESCR)

# %%
# One row per patient
# -------------------
# A pixel counts as much as it covers. The diameter is that of a circle of the area;
# height over width is above 1 for a tumour that is taller than wide.


def measure(plane):
    """Measure a tumour by its outline, in mm."""
    mask = plane.core_mask()
    axial, lateral = plane.spacing_mm
    rows, columns = np.nonzero(mask)
    area = mask.sum() * axial * lateral
    height, width = (np.ptp(rows) + 1) * axial, (np.ptp(columns) + 1) * lateral
    return {
        "pixel_mm": axial,
        "area_mm2": area,
        "diameter_mm": 2 * np.sqrt(area / np.pi),
        "depth_mm": plane.grid.axial[rows].mean(),
        "height_over_width": height / width,
    }


sizes = pd.DataFrame({p: measure(study.planes[0]) for p, study in X[visit].items()}).T
print(sizes.groupby(y).median().round(2))

# %%
# Do the classes differ?
# ----------------------
# By area under the ROC curve, patient by patient, with its interval.
for name in ("diameter_mm", "height_over_width"):
    auc = auc_ci(y, sizes[name], pos_label=positive)
    both = [sizes.loc[y == label, name] for label in sorted(y.unique())]
    print(
        f"{name}: AUC {auc.estimate:.2f} (95 % interval {auc.low:.2f} to "
        f"{auc.high:.2f}), positive class {positive!r}, unit: patient; "
        f"p = {mannwhitneyu(*both).pvalue:.3g}"
    )

# %%
# What it looks like
# ------------------
# All images on one scale: the same tumour fills half of a small field of view and a
# tenth of a large one.
figure, axes = plt.subplot_mosaic(
    [["sizes", "a", "b"], ["sizes", "c", "d"]], figsize=(9, 4.8), layout="constrained"
)
for label, marker in zip(sorted(y.unique()), "os", strict=True):
    part = sizes[y == label]
    axes["sizes"].plot(
        part["diameter_mm"],
        part["height_over_width"],
        marker,
        label=f"{label} (n = {len(part)})",
    )
axes["sizes"].axhline(1, color="0.6", linestyle="--")
axes["sizes"].set(title=title, xlabel="diameter, mm", ylabel="height over width")
axes["sizes"].legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
shown = [y.index[y == label][i] for label in sorted(y.unique()) for i in (0, 1)]
planes = [X.at[patient, visit].planes[0] for patient in shown]
side = max(np.multiply(plane.image.shape, plane.spacing_mm).max() for plane in planes)
for patient, plane, spot in zip(shown, planes, "abcd", strict=True):
    depth, width = plane.grid.axial, plane.grid.lateral
    box = (width[0], width[-1], depth[-1], depth[0])
    axes[spot].imshow(plane.load(), cmap="gray", extent=box)
    for ring in plane.core.rings():
        axes[spot].plot(ring[:, 1], ring[:, 0], color="tab:orange")
    axes[spot].set(title=f"{patient}: {y[patient]}", xlim=(0, side), ylim=(side, 0))
args.out.mkdir(parents=True, exist_ok=True)
figure.savefig(args.out / "size_in_mm.png", dpi=120)
print(f"figure: {args.out / 'size_in_mm.png'}")

# %%
# For your own images, give ``spacing_axial_mm`` and ``spacing_lateral_mm`` in the table
# of `cohort_from_table`; files that state them (DICOM, NIfTI, NRRD, MetaImage) need not
# be typed. Beware of a table in cm: a pixel of a breast scan is 0.05 to 0.15 mm.
