"""Masks of a cohort table: on the pixels of their image, or refused."""

# SPDX-License-Identifier: BSD-3-Clause

import math
import os
from pathlib import Path

import numpy as np

from sknac.cohort._geometry import Grid
from sknac.cohort._handles import ArrayRef
from sknac.cohort._outlines import MaskOutline, judge_mask
from sknac.exceptions import SknacFormatError
from sknac.io import read_info

# What one grid's spacings (relative) and origins (in pixels) may differ by.
_SCALE, _SHIFT = 1e-3, 0.5


def take_number(row, column, default=None, *, positive=False):
    """Take a number from a row whose empty values were dropped."""
    if column not in row:
        return default
    try:
        number = float(row[column])
    except (TypeError, ValueError):
        raise ValueError(
            f"column {column}: must be a number, got {row[column]!r}"
        ) from None
    if not math.isfinite(number) or (positive and number <= 0):
        kind = "positive" if positive else "finite"
        raise ValueError(f"column {column}: the number must be {kind}, got {number:g}")
    return number


def read_mask(path, row, drawn_on, image):
    """Read a mask, which lies on the pixels of an image that was looked at."""
    info = _mask_info(path)
    mask = ArrayRef.from_info(info, _mask_frame(info, row, image))
    if mask.ndim != 2:
        raise ValueError(
            f"column outline: {path.name} has shape {mask.shape}; a mask has two "
            "dimensions, a polygon is (n, 2)"
        )
    grid = _mask_grid(drawn_on, mask.shape, row, path)
    _check_same_place(info, row, drawn_on, image)
    labels = _numbers(row)
    if mask.dtype.kind == "b" and not labels:
        judge_mask(mask)  # whose type says what is inside, but not that it is right
    return MaskOutline(mask, grid, labels)


def _mask_info(path):
    """Look at a mask's file; an unknown suffix says what outlines can be."""
    try:
        return read_info(os.path.abspath(path))
    except SknacFormatError as error:
        if not error.cause.startswith("suffix "):
            raise
        raise SknacFormatError(
            error.path,
            "an outline must be .csv, .json of LabelMe or COCO, .xml of CVAT, or a "
            f"mask, whose {error.cause}",
        ) from error


def _mask_frame(info, row, image):
    """The slice of a stack of masks: that of the image, of as many frames."""
    if info.n_frames == 1:
        return None
    frame, n_images = take_number(row, "frame"), image.n_frames
    if info.is_stack and frame is None:
        return None  # taken whole, and refused for its dimensions
    if frame is None or n_images != info.n_frames:
        raise ValueError(
            f"column outline: {Path(info.path).name} holds {info.n_frames} masks and "
            f"the image's file {n_images} frames; save the mask of each image, or a "
            "mask for each frame and name it in column frame"
        )
    return int(frame)


def _check_same_place(info, row, drawn_on, own):
    """Refuse a mask whose pixels are not those of its image, by what the files say.

    Spacings that agree to one part in a thousand, origins to half a pixel and axes of
    one direction are of one grid.
    """
    stated, step = info.spacing_mm, drawn_on.step
    name, image = Path(info.path).name, Path(str(row["path"])).name
    known = stated is not None and drawn_on.unit == "mm"
    if known and np.abs(np.divide(stated, step) - 1).max() > _SCALE:
        of = "the table's B-mode image" if is_on_bmode(row) else image
        raise ValueError(
            f"column outline: mask {name} has pixels of {_written(stated)} mm and {of} "
            f"of {_written(step)} mm; export the mask on the image's grid"
        )
    if is_on_bmode(row):
        return  # of which the row names no file
    one, other = (_said(each, "origin_mm")[:2] for each in (info, own))
    if one and other:
        away = np.abs(np.subtract(one, other)) / (stated or own.spacing_mm or (1, 1))
        if away.max() > _SHIFT:
            raise ValueError(
                f"column outline: mask {name} begins at {_written(one)} mm and {image} "
                f"at {_written(other)} mm, more than half a pixel away; export the "
                "mask on the image's grid"
            )
    one, other = (_axes(_said(each, "direction")) for each in (info, own))
    if one and other and np.abs(np.subtract(one, other)).max() > _SCALE:
        raise ValueError(
            f"column outline: the axes of mask {name} run by {_written(one, ', ')} and "
            f"those of {image} by {_written(other, ', ')}, so that one is flipped or "
            "turned; export the mask on the image's grid"
        )


def _said(info, name):
    """What a file says of its place, or nothing."""
    return tuple(info.header.get(name) or ())


def _axes(direction):
    """The part of a direction in the plane of the image."""
    return direction if len(direction) != 9 else (*direction[:2], *direction[3:5])


def _written(numbers, between=" x "):
    """Write numbers as 0.1 x 0.2."""
    return between.join(f"{number:.6g}" for number in numbers)


def _mask_grid(drawn_on, shape, row, path):
    """Give the mask its place; on the plane's own grid it must fit."""
    if is_on_bmode(row):
        return Grid(shape, drawn_on.step, drawn_on.origin, drawn_on.unit)
    if shape != drawn_on.shape:
        raise ValueError(
            f"column outline: mask {path.name} must be of the image's size, "
            f"{as_size(drawn_on.shape)}, got {as_size(shape)}; it was not drawn on "
            f"{Path(str(row['path'])).name} as it is"
        )
    return drawn_on


def _numbers(row):
    """The labels that a row asks for, as the values of a mask."""
    try:
        numbers = [float(label) for label in labels_of(row)]
    except ValueError:
        numbers = [math.nan]
    if not all(number.is_integer() for number in numbers):
        raise ValueError(
            "column outline_label: a mask's labels must be whole numbers, such as 1 or "
            f"1;3, got {row['outline_label']!r}"
        )
    return tuple(int(number) for number in numbers)


def labels_of(row):
    """The labels that a row asks for, as texts."""
    text = row.get("outline_label", "")
    labels = [part.strip() for part in str(text).split(";")]
    return tuple(label for label in labels if label)


def is_on_bmode(row):
    """Whether an outline of RF was drawn on its B-mode image."""
    return row["kind"] == "rf" and row["outline_units"] == "px_bmode"


def as_size(shape):
    """Write the size of an image."""
    return "x".join(map(str, shape))
