"""
DLRP, Fig 2: where the patients went
====================================

A diagram of patient counts, from everybody enrolled to the classes of both cohorts,
and the table of who they are, as in Fig 2 and Table 2 of the DLRP paper (European
Radiology). All patients are **simulated**; the counts come from the data, so that they
cannot contradict the analysis.
"""

# %%
# Simulated patients, some of them not usable
# -------------------------------------------
# A visit that did not happen is ``None`` in the cohort frame. Two more reasons to
# leave a patient out are drawn at random.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from sknac.clinical import PatientFlowDisplay, baseline_table
from sknac.datasets import make_bmode_cohort

print("ALL PATIENTS IN THIS EXAMPLE ARE SIMULATED.")
cohort = make_bmode_cohort(
    n_patients=210, missing_rate=0.06, image_size=(96, 96), n_jobs=2, random_state=0
)
X, y = cohort.X, cohort.y
visits = ["us_pre", "us_post2", "us_post4"]
rng = np.random.default_rng(0)

# %%
# Exclusions, each patient once
# -----------------------------
# A patient with several reasons counts under the first of them.
reasons = {
    "several tumours": rng.random(len(X)) < 0.04,
    "chemotherapy not completed": rng.random(len(X)) < 0.05,
    "no ultrasound at one of the three times": X[visits].isna().any(axis=1),
}
included = pd.Series(True, index=X.index)
excluded = {}
for reason, found in reasons.items():
    excluded[reason] = int((included & found).sum())
    included &= ~found
X, y = X[included], y[included]

# %%
# Training and validation cohort
# ------------------------------
# A quarter of the patients, drawn so that both cohorts have the same share of
# responders. ``enrolled`` is checked: counts that do not add up are an error.
train, validation = train_test_split(
    X.index, test_size=0.25, stratify=y, random_state=0
)
display = PatientFlowDisplay.from_labels(
    {"Training cohort": y[train], "Validation cohort": y[validation]},
    excluded=excluded,
    enrolled=len(cohort.X),
)
display.ax_.set_title("Patients of the study (SIMULATED)")
print(display.flow.to_frame().to_string())

# %%
# Table 2: who they are
# ---------------------
# By response in each cohort, with the test named on every row.
clinical = X.drop(columns=visits)
for name, patients in (("Training", train), ("Validation", validation)):
    table = baseline_table(clinical.loc[patients], y[patients])
    print(f"\n{name} cohort, SIMULATED\n")
    print(table.formatted(decimals=2).to_string())
plt.show()

# %%
# For your own study, count the exclusions where they happen, in code as here, or pass
# the numbers of your screening log to ``PatientFlowDisplay.from_counts``.
