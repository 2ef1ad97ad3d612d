"""LabelMe's JSON: one image a file."""

# SPDX-License-Identifier: BSD-3-Clause

import base64
import io
import math
import warnings
from functools import partial

import numpy as np
from PIL import Image

from sknac.cohort._mask_rule import draw_inside, find_rule
from sknac.cohort._rle import cropped
from sknac.cohort._shapes import (
    Annotated,
    Shape,
    check_points,
    check_size,
    ellipse,
    polygon,
    rectangle,
    short,
)


def parse_labelme(data: dict) -> tuple[Annotated, ...]:
    """Read the shapes of LabelMe's file; its copy of the image is not looked at."""
    size = check_size(data.get("imageHeight"), data.get("imageWidth"))
    shapes = data["shapes"]
    if not isinstance(shapes, list):
        raise ValueError(f"shapes must be a list, got {short(shapes)}")
    name = data.get("imagePath")
    found = tuple(_shape(number, shape, size) for number, shape in enumerate(shapes))
    return (Annotated(name if isinstance(name, str) else "", size, found, alone=True),)


def _shape(number, shape, size):
    """Read a shape by its type."""
    if not isinstance(shape, dict) or not isinstance(shape.get("label"), str):
        raise ValueError(f"shape {number} has no label; save the file again")
    label = shape["label"]
    kind = shape.get("shape_type") or "polygon"
    if kind == "mask":
        points = _points(shape, 2)
        return Shape(label, pixels=partial(_pixels, shape.get("mask"), points, size))
    if isinstance(kind, str) and kind in _TYPES:
        return Shape(label, polygon(_TYPES[kind](shape)))
    return Shape(label)  # a point or a line, which has no area


def _points(shape, n_points=None):
    """The points of a shape, of whose type there are so many."""
    points = shape.get("points")
    check_points(points)
    if n_points is not None and len(points) != n_points:
        raise ValueError(
            f"a shape of its type must have {n_points} points, got {len(points)}"
        )
    return points


def _rectangle(shape):
    """Two opposite corners, or all four as newer versions write."""
    if len(_points(shape)) == 4:
        return shape["points"]
    first, second = _points(shape, 2)
    return rectangle(*first, *second)


def _circle(shape):
    """The centre and a point of the circle."""
    (x, y), edge = _points(shape, 2)
    radius = math.hypot(edge[0] - x, edge[1] - y)
    return ellipse(x, y, radius, radius)


_TYPES = {
    "polygon": _points,
    "rectangle": _rectangle,
    "oriented_rectangle": _points,
    "circle": _circle,
}


def _pixels(text, points, size):
    """Decode a mask: a PNG of the part of the image between two pixels."""
    (x0, y0), (x1, y1) = ([round(value) for value in point] for point in points)
    row, column = min(y0, y1), min(x0, x1)
    values = _png(text, size)
    expected = abs(y1 - y0) + 1, abs(x1 - x0) + 1
    if np.abs(np.subtract(values.shape, expected)).max() > 1:
        raise ValueError(
            f"a mask of {values.shape[0]} x {values.shape[1]} pixels does not fit its "
            f"box of {expected[0]} x {expected[1]}; save the file again"
        )
    ends = row + values.shape[0], column + values.shape[1]
    if min(row, column) < 0 or ends[0] > size[0] or ends[1] > size[1]:
        raise ValueError("a mask reaches beyond its image; save the file again")
    above, _ = find_rule(values)  # a box is full of its mask: never inverted
    return cropped(draw_inside(values, (), above), row, column)


def _png(text, size):
    """Decode the PNG, no larger than the image."""
    try:
        data = base64.b64decode(text, validate=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged metadata
            with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
                if image.height > size[0] + 1 or image.width > size[1] + 1:
                    raise ValueError("the mask must be no larger than its image")
                return np.asarray(image.convert("L"))
    except Exception as error:  # Pillow's decoders let nearly any kind through
        cause = str(error) or type(error).__name__
        raise ValueError(
            f"damaged mask of a shape: {short(cause)}; save the file again"
        ) from error
