"""CVAT's XML "for images", and XML that is a bomb."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest

from sknac.cohort import Grid
from sknac.cohort._annotations import draw_annotation
from sknac.cohort._cvat import parse_cvat

GRID = Grid((40, 60), (1, 1))


def drawn(data):
    """The mask of everything on the first image."""
    return draw_annotation("a.xml", parse_cvat(data)[0], GRID).to_mask(GRID)


def mask_of(part, row, column, runs):
    """Attributes of a mask element."""
    height, width = part.shape
    rle = ", ".join(map(str, runs(part, "C")))
    return {"rle": rle, "left": column, "top": row, "width": width, "height": height}


def test_each_element_gives_the_square(cvat, corners, runs, square):
    box = {"xtl": "17.00", "ytl": "13.00", "xbr": "27.00", "ybr": "23.00"}
    elements = [
        ("polygon", {"points": corners["cvat"]}),
        ("box", box),
        ("box", {**box, "rotation": "90.00"}),
        ("mask", mask_of(square[10:25, 15:30], 10, 15, runs)),
        ("mask", mask_of(square[13:23, 17:27], 13, 17, runs)),
    ]
    for tag, attributes in elements:
        data = cvat({"scan.png": [(tag, "tumour", attributes)]})
        np.testing.assert_array_equal(drawn(data), square)


def test_runs_go_row_by_row_in_their_box(cvat):
    # One row of three, then one pixel: 0 1 1 / 1 1 0 is 1, 4, 1 by rows.
    mask = {"rle": "1, 4, 1", "left": 8, "top": 5, "width": 3, "height": 2}
    found = drawn(cvat({"a": [("mask", "t", mask)]}))
    assert np.argwhere(found).tolist() == [[5, 9], [5, 10], [6, 8], [6, 9]]


def test_the_mask_of_the_tools_documentation_is_a_disc(cvat):
    # docs.cvat.ai, XML annotation format 1.1, the mask of its example.
    runs = (
        "3, 5, 7, 7, 5, 9, 3, 11, 2, 11, 2, 12, 1, 12, 1, 26, 1, 12, 1, 12, 2, 11, 3,"
    )
    runs += " 9, 5, 7, 7, 5, 3"
    mask = {"rle": runs, "left": 20, "top": 10, "width": 13, "height": 15}
    rows, columns = np.nonzero(drawn(cvat({"a": [("mask", "car", mask)]})))
    assert (rows.mean(), columns.mean()) == pytest.approx((17, 26), abs=0.3)
    assert np.hypot(rows - 17, columns - 26).max() < 7.7
    assert len(rows) == pytest.approx(math.pi * 7 * 6.5, rel=0.05)


def test_an_ellipse_has_its_area(cvat):
    ellipse = {"cx": 30, "cy": 20, "rx": 20, "ry": 12, "rotation": 10}
    mask = drawn(cvat({"a": [("ellipse", "t", ellipse)]}))
    assert mask.sum() == pytest.approx(math.pi * 20 * 12, rel=0.01)


def test_images_keep_their_own_shapes(cvat, corners):
    polygon = ("polygon", "t", {"points": corners["cvat"]})
    images = parse_cvat(
        cvat({"P1/a.png": [polygon], "b.png": [], "c.png": [polygon] * 2})
    )
    assert [len(image.shapes) for image in images] == [1, 0, 2]
    assert [image.name for image in images] == ["P1/a.png", "b.png", "c.png"]


LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10)
)


@pytest.mark.parametrize(
    "head",
    [
        f"<!DOCTYPE annotations [{LAUGHS}]>",
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE annotations SYSTEM "http://localhost/a.dtd">',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_doctype_is_refused_where_it_begins(cvat, head, encoding):
    text = cvat({"&l9;" if "l9" in head else "a": []}, head=head).decode()
    text = text.replace('encoding="utf-8"', f'encoding="{encoding}"')
    with pytest.raises(ValueError, match="has a DOCTYPE, and CVAT writes none; export"):
        parse_cvat(text.encode(encoding))


GOOD = {"rle": "1, 4, 1", "left": 8, "top": 5, "width": 3, "height": 2}


@pytest.mark.parametrize(
    ("tag", "attributes", "message"),
    [
        ("polygon", {"points": "1,1;2,2"}, "three points or more, got 2"),
        ("polygon", {"points": "1,1;2,2;3"}, "must be pairs"),
        ("polygon", {"points": "1,1;2,2;3,nan"}, "must be a number, got 'nan'"),
        ("polygon", {"points": "1,1;2,2;3,1e999"}, "must be a number, got '1e999'"),
        ("polygon", {"points": "90,90;95,90;95,95"}, "lies outside its image of 40 x"),
        ("polygon", {}, "an element has no points; export"),
        ("box", {"xtl": 1, "ytl": 1, "xbr": 9}, "an element has no ybr"),
        ("box", {"xtl": 1, "ytl": 1, "xbr": 1, "ybr": 9}, "has no area"),
        (
            "box",
            {"xtl": 1, "ytl": 1, "xbr": 9, "ybr": 9, "rotation": "inf"},
            "must be a number, got 'inf'",
        ),
        ("mask", {**GOOD, "rle": "1, 4"}, "add up to 5 pixels, and 2 x 3 has 6"),
        ("mask", {**GOOD, "rle": "1, x"}, "rle must be whole numbers"),
        ("mask", {**GOOD, "rle": "6"}, "a mask is empty"),
        ("mask", {**GOOD, "left": 58}, "reaches beyond its image"),
        ("mask", {**GOOD, "left": -1}, "left must be a whole number, got '-1'"),
        ("mask", {**GOOD, "width": 10**12}, "width must be a whole number"),
        ("mask", {**GOOD, "height": 0}, "reaches beyond its image"),
    ],
)
def test_damaged_elements_are_refused(cvat, tag, attributes, message):
    with pytest.raises(ValueError, match=message):
        drawn(cvat({"a": [(tag, "t", attributes)]}))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "damaged XML: no element found"),
        (b"<annotations><image", "damaged XML"),
        (b"<svg/>", "must be that of CVAT, got <'svg'> at its root"),
        (
            b"<annotations><track/></annotations>",
            '"CVAT for video"; export "CVAT for i',
        ),
        (b'<?xml version="1.0" encoding="none"?><annotations/>', "damaged XML"),
        (b"<annotations><image name='a' width='1'/></annotations>", "has no height"),
        (b"\x00\x01\x02", "damaged XML"),
    ],
)
def test_other_files_are_refused(data, message):
    with pytest.raises(ValueError, match=message):
        parse_cvat(data)
