"""
Who was studied
===============

Two gradings say who responded, a table compares the groups, and a flow diagram counts
who was left out and why. The patients are **simulated**.
"""

# %%
# One row per patient
# -------------------
# Clinical columns, the pathologist's grade, and the size before and after treatment.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sknac.clinical import (
    PatientFlowDisplay,
    baseline_table,
    miller_payne_response,
    modified_response,
)

rng = np.random.default_rng(0)
grade, before = rng.integers(1, 6, 80), rng.uniform(15, 60, 80)
columns = {
    "age": rng.normal(50, 9, 80).round(),
    "er": (rng.random(80) < 0.8 - 0.1 * grade).astype(int),
    "miller_payne": grade,
    "before_mm": before,
    "after_mm": before * (1 - (grade - 1) / 4 * rng.uniform(0.5, 1, 80)),
}
table = pd.DataFrame(columns)
labels = {"er": "Oestrogen receptor", ("er", 0): "negative", ("er", 1): "positive"}

# %%
# Response by two gradings
# ------------------------
# Miller-Payne counts cells and the modified response sizes, and they cut differently:
# say which you took.
response = miller_payne_response(table["miller_payne"]).label
modified = modified_response(table["before_mm"], table["after_mm"]).label
print(pd.crosstab(response, modified, rownames=["Miller-Payne"], colnames=["modified"]))

# %%
# The groups, side by side
# ------------------------
# The standardised mean difference does not grow with the number of patients, as
# p-values do. ``labels`` writes columns and their levels as words.
shown = table.drop(columns=["miller_payne", "after_mm"])
print(baseline_table(shown, response).formatted(smd=True, labels=labels).to_string())

# %%
# From those enrolled to those judged
# -----------------------------------
# Counts that do not add up are refused.
parts = {"Training": response[::2], "Test": response[1::2]}
figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
PatientFlowDisplay.from_counts(
    {name: part.value_counts().to_dict() for name, part in parts.items()},
    excluded={"no scan after two courses": 7, "two tumours in one breast": 4},
    enrolled=len(response) + 11,
    ax=ax,
)
ax.set_title("SIMULATED patients")
plt.show()

# %%
# For your own data change these two lines, of a CSV with the columns above::
#
#     table = pd.read_csv("patients.csv", index_col="patient_id")
#     labels = {"er": "ER status", ("er", 0): "negative", ("er", 1): "positive"}
