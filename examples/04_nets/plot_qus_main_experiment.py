"""
The QUS paper's main experiment
===============================

Two networks, {ResNet, RAN}, on two regions, {core, core + margin}: validation, test
and survival in the layout of the paper's Table 2, Fig 4 and Fig 5 (Taleghamar et al.,
Scientific Reports 12:2244, 2022), on a **simulated** cohort of the paper's size. Run
it with ``--full`` on a GPU for the paper's networks and images.
"""

# %%
# A cohort of the paper's size
# ----------------------------
# 131 patients to train on, of whom a quarter validates, and 50 for the test, drawn
# stratified. By default planes are few and networks small, so that it all takes less
# than a minute on two cores.
import argparse
import time
import warnings

import matplotlib.pyplot as plt
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.datasets import make_rf_cohort
from sknac.metrics import RocCIDisplay, auc_ci, confusion_rates
from sknac.survival import KaplanMeierDisplay
from sknac.systems import make_qus_response_pipeline

parser = argparse.ArgumentParser()
parser.add_argument("--full", action="store_true", help="the paper's sizes; for a GPU")
FULL = parser.parse_known_args()[0].full
PRESET = "paper" if FULL else "tiny"
NETWORKS = {"ResNet": "resnet101", "RAN": "ran56"}
if not FULL:
    NETWORKS = {"ResNet": "resnet_tiny", "RAN": "ran_tiny"}
REGIONS = {"Core": "core", "Core + margin": "core+margin"}
POSITIVE = "non-response"  # the paper's sensitivity counts non-responders
SEED = 0
start = time.perf_counter()

print("ALL DATA IN THIS EXAMPLE ARE SIMULATED. No number here is about patients.")
cohort = make_rf_cohort(
    n_patients=181,
    n_planes=(4, 7) if FULL else 1,
    depth_mm=25.0,
    width_mm=20.0,
    prevalence=0.24,
    effect_size=1.0,
    n_jobs=2,
    random_state=SEED,
)
train, test = train_test_split(
    cohort.X.index, stratify=cohort.y, test_size=50, random_state=SEED
)

# %%
# Maps once, then four models
# ---------------------------
# Maps are computed for the whole frame; a region is cut out of them afterwards, so
# four experiments share one pass over the RF. The two networks of a model hold out
# the same validation patients, and, because the seed is one, so do the four models.
system = make_qus_response_pipeline(
    cohort.reference,
    attenuation_db_cm_mhz="attenuation_db_cm_mhz",
    preset=PRESET,
    random_state=SEED,
    n_jobs=2,
)
maps = system["maps"].fit_transform(cohort.X)
print(f"[{time.perf_counter() - start:5.1f} s] simulated and mapped")
late = clone(system[1:])


def fit(network, region):
    """Fit the steps after the maps."""
    model = clone(late).set_params(
        features__module=NETWORKS[network], region__region=REGIONS[region]
    )
    return model.fit(maps.loc[train], cohort.y[train])


names = [(network, region) for network in NETWORKS for region in REGIONS]
fitted = Parallel(n_jobs=1 if FULL else 2)(delayed(fit)(*name) for name in names)
models = {
    f"{number}: {network}, {region.lower()}": model
    for number, ((network, region), model) in enumerate(
        zip(names, fitted, strict=True), start=1
    )
}
print(f"[{time.perf_counter() - start:5.1f} s] trained {len(models)} models")

# %%
# Table 2: validation and test
# ----------------------------
# Accuracy has the Wald interval and the area DeLong's, both as the paper's
# "plus-minus"; other intervals are in `sknac.metrics`. The loss is the predictive
# network's weighted cross-entropy on the validation patients.
y = cohort.y
validation = maps.loc[train].index[fitted[0]["predict"].validation_rows_]
column = list(fitted[0].classes_).index(POSITIVE)
scores, decisions = {}, {}
for part, patients in (("Validation", validation), ("Test", test)):
    for name, model in models.items():
        scores[part, name] = model.predict_proba(maps.loc[patients])[:, column]
        decisions[part, name] = model.predict(maps.loc[patients])


def percent(rate):
    """Write an accuracy as the paper does."""
    return f"{100 * rate.estimate:.0f} ± {50 * (rate.high - rate.low):.0f}"


