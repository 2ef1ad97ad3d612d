"""
QUS maps of a responder and a non-responder
===========================================

Scatterer sizes of two tumours on one scale, and how often each occurs in their cores.
Tumours, phantom and the difference, which is large, are **simulated**.
"""

# %%
# Maps of whole frames, then their cores
# --------------------------------------
# The attenuation is known here, per patient: it is a column of the frame.
import matplotlib.pyplot as plt
import numpy as np

from sknac.datasets import make_rf_cohort
from sknac.qus import QUSMapDisplay, QUSMapper
from sknac.roi import ROIMasker

cohort = make_rf_cohort(n_patients=12, n_planes=1, effect_size=3.0, random_state=7)
X, y, phantom = cohort.X, cohort.y, cohort.reference

pair = X.loc[[y.index[y == label][0] for label in sorted(y.unique())]]
mapper = QUSMapper(
    phantom,
    attenuation_db_cm_mhz="attenuation_db_cm_mhz",
    channels=("esd",),
    overlap=0.9,
)
maps = mapper.fit_transform(pair)
cores = ROIMasker(region="core").fit_transform(maps)

# %%
# One scale for both
# ------------------
# Windows in which no scatterer size fits stay transparent.
figure, axes = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
values = {p: cores.at[p, "us_pre"].planes[0].load().ravel() for p in pair.index}
low, high = np.nanpercentile(np.concatenate(list(values.values())), [2, 98])
look = {"vmin": low, "vmax": high, "alpha": 0.75}
for ax, patient in zip(axes, pair.index, strict=False):
    scan, plane = (frame.at[patient, "us_pre"].planes[0] for frame in (X, maps))
    QUSMapDisplay.from_plane(plane, "esd", background=scan, ax=ax, map_kwargs=look)
    ax.set_title(f"{y[patient]} ({patient})")
    label = f"{y[patient]}, median {np.nanmedian(values[patient]):.0f} um"
    axes[2].hist(values[patient], bins=20, range=(low, high), alpha=0.6, label=label)
axes[2].set(title="in the core", xlabel="ESD (um)", ylabel="windows")
axes[2].legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), fontsize="small")
figure.suptitle("SIMULATED tumours, core outlined")
plt.show()

# %%
# For your own data change these two lines;
# :ref:`sphx_glr_examples_02_qus_plot_real_rf.py` makes a phantom, of which ESD needs
# the backscatter coefficient, ``bsc=``::
#
#     X = cohort_from_table("scans.csv")  # from sknac.cohort, with that column
#     y = X.pop("response")
