"""COCO's polygons and run lengths; pycocotools says which pixels they are."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.cohort import Grid
from sknac.cohort._annotations import draw_annotation
from sknac.cohort._coco import parse_coco

GRID = Grid((40, 60), (1, 1))


def drawn(data):
    """The mask of everything on the first image."""
    return draw_annotation("a.json", parse_coco(data)[0], GRID).to_mask(GRID)


def test_polygons_and_masks_give_the_square(coco, corners, runs, compressed, square):
    counts = runs(square, "F")
    for segmentation in (
        [corners["coco"]],
        {"size": [40, 60], "counts": counts},
        {"size": [40, 60], "counts": compressed(counts)},
    ):
        data = coco(("scan.png", "tumour", segmentation))
        np.testing.assert_array_equal(drawn(data), square)


def test_an_oblique_polygon_covers_the_pixels_of_pycocotools():
    # pycocotools 2.0.11, decode(merge(frPyObjects([polygon], 12, 12))), whose edges
    # are rounded to a fifth of a pixel; area by rows.
    polygon = [2.2, 1.3, 9.7, 3.1, 7.4, 10.6, 3.3, 8.9]
    expected = [0, 1, 5, 7, 6, 6, 6, 5, 5, 3, 0, 0]
    data = {
        "categories": [{"id": 1, "name": "t"}],
        "images": [{"id": 1, "file_name": "a", "height": 12, "width": 12}],
        "annotations": [{"image_id": 1, "category_id": 1, "segmentation": [polygon]}],
    }
    grid = Grid((12, 12), (1, 1))
    mask = draw_annotation("a", parse_coco(data)[0], grid).to_mask(grid)
    assert mask.sum(axis=1).tolist() == expected


def test_several_polygons_of_an_object_are_one_outline(coco, corners):
    other = [0, 0, 5, 0, 5, 4, 0, 4]
    mask = drawn(coco(("scan.png", "t", [corners["coco"], other])))
    assert mask.sum() == 120
    overlapping = [20, 13, 30, 13, 30, 23, 20, 23]
    mask = drawn(coco(("scan.png", "t", [corners["coco"], overlapping])))
    assert mask.sum() == 130


def test_labels_are_names_of_categories_or_their_numbers(coco, corners):
    data = coco(("scan.png", "tumour", [corners["coco"]]))
    assert parse_coco(data)[0].shapes[0].label == "tumour"
    del data["categories"][0]["name"]
    assert parse_coco(data)[0].shapes[0].label == "1"


@pytest.mark.parametrize(
    ("segmentation", "message"),
    [
        ({"size": [60, 40], "counts": [2400]}, r"the image's size, \[40, 60\], got"),
        ({"size": [40, 60], "counts": None}, "a mask must have counts and"),
        ({"size": [40, 60], "counts": [2300]}, "add up to 2300 pixels, and 40 x 60"),
        ({"size": [40, 60], "counts": [2400]}, "a mask is empty"),
        ({"size": [40, 60], "counts": "¬"}, "must be COCO's"),
        ([[1, 2, 3]], "must be x, y, x, y and so on"),
        ([[1, 2, 3, 4]], "three points or more, got 2"),
        ([["a", 2, 3, 4, 5, 6]], "must be a number, got 'a'"),
        ([3], "must be x, y, x, y and so on, got 3"),
        (None, "segmentation must be polygons or run lengths, got None"),
    ],
)
def test_damaged_segmentations_are_refused(coco, segmentation, message):
    with pytest.raises(ValueError, match=message):
        drawn(coco(("scan.png", "t", segmentation)))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("images", None, "images must be a list of objects"),
        ("images", [{"id": 0}], "must have a file_name"),
        ("images", [{"id": []}], "id must be a number or text"),
        ("images", [], "is of image 0, which is not listed"),
        ("annotations", [3], "annotations must be a list of objects"),
        ("annotations", [{"image_id": 0}], "category_id must be a number or text"),
        ("categories", [{}], "id must be a number or text, got None"),
        ("categories", [{"id": 1, "name": []}], "name must be a number or text"),
    ],
)
def test_damaged_files_are_refused(coco, corners, key, value, message):
    data = coco(("scan.png", "t", [corners["coco"]]))
    with pytest.raises(ValueError, match=message):
        parse_coco({**data, key: value})


def test_an_image_listed_twice_is_refused(coco, corners):
    data = coco(("scan.png", "t", [corners["coco"]]))
    data["images"] *= 2
    with pytest.raises(ValueError, match="an id of its own"):
        parse_coco(data)
