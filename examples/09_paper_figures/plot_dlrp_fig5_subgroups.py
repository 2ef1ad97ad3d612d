"""
DLRP, Fig 5: does it hold for every subtype?
============================================

Accuracy, sensitivity and specificity of the two-stage classifier by molecular subtype,
as in Fig 5 of the DLRP paper (European Radiology), with an interval and the count on
every line. All patients are **simulated**.
"""

# %%
# A simulated cohort and the classifier
# -------------------------------------
# The subtype follows from the receptors; its distribution is that of the paper's Table
# 2. The validation cohort has the paper's 42 patients.
import matplotlib.pyplot as plt
from sklearn.model_selection import StratifiedKFold, train_test_split

from sknac.clinical import molecular_subtype
from sknac.datasets import make_bmode_cohort
from sknac.metrics import SubgroupDisplay, subgroup_rates
from sknac.systems import DLRPClassifier

print("ALL PATIENTS IN THIS EXAMPLE ARE SIMULATED.")
SEED = 0
cohort = make_bmode_cohort(n_patients=168, n_jobs=2, random_state=SEED)
X, y = cohort.X, cohort.y
train, validation = train_test_split(
    X.index, test_size=42, stratify=y, random_state=SEED
)
folds = StratifiedKFold(3, shuffle=True, random_state=SEED)
model = DLRPClassifier(preset="tiny", random_state=SEED).set_params(
    dlr2__cv=folds, dlr4__cv=folds
)
model.fit(X.loc[train], y[train])

# %%
# The numbers
# -----------
# Everybody first, then each subtype. Nine patients tell little: an accuracy of 7 in 9
# goes with anything from 45 to 94 %.
X_new, y_new = X.loc[validation], y[validation]
subtype = molecular_subtype(X_new["er"], X_new["pr"], X_new["her2"])
subtype = subtype.rename("molecular subtype").sort_values(kind="stable")
X_new, y_new = X_new.loc[subtype.index], y_new[subtype.index]
decisions = model.predict(X_new)
rates = subgroup_rates(y_new, decisions, subtype, pos_label="response")
print("\nValidation cohort by subtype, SIMULATED (positive: response)\n")
columns = ["n_right", "n", "accuracy", "accuracy_low", "accuracy_high"]
print(rates.to_frame()[columns].round(2).to_string())

# %%
# The figure
# ----------
# Left: right decisions. Right: both kinds of them, on even fewer patients. The dotted
# line is the rate of everybody: an interval that holds it is no sign of a difference.
figure, (left, right) = plt.subplots(1, 2, figsize=(14, 4.6), layout="constrained")
display = SubgroupDisplay(rates=rates)
display.plot(left)
left.set_title("Right decisions by subtype (SIMULATED)")
display.plot(right, metrics=("sensitivity", "specificity"))
right.set_title("Responders kept, non-responders found (SIMULATED)")
plt.show()

# %%
# For your own cohort pass any columns: ``SubgroupDisplay.from_estimator(model, X, y,
# ["subtype", "ki67"])`` parts the patients by each in turn. Decide which before
# looking: of twenty subgroups one differs by chance.
