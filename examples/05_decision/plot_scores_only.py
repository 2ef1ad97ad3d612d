"""
Two models from a table of scores
=================================

A CSV of scores is enough for thresholds, rates with intervals, and the question
whether the later model is better: no image, no network. The scores are **simulated**.
"""

# %%
# One row per patient
# -------------------
# "response" or "non-response", and the scores of two models, after two courses of
# chemotherapy and after four. Higher means response.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from sknac.decision import ScoreColumn, WeightedYoudenThreshold
from sknac.metrics import (
    RocCIDisplay,
    compare_rates,
    delong_contrast,
    performance_table,
)

rng = np.random.default_rng(0)
responds = np.arange(168) % 2
early = 1.0 * responds + rng.normal(size=168)
late = 1.2 * responds + 0.6 * early + 0.8 * rng.normal(size=168)
label = np.where(responds, "response", "non-response")
table = pd.DataFrame({"y": label, "score_post2": early, "score_post4": late})
positive = "response"

# %%
# Thresholds of the training patients, rates of the others
# --------------------------------------------------------
# The scores learn nothing here, so the training patients give the thresholds directly.
train, test = train_test_split(table, stratify=table["y"], random_state=0)
scores = test.drop(columns="y")
decisions = {}
for name in scores:
    rule = WeightedYoudenThreshold(
        ScoreColumn(name, pos_label=positive, kind="score"),
        weight=0.5,
        pos_label=positive,
        cv="resubstitution",
    ).fit(train[[name]], train["y"])
    decisions[name] = rule.predict(scores[[name]])
    print(f"{name}: {positive} from {rule.threshold_:.2f} on")
made = performance_table(test["y"], decisions, dict(scores), pos_label=positive)
print(made.formatted().to_string())

# %%
# Is the later model better?
# --------------------------
# DeLong's test asks of the areas, of two models or more, McNemar's of two models'
# decisions; both pair the patients.
print(delong_contrast(test["y"], dict(scores), pos_label=positive))
print(compare_rates(test["y"], *reversed(decisions.values()), pos_label=positive))

figure, ax = plt.subplots(figsize=(6, 6), layout="constrained")
RocCIDisplay.from_predictions(
    test["y"], dict(scores), pos_label=positive, random_state=0, ax=ax
)
ax.set_title("SIMULATED scores, test patients")
plt.show()

# %%
# For your own data change these two lines, of a CSV with the columns ``patient_id``,
# ``y``, ``score_post2`` and ``score_post4``::
#
#     table = pd.read_csv("scores.csv", index_col="patient_id")
#     positive = "pCR"
