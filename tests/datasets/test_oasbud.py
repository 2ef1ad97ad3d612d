"""OASBUD, from a MATLAB file in its layout."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import scipy.io
from sklearn.base import BaseEstimator

from sknac.cohort import check_cohort
from sknac.datasets import load_oasbud
from sknac.exceptions import SknacFormatError

FIELDS = ["id", "rf1", "rf2", "roi1", "roi2", "birads", "class"]
SHAPE = (120, 20)
GIVEN = {"fs_mhz": 40.0, "line_pitch_mm": 0.0745}


def lesion(name, label, seed, birads="4a"):
    rng = np.random.default_rng(seed)
    rf = rng.integers(-2000, 2000, (2, *SHAPE), dtype="int16")
    roi = np.zeros((2, *SHAPE), dtype="uint8")
    roi[0, 30:60, 4:10] = 1
    roi[1, 30:60, 4:14] = 1
    return [name, *rf, *roi, birads, label]


LESIONS = [lesion("P1", 1, 0), lesion("P2", 0, 1), lesion("P3", 1, 2, "5")]


@pytest.fixture
def write(tmp_path):
    def save(lesions=LESIONS, fields=FIELDS, name="data"):
        data = np.zeros((1, len(lesions)), dtype=[(field, object) for field in fields])
        for k, values in enumerate(lesions):
            data[0, k] = tuple(values)
        path = tmp_path / "OASBUD.mat"
        scipy.io.savemat(path, {name: data}, do_compression=True)
        return path

    return save


def changed(row, **fields):
    lesions = [list(each) for each in LESIONS]
    for field, value in fields.items():
        lesions[row][FIELDS.index(field)] = value
    return lesions


def test_a_row_is_an_id_with_two_planes_of_rf(write):
    made = load_oasbud(write(), **GIVEN)
    assert check_cohort(BaseEstimator(), made.X, reset=True) == ("us_scan",)
    assert made.y.to_dict() == {"P1": "malignant", "P2": "benign", "P3": "malignant"}
    assert made.X["birads"].tolist() == ["4a", "4a", "5"]
    for name, each in zip(made.X.index, LESIONS, strict=True):
        planes = made.X.at[name, "us_scan"].planes
        for plane, rf, roi in zip(planes, each[1:3], each[3:5], strict=True):
            np.testing.assert_array_equal(plane.load(), rf)
            np.testing.assert_array_equal(plane.core_mask(), roi == 1)


def test_geometry_is_what_was_given(write):
    plane = load_oasbud(write(), **GIVEN).X["us_scan"].iloc[0].planes[0]
    assert (plane.fs_mhz, plane.kind) == (40.0, "rf")
    assert plane.spacing_mm == pytest.approx((1540 / 80_000, 0.0745))
    assert "40 MHz,\n0.0745 mm" in load_oasbud(write(), **GIVEN).DESCR


@pytest.mark.parametrize("missing", list(GIVEN))
def test_what_the_file_does_not_state_is_required(write, missing):
    with pytest.raises(TypeError, match=missing):
        load_oasbud(write(), **{k: v for k, v in GIVEN.items() if k != missing})


@pytest.mark.parametrize(
    "wrong", [{"fs_mhz": 40e6}, {"fs_mhz": 0.04}, {"line_pitch_mm": 7.45e-5}]
)
def test_other_units_are_refused(write, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        load_oasbud(write(), **{**GIVEN, **wrong})


def test_lesions_of_one_id_are_one_row(write):
    lesions = changed(2, id="P1")
    made = load_oasbud(write(lesions), **GIVEN)
    assert made.X["birads"].to_dict() == {"P1": "4a; 5", "P2": "4a"}
    assert made.X.at["P1", "us_scan"].n_planes == 4
    assert made.table["element"].tolist() == [0, 1, 2]


def test_an_id_with_both_classes_is_left_out_and_said(write):
    with pytest.warns(UserWarning, match="1 ids have lesions of both classes"):
        made = load_oasbud(write(changed(1, id="P1")), **GIVEN)
    assert made.X.index.tolist() == ["P3"]
    assert made.left_out["name"].tolist() == ["P1"]


def test_numbers_as_ids_are_texts(write):
    lesions = [[k + 7.0, *each[1:]] for k, each in enumerate(LESIONS)]
    assert load_oasbud(write(lesions), **GIVEN).X.index.tolist() == ["7", "8", "9"]


def test_a_file_of_one_lesion_opens(write):
    assert load_oasbud(write(LESIONS[:1]), **GIVEN).X.index.tolist() == ["P1"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"class": 2}, r"data\[1\]: id and birads must be given and class be 0 or 1"),
        ({"class": "benign"}, r"data\[1\]: id and birads must be given"),
        ({"id": ""}, r"data\[1\]: id and birads must be given"),
        ({"roi2": np.ones((20, 120))}, r"data\[1\]: roi2 must be of the size of rf2"),
        ({"rf1": "none"}, r"data\[1\].rf1.*it is text.*must hold a struct array"),
        ({"rf2": np.zeros((0, 0))}, r"data\[1\].rf2"),
    ],
)
def test_a_lesion_that_cannot_be_names_its_element(write, fields, said):
    with pytest.raises(SknacFormatError, match=said):
        load_oasbud(write(changed(1, **fields)), **GIVEN)


def test_another_file_says_what_it_must_hold(write):
    with pytest.raises(SknacFormatError, match="must hold a struct array data"):
        load_oasbud(write(name="scans"), **GIVEN)
