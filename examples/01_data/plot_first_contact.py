"""
First contact: a folder of scans becomes what a network sees
============================================================

A folder is listed, becomes a cohort frame with one row per patient, and two steps cut
the tumour out and show its outline as a second channel. The images are **simulated**.
"""

# %%
# A folder, as a laboratory has it: ``patient/visit.png`` and a mask beside each.
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from sknac.cohort import cohort_from_folder, cohort_from_table
from sknac.datasets import make_bmode_cohort
from sknac.roi import RegionChannels, ROICropper

root = Path(tempfile.mkdtemp())
for patient, row in make_bmode_cohort(n_patients=6, random_state=0).X.iterrows():
    (root / patient).mkdir()
    for visit in ("pre", "post2"):
        plane = row[f"us_{visit}"].planes[0]
        mask = np.uint8(255) * plane.core_mask()
        Image.fromarray(plane.load()).save(root / patient / f"{visit}.png")
        Image.fromarray(mask).save(root / patient / f"{visit}_mask.png")

# %%
# List it, say the pixel size, build the cohort
# ---------------------------------------------
scans, masks = "{patient_id}/{visit:pre|post2}.png", "{patient_id}/{visit}_mask.png"
table = cohort_from_folder(scans, root=root, outline=masks, kind="bmode")
table["spacing_axial_mm"] = table["spacing_lateral_mm"] = 0.22
X = cohort_from_table(table, root=root)
print(X)

# %%
# Steps take the frame and give a frame
# -------------------------------------
crops = ROICropper().fit_transform(X)
outlined = RegionChannels(regions=("core",)).fit_transform(crops)
figure, axes = plt.subplots(2, 3, figsize=(7.5, 5), layout="constrained")
for patient, (top, bottom) in zip(X.index, axes.T, strict=False):
    top.imshow(X.at[patient, "us_pre"].planes[0].load(), cmap="gray")
    image, core = outlined.at[patient, "us_pre"].planes[0].load()
    bottom.imshow(image, cmap="gray")
    bottom.contour(core, levels=[0.5], colors="tab:orange")
    top.set(title=f"{patient}, as read", xticks=[], yticks=[])
    bottom.set(title="crop, outline as channel", xticks=[], yticks=[])
figure.suptitle("SIMULATED images before treatment")
plt.show()

# %%
# For your own data change these two lines, and the pixel size, which no PNG holds::
#
#     root = Path("my_scans")
#     scans, masks = "{patient_id}/{visit}/*.png", "{patient_id}/{visit}/*_mask.png"
