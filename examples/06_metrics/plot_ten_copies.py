"""
Ten copies of each patient
==========================

An interval that counts images as if they were patients is too narrow and misses the
truth about half the time. The printed intervals of a published study show it, and a
simulation measures it.
"""

# %%
# Printed intervals against two bootstraps
# ----------------------------------------
# The DLRP study (European Radiology) reports rates of four models on 42 validation
# patients with 95 % intervals from 2000 resamples. Its counts follow from the printed
# rates; the positive class is response. We resample the 42 patients, and then the same
# patients with each one copied ten times.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import norm

from sknac.metrics import auc_ci, bootstrap_ci

# TP, FN, FP, TN; then the printed bounds in percent.
RATES = ("accuracy", "sensitivity", "specificity", "npv")
PRINTED = {
    "Clinical-2": (
        (16, 5, 8, 13),
        [(64.5, 73.3), (70.5, 81.9), (55.1, 68.4), (65.9, 79.0)],
    ),
    "DLR-2": (
        (19, 2, 11, 10),
        [(64.5, 73.3), (86.1, 94.4), (41.0, 54.2), (76.5, 89.6)],
    ),
    "Clinical-4": (
        (13, 8, 5, 16),
        [(64.5, 73.3), (55.2, 68.5), (70.2, 81.7), (60.3, 72.4)],
    ),
    "DLR-4": (
        (17, 4, 2, 19),
        [(82.1, 89.1), (75.4, 85.9), (86.3, 94.2), (77.6, 87.4)],
    ),
}


def bounds(rate, cells, copies):
    """Return bootstrap bounds in percent with each patient repeated."""
    y = np.repeat([1, 1, 0, 0], np.multiply(cells, copies))
    called = np.repeat([1, 0, 1, 0], np.multiply(cells, copies))
    # Both classes are drawn together here, as a plain bootstrap does.
    found = bootstrap_ci(rate, y, called, stratify=False, random_state=0)
    return 100 * found.estimate, 100 * found.low, 100 * found.high


rows = []
for model, (cells, printed) in PRINTED.items():
    for rate, (low, high) in zip(RATES, printed, strict=True):
        estimate, low_1, high_1 = bounds(rate, cells, 1)
        _, low_10, high_10 = bounds(rate, cells, 10)
        rows.append((model, rate, estimate, low, high, low_10, high_10, low_1, high_1))
names = ["model", "rate", "estimate", "printed_low", "printed_high"]
names += ["copies_low", "copies_high", "patients_low", "patients_high"]
table = pd.DataFrame(rows, columns=names).set_index(["model", "rate"])
print(table.round(1).to_string())
for kind in ("copies", "patients"):
    gap = [
        (table[f"{kind}_{end}"] - table[f"printed_{end}"]).abs()
        for end in ("low", "high")
    ]
    print(f"largest distance from the printed bounds, {kind}: {np.max(gap):.2f} points")

# %%
# How often do they hold the truth?
# ---------------------------------
# Simulated cohorts of 42 patients with ten images each. The images of a patient differ
# a little; their true area under the ROC curve is known. Without ``groups`` every image
# counts as a patient.
N_DRAWS, N_IMAGES, SPREAD, SHIFT = 400, 10, 0.4, 1.25
truth = norm.cdf(SHIFT / np.sqrt(2 * (1 + SPREAD**2)))
rng = np.random.default_rng(0)
y = np.repeat([1, 0], 21 * N_IMAGES)
patient = np.repeat(np.arange(42), N_IMAGES)
draws = {"images as patients": [], "patients (groups=)": []}
for _ in range(N_DRAWS):
    level = rng.normal(size=42)[patient]
    score = SHIFT * y + level + SPREAD * rng.normal(size=y.size)
    for name, groups in zip(draws, (None, patient), strict=True):
        found = auc_ci(y, score, groups=groups)
        draws[name].append((found.estimate, found.low, found.high))
coverage = {}
for name, found in draws.items():
    found = draws[name] = np.array(found)
    coverage[name] = np.mean((found[:, 1] <= truth) & (truth <= found[:, 2]))
    width = (found[:, 2] - found[:, 1]).mean()
    print(f"{name}: nominal 95 %, covers {100 * coverage[name]:.0f} %, ", end="")
    print(f"mean width {width:.3f}")

# %%
# The figure
# ----------
figure, axes = plt.subplots(
    1, 3, figsize=(14, 6), layout="constrained", width_ratios=[2, 1, 1]
)
place = np.arange(len(table))[::-1]
styles = (("patients", 0.22, "o", "#0072B2"), ("printed", 0.0, "s", "black"))
for kind, up, marker, colour in (*styles, ("copies", -0.22, "^", "#D55E00")):
    low, high = table[f"{kind}_low"], table[f"{kind}_high"]
    label = {
        "patients": "42 patients",
        "printed": "printed",
        "copies": "each patient ten times",
    }[kind]
    axes[0].hlines(place + up, low, high, color=colour, linewidth=2)
    axes[0].plot(
        table["estimate"], place + up, marker, color=colour, markersize=4, label=label
    )
axes[0].set(yticks=place, yticklabels=[f"{m}  {r}" for m, r in table.index])
axes[0].set_xlabel("percent (positive = response)")
axes[0].set_title("Rates of the DLRP paper, validation cohort (n = 42)")
axes[0].legend(loc="lower left")
for ax, (name, found) in zip(axes[1:], draws.items(), strict=True):
    few = found[:60]
    held = (few[:, 1] <= truth) & (truth <= few[:, 2])
    for ok, colour, dash in ((True, "0.6", "-"), (False, "#D55E00", "--")):
        at = np.flatnonzero(held == ok)
        ax.hlines(at, few[at, 1], few[at, 2], color=colour, linestyle=dash)
    ax.axvline(truth, color="black", linewidth=1)
    ax.set(xlim=(0.45, 1.0), yticks=[], xlabel="area under the ROC curve")
    covers = f"covers {100 * coverage[name]:.0f} % of {N_DRAWS}"
    ax.set_title(f"SIMULATED: {name}\n95 % intervals, {covers}")

# %%
# In your own data pass the patient of each row as ``groups`` to ``auc_ci``,
# ``bootstrap_ci``, ``delong_test`` and ``performance_table``; a pandas index that
# repeats itself makes them warn when you forget.
