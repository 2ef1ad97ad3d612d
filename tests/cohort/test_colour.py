"""Colour that became grey is told."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sknac.cohort import ArrayRef, Plane, Study, cohort_summary


@pytest.fixture
def cohort(tmp_path):
    """Write a frame of screens, each with so many coloured pixels of 40 x 50."""

    def cohort(*counts, suffix="png"):
        studies = []
        for k, count in enumerate(counts):
            screen = np.full((40, 50, 3), 80 + k, "uint8")
            screen.reshape(-1, 3)[:count] = 200, 40, 40
            path = tmp_path / f"{k}.{suffix}"
            Image.fromarray(screen).save(path)
            studies.append(Study([Plane(ArrayRef.from_file(path), "bmode")]))
        names = pd.Index([f"P{k}" for k in range(len(studies))], name="patient_id")
        return pd.DataFrame({"us_pre": studies}, index=names)

    return cohort


def test_summary_tells_the_share_of_coloured_pixels(cohort):
    remarks = cohort_summary(cohort(0, 500, 20)).remarks
    assert (
        "2 of 3 planes hold colour that became grey (Doppler, calipers, a logo), up to "
        "25.0% of the pixels: patient P1, visit pre"
    ) in remarks


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "gif", "jpg"])
def test_grey_screens_saved_in_colour_are_not_told(cohort, suffix):
    remarks = cohort_summary(cohort(0, 0, suffix=suffix)).remarks
    assert not any("colour" in remark for remark in remarks)


def test_arrays_and_files_without_colour_have_none(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(8))
    planes = [
        Plane(np.eye(9), "bmode"),
        Plane(ArrayRef.from_file(tmp_path / "a.npy"), "bmode"),
    ]
    X = pd.DataFrame({"us_pre": [Study(planes)]}, index=["P1"])
    assert not any("colour" in remark for remark in cohort_summary(X).remarks)


def test_no_pixel_is_read_where_pixels_are_not_asked_for(cohort):
    remarks = cohort_summary(cohort(500), pixels=False, n_thumbnails=0).remarks
    assert not any("colour" in remark for remark in remarks)
