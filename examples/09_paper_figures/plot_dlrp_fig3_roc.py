"""
DLRP, Fig 3: networks against clinical models
=============================================

ROC curves of the dual-input networks, of clinical models and of both together, after
two and after four courses, in the training and the validation cohort, as in Fig 3 of
the DLRP paper (European Radiology). All patients are **simulated**.
"""

# %%
# A simulated cohort of the paper's size
# --------------------------------------
# 168 patients, a quarter of them for validation. Response is the positive class.
import matplotlib.pyplot as plt
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline

from sknac.clinical import StepwiseLogisticRegression
from sknac.datasets import make_bmode_cohort
from sknac.metrics import RocCIDisplay, performance_table
from sknac.systems import make_dlr_pipeline

print("ALL PATIENTS IN THIS EXAMPLE ARE SIMULATED.")
SEED = 0
cohort = make_bmode_cohort(n_patients=168, effect_size=0.8, n_jobs=2, random_state=SEED)
X, y = cohort.X, cohort.y
train, validation = train_test_split(
    X.index, test_size=0.25, stratify=y, random_state=SEED
)


# %%
# Three models for each time
# --------------------------
# The network sees the images before treatment and after 2 or 4 courses. The clinical
# model selects stepwise among receptors, Ki-67 and the change of volume. The hybrid
# is a logistic regression on out-of-fold scores of both: it fits each of them four
# times, on 0 and 1 for the sorted labels, as stacking does.
def make_models(courses):
    """Make the network, the clinical model and their hybrid."""
    network = make_dlr_pipeline(
        columns=("us_pre", f"us_post{courses}"), preset="tiny", random_state=SEED
    )
    predictors = ["er", "pr", "her2", "ki67", f"dvolume_{courses}"]
    clinical = make_pipeline(
        make_column_transformer(
            ("passthrough", predictors), verbose_feature_names_out=False
        ).set_output(transform="pandas"),
        StepwiseLogisticRegression(pos_label="response"),
    )
    coded = clone(clinical).set_params(stepwiselogisticregression__pos_label=1)
    hybrid = StackingClassifier(
        [("network", network), ("clinical", coded)],
        final_estimator=LogisticRegression(),
        cv=StratifiedKFold(3, shuffle=True, random_state=SEED),
    )
    return {
        f"DLR-{courses}": network,
        f"Clinical-{courses}": clinical,
        f"Hybrid-{courses}": hybrid,
    }


models = {courses: make_models(courses) for courses in (2, 4)}
for courses, group in models.items():
    for model in group.values():
        model.fit(X.loc[train], y[train])
    summary = group[f"Clinical-{courses}"][-1].summary_
    found = summary.index.drop("(Intercept)").tolist()
    print(f"Clinical-{courses} selected: {', '.join(found) or 'nothing'}")

# %%
# Curves with bands, areas with intervals, p-values
# -------------------------------------------------
# DeLong's test compares models on the same patients; the p-values are adjusted for
# their number. The curves of the training cohort are those of patients whom the models
# have seen: they look better than the others by that alone.
figure, axes = plt.subplots(2, 2, figsize=(11, 11), layout="constrained")
parts = {"training": train, "validation": validation}
for row, (courses, group) in zip(axes, models.items(), strict=True):
    network, clinical, hybrid = group
    for ax, (name, patients) in zip(row, parts.items(), strict=True):
        RocCIDisplay.from_estimator(
            group,
            X.loc[patients],
            y[patients],
            pos_label="response",
            compare=[(network, clinical), (hybrid, network)],
            random_state=SEED,
            ax=ax,
            band_kwargs={"alpha": 0.08},
        )
        ax.set_title(f"{courses} courses, {name} cohort (SIMULATED)")

# %%
# Table 3: every rate in the validation cohort
# --------------------------------------------
# At the natural cut of 0.5; Fig 4 moves it.
X_new, y_new = X.loc[validation], y[validation]
every = models[2] | models[4]
decisions = {name: model.predict(X_new) for name, model in every.items()}
scores = {name: model.predict_proba(X_new)[:, 1] for name, model in every.items()}
table = performance_table(y_new, decisions, scores, pos_label="response")
print("\nValidation cohort, SIMULATED; brackets: 95 % intervals\n")
print(table.formatted().to_string())
plt.show()

# %%
# For your own cohort, build ``X`` with ``cohort_from_table`` and take
# ``preset="paper"`` on a GPU. Without a validation cohort, pass what ``cross_validate``
# returns to ``RocCIDisplay.from_cv_results``: its curves are out-of-fold, by patient.
