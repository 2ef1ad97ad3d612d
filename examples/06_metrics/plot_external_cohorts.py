"""
Several hospitals, side by side
===============================

A model that was made in one hospital is judged in three others: one line each, never
pooled. How much they differ is the finding. All patients are **simulated**.
"""

# %%
# One model, four cohorts
# -----------------------
# The scanner of Hospital C shifts the scores, and its patients differ less.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sknac.metrics import ForestDisplay, performance_table

rng = np.random.default_rng(3)
about = {  # patients, share of responders, difference of the classes, shift
    "Own hospital": (90, 0.5, 1.6, 0.0),
    "Hospital A": (60, 0.4, 1.4, 0.0),
    "Hospital B": (34, 0.3, 1.5, 0.2),
    "Hospital C": (120, 0.5, 0.6, 0.9),
}
tables = []
for hospital, (n, share, apart, shift) in about.items():
    responds = np.arange(n) < share * n
    score = rng.normal(size=n) + apart * (responds - 0.5) + shift
    y = np.where(responds, "response", "non-response")
    tables.append(pd.DataFrame({"hospital": hospital, "y": y, "score": score}))
table = pd.concat(tables)
threshold = 0.0  # chosen in the own hospital, kept elsewhere

# %%
# Area and both rates of each
# ---------------------------
results = {}
for hospital, rows in table.groupby("hospital", sort=False):
    decided = np.where(rows["score"] >= threshold, "response", "non-response")
    results[hospital] = performance_table(
        rows["y"],
        {"model": decided},
        {"model": rows["score"]},
        pos_label="response",
        metrics=["roc_auc", "sensitivity", "specificity"],
    )
    print(hospital, results[hospital].formatted().to_string(), sep="\n")

# %%
# The forest plot
# ---------------
# Squares grow with the number of patients. In Hospital C the area is small, and the
# threshold does not fit either: nearly everybody is called a responder.
figure, axes = plt.subplots(2, 1, figsize=(7.5, 6), layout="constrained")
for ax, metric in zip(axes, ["roc_auc", "specificity"], strict=True):
    ForestDisplay.from_results(results, metrics=metric, ax=ax)
figure.suptitle("SIMULATED: one model, one threshold, four hospitals")
plt.show()

# %%
# For your own data change these two lines, of a CSV with the columns ``hospital``,
# ``y`` ("response" or "non-response") and ``score``::
#
#     table = pd.read_csv("hospitals.csv", index_col="patient_id")
#     threshold = 0.41  # of the own hospital
