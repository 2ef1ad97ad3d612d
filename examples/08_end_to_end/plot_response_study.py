"""
A response study from end to end
================================

Both published systems are trained and tested on **simulated** cohorts: the QUS
system on raw RF before treatment, the stepwise system (DLRP) on B-mode images before
treatment, after two and after four courses. Beside each stands a control that was
trained on shuffled labels: whatever it finds is chance. The study ends as one HTML
file that can be mailed to a colleague.
"""

# %%
# The cohorts
# -----------
# Simulated, so the truth is known and nothing is anybody's. The networks are the
# small presets, which learn on a CPU in seconds; ``preset="paper"`` is for a GPU.
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from matplotlib.figure import Figure
from scipy.stats import sem
from sklearn.model_selection import train_test_split

from sknac.datasets import make_bmode_cohort, make_rf_cohort
from sknac.inspection import prediction_difference
from sknac.metrics import auc_ci
from sknac.qus import QUSMapDisplay
from sknac.report import StudyReport
from sknac.systems import DLRPClassifier, make_qus_response_pipeline

# sphinx_gallery_thumbnail_path = "images/study.jpg"
OUT = Path("build/study")
SEED = 0
start = time.perf_counter()


def tell(text):
    """Say what happens, with the seconds since the start."""
    print(f"[{time.perf_counter() - start:5.1f} s] {text}", flush=True)


print("ALL DATA IN THIS STUDY ARE SIMULATED. No number here is about patients.")
tell("simulating 120 patients with RF planes before treatment, and 130 with B-mode")
tell("images at three visits")
rf_settings = {
    "n_patients": 120,
    "n_planes": 2,
    "depth_mm": 25.0,
    "width_mm": 16.0,
    "prevalence": 0.4,
}
both = {"effect_size": 1.5, "random_state": SEED}
rf, bmode = Parallel(n_jobs=2)(
    [
        delayed(make_rf_cohort)(**rf_settings, **both),
        delayed(make_bmode_cohort)(n_patients=130, **both),
    ]
)

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
# network trained on noise may by luck rank patients far above or below 0.5: the AUC
# of one QUS control scatters with an SD of about 0.3, and the mean of six still with
# 0.12. So the gap to the system is told with its standard error; a mean that lies
# two of them above 0.5 asks for more controls. Each has a seed of its own: from the
# same first weights all would lean the same way. Maps know no labels, so the QUS
# controls share them; a DLRP control takes its thresholds from the training scores,
# one fit instead of six.
N_CONTROLS = 6


def qus(seed):
    """Assemble the QUS system."""
    return make_qus_response_pipeline(
        rf.reference,
        attenuation_db_cm_mhz="attenuation_db_cm_mhz",
        preset="tiny",
        cost_weight=1.5,
        random_state=seed,
    )


def dlrp(seed):
    """Assemble the stepwise system."""
    return DLRPClassifier(preset="tiny", random_state=seed)


X_rf, y_rf = rf.X.loc[rf_train], rf.y[rf_train]
X_bm, y_bm = bmode.X.loc[bm_train], bmode.y[bm_train]
X_rf_test, y_rf_test = rf.X.loc[rf_test], rf.y[rf_test]
X_bm_test, y_bm_test = bmode.X.loc[bm_test], bmode.y[bm_test]
# Maps, region, size and scale are the first four steps.
steps = qus(SEED)[:4]
maps, maps_test = steps.fit_transform(X_rf), steps.transform(X_rf_test)


def train(name, model, X, y):
    """Fit a system."""
    return name, model.fit(X, y)


def qus_control(name, model, X, y, X_test, y_test):
    """Fit the networks to shuffled labels; return their AUC on the test."""
    score = model.fit(X, y).predict_proba(X_test)[:, 0]  # classes_[0]: non-response
    return name, {"QUS": area_of_noise(y_test, score, "non-response")}


