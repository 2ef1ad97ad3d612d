"""COCO's JSON: many images a file, polygons and run lengths."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial

from sknac.cohort._rle import cropped, decode_runs, read_counts
from sknac.cohort._shapes import Annotated, Shape, check_size, polygon, short


def parse_coco(data: dict) -> tuple[Annotated, ...]:
    """Read the images of a COCO file with what is drawn on each."""
    names = {
        _key(category, "id"): str(_key({"name": category["id"], **category}, "name"))
        for category in _dicts(data, "categories")
    }
    sizes, images, shapes = {}, {}, {}
    for image in _dicts(data, "images"):
        number, name = _key(image, "id"), image.get("file_name")
        if not isinstance(name, str) or number in images:
            raise ValueError(
                "each image must have a file_name and an id of its own, got "
                f"{short(name)} and {short(number)}"
            )
        images[number], shapes[number] = name, []
        sizes[number] = check_size(image.get("height"), image.get("width"))
    for annotation in _dicts(data, "annotations"):
        number, category = (
            _key(annotation, f"{of}_id") for of in ("image", "category")
        )
        if number not in images:
            raise ValueError(
                f"an annotation is of image {short(number)}, which is not listed; "
                "export the file again"
            )
        label = names.get(category, str(category))
        drawn = _shapes(annotation.get("segmentation"), label, sizes[number])
        shapes[number].extend(drawn)
    return tuple(
        Annotated(name, sizes[number], tuple(shapes[number]))
        for number, name in images.items()
    )


def _dicts(data, key):
    """A list of objects of the file."""
    entries = data.get(key)
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise ValueError(f"{key} must be a list of objects, got {short(entries)}")
    return entries


def _key(entry, key):
    """An id, or a name, of an object."""
    value = entry.get(key)
    if not isinstance(value, int | str):
        raise ValueError(f"{key} must be a number or text, got {short(value)}")
    return value


def _shapes(segmentation, label, size):
    """Read the polygons, or the mask, of an annotation."""
    if isinstance(segmentation, dict):
        counts = segmentation.get("counts")
        if segmentation.get("size") != list(size) or not isinstance(counts, list | str):
            raise ValueError(
                f"a mask must have counts and the image's size, {list(size)}, got "
                f"{short(segmentation.get('size'))}"
            )
        return [Shape(label, pixels=partial(_pixels, counts, size))]
    if not isinstance(segmentation, list):
        raise ValueError(
            f"segmentation must be polygons or run lengths, got {short(segmentation)}"
        )
    return [Shape(label, polygon(_pairs(flat))) for flat in segmentation] or [
        Shape(label)  # a box alone
    ]


def _pairs(flat):
    """Pair x1, y1, x2, y2, ..."""
    if not isinstance(flat, list) or len(flat) % 2:
        raise ValueError(f"a polygon must be x, y, x, y and so on, got {short(flat)}")
    return list(zip(flat[::2], flat[1::2], strict=True))


def _pixels(counts, size):
    """Decode a mask, counted column by column."""
    counts = read_counts(counts) if isinstance(counts, str) else counts
    return cropped(decode_runs(counts, size, by_column=True))
