"""
One file for a colleague: what a cohort weighs
==============================================

A cohort frame holds handles, not pixels, and steps compute nothing ahead. Pixels and
outlines go into one file, for whoever has not the folder. The images are **simulated**.
"""

import pickle
import shutil
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from sknac.cohort import (
    cohort_from_folder,
    cohort_from_table,
    memory_report,
    pack_cohort,
    relocate,
)
from sknac.datasets import make_bmode_cohort
from sknac.preprocessing import PlaneResizer

root, work = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
for patient, study in make_bmode_cohort(20, random_state=0).X["us_pre"].items():
    (root / patient).mkdir()
    np.save(root / patient / "pre.npy", study.planes[0].load())
table = cohort_from_folder("{patient_id}/{visit}.npy", root=root, kind="bmode")
X = cohort_from_table(table, root=root)

# %%
# Weighed, handed over, and moved
# -------------------------------
# A resized frame still holds names and numbers alone. The packed cohort opens anywhere;
# files that moved are known again by their content.
resized = PlaneResizer(image_size=224).fit_transform(X)
held = memory_report(resized).to_frame().iloc[0]
packed = pack_cohort(X, work / "study.cohort")
print(cohort_from_table(packed).shape, "rows and columns of the copy")
moved = relocate(X, shutil.copytree(root, work / "moved"))
print("the moved cohort is the same:", moved.equals(X))
sizes = {
    "resized, as a frame": len(pickle.dumps(resized)) / 1e6,
    "one .cohort file": packed.stat().st_size / 1e6,
    "images in files": held["file_mb"],
    "resized, if loaded": held["loaded_mb"],
}
ax = plt.figure(figsize=(8, 2.6), layout="constrained").gca()
ax.bar_label(ax.barh(list(sizes), list(sizes.values())), fmt=" %.2g MB")
ax.set(xscale="log", xlim=(5e-3, 15), xlabel="MB", title=f"{len(X)} SIMULATED images")
plt.show()

# %%
# For your own data change these two lines::
#
#     root = Path("my_scans")
#     table = cohort_from_folder("{patient_id}/{visit}/*.dcm", root=root)
