"""Benign against malignant on real B-mode images: a small network and a baseline.

Run ``python benchmarks/real_images.py --busbra DIR --breast-lesions DIR``, with the
folders of the public sets BUS-BRA and BrEaST-Lesions-USG (either may be left out).
Patients are cross-validated, five folds, five repeats; nothing is tuned. The two
sets are small, so intervals are wide: this shows that real images flow through,
and by how much both models beat chance.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.cohort import cohort_from_table
from sknac.features import MapStatistics
from sknac.metrics import auc_ci
from sknac.nets import PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper

SIZE = 48


def read_busbra(folder):
    """Read BUS-BRA: one or two images per patient."""
    table = pd.read_csv(folder / "bus_data.csv")
    table["path"] = "Images/" + table["ID"] + ".png"
    table["outline"] = "Masks/" + table["ID"].str.replace("bus", "mask") + ".png"
    table = table[[(folder / path).exists() for path in table["path"]]]
    return table["Case"], table["path"], table["outline"], table["Pathology"]


def read_breast_lesions(folder):
    """Read BrEaST-Lesions-USG: one image per patient."""
    table = pd.read_csv(folder / "clinical.csv")
    table = table[table["Classification"].isin(["benign", "malignant"])]
    images, masks = table["Image_filename"], table["Mask_tumor_filename"]
    return (
        table["CaseID"],
        "images/" + images,
        "images/" + masks,
        table["Classification"],
    )


def make_cohort(folder, read):
    """Build the cohort frame and the labels."""
    patient, path, outline, label = read(folder)
    rows = pd.DataFrame(
        {
            "patient_id": [f"P{number:04}" for number in patient],
            "visit": "pre",
            "path": list(path),
            "kind": "bmode",
            "outline": list(outline),
            "outline_units": "px_bmode",
        }
    )
    X = cohort_from_table(rows, root=folder)
    labels = pd.Series(list(label), index=rows["patient_id"])
    return X, labels.groupby(level=0).first().loc[X.index]


def models():
    """Yield names and pipelines; both see the same crops."""
    images = [ROICropper(), PlaneResizer(image_size=SIZE), MapScaler()]
    yield (
        f"ran_tiny, {SIZE} px",
        make_pipeline(
            *images,
            PlaneFeatureNet(
                module="ran_tiny",
                lr=3e-3,
                batch_size=16,
                max_epochs=20,
                max_shift=0.125,
                random_state=0,
                torch_threads=1,
            ),
        ),
    )
    yield (
        "MapStatistics + logistic regression",
        make_pipeline(
            *images,
            MapStatistics(),
            StandardScaler(),
            LogisticRegression(max_iter=1000),
        ),
    )


def main():
    """Cross-validate both models on each set and print the AUCs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--busbra", type=Path)
    parser.add_argument("--breast-lesions", type=Path)
    args = parser.parse_args()
    sets = {"BUS-BRA": (args.busbra, read_busbra)}
    sets["BrEaST-Lesions-USG"] = (args.breast_lesions, read_breast_lesions)
    for name, (folder, read) in sets.items():
        if folder is None:
            continue
        X, y = make_cohort(folder, read)
        n_images = sum(study.n_planes for study in X["us_pre"])
        counts = y.value_counts().to_dict()
        print(f"{name}: {len(X)} patients, {n_images} images, {counts}")
        for label, model in models():
            start = time.perf_counter()
            found = []
            for repeat in range(5):
                folds = StratifiedKFold(5, shuffle=True, random_state=repeat)
                proba = cross_val_predict(model, X, y, cv=folds, method="predict_proba")
                found.append(auc_ci(y, proba[:, 1], pos_label="malignant"))
            aucs = [auc.estimate for auc in found]
            seconds = time.perf_counter() - start
            print(f"  {label}: {found[0]}")
            print(
                f"    mean of 5 repeats {np.mean(aucs):.3f} ({min(aucs):.3f} to "
                f"{max(aucs):.3f}), {seconds:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
