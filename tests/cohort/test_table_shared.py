"""One outline that several patients or visits have is said."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import re
import warnings

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import cohort_from_table

SIZE = (40, 60)
SCANS = [("P1", "pre"), ("P2", "pre"), ("P2", "post2")]


@pytest.fixture
def read(tmp_path, square):
    """Read a cohort of the scans above, whose outlines are given."""
    for n, (patient, visit) in enumerate(SCANS):
        folder = tmp_path / patient / visit
        folder.mkdir(parents=True)
        np.save(folder / "scan.npy", np.full((2, *SIZE), n, "uint8"))
    np.save(tmp_path / "mask.npy", square)
    np.save(tmp_path / "masks.npy", np.stack([square, square]))
    np.save(tmp_path / "labels.npy", square + np.roll(square, 20).astype("uint8") * 2)
    (tmp_path / "core.csv").write_text("row,column\n1,1\n1,9\n9,9\n")

    def build(outlines, frames=(0, 0, 0), labels=None):
        rows = [
            dict(zip(("patient_id", "visit", "outline", "frame"), row, strict=True))
            for row in (
                (*scan, outline, frame)
                for scan, outline, frame in zip(SCANS, outlines, frames, strict=True)
            )
        ]
        table = pd.DataFrame(rows).assign(kind="bmode", outline_units="px_bmode")
        table["path"] = [f"{patient}/{visit}/scan.npy" for patient, visit in SCANS]
        table["outline_label"] = labels
        return cohort_from_table(table, root=tmp_path, duplicates="ignore")

    return build


def annotate(folder, names, coco):
    """COCO's file with the same square on images of such names."""
    drawn = [(name, "tumour", [[17, 13, 27, 13, 27, 23, 17, 23]]) for name in names]
    (folder / "all.json").write_text(json.dumps(coco(*drawn, images=names, size=SIZE)))
    return ["all.json"] * len(SCANS)


@pytest.mark.parametrize("outline", ["mask.npy", "core.csv", "masks.npy"])
def test_a_file_of_several_patients_is_said(read, outline):
    said = "1 outlines are those of several .*row 0 .patient P1. and row 1 .patient P2."
    with pytest.warns(UserWarning, match=said):
        read([outline, outline, None])


def test_a_file_of_two_visits_is_said(read):
    with pytest.warns(UserWarning, match=r"of core.csv|core.csv, of row 1 .* row 2"):
        read([None, "core.csv", "mask.npy;core.csv"])


def test_images_of_one_name_in_a_file_of_many_are_said(read, tmp_path, coco):
    outlines = annotate(tmp_path, ("scan.npy", "other.npy", "third.npy"), coco)
    with pytest.warns(UserWarning, match=re.escape("'scan.npy' of all.json, of row 0")):
        read(outlines)


def test_files_of_many_outlines_are_not_one(read, tmp_path, coco):
    names = tuple(f"{patient}/{visit}/scan.npy" for patient, visit in SCANS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(annotate(tmp_path, names, coco))
        read(["masks.npy", "masks.npy", None], frames=(0, 1, 0))
        read(["labels.npy", "labels.npy", None], labels=["1", "2", None])
        read(["mask.npy", None, None])
