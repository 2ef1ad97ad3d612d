"""
QUS maps of a responder and a non-responder
===========================================

Maps of two simulated tumours, over B-mode, with shared colours: what the networks
later see. The tumours, the phantom and the difference between them are **simulated**;
a real cohort does not part as clearly.
"""

# %%
# Two patients
# ------------
# The simulator gives the core's true scatterer diameter and concentration of each
# patient; the effect of response is set three times as large as by default, so that
# two patients can show it. We take the median patient of each class.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sknac.datasets import make_rf_cohort
from sknac.qus import QUSMapDisplay, QUSMapper
from sknac.roi import ROIMasker

cohort = make_rf_cohort(n_patients=16, n_planes=1, effect_size=3.0, random_state=7)
X, y, truth = cohort.X, cohort.y, cohort.truth
patients = {}
for label in ("response", "non-response"):
    diameters = truth.loc[y == label, "core_esd_um"].sort_values()
    patients[label] = diameters.index[len(diameters) // 2]
print("SIMULATED cohort")
columns = ["core_esd_um", "core_eac_db", "attenuation_db_cm_mhz"]
print(truth.loc[patients.values(), columns].round(2).assign(label=list(patients)))

# %%
# The maps of their whole frames
# ------------------------------
# The attenuation is known here, per patient: it is a column of the frame. On real
# data it is the largest source of error. With ``store="maps"`` the maps would be kept
# in that folder and found again by the next run.
pair = X.loc[list(patients.values())]
mapper = QUSMapper(
    cohort.reference,
    attenuation_db_cm_mhz="attenuation_db_cm_mhz",
    channels=("mbf", "esd", "eac"),
)
maps = mapper.fit_transform(pair)

# %%
# Over B-mode, with the core outlined
# -----------------------------------
# Both patients share the limits of each map: the 5th to the 95th percentile of both
# frames. Windows in which no scatterer size fits stay transparent.
channels = ("mbf", "esd", "eac")
planes = {label: maps.at[p, "us_pre"].planes[0] for label, p in patients.items()}
limits = {}
for i, channel in enumerate(channels):
    values = np.concatenate([plane.load()[i].ravel() for plane in planes.values()])
    limits[channel] = np.nanpercentile(values, [5, 95])

figure, axes = plt.subplots(2, 3, figsize=(10.5, 8.5), layout="constrained")
figure.get_layout_engine().set(w_pad=0.12, wspace=0.06)
for row, (label, patient) in zip(axes, patients.items(), strict=True):
    scan = X.at[patient, "us_pre"].planes[0]
    for ax, channel in zip(row, channels, strict=True):
        low, high = limits[channel]
        QUSMapDisplay.from_plane(
            planes[label],
            channel,
            background=scan,
            ax=ax,
            map_kwargs={"vmin": low, "vmax": high, "alpha": 0.75},
        )
        ax.set(title=channel.upper() if ax in axes[0] else "")
        ax.label_outer()
    row[0].set_ylabel(f"{label} ({patient})\ndepth (mm)")
figure.suptitle("Simulated tumours: maps over B-mode, core outlined")

# %%
# In numbers
# ----------
# The median of each map inside the core, and in core and margin. ``cut_table`` says how
# much of each margin lies beyond the frame and is lost.
medians = {}
for region in ("core", "core+margin"):
    masker = ROIMasker(region=region, margin_mm=5.0).fit(maps)
    inside = masker.transform(maps)
    for label, patient in patients.items():
        values = inside.at[patient, "us_pre"].planes[0].load()
        medians[region, label] = np.nanmedian(values, axis=(1, 2))
print(pd.DataFrame(medians, index=channels).T.round(1))
print(masker.cut_table(maps).round(2).to_string(index=False))
plt.show()

# %%
# For your own scans build the frame with :func:`sknac.cohort.cohort_from_table` and the
# phantom with :class:`sknac.qus.ReferencePhantom`, and state the attenuation. Keep the
# limits shared: maps that are scaled one by one hide the difference between patients.
