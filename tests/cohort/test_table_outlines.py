"""Outline files, from B-mode pixels or RF samples to the scan's coordinates."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import re

import numpy as np
import pandas as pd
import pytest
import scipy.io
from PIL import Image

from sknac.cohort import cohort_from_table
from sknac.exceptions import CohortError, SknacFormatError

SPACING = {"spacing_axial_mm": 0.1, "spacing_lateral_mm": 0.4}
N_SAMPLES, N_LINES = 200, 20
# A B-mode image of the scan: its row 5, column 2 shows the first sample.
ON_BMODE = {
    "outline_units": "px_bmode",
    "spacing_axial_mm": 0.1,
    "spacing_lateral_mm": 0.4,
    "outline_row0": 5,
    "outline_column0": 2,
}


@pytest.fixture
def plane(tmp_path):
    """Build the plane of one row with an outline."""
    np.save(tmp_path / "rf.npy", np.zeros((N_SAMPLES, N_LINES), "int16"))
    np.save(tmp_path / "image.npy", np.zeros((30, 20), "uint8"))
    np.save(tmp_path / "maps.npy", np.zeros((2, 30, 20), "float32"))

    def build(outline, kind="rf", **settings):
        is_rf = kind == "rf"
        row = {"patient_id": "P1", "visit": "pre", "kind": kind}
        path = {"rf": "rf.npy", "maps": "maps.npy"}.get(kind, "image.npy")
        row |= {"path": path, "outline": outline}
        if is_rf:
            row |= {"fs_mhz": 38.5, "line_pitch_mm": 0.2, "start_depth_mm": 3.0}
        table = pd.DataFrame([{**row, **settings}])
        return cohort_from_table(table, root=tmp_path).iat[0, 0].planes[0]

    return build


def rectangle(folder, units, rows, columns, name="core.csv"):
    """Write a rectangle as a CSV polygon."""
    names = "axial,lateral" if units == "mm" else "row,column"
    corners = [
        (a, b) for a, b in zip(rows + rows[::-1], np.repeat(columns, 2), strict=True)
    ]
    text = "\n".join(f"{a},{b}" for a, b in corners)
    (folder / name).write_text(f"{names}\n{text}\n")
    return name


def expected_rf_mask():
    """Mask of the rectangle below, worked out by hand.

    RF samples are 1540 / (2 * 38.5e3) = 0.02 mm apart from 3 mm. B-mode rows
    14.95 to 24.95 lie (14.95 - 5) * 0.1 = 0.995 to 1.995 mm below the first
    sample: samples 49.75 to 99.75, so 50 to 99. Columns 4.1 to 6.1 lie 0.84 to
    1.64 mm beside the first line: lines 4.2 to 8.2, so 5 to 8.
    """
    mask = np.zeros((N_SAMPLES, N_LINES), bool)
    mask[50:100, 5:9] = True
    return mask


def test_polygon_in_bmode_pixels_lands_on_the_rf_samples_computed_by_hand(
    plane, tmp_path
):
    name = rectangle(tmp_path, "px", [14.95, 24.95], [4.1, 6.1])
    built = plane(name, **ON_BMODE)
    np.testing.assert_array_equal(built.core_mask(), expected_rf_mask())
    low, high = built.core.vertices.min(0), built.core.vertices.max(0)
    np.testing.assert_allclose([*low, *high], [3.995, 0.84, 4.995, 1.64])


@pytest.mark.parametrize(
    ("units", "rows", "columns"),
    [("mm", [3.995, 4.995], [0.84, 1.64]), ("samples", [49.75, 99.75], [4.2, 8.2])],
)
def test_the_same_polygon_in_other_units_is_the_same_core(
    plane, tmp_path, units, rows, columns
):
    name = rectangle(tmp_path, units, rows, columns)
    mask = plane(name, outline_units=units).core_mask()
    np.testing.assert_array_equal(mask, expected_rf_mask())


@pytest.mark.parametrize("dtype", ["float64", "int64", "uint16"])
def test_npy_polygon_of_any_number_type_is_a_polygon(plane, tmp_path, dtype):
    vertices = np.array([(60, 4), (60, 9), (90, 9), (90, 4)], dtype)
    np.save(tmp_path / "core.npy", vertices)
    mask = plane("core.npy", outline_units="samples").core_mask()
    rows, columns = np.nonzero(mask)
    assert (rows.min(), rows.max()) == (60, 89)
    assert (columns.min(), columns.max()) == (4, 8)


def test_mask_in_bmode_pixels_covers_the_same_mm_on_the_rf_grid(plane, tmp_path):
    mask = np.zeros((40, 15), "uint8")
    mask[15:25, 4:7] = 255
    Image.fromarray(mask).save(tmp_path / "core.png")
    drawn = plane("core.png", **ON_BMODE).core_mask()
    # Pixel rows 15 to 24 reach from (14.5 - 5) * 0.1 = 0.95 to 1.95 mm, 47.5 to
    # 97.5 samples; columns 4 to 6 from 0.6 to 1.8 mm, lines 3 to 8 (edge 9 may
    # fall on either side).
    rows, columns = np.nonzero(drawn)
    assert (rows.min(), rows.max()) == (48, 97)
    assert columns.min() == 3
    assert columns.max() in (8, 9)


def test_mask_in_samples_is_the_core(plane, tmp_path):
    mask = np.random.default_rng(0).random((N_SAMPLES, N_LINES)) > 0.5
    mask[0] = False  # else it touches all borders, as inverted ones do
    np.save(tmp_path / "core.npy", mask)
    np.testing.assert_array_equal(
        plane("core.npy", outline_units="samples").core_mask(), mask
    )


def test_bmode_outline_in_its_own_pixels_needs_no_spacing(plane, tmp_path):
    name = rectangle(tmp_path, "px", [4, 9], [2, 12])
    expected = np.zeros((30, 20), bool)
    expected[4:9, 2:12] = True
    for spacing in ({}, {"spacing_axial_mm": 0.1, "spacing_lateral_mm": 0.4}):
        built = plane(name, "bmode", outline_units="px_bmode", **spacing)
        np.testing.assert_array_equal(built.core_mask(), expected)


def test_maps_outline_counts_their_own_pixels(plane, tmp_path):
    name = rectangle(tmp_path, "px", [4, 9], [2, 12])
    spacing = {"spacing_axial_mm": 0.1, "spacing_lateral_mm": 0.4, "start_depth_mm": 3}
    expected = np.zeros((30, 20), bool)
    expected[4:9, 2:12] = True
    built = plane(name, "maps", outline_units="samples", channels="mbf;esd", **spacing)
    np.testing.assert_array_equal(built.core_mask(), expected)


def test_no_outline_is_no_core(plane):
    assert plane(None).core is None


BAD = [
    (
        "core.csv",
        "maps",
        {"outline_units": "px_bmode", "channels": "mbf;esd"},
        "outline_units: px_bmode does not say where maps lie in the B-mode image; use",
    ),
    ("core.csv", "rf", {"outline_units": "cm"}, "outline_units: must be one of"),
    ("none.csv", "rf", {"outline_units": "mm"}, "outline: "),
    (
        "core.csv",
        "rf",
        {**ON_BMODE, "spacing_lateral_mm": None},
        "spacing_lateral_mm: the value is missing; an outline in px_bmode needs",
    ),
    (
        "core.csv",
        "rf",
        {**ON_BMODE, "spacing_axial_mm": 0},
        "spacing_axial_mm: the number must be positive, got 0",
    ),
    (
        "core.csv",
        "rf",
        {**ON_BMODE, "outline_row0": "top"},
        "outline_row0: must be a number, got 'top'",
    ),
    (
        "core.csv",
        "bmode",
        {"outline_units": "samples"},
        "outline_units: samples is for RF and maps; use px_bmode",
    ),
    (
        "core.csv",
        "bmode",
        {"outline_units": "mm"},
        "outline_units: mm needs spacing_axial_mm and lateral",
    ),
    (
        "mask.npy",
        "rf",
        {"outline_units": "mm"},
        "outline_units: a mask must be in pixels, got mm",
    ),
    (
        "mask.npy",
        "rf",
        {"outline_units": "samples"},
        "outline: mask mask.npy must be of the image's size, 200x20, got 9x9",
    ),
    (
        "flat.npy",
        "rf",
        {"outline_units": "samples"},
        "outline: flat.npy has shape (9,)",
    ),
    (
        "far.csv",
        "rf",
        {"outline_units": "samples"},
        "outline: core outline lies outside",
    ),
    (
        "line.csv",
        "rf",
        {"outline_units": "samples"},
        "outline: the outline has no area",
    ),
    (
        "two.csv",
        "rf",
        {"outline_units": "samples"},
        "outline: vertices must be of shape",
    ),
]


@pytest.mark.parametrize(("outline", "kind", "settings", "message"), BAD)
def test_bad_outlines_name_row_and_column(
    plane, tmp_path, outline, kind, settings, message
):
    rectangle(tmp_path, "px", [14, 24], [4, 6])
    rectangle(tmp_path, "px", [900, 990], [4, 6], "far.csv")
    (tmp_path / "line.csv").write_text("row,column\n1,1\n2,2\n3,3\n")
    (tmp_path / "two.csv").write_text("row,column\n1,1\n2,2\n")
    np.save(tmp_path / "mask.npy", np.ones((9, 9), "uint8"))
    np.save(tmp_path / "flat.npy", np.ones(9, "uint8"))
    with pytest.raises(CohortError, match=re.escape(message)) as caught:
        plane(outline, kind, **settings)
    assert str(caught.value).startswith("row 0 (patient P1), column ")


@pytest.mark.parametrize(
    ("name", "data", "cause"),
    [
        ("a.csv", b"x,y\n1,1\n", "must have columns ['row', 'column'], got ['x', 'y']"),
        ("a.csv", b"row,column\n1,one\n", "must be a table of vertices"),
        ("a.csv", b"", "must be a table of vertices"),
        ("a.csv", b"\xff\xfe\x00", "must be a table of vertices"),
        ("a.csv", b'row,column\n"1,1\n', "must be a table of vertices"),
        ("a.csv", b"\n" * 13_000_000, "13 MB; a table of vertices must have few"),
        ("a.npy", b"\x93NUMPY", "not a .npy file"),
        ("a.png", b"\x89PNG", "not a PNG"),
        ("a.txt", b"1 1", "an outline must be .csv, .json of LabelMe or COCO, .xml"),
        ("a.json", b"{", "damaged JSON"),
        ("a.xml", b"<a", "damaged XML"),
    ],
)
def test_damaged_outline_files_are_format_errors_that_name_the_row(
    plane, tmp_path, name, data, cause
):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SknacFormatError, match=re.escape(cause)) as caught:
        plane(name, outline_units="samples")
    assert caught.value.path == str(tmp_path / name)
    assert str(caught.value).endswith("(row 0 (patient P1), column outline)")


@pytest.fixture
def on_image(plane, saved, tmp_path):
    """Build the B-mode plane of 30 x 20 pixels with an annotation file."""
    np.save(tmp_path / "wide.npy", np.zeros((40, 60), "uint8"))

    def build(*contents, name="", kind="bmode", path="wide.npy", **settings):
        files = [saved(data, f"{n}.json") for n, data in enumerate(contents)]
        settings = {"outline_units": "px_bmode", "path": path, **settings}
        return plane(";".join(files) + name, kind, **settings)

    return build


def test_annotations_are_drawn_on_the_image(on_image, labelme, coco, corners, square):
    for data in (
        labelme(("t", "polygon", corners["labelme"]), image="wide.png"),
        coco(("wide.png", "t", [corners["coco"]]), images=["wide.png"]),
    ):
        for spacing in ({}, {"spacing_axial_mm": 0.1, "spacing_lateral_mm": 0.4}):
            core = on_image(data, **spacing).core_mask()
            np.testing.assert_array_equal(core, square)


def test_annotations_of_a_bmode_image_land_on_rf(plane, saved, labelme):
    # The rectangle of `expected_rf_mask`, measured from the image's corner.
    points = [[4.6, 15.45], [6.6, 25.45]]
    outline = saved(labelme(("t", "rectangle", points), image="any.png"))
    built = plane(outline, **ON_BMODE)
    np.testing.assert_array_equal(built.core_mask(), expected_rf_mask())


def test_a_mask_of_an_annotation_lands_on_rf_as_a_mask_file(
    plane, saved, labelme, tmp_path
):
    mask = np.zeros((40, 15), bool)
    mask[15:25, 4:7] = True
    Image.fromarray(mask).save(tmp_path / "core.png")
    outline = saved(labelme(("t", mask), size=mask.shape))
    drawn = [plane(name, **ON_BMODE).core_mask() for name in ("core.png", outline)]
    np.testing.assert_array_equal(*drawn)


def test_masks_and_polygons_unite(plane, saved, labelme, tmp_path):
    mask = np.zeros((30, 20), bool)
    mask[2:6, 3:8] = True
    Image.fromarray(mask).save(tmp_path / "a.png")
    name = rectangle(tmp_path, "px", [10, 14], [2, 5])
    drawn = saved(
        labelme(
            ("t", "rectangle", [[10, 20], [13, 22]]), size=(30, 20), image="image.png"
        )
    )
    core = plane(f"a.png;{name};{drawn}", "bmode", outline_units="px_bmode").core_mask()
    assert core.sum() == 20 + 12 + 6
    core = plane(f"a.png; {name}", "bmode", outline_units="px_bmode").core_mask()
    assert core.sum() == 20 + 12


def test_a_name_with_a_semicolon_is_one_file(plane, tmp_path):
    name = rectangle(tmp_path, "px", [10, 14], [2, 5], "a;b.csv")
    assert plane(name, "bmode", outline_units="px_bmode").core_mask().sum() == 12


def test_an_image_can_be_named_in_a_file_of_many(on_image, coco, corners):
    data = coco(
        ("frame_01.png", "t", [[0, 0, 5, 0, 5, 4, 0, 4]]),
        ("frame_02.png", "t", [corners["coco"]]),
        images=["frame_01.png", "frame_02.png"],
    )
    assert on_image(data, name="::frame_02.png").core_mask().sum() == 100
    with pytest.raises(SknacFormatError, match=r"0.json::name \(row 0"):
        on_image(data)


def test_labelme_of_another_image_is_said(on_image, labelme, corners):
    data = labelme(("t", "polygon", corners["labelme"]), image=r"..\P2\other.png")
    with pytest.warns(UserWarning, match="of wide.npy was drawn on .*other.png"):
        on_image(data)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"path": "image.npy"}, SknacFormatError, "image's size, 30x20, got 40x60; it"),
        ({"outline_units": "mm"}, CohortError, "column outline_units: "),
        ({"outline_label": "cyst"}, SknacFormatError, "labelled 'cyst', there is 't'"),
        (
            {"kind": "envelope", **SPACING},
            CohortError,
            "px_bmode does not say where an envelope",
        ),
    ],
)
def test_annotations_that_do_not_fit_are_refused(
    on_image, labelme, corners, settings, error, message
):
    data = labelme(("t", "polygon", corners["labelme"]), image="wide.png")
    with pytest.raises(error, match=message):
        on_image(data, **settings)


@pytest.mark.parametrize(
    ("outline", "settings", "message"),
    [
        ("core.csv;far.csv", {}, "outline: core outline lies outside the 30x20 image"),
        (
            "core.csv;core.csv",
            {},
            "outline: core.csv;core.csv names a file twice; keep",
        ),
        ("core.csv;none.csv", {}, "none.csv: no such file; correct the path"),
        (" ; ", {}, "outline: no file is named; leave the cell empty"),
        ("core.csv", {"outline_label": "t"}, "outline_label: core.csv has no labels"),
    ],
)
def test_several_files_are_each_checked(plane, tmp_path, outline, settings, message):
    rectangle(tmp_path, "px", [4, 9], [2, 12])
    rectangle(tmp_path, "px", [90, 99], [2, 12], "far.csv")
    with pytest.raises(CohortError, match=re.escape(message)):
        plane(outline, "bmode", outline_units="px_bmode", **settings)


def test_a_mask_may_be_an_array_of_a_file_of_many(plane, tmp_path):
    mask = np.zeros((30, 20), "uint8")
    mask[4:9, 2:12] = 1
    scipy.io.savemat(tmp_path / "case.mat", {"roi1": mask, "roi2": mask.T})
    settings = {"outline_units": "px_bmode"}
    assert plane("case.mat::roi1", "bmode", **settings).core_mask().sum() == 50
    with pytest.raises(
        CohortError, match="must be of the image's size, 30x20, got 20x"
    ):
        plane("case.mat::roi2", "bmode", **settings)


def test_damaged_tables_of_vertices_are_format_errors(plane, tmp_path):
    rng, n_refused = np.random.default_rng(2), 0
    good = b"row,column\n1.5,2\n14,3.25\n9,16\n2,11\n"
    for _ in range(int(os.environ.get("N_MUTANTS", "100"))):
        data, at = bytearray(good), int(rng.integers(len(good)))
        junk = rng.integers(256, size=int(rng.integers(1, 9))).astype("uint8").tobytes()
        junk = (
            junk if rng.random() < 0.5 else rng.choice([b"e99", b"1e308", b"nan", b"-"])
        )
        data[at : at + int(rng.integers(3))] = junk
        (tmp_path / "core.csv").write_bytes(bytes(data))
        try:
            plane("core.csv", "bmode", outline_units="px_bmode")
        except (SknacFormatError, CohortError) as error:
            n_refused += "core.csv" in str(error) or "column outline" in str(error)
    assert n_refused > 20
