"""Masks in tables: JPEG, labels, stacks, and masks of another image."""

# SPDX-License-Identifier: BSD-3-Clause

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sknac.cohort import cohort_from_table
from sknac.cohort.planes import list_planes
from sknac.datasets import make_bmode_cohort
from sknac.exceptions import CohortError, SknacFormatError
from sknac.io import _npy

SPACING = {"spacing_axial_mm": 0.1, "spacing_lateral_mm": 0.2}


@pytest.fixture
def plane(tmp_path):
    """Build the plane of one B-mode row with a mask."""
    np.save(tmp_path / "image.npy", np.zeros((40, 60), "uint8"))
    np.save(tmp_path / "cine.npy", np.zeros((3, 40, 60), "uint8"))

    def build(outline, duplicates="warn", **settings):
        row = {"patient_id": "P1", "visit": "pre", "kind": "bmode", "path": "image.npy"}
        row |= {"outline": outline, "outline_units": "px_bmode", **settings}
        X = cohort_from_table(pd.DataFrame([row]), root=tmp_path, duplicates=duplicates)
        return X.iat[0, 0].planes[0]

    return build


def grey(mask):
    """A mask in black and white."""
    return Image.fromarray(np.where(mask, 255, 0).astype("uint8"))


@pytest.mark.parametrize("settings", [{}, SPACING])
def test_a_jpeg_of_a_square_has_its_pixels(plane, tmp_path, square, settings):
    grey(square).save(tmp_path / "core.jpg")
    with pytest.warns(UserWarning, match=r"core.jpg: .* 100 pixels .* of 1\d\d above"):
        core = plane("core.jpg", **settings)
    np.testing.assert_array_equal(core.core_mask(), square)


def test_the_header_of_an_image_with_a_mask_is_read_once(
    plane, tmp_path, square, monkeypatch
):
    looked = []
    own = _npy.read_info

    def read_info(path):
        looked.append(Path(path).name)
        return own(path)

    monkeypatch.setattr(_npy, "read_info", read_info)
    grey(square).save(tmp_path / "core.png")
    plane("core.png", duplicates="ignore")
    assert looked == ["image.npy"]


def test_an_inverted_mask_is_said(plane, tmp_path, square):
    grey(~square).save(tmp_path / "core.png")
    with pytest.warns(UserWarning, match=r"core.png: the mask covers 96% .* inverted"):
        plane("core.png")


@pytest.mark.parametrize(
    ("label", "expected"), [(1, 100), ("1", 100), (1.0, 100), ("3", 20), ("1; 3", 120)]
)
def test_labels_are_named_as_numbers_or_text(plane, tmp_path, square, label, expected):
    labels = square.astype("uint8")
    labels[:4, :5] = 3
    np.save(tmp_path / "core.npy", labels)
    assert plane("core.npy", outline_label=label).core_mask().sum() == expected


@pytest.mark.parametrize(
    ("label", "error", "message"),
    [
        (
            None,
            SknacFormatError,
            r"values 0, 1, 3 look like labels; say with outline_l",
        ),
        (2, SknacFormatError, "outline_label 2 is not among its values 0, 1, 3"),
        ("tumour", CohortError, "column outline_label: a mask's labels must be whole"),
        (
            1.5,
            CohortError,
            "column outline_label: a mask's labels must be whole numbers",
        ),
    ],
)
def test_labels_are_not_guessed(plane, tmp_path, square, label, error, message):
    labels = square.astype("uint8")
    labels[:4, :5] = 3
    np.save(tmp_path / "core.npy", labels)
    with pytest.raises(error, match=message):
        plane("core.npy", outline_label=label)


def test_several_masks_are_united_whatever_their_order(plane, tmp_path, square):
    grey(square).save(tmp_path / "a.png")
    np.save(tmp_path / "b.npy", np.roll(square, 5, axis=1))
    one, other = plane("a.png;b.npy"), plane("b.npy; a.png")
    assert one.core_mask().sum() == 150
    assert one == other
    assert one != plane("a.png")


def test_a_mask_of_another_size_names_both_files(plane, tmp_path):
    np.save(tmp_path / "core.npy", np.eye(9, dtype=bool))
    with pytest.raises(CohortError) as caught:
        plane("core.npy")
    assert "mask core.npy must be of the image's size, 40x60, got 9x9" in str(
        caught.value
    )
    assert "image.npy" in str(caught.value)


def test_a_stack_gives_the_mask_of_the_frame(plane, tmp_path, square):
    np.save(tmp_path / "cores.npy", np.stack([np.roll(square, n) for n in range(3)]))
    core = plane("cores.npy", path="cine.npy", frame=2).core_mask()
    np.testing.assert_array_equal(core, np.roll(square, 2))
    with pytest.raises(
        CohortError, match="holds 3 masks and the image's file 1 frames"
    ):
        plane("cores.npy", frame=0)
    with pytest.raises(CohortError, match=r"cores.npy has shape \(3, 40, 60\)"):
        plane("cores.npy")


