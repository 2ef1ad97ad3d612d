"""Masks in tables: JPEG, labels, stacks, and masks of another image."""

# SPDX-License-Identifier: BSD-3-Clause

import dataclasses

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import sknac.cohort._table_masks as table_masks
from sknac.cohort import cohort_from_table
from sknac.exceptions import CohortError, SknacFormatError
from sknac.io import read_info

SPACING = {"spacing_axial_mm": 0.1, "spacing_lateral_mm": 0.2}


@pytest.fixture
def plane(tmp_path):
    """Build the plane of one B-mode row with a mask."""
    np.save(tmp_path / "image.npy", np.zeros((40, 60), "uint8"))
    np.save(tmp_path / "cine.npy", np.zeros((3, 40, 60), "uint8"))

    def build(outline, **settings):
        row = {"patient_id": "P1", "visit": "pre", "kind": "bmode", "path": "image.npy"}
        row |= {"outline": outline, "outline_units": "px_bmode", **settings}
        return cohort_from_table(pd.DataFrame([row]), root=tmp_path).iat[0, 0].planes[0]

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
def stating(monkeypatch):
    """Make files state a spacing and an origin, as NIfTI and NRRD do."""

    def state(**facts):
        def look(path, *variable):
            info = read_info(path, *variable)
            for name, changes in facts.items():
                if name in str(path):
                    info = dataclasses.replace(info, **changes)
            return info

        monkeypatch.setattr(table_masks, "read_info", look)

    return state


@pytest.mark.parametrize("spacing", [(0.1, 0.2), (0.10009, 0.2), (1.0, 1.0), None])
def test_a_mask_on_the_grid_of_its_image_is_taken(
    plane, tmp_path, stating, square, spacing
):
    np.save(tmp_path / "core.npy", square)
    stating(
        core={"spacing_mm": spacing, "header": {"origin_mm": (5.04, 0.1)}},
        image={"header": {"origin_mm": (5.0, 0.0)}},
    )
    np.testing.assert_array_equal(plane("core.npy", **SPACING).core_mask(), square)


@pytest.mark.parametrize(
    ("spacing", "origin", "message"),
    [
        (
            (0.1002, 0.2),
            (5, 0),
            "mask core.npy has pixels of 0.1002 x 0.2 mm and image",
        ),
        (
            (0.2, 0.1),
            (5, 0),
            "has pixels of 0.2 x 0.1 mm and image.npy of 0.1 x 0.2 mm",
        ),
        (
            (0.1, 0.2),
            (5.06, 0),
            "begins at 5.06 x 0 mm and image.npy at 5 x 0 mm, more",
        ),
        (
            (0.1, 0.2),
            (5, -0.2),
            "begins at 5 x -0.2 mm and image.npy at 5 x 0 mm, more",
        ),
    ],
)
def test_a_mask_on_another_grid_shows_both(
    plane, tmp_path, stating, square, spacing, origin, message
):
    np.save(tmp_path / "core.npy", square)
    stating(
        core={"spacing_mm": spacing, "header": {"origin_mm": origin}},
        image={"header": {"origin_mm": (5, 0)}},
    )
    with pytest.raises(CohortError, match=message):
        plane("core.npy", **SPACING)
