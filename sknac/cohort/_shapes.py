"""Shapes as annotation tools write them, in the pixels of their image.

The tools measure from the image's upper left corner: pixel (0, 0) covers 0 to 1 in
both directions. Here its centre is at (0, 0), so half a pixel is taken off.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from math import cos, pi, radians, sin
from typing import NamedTuple

import numpy as np

# A tool lets a curve leave the image a little; farther out is damage.
FARTHEST = 1e6
_MAX_PIXELS = 64_000_000
_ROUND = 360  # corners of a circle: its area is .005 % too small


class Shape(NamedTuple):
    """A labelled shape: vertices, or what reads the pixels of a mask.

    ``vertices`` are (row, column) indices. ``pixels`` returns the first row and column
    of a part of the image and a mask of bool for it.
    """

    label: str
    vertices: np.ndarray | None = None
    pixels: Callable[[], tuple[int, int, np.ndarray]] | None = None


class Annotated(NamedTuple):
    """An image in an annotation file: its name there, (height, width), shapes.

    ``alone`` where the file is of one image, whatever that is called.
    """

    name: str
    size: tuple[int, int]
    shapes: tuple[Shape, ...]
    alone: bool = False


def check_size(height, width) -> tuple[int, int]:
    """Return an image's size, or refuse what cannot be one."""
    for side in (height, width):
        if isinstance(side, bool) or not isinstance(side, int) or side < 1:
            raise ValueError(
                f"an image's height and width must be whole numbers > 0, got "
                f"{short(height)} and {short(width)}"
            )
    if height * width > _MAX_PIXELS:
        raise ValueError(
            f"an image of {short(height)} x {short(width)} pixels is claimed, and "
            f"{_MAX_PIXELS} are the most; export the annotations again"
        )
    return height, width


def check_points(points) -> None:
    """Refuse points that are no pairs of numbers, or far from any image."""
    if not isinstance(points, list) or not all(
        isinstance(point, list | tuple) and len(point) == 2 for point in points
    ):
        raise ValueError(f"points must be pairs (x, y), got {short(points)}")
    for value in (value for point in points for value in point):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and abs(value) <= FARTHEST):  # NaN is not
            raise ValueError(f"a coordinate must be a number, got {short(value)}")


def polygon(points) -> np.ndarray:
    """Turn (x, y) from the corner into (row, column) indices."""
    check_points(points)
    if len(points) < 3:
        raise ValueError(f"a polygon must have three points or more, got {len(points)}")
    return np.array(points, dtype=float)[:, ::-1] - 0.5


def rectangle(x0, y0, x1, y1, turned=0.0) -> list:
    """Corners of a box, turned about its centre by degrees."""
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    return _turned(corners, ((x0 + x1) / 2, (y0 + y1) / 2), turned)


def ellipse(x, y, x_radius, y_radius, turned=0.0) -> list:
    """Many points of an ellipse, turned about its centre by degrees."""
    angles = [2 * pi * step / _ROUND for step in range(_ROUND)]
    points = [(x + x_radius * cos(a), y + y_radius * sin(a)) for a in angles]
    return _turned(points, (x, y), turned)


def _turned(points, centre, degrees):
    """Turn points clockwise as seen, where y points down."""
    if not degrees:
        return points
    c, s = cos(radians(degrees)), sin(radians(degrees))
    away = [(x - centre[0], y - centre[1]) for x, y in points]
    return [(centre[0] + c * x - s * y, centre[1] + s * x + c * y) for x, y in away]


def short(value) -> str:
    """Show a value of a file in an error, not all of a long one."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
