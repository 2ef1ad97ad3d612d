"""
Your own images: from a folder and a CSV to a cross-validated AUC
=================================================================

A folder of B-mode images, one mask of the tumour for each, and a CSV with one row
per image become a cohort frame with one row per patient. A small network is then
judged by patient-wise cross-validation: no patient is in two folds, however many
images she has. Without arguments the folder is written from **simulated** images.

With your own data::

    python examples/01_data/plot_own_images.py --table bus_data.csv \\
        --patient Case --label Pathology --pos-label malignant \\
        --image "Images/{ID}.png" --mask "Masks/mask_{Case:04d}-{Side:.1}.png"

The patterns are filled from the columns of each row, as Python's ``str.format``
does; paths start at the CSV's folder. Of a public set the folder will do::

    python examples/01_data/plot_own_images.py --folder BUSBRA
"""

# %%
# Where the images are
# --------------------
# Every argument has a default that fits the simulated folder.
import argparse
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from PIL import Image
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline

from sknac.cohort import cohort_from_table, planes_table
from sknac.datasets import (
    load_breast_lesions,
    load_busbra,
    load_busi,
    make_bmode_cohort,
)
from sknac.metrics import RocCIDisplay, cv_auc_ci
from sknac.nets import PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper

parser = argparse.ArgumentParser()
parser.add_argument("--folder", type=Path, help="of BUS-BRA, BrEaST or BUSI")
parser.add_argument("--table", type=Path, help="CSV with one row per image")
parser.add_argument("--patient", default="patient", help="column of the patient")
parser.add_argument("--label", default="response", help="column of the label")
parser.add_argument("--pos-label", default="response", help="positive class")
parser.add_argument("--image", default="{file}", help="pattern of image paths")
parser.add_argument("--mask", default="{mask}", help="pattern of mask paths")
parser.add_argument("--out", type=Path, default=Path("build/own_images"))
parser.add_argument("--folds", type=int, default=5)
args, _ = parser.parse_known_args()

# %%
# Without a table, a simulated folder
# -----------------------------------
# Images after four courses of treatment, in which responders' tumours have changed.
simulated = args.table is None and args.folder is None
if simulated:
    folder = Path(tempfile.mkdtemp())
    cohort = make_bmode_cohort(n_patients=80, random_state=0)
    rows = []
    for patient, study in cohort.X["us_post4"].items():
        for number, plane in enumerate(study.planes):
            name = f"{patient}_{number}.png"
            Image.fromarray(plane.load()).save(folder / name)
            mask = np.uint8(255) * plane.core_mask()
            Image.fromarray(mask).save(folder / f"mask_{name}")
            rows.append((patient, cohort.y[patient], name, f"mask_{name}"))
    args.table = folder / "images.csv"
    columns = ["patient", "response", "file", "mask"]
    pd.DataFrame(rows, columns=columns).to_csv(args.table, index=False)
print("SIMULATED images" if simulated else f"images of {args.folder or args.table}")

# %%
# One row per image becomes one row per patient
# ---------------------------------------------
# Every other column of the table would be taken as clinical and must be constant
# for a patient; here only the label is kept. The pixel size is unknown, so the
# crops below are measured in pixels.
unit = "patient"
if args.folder is None:
    images = pd.read_csv(args.table)
    fill = images.to_dict("records")
    table = pd.DataFrame(
        {
            "patient_id": images[args.patient].astype(str),
            "visit": "scan",
            "kind": "bmode",
            "path": [args.image.format(**row) for row in fill],
            "outline": [args.mask.format(**row) for row in fill],
            "outline_units": "px_bmode",
            "label": images[args.label],
        }
    )
    X = cohort_from_table(table, root=args.table.parent)
    y = X.pop("label")
else:
    # Each set is known by a file or folder of its own.
    known = {"bus_data.csv": load_busbra, "benign": load_busi}
    load = next(
        (known[name] for name in known if (args.folder / name).exists()),
        load_breast_lesions,
    )
    public = load(args.folder)
    print(public.DESCR)
    X, args.pos_label = public.X[["us_scan"]], public.pos_label
    if "duplicates" in public:  # BUSI names no patients, and has images twice
        unit, twice = "image", public.duplicates
        contradicted = twice.loc[twice["both_classes"], "same_as"]
        X = X.drop(index=[*twice["name"], *contradicted])
    y = public.y.loc[X.index]
planes = planes_table(X)
print(f"{len(X)} {unit}s, {len(planes)} planes; {y.value_counts().to_dict()}")

# %%
# Patient-wise cross-validation
# -----------------------------
# Crop to the tumour and its border, resize, scale by the training fold's limits,
# and train a small network on the images. A patient's score is the mean of her
# images' scores.
model = make_pipeline(
    ROICropper(border_share=0.25),
    PlaneResizer(image_size=32),
    MapScaler(),
    PlaneFeatureNet(
        module="resnet_tiny",
        lr=3e-3,
        batch_size=16,
        max_epochs=30,
        max_shift=0.1,
        random_state=0,
    ),
)
folds = StratifiedKFold(args.folds, shuffle=True, random_state=0)
kept = {"return_estimator": True, "return_indices": True}
found = cross_validate(model, X, y, cv=folds, n_jobs=2, **kept)
auc = cv_auc_ci(y, found, X=X, pos_label=args.pos_label)
print(
    f"AUC {auc.estimate:.3f} (95 % interval {auc.low:.3f} to {auc.high:.3f}, "
    f"{auc.method}), positive class {args.pos_label!r}, unit: {unit}"
)

# %%
# What it looks like
# ------------------
figure, axes = plt.subplot_mosaic(
    [["roc", "a", "b"], ["roc", "c", "d"]], figsize=(9, 4.5), layout="constrained"
)
RocCIDisplay.from_cv_results(
    found,
    X,
    y,
    pos_label=args.pos_label,
    name=f"network, by {unit}",
    random_state=0,
    ax=axes["roc"],
)
name = (args.folder or args.table).resolve().stem
axes["roc"].set_title("Simulated images" if simulated else name)
crops = ROICropper(border_share=0.25).fit_transform(X)
shown = [y.index[y == label][i] for label in sorted(y.unique()) for i in (0, 1)]
for patient, spot in zip(shown, "abcd", strict=True):
    axes[spot].imshow(crops.at[patient, "us_scan"].planes[0].load(), cmap="gray")
    axes[spot].set(title=f"{patient}: {y[patient]}", xticks=[], yticks=[])
args.out.mkdir(parents=True, exist_ok=True)
figure.savefig(args.out / "own_images.png", dpi=120)
print(f"figure: {args.out / 'own_images.png'}")

# %%
# For your own data, name the columns and patterns as in the first paragraph. If you
# know the pixel size, add columns ``spacing_axial_mm`` and ``spacing_lateral_mm`` to
# the table: crops are then square in mm, and borders can be given in mm
# (:ref:`sphx_glr_examples_01_data_plot_size_in_mm.py`).
