"""
Change between visits: a waterfall
==================================

`VisitDelta` makes any feature step measure change: here the relative change of the
tumour's diameter from before treatment to after two courses. The images are
**simulated**; some visits did not happen.
"""

# %%
# Images before and during treatment
# ----------------------------------
import matplotlib.pyplot as plt
import numpy as np

from sknac.datasets import make_bmode_cohort
from sknac.features import OutlineShape, VisitDelta

cohort = make_bmode_cohort(n_patients=40, missing_rate=0.1, random_state=0)
X, y = cohort.X[["us_pre", "us_post2", "us_post4"]], cohort.y

# %%
# The change, one row per patient
# -------------------------------
# One copy of the step serves all visits, so that what it learns is the same for all. A
# missing visit is NaN in the changes that need it.
size = OutlineShape(descriptors=["longest_diameter_mm"])
pairs = [("pre", "post2"), ("pre", "post4")]
delta = VisitDelta(size, visits=pairs, how="relative").set_output(transform="pandas")
table = delta.fit_transform(X)
print(table.groupby(y).median().T.round(2))
print(table.isna().sum().to_string())

# %%
# Each patient, from growth to shrinkage
# --------------------------------------
# Dotted: -30 %, from which RECIST speaks of a partial response.
change = 100 * table.iloc[:, -1].dropna().sort_values(ascending=False)
figure, ax = plt.subplots(figsize=(9, 4), layout="constrained")
for label, colour, hatch in zip(
    sorted(y.unique()), ("C3", "C0"), ("//", ""), strict=True
):
    mine = y[change.index].to_numpy() == label
    ax.bar(np.flatnonzero(mine), change[mine], color=colour, hatch=hatch, label=label)
ax.axhline(-30, color="black", linestyle=":")
ax.set(xlabel="patients", xticks=[], ylabel="change of diameter (%)")
ax.set_title("SIMULATED tumours, before treatment to after four courses")
ax.legend()
plt.show()

# %%
# For your own data change these two lines, and name your visits in ``pairs``; a
# diameter needs pixel sizes::
#
#     X = cohort_from_table("scans.csv")  # from sknac.cohort
#     y = X.pop("response")