def area_of_noise(y, score, pos_label):
    """Return an AUC that may lie below 0.5 by chance, of which auc_ci warns."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The area")
        return auc_ci(y, score, pos_label=pos_label).estimate


def dlrp_control(name, model, X, y, X_test, y_test):
    """Fit a cascade to shuffled labels; return its AUC, and that of each stage."""
    with warnings.catch_warnings():  # on noise the best cut is often a trivial one
        warnings.filterwarnings("ignore", message="The threshold for weight")
        model.fit(X, y)
    scores = {"DLRP": model.decision_function(X_test)}
    for stage, alone, columns in model.stages_:
        scores[stage] = alone.predict_proba(X_test.iloc[:, columns])[:, 1]
    return name, {k: area_of_noise(y_test, s, "response") for k, s in scores.items()}


rng = np.random.default_rng(SEED)
jobs = [
    delayed(train)("DLRP", dlrp(SEED), X_bm, y_bm),
    delayed(train)("QUS", qus(SEED), X_rf, y_rf),
]
for i in range(1, N_CONTROLS + 1):
    nets, labels = qus(SEED + i)[4:], rng.permutation(y_rf)
    data = (maps, labels, maps_test, y_rf_test)
    jobs.append(delayed(qus_control)(f"QUS, shuffled {i}", nets, *data))
    cascade = dlrp(SEED + i)
    cascade.set_params(dlr2__cv="resubstitution", dlr4__cv="resubstitution")
    data = (X_bm, rng.permutation(y_bm), X_bm_test, y_bm_test)
    jobs.append(delayed(dlrp_control)(f"DLRP, shuffled {i}", cascade, *data))

tell(f"training 2 systems and {2 * N_CONTROLS} controls, two at a time")
fitted = {}
for name, model in Parallel(n_jobs=2, return_as="generator_unordered")(jobs):
    fitted[name] = model
    tell(f"{len(fitted):2} of {len(jobs)}: trained {name}")

# %%
# The study as a report
# ---------------------
# Everything is measured on the patients kept for the test, with intervals. Another
# class is the positive one in each system, as in the papers: the QUS system looks for
# non-response, the DLRP for response. The cascade stands beside each of its stages
# alone: what it gains is time, not accuracy. As in the papers, decisions are explained
# by prediction differences (QUS) and by Grad-CAM (DLRP).
tell("testing both systems and explaining a few decisions")
study = StudyReport(
    "Response to chemotherapy from ultrasound: a simulated study",
    synthetic=True,
    data="120 patients with RF planes and 130 others with B-mode images, simulated "
    "with a strong effect of the response on the tissue.",
    intended_use="To show a study from end to end, and what a report looks like.",
    limits=[
        "One split of one cohort.",
        "Networks far smaller than the published ones.",
    ],
    seeds={
        "cohorts, split, networks and labels": SEED,
        "networks of the controls": f"{SEED + 1} to {SEED + N_CONTROLS}",
    },
)
study.add_estimator(
    "QUS",
    fitted["QUS"],
    X_rf_test,
    y_rf_test,
    pos_label="non-response",
    X_train=X_rf,
    y_train=y_rf,
)
shown = [y_rf_test.eq(label).idxmax() for label in ("response", "non-response")]
differences = prediction_difference(
    fitted["QUS"], X_rf_test.loc[shown], patch=4, stride=2
)
study.add_maps("QUS", differences, title="Prediction difference, 4 x 4 pixels")
study.add_estimator(
    "DLRP",
    fitted["DLRP"],
    X_bm_test,
    y_bm_test,
    pos_label="response",
    X_train=X_bm,
    y_train=y_bm,
    # The last layer's maps of so small an image have a single pixel.
    attribution={"layer": "encoders.0.backbone.layer2"},
)
study.add_subgroups("QUS", ["subtype"]).add_subgroups("DLRP", ["subtype"])
outcome = rf.survival.loc[rf_test]
study.add_survival("QUS", outcome["time_years"], outcome["event"], time_label="years")

# %%
# The controls
# ------------
# A control has seen the same patients under shuffled labels: whatever it finds on
# the test is luck.
controls = [found for name, found in fitted.items() if "shuffled" in name]
results = {part["name"]: part["results"] for part in study.to_dict()["systems"]}
rows = {}
for name in ("QUS", "dlr2", "dlr4", "DLRP"):
    found = results["QUS" if name == "QUS" else "DLRP"]["roc"]["test"][name]
    area, chance = found["auc"], np.array([c[name] for c in controls if name in c])
    rows[name] = {
        "positive class": area["pos_label"],
        "n": str(area["n"]),
        "AUC": f"{area['estimate']:.2f} [{area['low']:.2f}, {area['high']:.2f}]",
        "AUC, labels shuffled": f"{chance.mean():.2f}, SD {chance.std(ddof=1):.2f} "
        f"({chance.min():.2f} to {chance.max():.2f})",
        "gap": f"{area['estimate'] - chance.mean():.2f}, SE {sem(chance):.2f}",
    }
table = pd.DataFrame.from_dict(rows, orient="index")
about = f"Shuffled: mean, SD and range of {N_CONTROLS} controls; SE: of their mean."
print("\nSIMULATED DATA, patients kept for the test. Brackets: 95 % intervals (DeLong,")
print("logit). The DLRP's AUC is that of the cascade's banded score.")
print(f"{about}\n")
print(table.to_string(), "\n")
for name, models in {"QUS": ["QUS"], "DLRP": ["dlr2", "dlr4", "DLRP"]}.items():
    caption = "Systems beside controls trained on shuffled labels, test patients"
    study.add_table(name, caption, table.loc[models].iloc[:, 1:], note=about)

# %%
# Maps of one responder and one non-responder
# -------------------------------------------
maps = fitted["QUS"]["maps"].transform(rf.X.loc[shown])
figure = Figure(figsize=(12, 8), layout="constrained")
limits = fitted["QUS"]["scale"]
for row, patient in zip(figure.subplots(2, 4), shown, strict=True):
    plane = maps.at[patient, "us_pre"].planes[0]
    raw = rf.X.at[patient, "us_pre"].planes[0]
    for ax, channel, low, high in zip(
        row, plane.channels, limits.low_, limits.high_, strict=True
    ):
        look = {"vmin": low, "vmax": high}
        QUSMapDisplay.from_plane(plane, channel, background=raw, ax=ax, map_kwargs=look)
        ax.set_title(f"{channel.upper()}: {rf.y[patient]}")
        ax.set_ylabel("depth (mm)" if ax is row[0] else "")
figure.suptitle("QUS maps over B-mode, SIMULATED; the tumour core is outlined")
alt = "Four QUS maps over B-mode of a responder (top) and a non-responder (bottom)."
study.add_figure("QUS", "QUS maps of a responder and a non-responder", figure, alt=alt)

# %%
# One file to read, one of numbers, and the figures
# -------------------------------------------------
tell("writing the report")
path = study.save(OUT, overwrite=True)
tell(f"{path.stat().st_size / 1e6:.1f} MB; all numbers in {OUT / 'report.json'}")

# %%
# For your own cohort, build the frame with ``cohort_from_table``, name the column with
# the tissue's attenuation or give one number, take ``preset="paper"`` on a GPU, and
# keep the shuffled control: it is the cheapest check that nothing leaks.
print(path)
