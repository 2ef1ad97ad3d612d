"""Sizes of scans are held to those that scans have."""

# SPDX-License-Identifier: BSD-3-Clause

import re
import warnings

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import Plane, PolygonOutline, Study
from sknac.cohort._outline_union import unite
from sknac.cohort._sizes import check_sizes, refuse_size


def image(shape, spacing, **settings):
    return Plane(np.zeros(shape, "uint8"), "bmode", spacing_mm=spacing, **settings)


def rf_of(shape, fs_mhz, line_pitch_mm):
    """RF as a table builds it: `Plane.from_rf` has doubts of its own."""
    spacing = (1540.0 / (2e3 * fs_mhz), line_pitch_mm)
    return Plane(np.zeros(shape), "rf", spacing_mm=spacing, fs_mhz=fs_mhz)


@pytest.mark.parametrize(
    ("shape", "spacing", "said"),
    [
        ((200, 200), (7.8, 7.8), "1.56e+03 x 1.56e+03 mm; check spacing and unit"),
        (
            (200, 200),
            (0.5e-3, 0.5e-3),
            "0.1 x 0.1 mm; check spacing and unit (0.00",
        ),
        ((500, 400), (1e-4, 1e-4), "look like m: in mm they are 0.1 and 0.1)"),
        ((500, 400), (100.0, 100.0), "look like um: in mm they are 0.1 and 0.1)"),
        ((400, 300), (0.1, 3.0), "40 x 900 mm"),
        ((400, 300), (0.1, 2e-4), "(0.0002 laterally looks like m: in mm it is 0.2)"),
    ],
)
def test_impossible_sizes_are_refused(shape, spacing, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        refuse_size(image(shape, spacing))


@pytest.mark.parametrize(
    ("settings", "column"),
    [
        ({"fs_mhz": 40.0, "line_pitch_mm": 4.8}, "line_pitch_mm"),
        ({"fs_mhz": 40.0, "line_pitch_mm": 0.006}, "line_pitch_mm"),
        ({"fs_mhz": 0.6, "line_pitch_mm": 0.148}, "fs_mhz"),
    ],
)
def test_impossible_rf_names_the_column(settings, column):
    plane = rf_of((2000, 128), **settings)
    with pytest.raises(ValueError, match=f"^column {column}: the 2000x128 image would"):
        refuse_size(plane)


@pytest.mark.parametrize(
    "settings", [{"origin_mm": (-400, 0)}, {"origin_mm": (2000, 0)}]
)
def test_impossible_depths_are_refused(settings):
    with pytest.raises(ValueError, match=r"the depth must be -?\d+ to 300 mm, got"):
        refuse_size(image((200, 200), (0.2, 0.2), **settings))


def test_rf_does_not_start_above_the_probe():
    plane = Plane.from_rf(
        np.zeros((2000, 64)), fs_mhz=40.0, line_pitch_mm=0.3, start_depth_mm=-2.0
    )
    with pytest.raises(ValueError, match="start_depth_mm: the depth must be 0 to 300"):
        refuse_size(plane)


def test_a_banner_over_a_bmode_scan_lies_above_the_skin():
    refuse_size(image((350, 800), (0.26, 0.26), origin_mm=(-25.2, 0)))


@pytest.mark.parametrize(
    ("shape", "spacing"),
    [
        ((600, 500), (0.07, 0.07)),  # breast
        ((700, 600), (0.45, 0.45)),  # abdomen at 30 cm
        ((1536, 128), (0.0128, 0.1)),  # mouse liver
        ((100, 120), (0.04, 0.04)),  # a crop of 4 mm
        ((8, 6), (0.1, 0.3)),
        ((200, 30), (0.05, 0.01)),
        ((40, 30), None),
    ],
)
def test_sizes_of_scans_pass(shape, spacing):
    refuse_size(image(shape, spacing))
    check_sizes(pd.DataFrame({"us_pre": [Study([image(shape, spacing)])]}, ["P1"]))


def cohort(*spacings):
    cells = [Study([image((500, 400), spacing)]) for spacing in spacings]
    return pd.DataFrame({"us_pre": cells}, index=[f"P{i}" for i in range(len(cells))])


def test_cm_taken_for_mm_are_said():
    said = (
        r"1 of 2 planes are of unlikely size; the first is row P1, column us_pre, "
        r"plane 0: .* look like cm: in mm they are 0.07 and 0.07\)"
    )
    with pytest.warns(UserWarning, match=said):
        check_sizes(cohort((0.07, 0.07), (0.007, 0.007)))


def test_a_side_in_another_unit_than_the_other_is_said():
    said = r"the 500x400 image would be 35 x 2.8 mm; .*0.007 laterally looks like cm"
    with pytest.warns(UserWarning, match=said):
        check_sizes(cohort((0.07, 0.007)))
    plane = rf_of((2800, 64), fs_mhz=40, line_pitch_mm=0.0148)
    X = pd.DataFrame({"us_pre": [Study([plane])]}, index=["P1"])
    with pytest.warns(UserWarning, match="of unlikely size"):
        check_sizes(X)


@pytest.mark.parametrize(
    "shape",
    [(300, 400), (5, 1024), (64, 5), (64, 1024)],
    ids=["transposed", "frames first", "frames last", "both"],
)
def test_rf_whose_first_axis_is_not_depth_is_said(shape):
    plane = Plane.from_rf(np.zeros(shape), fs_mhz=40, line_pitch_mm=0.2)
    X = pd.DataFrame({"us_pre": [Study([plane])]}, index=["P1"])
    with pytest.warns(UserWarning, match="unlikely.*depth must run along the first"):
        check_sizes(X)


@pytest.mark.parametrize(
    ("spacing", "units"),
    [(None, 0.01), ((0.1, 0.1), 0.1), ((0.1, 0.1), 0.001)],
    ids=["shares of the image", "cm", "m"],
)
def test_outlines_in_other_units_are_said(spacing, units):
    corners = np.array([(3, 3), (3, 9), (9, 9)])
    large = PolygonOutline(corners)
    wrong = unite([large, PolygonOutline(corners * units)])
    cells = [Study([image((500, 400), spacing, core=core)]) for core in (large, wrong)]
    X = pd.DataFrame({"us_pre": cells}, index=["P1", "P2"])
    with pytest.warns(UserWarning, match="^1 outlines are unlikely small.* row P2"):
        check_sizes(X)
    check_sizes(X.iloc[:1])


@pytest.mark.parametrize("shape", [(160, 3), (160, 4), (5, 200)])
@pytest.mark.parametrize("spacing", [None, (0.1, 0.4)])
def test_colours_and_frames_that_are_taken_for_columns_are_said(shape, spacing):
    X = pd.DataFrame({"us_pre": [Study([image(shape, spacing)])]}, ["P1"])
    said = f"^1 of 1 images are strips.* row P1.*{shape[0]}x{shape[1]}"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_sizes(X)
    assert any(re.match(said, str(one.message)) for one in caught)


def test_spacing_that_only_some_images_have_is_said():
    said = "us_pre: 1 of 3 images have no pixel size .* the first is row P1"
    with pytest.warns(UserWarning, match=said):
        check_sizes(cohort((0.07, 0.07), None, (0.07, 0.07)))
    check_sizes(cohort(None, None))
