"""BUSI, from files in its layout."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import pytest
from sklearn.base import BaseEstimator

from sknac.cohort import check_cohort
from sknac.datasets import load_busi


@pytest.fixture
def folder(tmp_path, save_image, save_mask):
    for seed, name in enumerate(
        ["benign (1)", "benign (2)", "benign (10)", "malignant (1)", "normal (1)"]
    ):
        place = tmp_path / name.partition(" ")[0]
        save_image(place / f"{name}.png", seed)
        save_mask(place / f"{name}_mask.png")
    return tmp_path


def test_a_row_is_an_image_in_the_order_of_its_number(folder):
    made = load_busi(folder)
    assert check_cohort(BaseEstimator(), made.X, reset=True) == ("us_scan",)
    names = ["benign (1)", "benign (2)", "benign (10)", "malignant (1)"]
    assert made.X.index.tolist() == names
    assert made.y.tolist() == ["benign"] * 3 + ["malignant"]
    assert made.groups.tolist() == names
    assert "NAMES NO PATIENTS" in made.DESCR


def test_normal_breasts_are_left_out_and_said(folder):
    assert load_busi(folder).left_out.to_numpy().tolist() == [
        ["normal (1)", "a normal breast, no tumour"]
    ]


def test_the_same_pixels_are_named_and_grouped(folder, save_image):
    save_image(folder / "benign" / "benign (10).png", 0)
    save_image(folder / "malignant" / "malignant (1).png", 1)
    with pytest.warns(UserWarning, match="2 images have the same pixels.*1 of them"):
        made = load_busi(folder)
    assert made.duplicates.to_numpy().tolist() == [
        ["benign (10)", "benign (1)", False],
        ["malignant (1)", "benign (2)", True],
    ]
    assert made.groups.tolist() == ["benign (1)", "benign (2)"] * 2


def test_other_pixels_of_another_size_are_no_duplicate(folder, save_image, save_mask):
    for name, shape in (("benign (1)", (12, 64)), ("benign (2)", (64, 12))):
        save_image(folder / "benign" / f"{name}.png", 5, shape)
        save_mask(folder / "benign" / f"{name}_mask.png", shape=shape)
    assert load_busi(folder).duplicates.empty


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("benign (2)_mask.png", "1 names have no mask, the first is 'benign .2.'"),
        ("benign (2).png", "1 names have no image, the first is 'benign .2.'"),
    ],
)
def test_half_a_pair_is_refused(folder, name, said):
    (folder / "benign" / name).unlink()
    with pytest.raises(FileNotFoundError, match=said):
        load_busi(folder)


@pytest.mark.parametrize(
    "name",
    ["benign/Thumbs.db", "malignant/benign (3).png", "benign/benign (1) copy.png"],
)
def test_a_file_that_is_not_of_the_set_is_left_out_and_said(folder, name):
    (folder / name).write_bytes(b"x")
    with pytest.warns(UserWarning, match="1 files are not of BUSI"):
        made = load_busi(folder)
    assert [name, "not a file of the set"] in made.left_out.to_numpy().tolist()


def test_a_folder_without_normal_breasts_will_do(folder):
    for path in (folder / "normal").iterdir():
        path.unlink()
    (folder / "normal").rmdir()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load_busi(folder).X) == 4


def test_the_folder_above_is_pointed_on(folder):
    with pytest.raises(FileNotFoundError, match="one folder deeper; give"):
        load_busi(folder.parent)


def test_empty_folders_are_refused(tmp_path):
    for name in ("benign", "malignant"):
        (tmp_path / name).mkdir()
    with pytest.raises(FileNotFoundError, match="no image of a tumour; BUSI"):
        load_busi(tmp_path)


def test_several_masks_of_an_image_are_one_core(folder, save_mask):
    for n in (1, 2):
        rows, columns = slice(13 + n, 15 + n), slice(0, 4)
        save_mask(folder / "benign" / f"benign (2)_mask_{n}.png", rows, columns)
    made = load_busi(folder)
    plane = made.X.at["benign (2)", "us_scan"].planes[0]
    assert int(plane.core_mask().sum()) == 60 + 12
    assert made.table["n_masks"].tolist() == [1, 3, 1, 1]
