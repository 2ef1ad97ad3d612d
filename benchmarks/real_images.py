"""Benign against malignant on real images: what shape, texture and networks bring.

    python benchmarks/real_images.py --busbra DIR [--breast-lesions DIR]
        [--encoder PACKAGE.CLASS --weights FILE] [--only NAME ...] [--repeats 5]
        [--patients N]

DIR are the folders of the public sets BUS-BRA and BrEaST-Lesions-USG; the encoder is
any module with its pretrained weights. Five folds by patient, repeated; every choice
(limits, components, penalties, epochs) is made inside the training folds, and the
settings below were written down before the first run. The models trained on all of the
first set are tested on the second. With ``--patients`` each repeat has so many of them,
drawn anew: what a model needs. Intervals are those of pooled out-of-fold scores,
averaged over the repeats: they leave out the spread of the training patients.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import time
import warnings
from importlib import import_module
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegressionCV
from sklearn.model_selection import StratifiedKFold, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from sknac.datasets import load_breast_lesions, load_busbra
from sknac.features import MapStatistics, OutlineShape, Texture
from sknac.metrics import auc_ci, calibration
from sknac.nets import Augmentation, EncoderFeatures, PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import RegionChannels, ROICropper, ROIMasker
from sknac.systems import make_bmode_response_pipeline

POSITIVE = "malignant"
MILD = {"rotate_deg": 10.0, "zoom": 0.1, "gain": 0.2, "gamma": 0.2}
TINY = {
    "module": "resnet_tiny",
    "lr": 3e-3,
    "batch_size": 16,
    "max_epochs": 40,
    "max_shift": 0.1,
    "random_state": 0,
    "torch_threads": 1,
}


def linear(*steps):
    """End a row of steps in a logistic regression; its penalty is chosen inside."""
    model = LogisticRegressionCV(
        Cs=np.logspace(-4, 1, 11), scoring="neg_log_loss", max_iter=2000
    )
    return make_pipeline(*steps, StandardScaler(), model)


def crops(side, *more):
    """Crop, add what is asked for, resize, scale."""
    return [ROICropper(), *more, PlaneResizer(image_size=side), MapScaler()]


def inside():
    """Statistics inside the outlined tumour."""
    return make_pipeline(ROIMasker(region="core"), MapStatistics())


def texture():
    """Texture inside the outlined tumour; spacing is unknown, and with it a margin."""
    return Texture(regions=["core"])


def models(encoder, weights, scaling, trained):
    """Yield names and pipelines; `scaling` and `trained` are of the encoder."""
    yield "statistics", linear(inside())
    yield "texture", linear(texture())
    yield "texture + statistics", linear(make_union(texture(), inside()))
    yield "shape", linear(OutlineShape())
    yield "network", make_pipeline(*crops(64), PlaneFeatureNet(**TINY))
    varied = PlaneFeatureNet(**TINY, augmentation=Augmentation(**MILD))
    yield "network, augmented", make_pipeline(*crops(64), varied)
    channels = crops(64, RegionChannels(regions=("core",)))
    yield "network + outline", make_pipeline(*channels, PlaneFeatureNet(**TINY))
    yield "network + outline, augmented", make_pipeline(*channels, clone(varied))
    own = {"columns": "us_scan", "margin_mm": None, "random_state": 0}
    yield "combined without encoder", make_bmode_response_pipeline(**own)
    if weights is None:
        return
    frozen = EncoderFeatures(
        encoder, weights=weights, normalise=scaling, torch_threads=1
    )
    yield "encoder, frozen", linear(*crops(128), frozen, PCA(32, random_state=0))
    tuned = PlaneFeatureNet(
        **TINY | {"module": resolve(encoder), "lr": 3e-4, "max_epochs": 3},
        module__weights=weights,
        module__normalise=scaling,
        trainable=trained,
    )
    yield "encoder, fine-tuned", make_pipeline(*crops(128), tuned)
    combined = make_bmode_response_pipeline(**own, encoder=encoder, weights=weights)
    combined.set_params(features__encoder__encode__normalise=scaling)
    yield "combined", combined


def resolve(encoder):
    """Import a class by its path; names of sknac's own networks stay."""
    module, _, name = encoder.rpartition(".")
    return getattr(import_module(module), name) if module else encoder


def judge(model, X, y, repeats, patients):
    """Cross-validate by patient; return the areas of the pooled scores."""
    found = []
    for repeat in range(repeats):
        part = y
        if patients:
            draw = {"train_size": patients, "stratify": y, "random_state": repeat}
            part, _ = train_test_split(y, **draw)
        folds = StratifiedKFold(5, shuffle=True, random_state=repeat)
        some = X.loc[part.index]
        proba = cross_val_predict(model, some, part, cv=folds, method="predict_proba")
        found.append(auc_ci(part, proba[:, 1], pos_label=POSITIVE))
    return found


def mean_of(found):
    """Write the mean of the repeats' areas and of their intervals."""
    means = [
        np.mean([getattr(f, k) for f in found]) for k in ("estimate", "low", "high")
    ]
    spread = np.std([f.estimate for f in found])
    return "{:.3f} [{:.3f}, {:.3f}]".format(*means) + f", SD of repeats {spread:.3f}"


def abroad(model, X, y, other):
    """Train on one set, test on another; return area and calibration."""
    proba = model.fit(X, y).predict_proba(other.X[["us_scan"]])[:, 1]
    area = auc_ci(other.y, proba, pos_label=POSITIVE)
    fit = calibration(other.y, proba, pos_label=POSITIVE)
    return f"{area.estimate:.3f} [{area.low:.3f}, {area.high:.3f}], {fit}"


def main():
    """Cross-validate every model and print its area, seconds and test elsewhere."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--busbra", type=Path, required=True)
    parser.add_argument("--breast-lesions", type=Path)
    parser.add_argument("--encoder", default="resnet18")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--scaling", type=float, nargs=2, help="mean and SD of input")
    parser.add_argument("--trained", default="last:2", help="blocks to fine-tune")
    parser.add_argument("--only", nargs="+")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--patients", type=int, help="of them in each repeat; all")
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # of few patients in one inner fold or another
    home = load_busbra(args.busbra)
    other = args.breast_lesions and load_breast_lesions(args.breast_lesions)
    X, y = home.X[["us_scan"]], home.y
    n = args.patients or len(X)
    print(f"{n} patients of {y.value_counts().to_dict()}, {args.repeats} x 5 folds")
    scaling = "imagenet" if args.scaling is None else tuple(args.scaling)
    for name, model in models(args.encoder, args.weights, scaling, args.trained):
        if args.only and name not in args.only:
            continue
        start = time.process_time()
        line = mean_of(judge(model, X, y, args.repeats, args.patients))
        print(f"{name}: {line}, {time.process_time() - start:.0f} CPU-s", flush=True)
        if other:
            n = len(other.y)
            print(f"    on {n} others: {abroad(model, X, y, other)}", flush=True)


if __name__ == "__main__":
    main()
