"""
A response study from end to end
================================

Both published systems are trained and tested on **simulated** cohorts: the QUS
system on raw RF before treatment, the stepwise system (DLRP) on B-mode images before
treatment, after two and after four courses. Beside each stands a control that was
trained on shuffled labels: whatever it finds is chance.
"""

# %%
# The cohorts
# -----------
# Simulated, so the truth is known and nothing is anybody's. The networks are the
# small presets, which learn on a CPU in seconds; ``preset="paper"`` is for a GPU.
import json
import time
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from sknac.datasets import make_bmode_cohort, make_rf_cohort
from sknac.decision import StageFlowDisplay, stage_flow
from sknac.metrics import RocCIDisplay, auc_ci, confusion_rates, delong_test
from sknac.qus import QUSMapDisplay
from sknac.survival import KaplanMeierDisplay, kaplan_meier
from sknac.systems import DLRPClassifier, make_qus_response_pipeline
from sknac.utils import versions

OUT = Path("build/study")
SEED = 0
start = time.perf_counter()


def report(text):
    """Say what happens, with the seconds since the start."""
    print(f"[{time.perf_counter() - start:5.1f} s] {text}", flush=True)


print("ALL DATA IN THIS STUDY ARE SIMULATED. No number here is about patients.")
report("simulating 120 patients with RF planes before treatment")
rf = make_rf_cohort(
    n_patients=120,
    n_planes=2,
    depth_mm=25.0,
    width_mm=16.0,
    prevalence=0.4,
    effect_size=1.5,
    n_jobs=2,
    random_state=SEED,
)
report("simulating 130 patients with B-mode images at three visits")
bmode = make_bmode_cohort(n_patients=130, effect_size=1.5, random_state=SEED)

# %%
# Patients are split, never images
# --------------------------------
# A third of the patients, stratified, is kept for the test. A cohort frame has one
# row per patient, so scikit-learn's own function does it.
split = {"test_size": 1 / 3, "random_state": SEED}
rf_train, rf_test = train_test_split(rf.X.index, stratify=rf.y, **split)
bm_train, bm_test = train_test_split(bmode.X.index, stratify=bmode.y, **split)

# %%
# Two systems and their controls
# ------------------------------
# The attenuation of each patient's tissue is a column of the frame: a choice that
# the QUS system makes explicit. A strong effect lies along one direction, so that a
# network trained on noise may by luck rank patients far above or below 0.5: each
# system has six controls, and their mean counts. A control takes its thresholds
# from the training scores, one fit instead of six; only its AUC is reported.
N_CONTROLS = 6
qus = make_qus_response_pipeline(
    rf.reference,
    attenuation_db_cm_mhz="attenuation_db_cm_mhz",
    preset="tiny",
    cost_weight=1.5,
    random_state=SEED,
).set_params(features__torch_threads=1, predict__torch_threads=1)
dlrp = DLRPClassifier(preset="tiny", random_state=SEED).set_params(
    dlr2__estimator__dlr__torch_threads=1, dlr4__estimator__dlr__torch_threads=1
)
dlrp_control = clone(dlrp).set_params(
    dlr2__cv="resubstitution", dlr4__cv="resubstitution"
)
rng = np.random.default_rng(SEED)
X_rf, y_rf = rf.X.loc[rf_train], rf.y[rf_train]
X_bm, y_bm = bmode.X.loc[bm_train], bmode.y[bm_train]
jobs = {"DLRP": (dlrp, X_bm, y_bm), "QUS": (qus, X_rf, y_rf)}
for i in range(1, N_CONTROLS + 1):
    jobs[f"QUS, shuffled {i}"] = (qus, X_rf, rng.permutation(y_rf))
    jobs[f"DLRP, shuffled {i}"] = (dlrp_control, X_bm, rng.permutation(y_bm))


def fit(name, model, X, y):
    """Fit a fresh copy of a system."""
    with warnings.catch_warnings():
        if "shuffled" in name:  # on noise the best cut is often a trivial one
            warnings.filterwarnings("ignore", message="The threshold for weight")
        return name, clone(model).fit(X, y)


