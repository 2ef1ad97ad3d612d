"""BUS-BRA, from files in its layout."""

# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from sknac.cohort import check_cohort, planes_table
from sknac.datasets import load_busbra
from sknac.exceptions import SknacFormatError

ROWS = [
    ("bus_0001-l", 1, "cyst", "benign", 2, "A", 32, 24, "left", "[9,7,10,6]"),
    ("bus_0001-r", 1, "cyst", "benign", 3, "A", 32, 24, "right", "[9,7,10,6]"),
    ("bus_0007-s", 7, "carcinoma", "malignant", 5, "B", 32, 30, "left", "[9,7,10,6]"),
]
COLUMNS = [
    "ID",
    "Case",
    "Histology",
    "Pathology",
    "BIRADS",
    "Device",
    "Width",
    "Height",
    "Side",
    "BBOX",
]


@pytest.fixture
def folder(tmp_path, save_image, save_mask):
    for seed, (name, *_) in enumerate(ROWS):
        save_image(tmp_path / "Images" / f"{name}.png", seed)
        save_mask(tmp_path / "Masks" / f"{name.replace('bus_', 'mask_')}.png")
    write_table(tmp_path, pd.DataFrame(ROWS, columns=COLUMNS))
    return tmp_path


def write_table(folder, table):
    table.to_csv(folder / "bus_data.csv", index=False)


def change(folder, column, row, value):
    table = pd.read_csv(folder / "bus_data.csv").astype(object)
    table.loc[row, column] = value
    write_table(folder, table)


def test_a_row_is_a_patient_with_both_images(folder):
    made = load_busbra(folder)
    assert check_cohort(BaseEstimator(), made.X, reset=True) == ("us_scan",)
    assert made.X.index.tolist() == ["bus_0001", "bus_0007"]
    assert [study.n_planes for study in made.X["us_scan"]] == [2, 1]
    assert made.y.to_dict() == {"bus_0001": "benign", "bus_0007": "malignant"}
    assert made.pos_label in made.target_names


def test_outlines_are_those_of_the_image(folder, save_mask):
    save_mask(folder / "Masks" / "mask_0001-r.png", rows=slice(0, 2))
    first, second = load_busbra(folder).X["us_scan"].iloc[0].planes
    assert (int(first.core_mask().sum()), int(second.core_mask().sum())) == (60, 20)


def test_sizes_stay_pixels(folder):
    assert planes_table(load_busbra(folder).X)["spacing_axial_mm"].isna().all()


def test_nothing_in_X_says_the_label(folder):
    made = load_busbra(folder)
    assert list(made.X) == [*made.clinical, "us_scan"]
    assert made.clinical == ["birads", "device"]
    assert "Histology" in made.table


def test_a_device_that_is_not_stated_is_missing(folder):
    change(folder, "Device", 2, None)
    change(folder, "Device", 1, "C")
    devices = load_busbra(folder).X["device"]
    assert devices["bus_0001"] == "A; C"
    assert devices.isna().tolist() == [False, True]


def test_birads_is_the_highest_of_the_patient(folder):
    assert load_busbra(folder).X["birads"].tolist() == [3, 5]


def test_images_of_another_size_than_the_table_says_are_counted(folder):
    assert "Of 1 images the size is not" in load_busbra(folder).DESCR


def test_terms_are_said(folder):
    made = load_busbra(folder)
    assert "doi:10.1002/mp.16812" in made.citation
    assert made.citation in made.DESCR


@pytest.mark.parametrize("name", ["Images/bus_0001-r.png", "Masks/mask_0007-s.png"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"1 files are missing.*{name}.*hold"):
        load_busbra(folder)


@pytest.mark.parametrize("name", ["Images/bus_0009-l.png", "Masks/mask_0009-l.png"])
def test_a_file_without_a_row_is_left_out_and_said(folder, save_image, name):
    save_image(folder / name, 9)
    with pytest.warns(UserWarning, match="1 images are not in the table of BUS-BRA"):
        made = load_busbra(folder)
    assert made.left_out.to_numpy().tolist() == [[name, "not in the set's table"]]
    assert len(made.X) == 2


def test_a_mask_of_another_size_names_the_row(folder, save_mask):
    save_mask(folder / "Masks" / "mask_0007-s.png", shape=(24, 30))
    with pytest.raises(ValueError, match=r"patient bus_0007.*24x32"):
        load_busbra(folder)


@pytest.mark.parametrize(
    ("column", "row", "value", "said"),
    [
        ("Pathology", 1, "malignat", "line 3, column Pathology: must be one of"),
        ("Pathology", 1, "malignant", "Case 1, column Pathology: must be the same"),
        ("Case", 2, 8, "line 4: Case must be the number in ID"),
        ("ID", 0, "0001-l", "line 2: Case must be the number in ID"),
        ("BIRADS", 1, "4a", "line 3, column BIRADS: must be a number of 0 to 6"),
        ("BIRADS", 1, None, "line 3, column BIRADS: missing; fill it in"),
        ("BIRADS", 0, 3.5, "line 2, column BIRADS: must be one of"),
    ],
)
def test_a_table_that_contradicts_itself_names_the_line(
    folder, column, row, value, said
):
    change(folder, column, row, value)
    with pytest.raises(SknacFormatError, match=said):
        load_busbra(folder)


def test_a_table_without_a_column_says_what_it_must_have(folder):
    write_table(folder, pd.DataFrame(ROWS, columns=COLUMNS).drop(columns="Pathology"))
    with pytest.raises(SknacFormatError, match=r"no column 'Pathology'.*BUS-BRA"):
        load_busbra(folder)
