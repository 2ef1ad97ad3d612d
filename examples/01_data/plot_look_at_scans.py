"""
A contact sheet: look at every scan before you trust it
=======================================================

Counts say what of a folder is missing or there twice, and one sheet shows every scan
with its outline. The scans are **simulated**, and two of them are wrong.
"""

# %%
# A visit that did not happen, and one scan saved under two patients' names.
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from PIL import Image

from sknac.cohort import cohort_from_folder, cohort_from_table, cohort_summary
from sknac.datasets import make_bmode_cohort
from sknac.io import read_array, read_info

root = Path(tempfile.mkdtemp())
(root / "masks").mkdir()
for patient, row in make_bmode_cohort(6, image_size=96, random_state=4).X.iterrows():
    for visit in ("pre", "post2", "post4"):
        plane, name = row[f"us_{visit}"].planes[0], f"{patient}-{visit}.png"
        Image.fromarray(plane.load()).save(root / name)
        Image.fromarray(plane.core_mask()).save(root / "masks" / name)
for file in root.rglob("P003-post4.png"):
    file.unlink()
Image.open(root / "P001-post2.png").save(root / "P004-post2.png")

# %%
# What one file holds, and what all of them do
# --------------------------------------------
scans, masks = "{patient_id}-{visit}.png", "masks/{patient_id}-{visit}.png"
table = cohort_from_folder(scans, root=root, outline=masks, kind="bmode")
first = root / table["path"][0]
print(read_info(first).shape, "pixels; mean level", read_array(first).mean().round(1))
X = cohort_from_table(table, root=root, duplicates="ignore")  # the summary tells
print(cohort_summary(X))

# %%
# The sheet
# ---------
# That an outline is another scan's no count sees: look at P004 in the second row.
figure, axes = plt.subplots(*X.shape[::-1], figsize=(9, 5), squeeze=False)
for row, visit in zip(axes, X.columns, strict=True):
    for ax, (patient, study) in zip(row, X[visit].items(), strict=True):
        ax.set_title(f"{patient} {visit}", fontsize="small")
        ax.set_axis_off()
        if study is not None:
            ax.imshow(study.planes[0].load(), cmap="gray")
            ax.contour(study.planes[0].core_mask(), levels=[0.5], colors="tab:orange")
figure.suptitle("SIMULATED scans with their outlines")
plt.show()

# %%
# For your own data change these two lines::
#
#     root = Path("my_scans")
#     scans, masks = "{patient_id}/{visit}/*.png", "{patient_id}/{visit}/*_mask.png"