@pytest.fixture
def itk(tmp_path):
    """Write an array as ITK's tools do."""
    sitk = pytest.importorskip("SimpleITK")

    def write(name, array, spacing=(0.1, 0.2), origin=(5.0, -3.0), axes=(1, 1), n=None):
        array = np.asarray(array, "uint8")
        image = sitk.GetImageFromArray(array if n is None else np.stack([array] * n))
        rest = [] if n is None else [1.0]
        image.SetSpacing([*spacing[::-1], *rest])
        image.SetOrigin([*origin[::-1], *rest])
        image.SetDirection(np.diag([*axes[::-1], *rest]).astype(float).ravel().tolist())
        sitk.WriteImage(image, str(tmp_path / name))

    return write


@pytest.mark.parametrize("suffix", ["nii", "nii.gz", "nrrd", "mha"])
@pytest.mark.parametrize(
    "place",
    [
        {},
        {"spacing": (0.10005, 0.2001)},  # rounded
        {"origin": (5.04, -3.09)},  # below half a pixel
    ],
)
def test_a_mask_on_the_grid_of_its_image_is_taken(plane, itk, square, suffix, place):
    itk(f"image.{suffix}", np.zeros((40, 60)), n=1)
    itk(f"core.{suffix}", square, **{"n": 1, **place})
    core = plane(f"core.{suffix}", path=f"image.{suffix}").core_mask()
    np.testing.assert_array_equal(core, square)


@pytest.mark.parametrize("n", [None, 1])
@pytest.mark.parametrize(
    ("place", "message"),
    [
        (
            {"spacing": (0.1002, 0.2)},
            "mask core.nrrd has pixels of 0.1002 x 0.2 mm and",
        ),
        (
            {"spacing": (0.2, 0.1)},
            "has pixels of 0.2 x 0.1 mm and image.nrrd of 0.1 x 0",
        ),
        (
            {"origin": (5.06, -3)},
            "begins at 5.06 x -3 mm and image.nrrd at 5 x -3 mm, m",
        ),
        (
            {"origin": (5, -3.2)},
            "begins at 5 x -3.2 mm and image.nrrd at 5 x -3 mm, mor",
        ),
        (
            {"axes": (-1, 1)},
            "core.nrrd run by 1, 0, 0, -1 and those of image.nrrd by",
        ),
        (
            {"axes": (1, -1)},
            "core.nrrd run by -1, 0, 0, 1 and those of image.nrrd by",
        ),
    ],
)
def test_a_mask_on_another_grid_shows_both(plane, itk, square, place, message, n):
    itk("image.nrrd", np.zeros((40, 60)), n=n)
    itk("core.nrrd", square, n=n, **place)
    with pytest.raises(CohortError, match=message):
        plane("core.nrrd", path="image.nrrd")


def test_a_mask_is_held_to_the_spacing_of_the_table(plane, itk, square):
    itk("core.nrrd", square)
    np.testing.assert_array_equal(plane("core.nrrd", **SPACING).core_mask(), square)
    with pytest.raises(
        CohortError, match=r"core.nrrd has pixels of 0.1 x 0.2 mm and im"
    ):
        plane("core.nrrd", spacing_axial_mm=0.2, spacing_lateral_mm=0.2)
    np.testing.assert_array_equal(plane("core.nrrd").core_mask(), square)  # in pixels


def test_placeholders_are_no_spacing(plane, itk, square):
    itk("core.nrrd", square, spacing=(1, 1), origin=(0, 0))
    np.testing.assert_array_equal(plane("core.nrrd", **SPACING).core_mask(), square)


def test_a_mask_of_rf_follows_its_axis(plane, itk, square):
    itk("rf.mha", np.zeros((60, 40)), spacing=(0.3, 0.15))
    itk("core.mha", square.T, spacing=(0.3, 0.15))
    rf = {"kind": "rf", "outline_units": "samples", "path": "rf.mha::depth=x"}
    core = plane("core.mha::depth=x", **rf).core_mask()
    np.testing.assert_array_equal(core, square)
    with pytest.raises(
        CohortError, match="must be of the image's size, 40x60, got 60x4"
    ):
        plane("core.mha::image", **rf)


def test_a_cohort_as_nrrd_and_labelme_is_the_cohort(tmp_path, itk, labelme):
    X = make_bmode_cohort(n_patients=4, random_state=0).X
    planes = list_planes(X, [name for name in X if name.startswith("us_")])
    rows = []
    for number, at in enumerate(planes):
        grid, plane = at.plane.grid, at.plane
        itk(f"{number}.nrrd", plane.load(), grid.step, grid.origin)
        corner = grid.to_index(plane.core.vertices)[:, ::-1] + 0.5
        drawn = labelme(
            ("tumour", "polygon", corner.tolist()),
            image=f"{number}.png",
            size=grid.shape,
        )
        (tmp_path / f"{number}.json").write_text(json.dumps(drawn))
        rows.append(
            {
                "patient_id": at.patient,
                "visit": at.column.removeprefix("us_"),
                "path": f"{number}.nrrd",
                "kind": "bmode",
                "outline": f"{number}.json",
                "outline_units": "px_bmode",
                "start_depth_mm": grid.origin[0],
            }
        )
    back = cohort_from_table(pd.DataFrame(rows), root=tmp_path)
    for was, now in zip(planes, list_planes(back, back.columns), strict=True):
        assert (was.patient, was.column) == (now.patient, now.column)
        assert was.plane.image.pixel_digest == now.plane.image.pixel_digest
        assert now.plane.spacing_mm == pytest.approx(was.plane.spacing_mm)
        np.testing.assert_array_equal(was.plane.core_mask(), now.plane.core_mask())
