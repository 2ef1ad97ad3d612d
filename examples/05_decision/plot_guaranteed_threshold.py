"""
A threshold with a promise
==========================

"Find at least 80 % of the responders": a cut that does so on the patients at hand falls
short in new ones about every other time. A guarantee moves it until the promise holds.
The patients are **simulated**.
"""

# %%
# One model, two ways to choose its cut
# -------------------------------------
import matplotlib.pyplot as plt
from sklearn.datasets import make_classification
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.decision import ThresholdCurveDisplay, WeightedYoudenThreshold

settings = {"n_features": 6, "class_sep": 0.6, "flip_y": 0.1, "random_state": 0}
(X, y), positive = make_classification(n_samples=300, **settings), 1
X, X_new, y, y_new = train_test_split(X, y, train_size=0.5, stratify=y, random_state=0)
model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
rules = {}
for name, guarantee in (("bound alone", None), ("guarantee of 0.9", 0.9)):
    rules[name] = WeightedYoudenThreshold(
        model,
        weight=0.5,
        pos_label=positive,
        at_least={"sensitivity": 0.8},
        guarantee=guarantee,
        random_state=0,
    ).fit(X, y)

# %%
# What becomes of it in new patients
# ----------------------------------
# The price of the promise is specificity, and it falls with more patients.
for name, rule in rules.items():
    found = rule.predict(X_new)
    sensitivity = (found == positive)[y_new == positive].mean()
    specificity = (found != positive)[y_new != positive].mean()
    print(f"{name}: cut {rule.threshold_:.3f}, in {len(y_new)} new patients", end=" ")
    print(f"sensitivity {sensitivity:.3f}, specificity {specificity:.3f}")

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 4.5), sharey=True, layout="constrained")
for ax, (name, rule) in zip(axes, rules.items(), strict=True):
    ThresholdCurveDisplay.from_estimator(rule, ax=ax)
    ax.set_title(f"{name}, SIMULATED")
plt.show()

# %%
# For your own data, these two lines in the place of ``(X, y), positive``::
#
#     cohort = load_ispy1("ispy1.csv")  # from sknac.datasets
#     X, y, positive = cohort.X, cohort.y, "pCR"
