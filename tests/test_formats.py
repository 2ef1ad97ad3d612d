"""Formats together: a cohort goes out in one and comes back in another."""

import json

import numpy as np
import pytest

from sknac.cohort import cohort_from_folder, cohort_from_table, pack_cohort
from sknac.cohort.planes import list_planes
from sknac.datasets import make_bmode_cohort

sitk = pytest.importorskip("SimpleITK")

COLUMNS = ["us_pre", "us_post2", "us_post4"]


@pytest.fixture(scope="module")
def cohort():
    """Four patients at three visits, of whom some miss one."""
    made = make_bmode_cohort(4, n_planes=(1, 2), missing_rate=0.3, random_state=5)
    return made.X


def write_nrrd(path, pixels, spacing_mm):
    image = sitk.GetImageFromArray(pixels)
    image.SetSpacing(spacing_mm[::-1])
    sitk.WriteImage(image, str(path))


def write_labelme(path, plane):
    """Write a core as LabelMe does: (x, y) from the corner of the first pixel."""
    rows, columns = plane.grid.to_index(plane.core.vertices).T
    points = np.column_stack([columns, rows]) + 0.5
    height, width = plane.image.shape
    shape = {"label": "tumour", "shape_type": "polygon", "points": points.tolist()}
    said = {"imagePath": f"{path.stem}.nrrd", "shapes": [shape]}
    path.write_text(json.dumps({**said, "imageHeight": height, "imageWidth": width}))


def planes_of(X):
    return {
        (at.patient, at.column, at.number): at.plane for at in list_planes(X, COLUMNS)
    }


def test_nrrd_and_labelme_give_back_pixels_spacing_and_outlines(cohort, tmp_path):
    planes = planes_of(cohort)
    for (patient, column, number), plane in planes.items():
        folder = tmp_path / patient / column.removeprefix("us_")
        folder.mkdir(parents=True, exist_ok=True)
        write_nrrd(folder / f"{number}.nrrd", plane.load(), plane.spacing_mm)
        write_labelme(folder / f"{number}.json", plane)
    where = "{patient_id}/{visit}/*"
    table = cohort_from_folder(
        f"{where}.nrrd", outline=f"{where}.json", root=tmp_path, kind="bmode"
    )
    again = planes_of(cohort_from_table(table, root=tmp_path))
    assert list(again) == list(planes)
    for at, plane in planes.items():
        assert again[at].image.pixel_digest == plane.image.pixel_digest
        assert again[at].spacing_mm == pytest.approx(plane.spacing_mm)
        np.testing.assert_array_equal(again[at].core_mask(), plane.core_mask())


def test_a_packed_cohort_gives_back_all(cohort, tmp_path):
    X = cohort_from_table(pack_cohort(cohort, tmp_path / "study.cohort"))
    assert list(X) == list(cohort)
    again = planes_of(X)
    for at, plane in planes_of(cohort).items():
        assert again[at].image.pixel_digest == plane.image.pixel_digest
        np.testing.assert_array_equal(again[at].core_mask(), plane.core_mask())
