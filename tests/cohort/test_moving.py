"""Cohorts find their files again, or say whose are gone."""

# SPDX-License-Identifier: BSD-3-Clause

import re
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sknac.cohort import (
    ArrayRef,
    MaskOutline,
    Plane,
    Study,
    cohort_from_table,
    relocate,
)
from sknac.cohort._moving import _find_places
from sknac.cohort._outline_union import unite
from sknac.cohort.planes import PlaneAt, as_column
from sknac.exceptions import CohortError, StaleFileError
from sknac.nets import PlaneFeatureNet
from sknac.preprocessing import PlaneResizer

RNG = np.random.default_rng(0)


@pytest.fixture
def X(tmp_path):
    """A cohort of two patients with masks, in files of two folders."""
    rows = []
    for patient in ("P1", "P2"):
        folder = tmp_path / "study" / "scans" / patient
        folder.mkdir(parents=True)
        np.save(folder / "a.npy", RNG.integers(0, 256, (40, 30), "uint8"))
        mask = np.zeros((40, 30), "uint8")
        mask[10:20, 5:15] = 255
        Image.fromarray(mask).save(folder / "m.png")
        rows.append({"patient_id": patient, "path": f"{patient}/a.npy"})
    table = pd.DataFrame(rows).assign(visit="pre", kind="bmode")
    table["outline"] = table["path"].str.replace("a.npy", "m.png")
    table["outline_units"] = "px_bmode"
    return cohort_from_table(table, root=tmp_path / "study" / "scans")


@pytest.mark.parametrize("root", ["new/study/scans", "new/study", "new"])
def test_a_moved_cohort_is_the_cohort(X, tmp_path, root):
    (tmp_path / "new").mkdir()
    (tmp_path / "study").rename(tmp_path / "new" / "study")
    moved = relocate(X, tmp_path / root)
    pd.testing.assert_frame_equal(moved, X)
    for patient in X.index:
        plane = moved.at[patient, "us_pre"].planes[0]
        new = tmp_path / "new" / "study" / "scans" / patient
        assert plane.image.path == str(new / "a.npy")
        assert plane.core.mask.path == str(new / "m.png")
        assert plane.core_mask().sum() == 100
        assert plane.load().shape == (40, 30)


def test_united_and_soft_masks_move_without_being_judged_again(X, tmp_path):
    folder = tmp_path / "study" / "scans" / "P1"
    with Image.open(folder / "m.png") as mask:
        mask.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "n.jpg")
    grid = X.at["P1", "us_pre"].planes[0].grid
    with pytest.warns(UserWarning, match=r"n.jpg: the mask has more than two values"):
        soft = MaskOutline(ArrayRef.from_file(folder / "n.jpg"), grid)
    plane = X.at["P1", "us_pre"].planes[0]
    plane = plane.replace(core=unite([plane.core, soft]), roi=soft)
    assert plane.core_mask().sum() == 200
    X = X.assign(us_pre=as_column([Study([plane]), None], X.index))
    (tmp_path / "study").rename(tmp_path / "new")
    moved = relocate(X, tmp_path / "new" / "scans")  # warnings are errors
    pd.testing.assert_frame_equal(moved, X)
    moved = moved.at["P1", "us_pre"].planes[0]
    assert moved.core_mask().sum() == 200
    assert moved.roi.mask.path == str(tmp_path / "new" / "scans" / "P1" / "n.jpg")


@pytest.mark.parametrize("name", ["a.npy", "m.png"])
def test_a_file_that_is_missing_there_names_patient_and_visit(X, tmp_path, name):
    shutil.copytree(tmp_path / "study", tmp_path / "new")
    (tmp_path / "new" / "scans" / "P2" / name).unlink()
    said = rf"^row P2, column us_pre, plane 0: .*P2/{name} is not there \(1 of 4 files"
    with pytest.raises(CohortError, match=said):
        relocate(X, tmp_path / "new" / "scans")
    with pytest.raises(CohortError, match=r"\(4 of 4 files are missing\); give the"):
        relocate(X, tmp_path / "nowhere")


def test_other_content_there_is_refused_at_once(X, tmp_path):
    shutil.copytree(tmp_path / "study", tmp_path / "new")
    np.save(tmp_path / "new" / "scans" / "P1" / "a.npy", np.zeros((40, 30), "uint8"))
    with pytest.raises(
        CohortError, match=r"^row P1, column us_pre, plane 0: .*other co"
    ):
        relocate(X, tmp_path / "new" / "scans")


def test_paths_of_another_system_are_parted_as_there(tmp_path):
    (tmp_path / "P1").mkdir()
    (tmp_path / "P1" / "a.npy").touch()
    at = PlaneAt(None, 0, "P1", "us_pre", 0)
    place = _find_places({r"C:\study\P1\a.npy": at}, tmp_path)
    assert place(r"C:\study\P1\a.npy") in (
        tmp_path / "a.npy",
        tmp_path / "P1" / "a.npy",
    )


def test_planes_in_memory_have_no_folder():
    X = pd.DataFrame({"us_pre": [Study([Plane(np.eye(4), "bmode")])]}, index=["P1"])
    with pytest.raises(CohortError, match="no plane lies in a file; there is nothing"):
        relocate(X, ".")


def test_a_file_that_is_gone_says_so(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(4))
    handle = ArrayRef.from_file(tmp_path / "a.npy")
    (tmp_path / "a.npy").unlink()
    with pytest.raises(FileNotFoundError, match=r"a.npy is gone \(No such .*relocate"):
        handle.load()


STEPS = {
    "step": lambda X: PlaneResizer(image_size=8).fit_transform(X),
    "network": lambda X: PlaneFeatureNet(module="resnet_tiny", max_epochs=1).fit(
        X, ["a", "b"]
    ),
}


@pytest.mark.parametrize("uses", STEPS)
@pytest.mark.parametrize("error", [FileNotFoundError, StaleFileError])
def test_a_step_names_whose_file_is_gone_or_changed(X, tmp_path, uses, error):
    file = tmp_path / "study" / "scans" / "P2" / "a.npy"
    if error is FileNotFoundError:
        file.unlink()
    else:
        np.save(file, np.ones((4, 4)))
    with pytest.raises(
        error, match=r"^row P2, column us_pre, plane 0: " + re.escape(str(file))
    ):
        STEPS[uses](X)
