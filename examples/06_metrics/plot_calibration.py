"""
Probabilities that hold, and what acting on them is worth
=========================================================

A model of 12 columns for 60 patients is too sure of itself. Calibration shows it in
new patients, a penalty mends most of it, and the decision curve says what acting on
either is worth. The patients are **simulated**.
"""

# %%
# Two models of few patients, judged on new ones
# ----------------------------------------------
import matplotlib.pyplot as plt
from sklearn.datasets import make_classification
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.metrics import CalibrationCIDisplay, calibration, decision_curve

X, y = make_classification(
    n_samples=260, n_features=12, n_informative=4, class_sep=0.5, random_state=1
)
X_few, X_new, y_few, y_new = train_test_split(
    X, y, train_size=60, stratify=y, random_state=0
)
models = {
    "no penalty": LogisticRegression(C=1e6, max_iter=1000),
    "penalised": LogisticRegression(C=0.05),
}
prob = {
    name: make_pipeline(SimpleImputer(), StandardScaler(), model)
    .fit(X_few, y_few)
    .predict_proba(X_new)[:, 1]
    for name, model in models.items()
}

# %%
# In numbers
# ----------
# A slope below 1 is a model that is too sure; an intercept other than 0 one that is
# too high or too low on the whole.
for name, p in prob.items():
    print(name, calibration(y_new, p, pos_label=1), sep="\n", end="\n\n")

# %%
# What acting on them is worth
# ----------------------------
# Net benefit at three threshold probabilities. A model earns its place where it lies
# above treating all and above 0, which is treating nobody.
curve = decision_curve(y_new, prob, thresholds=[0.2, 0.5, 0.7], pos_label=1)
print(curve.to_frame().round(3).to_string())

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 4.8), layout="constrained")
for ax, (name, p) in zip(axes, prob.items(), strict=True):
    CalibrationCIDisplay.from_predictions(y_new, p, pos_label=1, name=name, ax=ax)
    ax.set_title(f"{name}, SIMULATED patients")
plt.show()

# %%
# For your own data, these two lines in the place of ``X, y``::
#
#     cohort = load_ispy1("ispy1.csv")  # from sknac.datasets
#     X, y = cohort.X, (cohort.y == "pCR").astype(int)
