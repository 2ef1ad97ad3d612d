"""
Decide early where it is sure, and wait where it is not
=======================================================

Two scores at two times make a cascade: the first stage decides both ways outside of a
band and hands on whom it is unsure of, the last stage decides on all who are left.
The scores are **simulated**.
"""

# %%
# Scores after two and after four courses
# ---------------------------------------
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from sknac.decision import (
    ScoreColumn,
    StagedClassifier,
    StageFlowDisplay,
    WeightedYoudenThreshold,
    stage_flow,
)

rng = np.random.default_rng(1)
responds = np.arange(252) % 2
early = 1.5 * responds + rng.normal(size=252)
late = early + responds + rng.normal(size=252)
label = np.where(responds, "response", "non-response")
table = pd.DataFrame({"y": label, "post2": early, "post4": late})
positive, negative = "response", "non-response"

# %%
# A band that defers
# ------------------
# Of the responders at most 10 % may be stopped early, and of the others at most 10 %
# kept on early; with a guarantee of 0.9 both hold for new patients together.
train, test = train_test_split(
    table, test_size=0.5, stratify=table["y"], random_state=0
)
visits = ["post2", "post4"]
settings = {"pos_label": positive, "cv": 5, "random_state": 0}
stages = []
for visit in visits:
    score = ScoreColumn(visit, pos_label=positive, kind="score")
    stages.append((visit, WeightedYoudenThreshold(score, **settings), [visit]))
cascade = StagedClassifier(
    stages,
    stop_label=negative,
    guarantee=0.9,
    defer={"post2": {"sensitivity": 0.9, "specificity": 0.9}},
).fit(train[visits], train["y"])
print(cascade.bands_["post2"])

# %%
# New patients: who is decided when, and how often right
# ------------------------------------------------------
flow = stage_flow(
    test["y"],
    cascade.predict_each(test[visits]),
    stop_label=negative,
    pos_label=positive,
    deferred=cascade.deferred_each(test[visits]),
)
print(flow)
print(flow.rates["cascade"])
figure, ax = plt.subplots(figsize=(7, 5), layout="constrained")
StageFlowDisplay(flow=flow).plot(ax=ax)
ax.set_title("SIMULATED patients: who is decided when")
plt.show()

# %%
# For your own data change these two lines, of a CSV with the columns ``patient_id``,
# ``y``, ``post2`` and ``post4``::
#
#     table = pd.read_csv("scores.csv", index_col="patient_id")
#     positive, negative = "pCR", "no pCR"
#
# The guarantee takes 29 training patients of each class; with fewer the error says what
# they can show, and ``guarantee=None`` bounds the errors of the patients at hand alone.
