"""
Survival of predicted groups
============================

Kaplan-Meier curves of patients whom a model calls responders or not, with patients at
risk, a log-rank test, and years won until a stated time. The patients are
**simulated**.
"""

# %%
# Predictions of patients whom the model had not seen
# ---------------------------------------------------
import matplotlib.pyplot as plt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.datasets import make_rf_cohort
from sknac.survival import KaplanMeierDisplay, concordance, logrank, restricted_mean

cohort = make_rf_cohort(
    n_patients=90, n_planes=1, effect_size=2, depth_mm=15, width_mm=15, random_state=0
)
X, y = cohort.X[["age", "er", "pr", "her2", "ki67"]], cohort.y
time, event = cohort.survival["time_years"], cohort.survival["event"]
model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
proba = cross_val_predict(model, X, y, cv=5, method="predict_proba")
called = ["response" if p >= 0.5 else "non-response" for p in proba[:, 1]]

# %%
# Tests and numbers
# -----------------
# Two groups lose what the score knows; concordance takes the score itself, the risk of
# an early event. A difference of restricted means needs no proportional hazards.
print(logrank(time, event, called))
told = {"predictions": "out-of-fold"}  # of patients whom the model had not seen
print(concordance(time, event, proba[:, 0], high_score="earlier", **told))
print(restricted_mean(time, event, called, until=5))

# %%
# The curves
# ----------
# Five clinical columns do not part these patients: that is a result too.
figure, ax = plt.subplots(figsize=(7, 5), layout="constrained")
KaplanMeierDisplay.from_predictions(time, event, called, **told, ax=ax)
ax.set(title="SIMULATED patients, by prediction")

# %%
# For your own patients change two lines: ``X, y`` and ``time, event``. Predictions must
# be of patients whom the model was not fitted to, as here.
