"""
What an error of the attenuation costs
======================================

The tissue's attenuation is the one number that the reference phantom method cannot do
without. Here it is known, because the scans are **simulated**: maps are made with wrong
values, and it is estimated from the data.
"""

# %%
# Maps at wrong attenuations
# --------------------------
# One plane, with errors of up to 0.2 dB/cm/MHz; shifts are medians over its windows.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sknac.datasets import make_rf_cohort
from sknac.qus import estimate_attenuation, qus_maps

size = {"depth_mm": 45.0, "width_mm": 36.0, "n_planes": 1}
cohort = make_rf_cohort(n_patients=12, **size, random_state=1)
planes, phantom = [study.planes[0] for study in cohort.X["us_pre"]], cohort.reference
truth = cohort.truth["attenuation_db_cm_mhz"].to_numpy()

right = qus_maps(planes[0], phantom, attenuation_db_cm_mhz=truth[0])
shifts = pd.DataFrame(columns=["mbf", "ss", "esd", "eac", "invalid"])
for error in (-0.2, -0.1, -0.05, 0.05, 0.1, 0.2):
    wrong = qus_maps(planes[0], phantom, attenuation_db_cm_mhz=truth[0] + error)
    names = ("mbf", "ss", "esd", "eac")
    moved = [np.nanmedian(getattr(wrong, n) - getattr(right, n)) for n in names]
    shifts.loc[error] = [*moved, (~wrong.valid).mean()]
print(shifts.round(2))

# %%
# The attenuation from the data
# -----------------------------
# `estimate_attenuation` takes the frame for uniform, which these are not. The standard
# error holds speckle only, so it is smaller than the true error.
found = [estimate_attenuation(plane, phantom) for plane in planes]
estimates = np.array([estimate.db_cm_mhz for estimate in found])
errors = np.array([estimate.standard_error for estimate in found])
print(f"mean error {np.mean(estimates - truth):+.3f} dB/cm/MHz")

figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
shifts[["mbf", "esd", "eac"]].plot(ax=axes[0], style=["o-", "s--", "^:"])
axes[0].set(
    xlabel="error (dB/cm/MHz)", ylabel="shift (dB, um, dB)", xticks=[-0.2, 0, 0.2]
)
axes[1].errorbar(truth, estimates, 2 * errors, fmt="o", capsize=3)
axes[1].axline((0.5, 0.5), slope=1, linestyle="--", color="grey")
axes[1].set(xlabel="true attenuation (dB/cm/MHz)", ylabel="estimate +- 2 SE")
figure.suptitle("SIMULATED scans: error and estimate of the attenuation")
plt.show()

# %%
# For your own data estimate it in a uniform region of 1 cm or more, and give it to the
# maps as a number; ``"estimate"`` does so for whole frames::
#
#     near = {"depth_range_mm": (5, 25), "lateral_range_mm": (5, 30)}
#     found = [estimate_attenuation(plane, phantom, **near) for plane in planes]