report(f"training 2 systems and {2 * N_CONTROLS} controls, two at a time")
fitted = {}
tasks = (delayed(fit)(name, *job) for name, job in jobs.items())
for name, model in Parallel(n_jobs=2, return_as="generator_unordered")(tasks):
    fitted[name] = model
    report(f"{len(fitted):2} of {len(jobs)}: trained {name}")

# %%
# Every number, on the patients kept for the test
# -----------------------------------------------
# Sensitivity counts another class in each system, as in the papers: the QUS system
# looks for non-response, the DLRP for response. Each stage stands alone beside the
# cascade: what the cascade gains is time, not accuracy.
POSITIVE = {"QUS": "non-response", "DLRP": "response"}
scores, decisions = {}, {}
for name, model in fitted.items():
    system, _, control = name.partition(",")
    X = rf.X.loc[rf_test] if system == "QUS" else bmode.X.loc[bm_test]
    positive = list(model.classes_).index(POSITIVE[system])
    if system == "QUS":
        scores[name] = model.predict_proba(X)[:, positive]
    else:
        scores[name] = model.decision_function(X)
        for stage, alone, columns in model.stages_:
            part = {"dlr2": "DLR-2", "dlr4": "DLR-4"}[stage] + name[len(system) :]
            scores[part] = alone.predict_proba(X.iloc[:, columns])[:, positive]
            decisions[part] = alone.predict(X.iloc[:, columns])
    decisions[name] = model.predict(X)

rows = []
for name in ("QUS", "DLR-2", "DLR-4", "DLRP"):
    positive = POSITIVE["QUS" if name == "QUS" else "DLRP"]
    y = rf.y[rf_test] if name == "QUS" else bmode.y[bm_test]
    auc = auc_ci(y, scores[name], pos_label=positive)
    rates = confusion_rates(y, decisions[name], pos_label=positive)
    controls = [
        auc_ci(y, scores[f"{name}, shuffled {i}"], pos_label=positive).estimate
        for i in range(1, N_CONTROLS + 1)
    ]
    row = {"model": name, "positive class": positive, "n": len(y)}
    for label, value in {
        "AUC": auc,
        "sensitivity": rates.sensitivity,
        "specificity": rates.specificity,
        "PPV": rates.ppv,
        "NPV": rates.npv,
    }.items():
        row |= {label: value.estimate, f"{label} low": value.low}
        row |= {f"{label} high": value.high}
    row["shuffled AUCs"] = controls
    row["gap"] = auc.estimate - np.mean(controls)
    rows.append(row)
numbers = pd.DataFrame(rows).set_index("model")

table = numbers[["positive class", "n"]].copy()
for label in ("AUC", "sensitivity", "specificity", "PPV", "NPV"):
    cells = numbers[[label, f"{label} low", f"{label} high"]].to_numpy()
    table[label] = [f"{a:.2f} [{b:.2f}, {c:.2f}]" for a, b, c in cells]
table["AUC, labels shuffled"] = [
    f"{np.mean(aucs):.2f} ({min(aucs):.2f} to {max(aucs):.2f})"
    for aucs in numbers["shuffled AUCs"]
]
print("\nSIMULATED DATA, patients kept for the test. Brackets: 95 % intervals (AUC:")
print("DeLong on the logit; rates: Wilson). Sensitivity counts the positive class. The")
print("DLRP's AUC is that of the cascade's banded score. Shuffled: mean and range of")
print(f"{N_CONTROLS} controls.\n")
print(table.T.to_string())

# %%
# The cascade, beside each stage alone
# ------------------------------------
# Patients whom stage one calls non-responders stop after two courses.
cascade, X, y = fitted["DLRP"], bmode.X.loc[bm_test], bmode.y[bm_test]
flow = stage_flow(
    y, cascade.predict_each(X), stop_label="non-response", pos_label="response"
)
print("\nCascade of the DLRP: patients by stage, action and true class (simulated)\n")
print(flow.counts.to_string())
paired = delong_test(y, scores["DLR-2"], scores["DLR-4"], pos_label="response")
print(f"\nDLR-2 against DLR-4: {paired}")

