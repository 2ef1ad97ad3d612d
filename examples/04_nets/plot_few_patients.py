"""
B-mode images of few patients: shape, texture, and a network that sees the outline
==================================================================================

With some hundred patients, numbers that somebody thought of often beat a network that
starts from nothing. Four models are cross-validated by patient on the same crops:
statistics of the grey values, shape and texture of the tumour, a small network, and
the same network with the outline as a second channel. The images are **simulated**;
on BUS-BRA the guide tells what came out.

With a public set, or weights of an encoder of yours::

    python examples/04_nets/plot_few_patients.py --busbra BUSBRA
    python examples/04_nets/plot_few_patients.py --weights resnet18.safetensors
"""

# %%
import argparse
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.datasets import load_busbra, make_bmode_cohort
from sknac.features import MapStatistics
from sknac.metrics import cv_auc_ci
from sknac.nets import Augmentation, PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import RegionChannels, ROICropper, ROIMasker
from sknac.systems import make_bmode_response_pipeline

parser = argparse.ArgumentParser()
parser.add_argument("--busbra", type=Path, help="folder of BUS-BRA")
parser.add_argument("--weights", type=Path, help="file of a ResNet-18's weights")
parser.add_argument("--out", type=Path, default=Path("build/few_patients"))
args, _ = parser.parse_known_args()

if args.busbra:
    cohort = load_busbra(args.busbra)
    column, positive, margin_mm = "us_scan", cohort.pos_label, None
else:
    cohort = make_bmode_cohort(n_patients=80, random_state=0)
    column, positive, margin_mm = "us_post2", "response", 5.0
X, y = cohort.X[[column]], cohort.y
print(f"{len(X)} patients, {y.value_counts().to_dict()}, positive: {positive}")

# %%
# Numbers that somebody thought of
# --------------------------------
# Statistics of the grey values inside the tumour, and the pipeline of shape and texture
# (with an encoder's features, if its weights are given). Whatever these steps learn,
# limits of grey levels or components, they learn in each training fold.
numbers = make_pipeline(
    ROIMasker(region="core"),
    MapStatistics(),
    StandardScaler(),
    LogisticRegression(C=0.1, max_iter=1000),
)
combined = make_bmode_response_pipeline(
    columns=column,
    encoder="resnet18" if args.weights else None,
    weights=args.weights,
    margin_mm=margin_mm,
    random_state=0,
)

# %%
# A network, and one that is shown the outline
# --------------------------------------------
# Rotation, zoom and brightness change a little in every epoch; the outline's channel
# moves with the image and keeps its values.
net = PlaneFeatureNet(
    module="resnet_tiny",
    lr=3e-3,
    batch_size=16,
    max_epochs=20,
    max_shift=0.1,
    augmentation=Augmentation(rotate_deg=10.0, zoom=0.1, gain=0.2),
    random_state=0,
)
images = make_pipeline(ROICropper(), PlaneResizer(image_size=48), MapScaler(), net)
outlined = make_pipeline(
    ROICropper(),
    RegionChannels(regions=("core",)),
    PlaneResizer(image_size=48),
    MapScaler(),
    net,
)

# %%
# Cross-validated by patient
# --------------------------
models = {
    "grey values inside": numbers,
    "shape and texture": combined,
    "network": images,
    "network, with outline": outlined,
}
folds = StratifiedKFold(5, shuffle=True, random_state=0)
kept = {"return_estimator": True, "return_indices": True}
areas = {}
for name, model in models.items():
    found = cross_validate(model, X, y, cv=folds, n_jobs=2, **kept)
    areas[name] = cv_auc_ci(y, found, X=X, pos_label=positive)
    print(f"{name}: {areas[name]}")

# %%
figure, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
for row, found in enumerate(areas.values()):
    ax.plot([found.low, found.high], [row, row], color="0.4")
    ax.plot(found.estimate, row, "o", color="C0")
ax.axvline(0.5, color="0.7", linestyle=":")
ax.set_yticks(range(len(areas)), areas)
ax.invert_yaxis()
ax.set_xlabel(f"AUC, 5 folds, {len(X)} patients, positive: {positive}")
ax.set_title("BUS-BRA" if args.busbra else "Simulated images")
args.out.mkdir(parents=True, exist_ok=True)
figure.savefig(args.out / "few_patients.png", dpi=120)
print(f"figure: {args.out / 'few_patients.png'}")
