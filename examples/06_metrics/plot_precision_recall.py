"""
Few responders: precision, and one point of the curve
=====================================================

Where one patient in six responds, an area under the ROC curve looks well while most
alarms are false. Average precision shows it, and the sensitivity at a stated
specificity says what a clinic would get. The scores are **simulated**.
"""

# %%
# One row per patient: the truth and the score of a model
# -------------------------------------------------------
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sknac.metrics import (
    PRCurveCIDisplay,
    auc_ci,
    average_precision_ci,
    sensitivity_at_specificity,
)

rng = np.random.default_rng(0)
responds = np.arange(120) < 20
columns = {
    "y": np.where(responds, "response", "non-response"),
    "network": rng.normal(size=120) + 1.4 * responds,
    "clinical": rng.normal(size=120) + 0.5 * responds,
}
table = pd.DataFrame(columns)
positive = "response"
y, scores = table["y"], dict(table.drop(columns="y"))

# %%
# Three numbers of each model
# ---------------------------
# By chance the average precision is the prevalence, here 0.17, and not one half: it
# compares models of one cohort, never of two.
for name, score in scores.items():
    print(f"\n{name}")
    print(auc_ci(y, score, pos_label=positive))
    print(average_precision_ci(y, score, pos_label=positive))
    at = {"specificity": 0.9, "n_resamples": 500, "random_state": 0}
    print(sensitivity_at_specificity(y, score, pos_label=positive, **at))

# %%
# The curves, with bands by patient
# ---------------------------------
# Recall is sensitivity, precision the positive predictive value in these patients.
# The dotted line is the prevalence.
figure, ax = plt.subplots(figsize=(6, 5), layout="constrained")
PRCurveCIDisplay.from_predictions(
    y, scores, n_resamples=500, random_state=0, pos_label=positive, ax=ax
)
ax.set_title("SIMULATED scores: one patient in six responds")
plt.show()

# %%
# For your own data change these two lines, of a CSV with the columns ``patient_id``,
# ``y`` and one per model::
#
#     table = pd.read_csv("scores.csv", index_col="patient_id")
#     positive = "pCR"
