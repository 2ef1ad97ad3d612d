"""
The shape of an outline, in numbers
===================================

How round, how full and how tall a tumour is can be read off its outline alone. Each
outline is drawn where its numbers put it. The tumours are **simulated**.
"""

# %%
# Outlines of a cohort
# --------------------
import matplotlib.pyplot as plt
import numpy as np

from sknac.datasets import make_bmode_cohort
from sknac.features import OutlineShape

cohort = make_bmode_cohort(n_patients=30, random_state=0)
X, y = cohort.X[["us_pre"]], cohort.y

# %%
# Shape without unit, size in mm
# ------------------------------
# Nothing is learnt, and no crop changes the numbers. Without a pixel size the numbers
# that have no unit are computed.
shape = OutlineShape(descriptors=["circularity", "height_width_ratio", "solidity"])
table = shape.set_output(transform="pandas").fit_transform(X)
table.columns = table.columns.str.removeprefix(f"{X.columns[0]}__")
print(table.describe().loc[["min", "50%", "max"]].round(2))

# %%
# Every outline at its place
# --------------------------
figure, ax = plt.subplots(figsize=(8, 6), layout="constrained")
colours = dict(zip(sorted(y.unique()), ("C0", "C1"), strict=True))
x, height = table["circularity"], table["height_width_ratio"]
for patient, study in X.iloc[:, 0].items():
    ring = study.planes[0].core.rings()[0]
    ring = (ring - ring.mean(axis=0)) / np.ptp(ring, axis=0).max()
    ax.fill(
        x[patient] + 0.06 * np.ptp(x) * ring[:, 1],
        height[patient] - 0.08 * np.ptp(height) * ring[:, 0],
        color=colours[y[patient]],
        alpha=0.6,
    )
ax.set(xlabel="circularity (1 is a circle)", ylabel="height over width")
ax.set_title(f"SIMULATED tumours: {' (blue), '.join(colours)} (orange)")
plt.show()

# %%
# For your own data change these two lines::
#
#     cohort = load_busbra("BUSBRA")  # from sknac.datasets
#     X, y = cohort.X[["us_scan"]].iloc[:40], cohort.y
