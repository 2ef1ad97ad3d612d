"""
Ten copies of each patient
==========================

The printed intervals of a published study are those of a bootstrap in which each of 42
patients counts ten times. Its counts are resampled here, both ways.
"""

# %%
# Counts and printed bounds
# -------------------------
# The DLRP study (European Radiology) prints rates of four models on 42 validation
# patients with 95 % intervals from 2000 resamples; its counts follow from the rates.
# The positive class is response.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sknac.metrics import bootstrap_ci

RATES = ("accuracy", "sensitivity", "specificity", "npv")
CELLS = {"Clinical-2": (16, 5, 8, 13), "DLR-4": (17, 4, 2, 19)}  # TP, FN, FP, TN
PRINTED = {
    "Clinical-2": [(64.5, 73.3), (70.5, 81.9), (55.1, 68.4), (65.9, 79.0)],
    "DLR-4": [(82.1, 89.1), (75.4, 85.9), (86.3, 94.2), (77.6, 87.4)],
}
WAYS = ["42 patients", "printed", "each patient ten times"]

# %%
# Two bootstraps
# --------------
# Both classes are drawn together, as a plain bootstrap does.
rows = {}
for model, cells in CELLS.items():
    for rate, printed in zip(RATES, PRINTED[model], strict=True):
        bounds = [printed]
        for copies in (1, 10):
            y = np.repeat([1, 1, 0, 0], np.multiply(cells, copies))
            called = np.repeat([1, 0, 1, 0], np.multiply(cells, copies))
            found = bootstrap_ci(rate, y, called, stratify=False, random_state=0)
            bounds.append((100 * found.low, 100 * found.high))
        rows[f"{model}  {rate}"] = [bounds[1], bounds[0], bounds[2]]
table = pd.DataFrame(rows, index=WAYS).T
for way in ("42 patients", "each patient ten times"):
    gap = [
        np.subtract(*pair) for pair in zip(table[way], table["printed"], strict=True)
    ]
    print(f"largest distance from the printed bounds, {way}: {np.abs(gap).max():.1f}")

# %%
# The figure
# ----------
figure, ax = plt.subplots(figsize=(7.5, 5), layout="constrained")
place = np.arange(len(table))[::-1]
looks = [("#0072B2", "-"), ("black", "-"), ("#D55E00", "--")]
for way, up, (colour, dash) in zip(WAYS, (0.22, 0, -0.22), looks, strict=True):
    low, high = np.array(table[way].tolist()).T
    ax.hlines(place + up, low, high, color=colour, linestyle=dash, lw=2.5, label=way)
ax.set(yticks=place, yticklabels=table.index, xlabel="percent (positive: response)")
ax.set_title("Rates of the DLRP paper, 95 % intervals (n = 42)")
ax.legend(loc="lower left")
plt.show()

# %%
# For your own study change these two lines: the four counts of ``CELLS`` and the bounds
# of ``PRINTED``. With images at hand, pass their patients as ``groups``.
