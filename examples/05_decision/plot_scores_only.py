"""
Decisions from a table of scores
================================

A CSV with the columns ``patient_id, y, score_post2, score_post4`` is enough for
thresholds, a cascade, intervals, a DeLong test and the tables of a paper: no image,
no network. Without a file the scores are **simulated**. Run it on your own with
``python plot_scores_only.py scores.csv``.
"""

# %%
# The table
# ---------
# One row per patient: "response" or "non-response", and the scores of two models, one
# after two courses of chemotherapy and one after four. Higher means response.
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from statsmodels.stats.multitest import multipletests

from sknac.decision import (
    ScoreColumn,
    StagedClassifier,
    StageFlowDisplay,
    WeightedYoudenThreshold,
    stage_flow,
)
from sknac.metrics import (
    RocCIDisplay,
    auc_ci,
    calibration,
    delong_contrast,
    delong_test,
    performance_table,
)


def simulate(n_patients=168, seed=0):
    """Simulate patients of whom half respond."""
    rng = np.random.default_rng(seed)
    responds = np.arange(n_patients) % 2
    early = 1.2 * responds + rng.normal(size=n_patients)
    late = 1.0 * responds + 0.6 * early + 0.8 * rng.normal(size=n_patients)
    table = pd.DataFrame(
        {
            "y": np.where(responds, "response", "non-response"),
            "score_post2": 1 / (1 + np.exp(0.6 - early)),
            "score_post4": 1 / (1 + np.exp(1.3 - 1.6 * late)),
        },
        index=pd.Index([f"P{i:03d}" for i in range(n_patients)], name="patient_id"),
    )
    return table.round(4)


path = sys.argv[1] if len(sys.argv) > 1 else None
table = pd.read_csv(path, index_col="patient_id") if path else simulate()
source = path or "SIMULATED scores"
print(f"{source}: {len(table)} patients, {(table['y'] == 'response').sum()} responded")
X, y = table[["score_post2", "score_post4"]], table["y"]
fitting = {"test_size": 0.25, "stratify": y, "random_state": 0}
X_train, X_test, y_train, y_test = train_test_split(X, y, **fitting)

# %%
# Thresholds and cascade
# ----------------------
# After two courses sensitivity weighs 0.8: responders must stay on treatment. After
# four it weighs 0.2: non-responders must be found. The scores come from elsewhere and
# learn nothing here, so the training patients give their thresholds directly.
early = ScoreColumn("score_post2", pos_label="response")
late = ScoreColumn("score_post4", pos_label="response")
settings = {"pos_label": "response", "cv": "resubstitution"}
cascade = StagedClassifier(
    [
        (
            "post2",
            WeightedYoudenThreshold(early, weight=0.8, **settings),
            ["score_post2"],
        ),
        (
            "post4",
            WeightedYoudenThreshold(late, weight=0.2, **settings),
            ["score_post4"],
        ),
    ],
    stop_label="non-response",
)
cascade.fit(X_train, y_train)
for name, stage in cascade.named_stages_.items():
    print(
        f"{name}: response iff score >= {stage.threshold_:.4f} (training sensitivity "
        f"{stage.fit_sensitivity_:.2f}, specificity {stage.fit_specificity_:.2f})"
    )

# %%
# The cascade beside each stage alone
# -----------------------------------
# What the cascade gains is time, not accuracy: look at both.
alone = cascade.predict_each(X_test)
flow = stage_flow(y_test, alone, stop_label="non-response", pos_label="response")
print(flow)

decisions = {"cascade": cascade.predict(X_test)} | {k: alone[k] for k in alone}
scores = {"post2": X_test["score_post2"], "post4": X_test["score_post4"]}
report = performance_table(
    y_test, decisions, scores, preset="dlrp", method="wilson", auc_method="logit-delong"
)
print(report.formatted().to_string())

# %%
# Is the later model better?
# --------------------------
# DeLong's test on the same patients; with more than one comparison adjust the p.
tests = {
    "test": delong_test(y_test, scores["post4"], scores["post2"], pos_label="response"),
    "train": delong_test(
        y_train,
        X_train["score_post4"],
        X_train["score_post2"],
        pos_label="response",
    ),
}
adjusted = multipletests([test.pvalue for test in tests.values()], method="holm")[1]
for name, p in zip(tests, adjusted, strict=True):
    print(f"{name}: {tests[name]}, Holm-adjusted p = {p:.3g}")
print(delong_contrast(y_test, scores, pos_label="response"))  # of all models at once
for name, score in scores.items():
    print(name, auc_ci(y_test, score, pos_label="response"))
    print(name, calibration(y_test, score, pos_label="response"))

# %%
# Curves and flow
# ---------------
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
RocCIDisplay.from_predictions(
    y_test, scores, pos_label="response", random_state=0, ax=left
)
left.set_title(f"ROC curves, test patients\n{source}")
StageFlowDisplay(flow=flow).plot(ax=right)
right.set_title(f"Cascade, test patients\n{source}")

# %%
# For your own data change the CSV. Several scores per patient (one per image) belong
# to one patient each: average them first, or pass the patients as ``groups``.
