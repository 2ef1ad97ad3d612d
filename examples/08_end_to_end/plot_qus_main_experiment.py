"""
The QUS paper's main experiment
===============================

Two networks, {ResNet, RAN}, on two regions, {core, core + margin}: validation and test
in the layout of the paper's Table 2 (Taleghamar et al., Scientific Reports 12:2244,
2022), on a **simulated** cohort of the paper's size. It is longer than other examples
because it is the whole experiment: ``--full`` takes the paper's networks and images,
for a GPU.
"""

# %%
# A cohort of the paper's size
# ----------------------------
# 131 patients to train on, of whom a quarter validates, and 50 for the test, drawn
# stratified. By default planes are few and networks small.
import argparse
import warnings

import matplotlib.pyplot as plt
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from sknac.datasets import make_rf_cohort
from sknac.metrics import RocCIDisplay, auc_ci, confusion_rates
from sknac.systems import make_qus_response_pipeline

parser = argparse.ArgumentParser()
parser.add_argument("--full", action="store_true", help="the paper's sizes; for a GPU")
FULL = parser.parse_known_args()[0].full
networks = {"ResNet": "resnet_tiny", "RAN": "ran_tiny"}
if FULL:
    networks = {"ResNet": "resnet101", "RAN": "ran56"}
regions = {"core": "core", "core + margin": "core+margin"}
positive = "non-response"  # the paper's sensitivity counts non-responders

print("ALL DATA IN THIS EXAMPLE ARE SIMULATED. No number here is about patients.")
cohort = make_rf_cohort(
    n_patients=181,
    n_planes=(4, 7) if FULL else 1,
    depth_mm=25.0,
    width_mm=20.0,
    prevalence=0.24,
    effect_size=1.0,
    n_jobs=2,
    random_state=0,
)
X, y, reference = cohort.X, cohort.y, cohort.reference
train, test = train_test_split(X.index, stratify=y, test_size=50, random_state=0)

# %%
# Maps once, then four models
# ---------------------------
# Maps are computed for the whole frame; a region is cut out of them afterwards, so
# four experiments share one pass over the RF. The two networks of a model hold out
# the same validation patients, and, because the seed is one, so do the four models.
system = make_qus_response_pipeline(
    reference,
    attenuation_db_cm_mhz="attenuation_db_cm_mhz",
    preset="paper" if FULL else "tiny",
    random_state=0,
    n_jobs=2,
)
maps = system["maps"].fit_transform(X)
late = clone(system[1:])


def fit(network, region):
    """Fit the steps after the maps."""
    settings = {
        "features__module": networks[network],
        "region__region": regions[region],
    }
    return clone(late).set_params(**settings).fit(maps.loc[train], y[train])


names = [(network, region) for network in networks for region in regions]
fitted = Parallel(n_jobs=1 if FULL else 2)(delayed(fit)(*name) for name in names)
models = {", ".join(name): model for name, model in zip(names, fitted, strict=True)}
validation = maps.loc[train].index[fitted[0]["predict"].validation_rows_]
parts = {"Validation": validation, "Test": test}

# %%
# Table 2: validation and test
# ----------------------------
# Accuracy has the Wald interval and the area DeLong's, both as the paper's
# "plus-minus"; other intervals are in `sknac.metrics`. The loss is the predictive
# network's weighted cross-entropy on the validation patients.
rows, scores = {}, {part: {} for part in parts}
for name, model in models.items():
    row = rows[name] = {}
    for part, patients in parts.items():
        score = model.predict_proba(maps.loc[patients])
        scores[part][name] = score[:, list(model.classes_).index(positive)]
        decisions = model.predict(maps.loc[patients])
        with warnings.catch_warnings():  # of rates whose interval is not shown
            warnings.filterwarnings("ignore", message="Wald's interval has no width")
            rates = confusion_rates(
                y[patients], decisions, pos_label=positive, method="wald"
            )
        wide = 50 * (rates.accuracy.high - rates.accuracy.low)
        row[part, "Acc (%)"] = f"{100 * rates.accuracy.estimate:.0f} ± {wide:.0f}"
        row[part, "Spec (%)"] = f"{100 * rates.specificity.estimate:.0f}"
        row[part, "Sen (%)"] = f"{100 * rates.sensitivity.estimate:.0f}"
    curve = model["predict"].training_curve_
    row["Validation", "Loss"] = f"{curve.loc[curve['kept'], 'valid_loss'].item():.2f}"
    area = auc_ci(y[test], scores["Test"][name], pos_label=positive, method="delong")
    row["Test", "AUC"] = f"{area.estimate:.2f} ± {(area.high - area.low) / 2:.2f}"
print(f"{len(validation)} validation patients, {len(test)} test patients;")
print(f"sensitivity counts {positive}; intervals of 95 %.\n")
print(pd.DataFrame(rows).T[["Validation", "Test"]].to_string())

# %%
# ROC curves on validation and test
# ---------------------------------
figure, axes = plt.subplots(1, 2, figsize=(12, 6), layout="constrained")
for ax, (part, patients) in zip(axes, parts.items(), strict=True):
    RocCIDisplay.from_predictions(
        y[patients],
        scores[part],
        pos_label=positive,
        n_resamples=200,
        random_state=0,
        ax=ax,
        plot_band=False,
    )
    ax.set_title(f"{part} (SIMULATED)")
plt.show()

# %%
# For your own data change these lines; the frame has a column of each patient's
# attenuation, and the first row of the other table is the phantom::
#
#     X = cohort_from_table("planes.csv", clinical="patients.csv")  # from sknac.cohort
#     scans = cohort_from_table("phantom.csv").iloc[0, 0].planes
#     y, reference = X.pop("response"), ReferencePhantom(scans, 0.5, 1540.0)
#
# Differences between four models on 50 patients are mostly chance: see the intervals.
