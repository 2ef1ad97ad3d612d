"""
What an error of the attenuation costs
======================================

The tissue's attenuation is the one number that the reference phantom method cannot
do without. Here it is known, because the scans are **simulated**: we give the maps
wrong values, and estimate it from the data.
"""

# %%
# Maps at wrong attenuations
# --------------------------
# One simulated plane, with its true attenuation and with errors of up to 0.2
# dB/cm/MHz; the shifts are medians over the frame's windows.
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sknac.datasets import make_rf_cohort
from sknac.qus import estimate_attenuation, qus_maps

SIZE = {"depth_mm": 45.0, "width_mm": 36.0}
cohort = make_rf_cohort(n_patients=12, n_planes=1, random_state=1, **SIZE)
phantom = cohort.reference
planes = [study.planes[0] for study in cohort.X["us_pre"]]
truth = cohort.truth["attenuation_db_cm_mhz"].to_numpy()


def maps_at(attenuation):
    """Compute the maps of the first plane."""
    return qus_maps(planes[0], phantom, attenuation_db_cm_mhz=attenuation)


right = maps_at(truth[0])
rows = []
for error in (-0.2, -0.1, -0.05, 0.05, 0.1, 0.2):
    wrong = maps_at(truth[0] + error)
    shift = {
        name: np.nanmedian(getattr(wrong, name) - getattr(right, name))
        for name in ("mbf", "ss", "esd", "eac")
    }
    rows.append({"error": error, **shift, "invalid": (~wrong.valid).mean()})
shifts = pd.DataFrame(rows).set_index("error")
print("SIMULATED: median shift by the error of the attenuation (dB/cm/MHz)")
print(shifts.round(2))

# %%
# The attenuation from the data
# -----------------------------
# `estimate_attenuation` takes the frame for uniform. These planes are not: a core in
# a margin in a background, each with its own scatterers. The standard error holds
# speckle only, so it is smaller than the true error.
found = [estimate_attenuation(plane, phantom) for plane in planes]
estimates = np.array([estimate.db_cm_mhz for estimate in found])
errors = np.array([estimate.standard_error for estimate in found])
print(
    f"{len(planes)} planes: error {np.mean(estimates - truth):+.3f} +- "
    f"{np.std(estimates - truth):.3f} dB/cm/MHz (mean and SD), "
    f"median standard error {np.median(errors):.3f}"
)

# %%
# Both in a picture
# -----------------
figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
axes[0].plot(shifts.index, shifts["mbf"], "o-", label="MBF (dB)")
axes[0].plot(shifts.index, shifts["esd"], "s--", label="ESD (um)")
axes[0].plot(shifts.index, shifts["eac"], "^:", label="EAC (dB)")
axes[0].set(xlabel="error of the attenuation (dB/cm/MHz)", ylabel="median shift")
axes[0].set_xticks([-0.2, -0.1, 0.0, 0.1, 0.2])
axes[0].legend()
axes[1].errorbar(truth, estimates, 2 * errors, fmt="o", capsize=3)
ends = [0.45, 0.95]
axes[1].plot(ends, ends, "--", color="grey")
axes[1].set(xlabel="true attenuation (dB/cm/MHz)", ylabel="estimate +- 2 SE")
figure.suptitle("Simulated scans: error and estimate of the attenuation")
path = Path("build/attenuation_error.png")
path.parent.mkdir(parents=True, exist_ok=True)
figure.savefig(path, dpi=120)
print(f"figure: {path}")

# %%
# On your own scans, choose a uniform region of 1 cm or more with ``depth_range_mm``
# and ``lateral_range_mm``, and give the estimate to the maps as a number;
# ``"estimate"`` does so for whole frames.
