"""
DLRP, Fig 4: prediction in two steps
====================================

Who is stopped after two courses, who after four, and who is treated to the end, by
true class, as in Fig 4 of the DLRP paper (European Radiology). All patients are
**simulated**; the cascade stands beside each of its stages alone.
"""

# %%
# A simulated cohort and the two-stage classifier
# -----------------------------------------------
# ``DLRPClassifier`` weighs sensitivity 0.8 after two courses, when responders must
# stay on treatment, and 0.2 after four, when non-responders must be found. Each
# threshold is chosen on the pooled scores of three folds.
import matplotlib.pyplot as plt
from sklearn.model_selection import StratifiedKFold, train_test_split

from sknac.datasets import make_bmode_cohort
from sknac.decision import StageFlowDisplay, ThresholdCurveDisplay
from sknac.systems import DLRPClassifier

print("ALL PATIENTS IN THIS EXAMPLE ARE SIMULATED.")
SEED = 0
cohort = make_bmode_cohort(n_patients=168, n_jobs=2, random_state=SEED)
X, y = cohort.X, cohort.y
train, validation = train_test_split(
    X.index, test_size=0.25, stratify=y, random_state=SEED
)
folds = StratifiedKFold(3, shuffle=True, random_state=SEED)
model = DLRPClassifier(preset="tiny", random_state=SEED).set_params(
    dlr2__cv=folds, dlr4__cv=folds
)
model.fit(X.loc[train], y[train])

# %%
# The operating points
# --------------------
# Above: the scores that each cut was chosen on, patients whom the scoring network had
# not seen. Below: the validation cohort, with that same cut. The index above is that of
# the best cut, so on average a little too good; with so few patients below, chance
# can say otherwise.
figure, axes = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
X_new, y_new = X.loc[validation], y[validation]
for column, (name, stage, positions) in zip(axes.T, model.stages_, strict=True):
    ThresholdCurveDisplay.from_estimator(stage, ax=column[0])
    column[0].set_title(f"{name}: where it was chosen (SIMULATED)")
    ThresholdCurveDisplay.from_estimator(
        stage, X_new.iloc[:, positions], y_new, ax=column[1]
    )
    column[1].set_title(f"{name}: validation cohort (SIMULATED)")

# %%
# The cascade, and what it does for each patient
# ----------------------------------------------
# Above by stage, as the decisions are taken; below by true class, as the patients see
# it: for non-responders early is good, for responders any stop is wrong.
figure, (top, bottom) = plt.subplots(
    2, 1, figsize=(8, 7), height_ratios=(3, 2), layout="constrained"
)
flow = StageFlowDisplay.from_estimator(model, X_new, y_new, ax=top).flow
top.set_title("Validation cohort by stage (SIMULATED)")
counts = flow.counts
ends = {
    "stopped after 2 courses": (counts.loc[("dlr2", "stop")], "///", "#D9D9D9"),
    "stopped after 4 courses": (counts.loc[("dlr4", "stop")], "...", "#F2C894"),
    "treated to the end": (counts.loc[("dlr4", "continue")], "", "#7FB3D5"),
}
classes = ["non-response", "response"]
left = 0
for label, (found, hatch, colour) in ends.items():
    bars = bottom.barh(
        classes,
        found[classes],
        left=left,
        label=label,
        hatch=hatch,
        color=colour,
        edgecolor="#404040",
    )
    texts = [str(n) if n else "" for n in found[classes]]
    box = {"facecolor": "white", "linewidth": 0, "pad": 1.5}
    for text in bottom.bar_label(bars, texts, label_type="center", fontsize="small"):
        text.set_bbox(box if text.get_text() else None)
    left = left + found[classes]
bottom.set(xlabel="patients", title="Validation cohort by true class (SIMULATED)")
bottom.set_xticks(range(0, 22, 5))
bottom.invert_yaxis()
bottom.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.22))

# %%
# Beside each stage alone
# -----------------------
# A cascade stops whom either stage would stop. It finds at least as many
# non-responders as either stage alone and keeps at most as many responders: what it
# gains is time.
print("\nPatients by stage, action and true class, SIMULATED\n")
print(counts.to_string())
print("\nThe cascade beside each stage alone, SIMULATED (positive: response)\n")
print(flow.to_frame().round(2).T.to_string())
plt.show()

# %%
# For your own cohort take ``preset="paper"`` on a GPU; a table of scores from elsewhere
# is enough for the figures: see ``examples/05_decision/plot_scores_only.py``.