# %%
# Survival by the QUS system's prediction
# ---------------------------------------
outcome = rf.survival.loc[rf_test]
survival = kaplan_meier(
    outcome["time_years"], outcome["event"], decisions["QUS"], at_risk_times=range(11)
)
print(f"\nSurvival by predicted class (simulated): {survival.logrank}")

# %%
# Maps of one responder and one non-responder
# -------------------------------------------
OUT.mkdir(parents=True, exist_ok=True)
shown = [rf.y[rf_test].eq(label).idxmax() for label in ("response", "non-response")]
maps = fitted["QUS"]["maps"].transform(rf.X.loc[shown])
figure, axes = plt.subplots(2, 4, figsize=(11, 8), layout="constrained")
limits = fitted["QUS"]["scale"]
for row, patient in zip(axes, shown, strict=True):
    plane = maps.at[patient, "us_pre"].planes[0]
    raw = rf.X.at[patient, "us_pre"].planes[0]
    for ax, channel, low, high in zip(
        row, plane.channels, limits.low_, limits.high_, strict=True
    ):
        QUSMapDisplay.from_plane(
            plane,
            channel,
            background=raw,
            ax=ax,
            map_kwargs={"vmin": low, "vmax": high},
        )
        ax.set_title(f"{channel.upper()}: {rf.y[patient]}")
figure.suptitle("QUS maps over B-mode, SIMULATED; the tumour core is outlined")
figure.savefig(OUT / "qus_maps.png", dpi=110)

# %%
# ROC curves, cascade and survival
# --------------------------------
figure, axes = plt.subplots(2, 2, figsize=(11, 9), layout="constrained")
RocCIDisplay.from_predictions(
    rf.y[rf_test],
    {name: scores[name] for name in ("QUS", "QUS, shuffled 1")},
    pos_label="non-response",
    random_state=SEED,
    ax=axes[0, 0],
)
axes[0, 0].set_title("QUS system before treatment (simulated)")
RocCIDisplay.from_predictions(
    y,
    {name: scores[name] for name in ("DLR-2", "DLR-4", "DLR-4, shuffled 1")},
    pos_label="response",
    random_state=SEED,
    ax=axes[0, 1],
)
axes[0, 1].set_title("Networks of the DLRP (simulated)")
StageFlowDisplay(flow=flow).plot(axes[1, 0])
axes[1, 0].set_title("Cascade of the DLRP (simulated)")
KaplanMeierDisplay(result=survival).plot(axes[1, 1], time_label="years")
axes[1, 1].set_title("Survival by the QUS prediction (simulated)")
figure.savefig(OUT / "study.png", dpi=110)

# %%
# Every number, for other programs
# --------------------------------
content = {
    "data": "SIMULATED",
    "unit": "patient",
    "seed": SEED,
    "seconds": time.perf_counter() - start,
    "patients": {
        "QUS": {"train": len(rf_train), "test": len(rf_test)},
        "DLRP": {"train": len(bm_train), "test": len(bm_test)},
    },
    "positive_class": POSITIVE,
    "models": numbers.reset_index().to_dict("records"),
    "thresholds": {name: est.threshold_ for name, est, _ in cascade.stages_},
    "cascade": flow.counts.reset_index().to_dict("records"),
    "stages_alone": flow.to_frame().reset_index().to_dict("records"),
    "delong_dlr2_dlr4": paired.to_dict(),
    "logrank": {
        "statistic": survival.logrank.statistic,
        "pvalue": survival.logrank.pvalue,
    },
    "survival": survival.to_frame().to_dict("records"),
    "versions": versions(),
}
(OUT / "study.json").write_text(json.dumps(content, indent=1, default=str))
report(f"figures and numbers are in {OUT}/")

# %%
# For your own cohort, build the frame with ``cohort_from_table``, name the column with
# the tissue's attenuation or give one number, take ``preset="paper"`` on a GPU, and
# keep the shuffled control: it is the cheapest check that nothing leaks.
