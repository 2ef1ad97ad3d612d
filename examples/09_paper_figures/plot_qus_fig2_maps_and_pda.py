"""
QUS, Fig 2: parametric maps and what the network used of them
=============================================================

B-mode and four quantitative-ultrasound maps of a responder and a non-responder, and
below each map its prediction difference analysis: how much the patient's probability
changes when a small patch of that map is occluded, as in Fig 2 of the QUS paper
(Taleghamar et al., Scientific Reports 12:2244, 2022). All patients are **simulated**.
"""

# %%
# A simulated cohort and the system
# ---------------------------------
# Raw RF before treatment becomes maps of the whole frame; core and margin are cut out,
# resized and scaled for a small residual attention network, whose features a second
# network turns into the probability of non-response.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from sknac.datasets import make_rf_cohort
from sknac.inspection import SaliencyDisplay, prediction_difference
from sknac.qus import QUSMapDisplay
from sknac.systems import make_qus_response_pipeline

print("ALL PATIENTS IN THIS EXAMPLE ARE SIMULATED.")
SEED = 0
cohort = make_rf_cohort(
    n_patients=110,
    n_planes=1,
    depth_mm=25.0,
    width_mm=16.0,
    effect_size=1.5,
    n_jobs=2,
    random_state=SEED,
)
X, y = cohort.X, cohort.y
train, test = train_test_split(X.index, stratify=y, test_size=30, random_state=SEED)
system = make_qus_response_pipeline(
    cohort.reference,
    attenuation_db_cm_mhz="attenuation_db_cm_mhz",
    preset="tiny",
    random_state=SEED,
    n_jobs=2,
)
system.set_params(resize__image_size=64)
maps = system["maps"].fit_transform(X)
model = system[1:].fit(maps.loc[train], y[train])
non_response = list(model.classes_).index("non-response")
scores = model.predict_proba(maps.loc[test])[:, non_response]
auc = roc_auc_score(y[test] == "non-response", scores)
print(f"SIMULATED, {len(test)} new patients: AUC {auc:.2f} for non-response")

# %%
# A patient of each class
# -----------------------
# Of those classified rightly, the one of median probability: where a network is quite
# sure, no single patch moves it. Patches of 8 x 8 pixels of the network's 64 x 64, half
# of each shared with the next, are set to zero. What lies outside core and margin is
# zero already and changes nothing.
scores = pd.Series(scores, index=test)
right = {
    "responder": scores[(y[test] == "response") & (scores < 0.5)],
    "non-responder": scores[(y[test] == "non-response") & (scores > 0.5)],
}
patients = {
    label: found.index[found.argsort().iloc[len(found) // 2]]
    for label, found in right.items()
}
pair = list(patients.values())
differences = prediction_difference(model, maps.loc[pair], patch=8, stride=4)
shown = system["region"].transform(maps.loc[pair])

# %%
# The figure
# ----------
# Maps share their limits between the two; the differences of a patient share one
# colour scale, so that the four maps can be compared.
channels = {"mbf": "MBF (dB)", "si": "SI (dB)", "esd": "ESD (um)", "eac": "EAC (dB)"}
stacks = [shown.at[p, "us_pre"].planes[0].load() for p in pair]
limits = np.nanpercentile(
    np.concatenate([s.reshape(len(channels), -1) for s in stacks], axis=1),
    [5, 95],
    axis=1,
).T

figure, axes = plt.subplots(4, 5, figsize=(14.5, 15), layout="constrained")
for rows, (label, patient) in zip((axes[:2], axes[2:]), patients.items(), strict=True):
    scan = X.at[patient, "us_pre"].planes[0]
    plane = shown.at[patient, "us_pre"].planes[0]
    difference = differences.at[patient, "us_pre"].planes[0]
    highest = difference.load().max()
    for k, (channel, name) in enumerate(channels.items(), start=1):
        low, high = limits[k - 1]
        QUSMapDisplay.from_plane(
            plane,
            channel,
            background=scan,
            ax=rows[0, k],
            map_kwargs={"vmin": low, "vmax": high},
            core_kwargs={"linestyle": "--"},
        )
        SaliencyDisplay.from_plane(
            difference,
            channel,
            background=scan,
            label="change of probability",
            ax=rows[1, k],
            map_kwargs={"vmax": highest},
        )
        rows[0, k].set_title(f"{'ABCDE'[k]}: {name}")
        rows[1, k].set_title(f"PDA of {channel.upper()}")
    QUSMapDisplay.from_plane(  # the map transparent: B-mode alone
        plane,
        "mbf",
        background=scan,
        ax=rows[0, 0],
        colorbar=False,
        map_kwargs={"alpha": 0},
        core_kwargs={"linestyle": "--"},
    )
    rows[0, 0].set_title("A: B-mode")
    rows[0, 0].set_ylabel(f"{label} ({patient})\ndepth (mm)")
    rows[1, 0].axis("off")
    rows[1, 0].text(
        0.5,
        0.5,
        f"{label}\n\nprobability of\nnon-response {scores[patient]:.2f}\n\n"
        "PDA: its change\nwhen 8 x 8 pixels\nof one map are 0",
        ha="center",
        va="center",
    )
for ax in axes.flat:
    ax.label_outer()
figure.suptitle("SIMULATED tumours before treatment: maps, and what the network used")
plt.show()

# %%
# In numbers
# ----------
# The share of each map in the sum of all differences, per patient.
sums = {
    label: differences.at[patient, "us_pre"].planes[0].load().sum(axis=(1, 2))
    for label, patient in patients.items()
}
print(pd.DataFrame({k: v / v.sum() for k, v in sums.items()}, index=channels).round(2))

# %%
# For your own cohort pass the fitted pipeline and the frame of RF planes themselves;
# the steps before the network are run first. On 512 x 512 pixels a plane has 16129
# patches per map: take a GPU and a ``store=``, or a coarse ``stride=`` for a first look
# (one above ``patch`` leaves gaps, and the maps' names say so).
