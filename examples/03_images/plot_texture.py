"""
Texture: which grey levels lie beside which
===========================================

Co-occurrence of grey levels in core and margin, at several distances: how a tumour's
texture differs from that of its surroundings. The images are **simulated**.
"""

# %%
# Images after four courses, in which responders' tumours have changed
# --------------------------------------------------------------------
import matplotlib.pyplot as plt

from sknac.datasets import make_bmode_cohort
from sknac.features import Texture

cohort = make_bmode_cohort(n_patients=24, random_state=0)
X, y = cohort.X[["us_post4"]], cohort.y
visit = X.columns[0]

# %%
# One row per patient
# -------------------
# The limits of the levels are percentiles of the training values: a level is the same
# value in every patient. Few levels suit small regions.
distances, regions = [1, 2, 3, 4, 6], ["core", "margin"]
step = Texture(
    regions=regions,
    properties=["correlation"],
    distances=distances,
    levels=16,
    margin_mm=3.0,
).set_output(transform="pandas")
table = step.fit_transform(X)
print(table.groupby(y).mean().T.round(2))

# %%
# How fast it falls with distance
# -------------------------------
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
for ax, region in zip(axes, regions, strict=True):
    names = [f"{visit}__{region}_correlation_d{d}" for d in distances]
    for label, colour in zip(sorted(y.unique()), ("C0", "C1"), strict=True):
        part = table.loc[y == label, names]
        ax.plot(distances, part.T, color=colour, alpha=0.3, linewidth=0.8)
        ax.plot(distances, part.mean(), color=colour, linewidth=3, label=label)
    ax.set(title=region, xlabel="distance (pixels)", xticks=distances)
axes[0].set_ylabel("correlation of grey levels")
axes[0].legend()
figure.suptitle("SIMULATED tumours: each patient, and the mean of each class")
plt.show()

# %%
# For your own data change these two lines; without a pixel size say
# ``margin_share=0.3`` in place of ``margin_mm``::
#
#     cohort = load_breast_lesions("BrEaST")  # from sknac.datasets
#     X, y = cohort.X[["us_scan"]], cohort.y
