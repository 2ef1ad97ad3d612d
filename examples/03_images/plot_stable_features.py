"""
Which features do repeats agree on?
===================================

A feature that another plane would have given otherwise tells little of the patient.
`StableFeatures` keeps those whose intraclass correlation over repeats is high enough.
The images are **simulated**, three planes of each tumour.
"""

# %%
# Features of two kinds
# ---------------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import FeatureUnion, make_pipeline

from sknac.datasets import make_bmode_cohort
from sknac.features import MapStatistics, OutlineShape, StableFeatures
from sknac.roi import ROICropper

cohort = make_bmode_cohort(n_patients=30, n_planes=3, image_size=96, random_state=0)
X = cohort.X[["us_pre"]]

# %%
# Kept by their ICC(2,1)
# ----------------------
# No labels are used; inside a pipeline the choice is made anew in each training fold.
grey = make_pipeline(ROICropper(), MapStatistics(statistics=["mean", "sd", "skewness"]))
names = ["circularity", "solidity", "height_width_ratio", "axis_ratio", "radial_sd"]
both = FeatureUnion([("grey", grey), ("shape", OutlineShape(descriptors=names))])
stable = StableFeatures(both, threshold=0.7).fit(X)
print(f"{len(stable.get_feature_names_out())} of {len(stable.icc_)} features are kept")
print(stable.icc_.round(2))

# %%
# The correlations with their intervals
# -------------------------------------
found = stable.icc_.sort_values("icc")
place = np.arange(len(found))
figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ax.hlines(place, found["low"], found["high"], color="0.6", linewidth=3)
kept = found["icc"] >= stable.threshold
ax.scatter(found["icc"][kept], place[kept], color="C0", label="kept", zorder=3)
ax.scatter(found["icc"][~kept], place[~kept], color="C3", marker="x", label="left out")
ax.axvline(stable.threshold, color="black", linestyle=":")
ax.set(yticks=place, yticklabels=found.index.str.replace("us_pre__", ""))
ax.set(xlabel="ICC(2,1), 95 % interval", title="SIMULATED: three planes of each tumour")
ax.legend(loc="lower right")
plt.show()

# %%
# For your own data change these two lines; ``repeats={"us_pre": "us_pre_reader2"}``
# takes a second reader's outlines instead of planes::
#
#     cohort = load_busbra("BUSBRA")  # from sknac.datasets
#     X = cohort.X[["us_scan"]]