rows = []
for (network, region), (name, model) in zip(names, models.items(), strict=True):
    row = {("", "Feature network"): network, ("", "Input maps"): region}
    for part, patients in (("Validation", validation), ("Test", test)):
        with warnings.catch_warnings():  # of rates whose interval is not shown
            warnings.filterwarnings("ignore", message="Wald's interval has no width")
            rates = confusion_rates(
                y[patients], decisions[part, name], pos_label=POSITIVE, method="wald"
            )
        row[part, "Acc (%)"] = percent(rates.accuracy)
        row[part, "Spec (%)"] = f"{100 * rates.specificity.estimate:.0f}"
        row[part, "Sen (%)"] = f"{100 * rates.sensitivity.estimate:.0f}"
        if part == "Validation":
            curve = model["predict"].training_curve_
            loss = curve.loc[curve["kept"], "valid_loss"].item()
            row[part, "Loss"] = f"{loss:.2f}"
    auc = auc_ci(y[test], scores["Test", name], pos_label=POSITIVE, method="delong")
    row["Test", "AUC"] = f"{auc.estimate:.2f} ± {(auc.high - auc.low) / 2:.2f}"
    rows.append(row)
table = pd.DataFrame(rows, index=range(1, 5))
table.columns = pd.MultiIndex.from_tuples(table.columns)
print(f"\nSIMULATED: {len(validation)} validation patients, {len(test)} test patients;")
print(f"sensitivity counts {POSITIVE}; intervals of 95 %.\n")
print(table.to_string())

# %%
# Fig 4: ROC curves on validation and test
# ----------------------------------------
figure, axes = plt.subplots(1, 2, figsize=(12, 6), layout="constrained")
for ax, (part, patients) in zip(
    axes, (("Validation", validation), ("Test", test)), strict=True
):
    RocCIDisplay.from_predictions(
        y[patients],
        {name: scores[part, name] for name in models},
        pos_label=POSITIVE,
        n_resamples=200,
        random_state=SEED,
        ax=ax,
        plot_band=False,
    )
    ax.set_title(f"{part} (simulated)")

# %%
# Fig 5: survival by the truth and by each model's prediction
# -----------------------------------------------------------
outcome = cohort.survival.loc[test]
groups = {"By response at post-treatment": y[test]}
groups |= {f"By prediction of {name}": decisions["Test", name] for name in models}
figure, axes = plt.subplots(2, 3, figsize=(15, 10), layout="constrained")
for ax, (title, group) in zip(axes.flat, groups.items(), strict=False):
    KaplanMeierDisplay.from_predictions(
        outcome["time_years"], outcome["event"], group, ax=ax, time_label="years"
    )
    ax.set_title(title)
axes.flat[-1].axis("off")
figure.suptitle("Survival of the test patients, SIMULATED")

# %%
# What the predictive network is shown
# ------------------------------------
# The feature network has been trained on the patients whose features the predictive
# network learns from, so these look better than features of new patients ever will.
# ``cross_fit=3`` shows it out-of-fold features instead. Below, for both ways, how well
# a logistic regression, cross-validated, tells the classes from the features of the
# training patients (validation patients left out), beside the test of the system.
inner = [patient for patient in train if patient not in set(validation)]
best = fitted[-1]
seen, new = (best[:3].transform(maps.loc[patients]) for patients in (train, test))
crossed = clone(best["features"]).set_params(cross_fit=3)
shown = {
    "in-sample": best["features"].transform(seen),
    "out-of-fold": crossed.fit_transform(seen, y[train]),
}
predictors = {
    "in-sample": best["predict"],
    "out-of-fold": clone(best["predict"]).fit(shown["out-of-fold"], y[train]),
}
rows = {}
for way, features in shown.items():
    judge = make_pipeline(StandardScaler(), LogisticRegression(C=0.01))
    table = pd.DataFrame(features, index=train).loc[inner]
    judged = cross_val_predict(judge, table, y[inner], cv=5, method="predict_proba")
    # The final feature network is the same both ways; only its user differs.
    score = predictors[way].predict_proba(best["features"].transform(new))
    rows[way] = {
        "AUC of the features shown": roc_auc_score(
            y[inner] == POSITIVE, judged[:, column]
        ),
        "AUC of the system, test": roc_auc_score(y[test] == POSITIVE, score[:, column]),
    }
print("\nTwo ways to train the predictive network (RAN, core + margin; simulated)\n")
print(pd.DataFrame(rows).T.round(3).to_string())
print(f"\n[{time.perf_counter() - start:5.1f} s] done")
plt.show()

# %%
# For your own cohort: build the frame with ``cohort_from_table``, take
# ``preset="paper"`` on a GPU (``features__micro_batch_size=2`` where its memory is
# small), and pass the pipeline to ``cross_val_predict`` if there is no test set.
# Differences between four models on 50 patients are mostly chance: see the intervals,
# and test pairs of models with `sknac.metrics.delong_test`.
