"""BrEaST-Lesions-USG, from files in its layout."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.base import BaseEstimator

from sknac.cohort import check_cohort
from sknac.datasets import load_breast_lesions
from sknac.exceptions import SknacFormatError

READING = {
    "Tissue_composition": "not available",
    "Signs": "no",
    "Symptoms": "no",
    "Shape": "oval",
    "Margin": "circumscribed",
    "Echogenicity": "hypoechoic",
    "Posterior_features": "no",
    "Halo": "no",
    "Calcifications": "no",
    "Skin_thickening": "no",
    "Interpretation": "Cyst",
    "BIRADS": "4a",
    "Verification": "confirmed by biopsy",
    "Diagnosis": "Fibroadenoma",
}


def row(case, label, mask="case{:03d}_tumor.png", age="56", pixel=0.008):
    name = f"case{case:03d}"
    return {
        "CaseID": case,
        "Image_filename": f"{name}.png",
        "Mask_tumor_filename": mask and mask.format(case),
        "Mask_other_filename": None,
        "Pixel_size": pixel,
        "Age": age,
        **READING,
        "Classification": label,
    }


ROWS = [
    row(3, "benign"),
    row(12, "malignant"),
    row(20, "normal", mask=None),
]
ROWS[2]["Age"] = "not available"


@pytest.fixture
def folder(tmp_path, save_image, save_mask):
    images = tmp_path / "images"
    for each in ROWS:
        save_image(images / each["Image_filename"], each["CaseID"])
    save_mask(images / "case003_tumor.png")
    save_mask(images / "case012_tumor.png")
    write_table(tmp_path, ROWS)
    return tmp_path


def write_table(folder, rows, name="clinical.csv"):
    pd.DataFrame(rows).to_csv(folder / name, index=False)


def test_pixel_sizes_in_cm_become_mm(folder):
    made = load_breast_lesions(folder)
    assert check_cohort(BaseEstimator(), made.X, reset=True) == ("us_scan",)
    planes = [study.planes[0] for study in made.X["us_scan"]]
    assert planes[0].spacing_mm == pytest.approx((0.08, 0.08))
    area = planes[0].core_mask().sum() * np.prod(planes[0].spacing_mm)
    assert area == pytest.approx(60 * 0.08**2)


def test_normal_breasts_are_left_out_and_said(folder):
    made = load_breast_lesions(folder)
    assert made.y.to_dict() == {"case003": "benign", "case012": "malignant"}
    assert made.left_out.to_numpy().tolist() == [
        ["case020", "a normal breast, no tumour"]
    ]
    assert len(made.table) == 3


def test_nothing_in_X_says_the_label(folder):
    made = load_breast_lesions(folder)
    assert not {"diagnosis", "interpretation", "verification"} & set(made.X)
    assert list(made.X) == [*made.clinical, "us_scan"]


def test_what_is_not_available_is_missing(folder):
    rows = [dict(ROWS[0], Age="not available"), *ROWS[1:]]
    write_table(folder, rows)
    X = load_breast_lesions(folder).X
    assert np.isnan(X.at["case003", "age"])
    assert X.at["case012", "age"] == 56
    assert X["tissue_composition"].isna().all()
    assert X["birads"].tolist() == ["4a", "4a"]


def test_a_mask_with_hidden_colour_under_its_alpha_is_what_is_seen(folder):
    pixels = np.full((24, 32, 4), 255, dtype="uint8")
    pixels[..., 3] = 0
    pixels[2:5, 3:7, 3] = 255
    Image.fromarray(pixels, "RGBA").save(folder / "images" / "case003_tumor.png")
    plane = load_breast_lesions(folder).X.at["case003", "us_scan"].planes[0]
    assert int(plane.core_mask().sum()) == 12


@pytest.mark.parametrize("pixel", [0.08, 0.8, 8e-5, -0.008, 80])
def test_a_pixel_size_that_is_not_in_cm_is_refused(folder, pixel):
    write_table(folder, [dict(ROWS[0], Pixel_size=pixel), *ROWS[1:]])
    with pytest.raises(
        SknacFormatError, match=r"line 2, column Pixel_size.*cm a pixel"
    ):
        load_breast_lesions(folder)


@pytest.mark.parametrize("column", ["Pixel_size", "Mask_tumor_filename"])
def test_a_tumour_without_size_or_mask_is_refused(folder, column):
    write_table(folder, [ROWS[0], {**ROWS[1], column: None}, ROWS[2]])
    with pytest.raises(SknacFormatError, match="line 3: a tumour needs Mask_tumor"):
        load_breast_lesions(folder)


@pytest.mark.parametrize("name", ["case003.png", "case012_tumor.png"])
def test_a_missing_file_is_named(folder, name):
    (folder / "images" / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"1 files are missing.*{name}"):
        load_breast_lesions(folder)


def test_an_image_without_a_row_is_left_out_and_said(folder, save_image):
    save_image(folder / "images" / "case099.png", 99)
    with pytest.warns(UserWarning, match=r"1 images are not in the table.*case099"):
        made = load_breast_lesions(folder)
    assert made.left_out["name"].tolist() == ["case020", "case099.png"]


def test_the_same_name_in_two_folders_is_refused(folder, save_image):
    save_image(folder / "copy" / "case003.png", 3)
    with pytest.raises(SknacFormatError, match="a second file of this name"):
        load_breast_lesions(folder)


def test_the_published_names_are_found(folder):
    pytest.importorskip("openpyxl")
    (folder / "clinical.csv").unlink()
    (folder / "images").rename(folder / "BrEaST-Lesions_USG-images_and_masks")
    name = "BrEaST-Lesions-USG-clinical-data-Dec-15-2023.xlsx"
    pd.DataFrame(ROWS).to_excel(folder / name, index=False)
    assert load_breast_lesions(folder).X.index.tolist() == ["case003", "case012"]


@pytest.mark.parametrize("more", [None, "clinical_old.csv"])
def test_none_or_two_tables_are_refused(folder, more):
    if more is None:
        (folder / "clinical.csv").unlink()
    else:
        write_table(folder, ROWS, more)
    with pytest.raises(FileNotFoundError, match="one table of clinical data is needed"):
        load_breast_lesions(folder)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"CaseID": 4}, "line 2: CaseID must be the number in Image_filename"),
        ({"Classification": "Benign"}, "column Classification: must be one of"),
        ({"Age": "560"}, "line 2, column Age: must be a number of 15 to 110"),
    ],
)
def test_a_table_that_contradicts_itself_names_the_line(folder, changed, said):
    write_table(folder, [{**ROWS[0], **changed}, *ROWS[1:]])
    with pytest.raises(SknacFormatError, match=said):
        load_breast_lesions(folder)


def test_a_case_listed_twice_is_refused(folder):
    write_table(folder, [*ROWS, ROWS[0]])
    with pytest.raises(SknacFormatError, match="case003 is listed twice; keep one"):
        load_breast_lesions(folder)


def test_several_tumours_of_an_image_are_one_core(folder, save_mask):
    second = folder / "images" / "case012_tumor2.png"
    save_mask(second, rows=slice(15, 20), columns=slice(0, 4))
    both = f"case012_tumor.png & {second.name}"
    write_table(folder, [ROWS[0], dict(ROWS[1], Mask_tumor_filename=both), ROWS[2]])
    plane = load_breast_lesions(folder).X.at["case012", "us_scan"].planes[0]
    assert int(plane.core_mask().sum()) == 60 + 20
