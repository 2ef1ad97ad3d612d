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

from sknac.cohort import cohort_from_folder, cohort_from_table, cohort_summary
from sknac.datasets import make_bmode_cohort
from sknac.roi import RegionChannels, ROICropper

root = Path(tempfile.mkdtemp())
simulated = make_bmode_cohort(n_patients=6, random_state=0).X
for visit in ("pre", "post2"):
    for patient, study in simulated[f"us_{visit}"].items():
        (root / patient).mkdir(exist_ok=True)
        plane = study.planes[0]
        Image.fromarray(plane.load()).save(root / patient / f"{visit}.png")
        mask = Image.fromarray(np.uint8(255) * plane.core_mask())
        mask.save(root / patient / f"{visit}_mask.png")

# %%
# List it, say the pixel size, build the cohort, look at it
# ---------------------------------------------------------
table = cohort_from_folder(
    "{patient_id}/{visit:pre|post2}.png",
    root=root,
    outline="{patient_id}/{visit}_mask.png",
    kind="bmode",
)
table["spacing_axial_mm"] = table["spacing_lateral_mm"] = 0.22
X = cohort_from_table(table, root=root)
print(X)
print(cohort_summary(X).to_frame().T)

# %%
# Steps take the frame and give a frame
# -------------------------------------
crops = ROICropper().fit_transform(X)
outlined = RegionChannels(regions=("core",)).fit_transform(crops)
shown = X.index[:3]
figure, axes = plt.subplots(2, 3, figsize=(7.5, 5), layout="constrained")
for patient, (top, bottom) in zip(shown, axes.T, strict=True):
    top.imshow(X.at[patient, "us_pre"].planes[0].load(), cmap="gray")
    top.set_title(f"{patient}, as read")
    image, core = outlined.at[patient, "us_pre"].planes[0].load()
    bottom.imshow(image, cmap="gray")
    bottom.contour(core, levels=[0.5], colors="tab:orange")
    bottom.set_title("crop, outline as channel")
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])
figure.suptitle("SIMULATED images before treatment")

# %%
# For your own data change two lines: ``root`` and the pattern, whose braces say what
# the names of folders and files mean.
