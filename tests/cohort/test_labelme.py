"""LabelMe's shapes by type."""

# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pytest

from sknac.cohort import Grid
from sknac.cohort._annotations import draw_annotation
from sknac.cohort._labelme import parse_labelme

GRID = Grid((40, 60), (1, 1))


def drawn(data):
    """The mask of everything on the image."""
    (annotated,) = parse_labelme(data)
    return draw_annotation("a.json", annotated, GRID).to_mask(GRID)


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        ("polygon", [[17, 13], [27, 13], [27, 23], [17, 23]]),
        (None, [[17, 13], [27, 13], [27, 23], [17, 23]]),
        ("rectangle", [[17, 13], [27, 23]]),
        ("rectangle", [[27, 13], [17, 23]]),
        ("rectangle", [[17, 13], [27, 13], [27, 23], [17, 23]]),
        ("oriented_rectangle", [[17, 13], [27, 13], [27, 23], [17, 23]]),
        ("polygon", [[16.6, 12.6], [27.4, 12.6], [27.4, 23.4], [16.6, 23.4]]),
    ],
)
def test_each_type_gives_the_square(labelme, square, kind, points):
    data = labelme(("tumour", kind, points))
    np.testing.assert_array_equal(drawn(data), square)


def test_a_circle_is_its_centre_and_a_point_of_it(labelme):
    mask = drawn(labelme(("t", "circle", [[30.2, 20.3], [30.2 + 9, 20.3 - 12]])))
    rows, columns = np.mgrid[:40, :60] + 0.5
    disc = np.hypot(columns - 30.2, rows - 20.3) < 15
    np.testing.assert_array_equal(mask, disc)


@pytest.mark.parametrize("scale", [1, 255])
def test_a_mask_is_the_pixels_of_its_box(labelme, scale):
    rows, columns = np.mgrid[:40, :60]
    disc = (rows - 20) ** 2 + (columns - 30) ** 2 < 100
    mask = (disc * scale).astype("uint8")
    np.testing.assert_array_equal(drawn(labelme(("t", mask))), disc)
    np.testing.assert_array_equal(drawn(labelme(("t", disc))), disc)  # one bit


def test_the_copy_of_the_image_is_not_kept(labelme, corners):
    data = labelme(("t", "polygon", corners["labelme"]))
    assert data["imageData"] not in repr(parse_labelme(data))


def changed(data, **changes):
    """A file whose first shape is changed."""
    data = json.loads(json.dumps(data))
    data["shapes"][0].update(changes)
    return data


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": [[1, 1], [2, 2]]}, "three points or more, got 2"),
        ({"points": [[1, 1], [2, 2], [3, 3]]}, "the outline has no area"),
        ({"points": [[90, 90], [95, 90], [95, 95]]}, "lies outside its image of 40 x"),
        ({"points": None}, "points must be pairs"),
        ({"points": [[1, 1], [2, 2], [3, "a"]]}, "must be a number, got 'a'"),
        ({"label": None}, "shape 0 has no label; save"),
        ({"label": {"a": 1}}, "shape 0 has no label; save"),
        ({"shape_type": "circle"}, "must have 2 points, got 4"),
        ({"shape_type": "mask"}, "must have 2 points, got 4"),
    ],
)
def test_damaged_shapes_are_refused(labelme, corners, changes, message):
    data = labelme(("tumour", "polygon", corners["labelme"]))
    with pytest.raises(ValueError, match=message):
        drawn(changed(data, **changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mask": "no base64!"}, "damaged mask of a shape: .*; save the file again"),
        ({"mask": "AAAA"}, "damaged mask of a shape"),
        ({"mask": None}, "damaged mask of a shape"),
        ({"points": [[17, 13], [40, 23]]}, "10 x 10 pixels does not fit its box of 11"),
        ({"points": [[55, 13], [64, 22]]}, "a mask reaches beyond its image"),
        ({"points": [[-9, 13], [0, 22]]}, "a mask reaches beyond its image"),
    ],
)
def test_damaged_masks_are_refused(labelme, square, changes, message):
    with pytest.raises(ValueError, match=message):
        drawn(changed(labelme(("t", square)), **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"imageHeight": None},
        {"imageWidth": 1.5},
        {"imageHeight": 10**9},
        {"shapes": {"a": 1}},
        {"shapes": [3]},
    ],
)
def test_damaged_files_are_refused(labelme, corners, changes):
    data = labelme(("tumour", "polygon", corners["labelme"]))
    with pytest.raises(ValueError, match=r"must|no label|is claimed"):
        parse_labelme({**data, **changes})
