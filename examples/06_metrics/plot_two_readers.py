"""
Two readers measure the same tumours
====================================

Before a size or a feature goes into a model: would another reader have found the same?
The intraclass correlation answers in one number, the plot of Bland and Altman shows
where they differ. The measurements are **simulated**.
"""

# %%
# One row per patient, one column per reader
# ------------------------------------------
# The second reader measures 2 mm more, and the error grows with the tumour.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sknac.metrics import icc

rng = np.random.default_rng(4)
size = rng.gamma(6, 5, 40)
measured = pd.DataFrame(
    {
        "reader 1": size + 0.08 * size * rng.normal(size=40),
        "reader 2": size + 0.08 * size * rng.normal(size=40) + 2,
    }
)

# %%
# Agreement, in one number
# ------------------------
# ICC(2,1) of absolute agreement counts the 2 mm against the readers. Among small
# tumours only, the same errors give a lower one: it tells patients apart, and needs
# patients who differ.
print("all tumours:      ", icc(measured))
small = measured[measured.mean(axis=1) < 30]
print("below 30 mm alone:", icc(small))

# %%
# Where they differ
# -----------------
difference = measured.iloc[:, 1] - measured.iloc[:, 0]
mean, spread = difference.mean(), 1.96 * difference.std()
figure, ax = plt.subplots(figsize=(6.5, 4.5), layout="constrained")
ax.scatter(measured.mean(axis=1), difference, color="C0")
ax.axhline(mean, color="black")
for limit in (mean - spread, mean + spread):
    ax.axhline(limit, color="0.4", linestyle="--")
    ax.annotate(
        f"{limit:.1f} mm", (measured.max().max(), limit), ha="right", va="bottom"
    )
ax.annotate(f"{mean:.1f} mm", (measured.max().max(), mean), ha="right", va="bottom")
ax.set(xlabel="mean of both readers (mm)", ylabel="reader 2 less reader 1 (mm)")
ax.set_title(f"SIMULATED: ICC(2,1) {icc(measured).estimate:.2f}, 95 % of differences")
plt.show()

# %%
# For your own data change this line, of a CSV with ``patient_id`` and one column per
# reader::
#
#     measured = pd.read_csv("sizes.csv", index_col="patient_id")
#
# Features that do not agree are left out by `sknac.features.StableFeatures`.
