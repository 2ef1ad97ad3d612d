"""Sizes that no scan has: a unit was mistaken."""

# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd

from sknac.cohort._frame import ultrasound_columns
from sknac.cohort._outline_union import parts_of
from sknac.cohort._outlines import PolygonOutline
from sknac.cohort._records import Plane
from sknac.cohort.planes import list_planes
from sknac.utils._warnings import warn_user

# A scan shows some mm (skin, small animals) to 30 cm. Crops may be smaller, so that
# only images of enough samples are judged by being small.
_LARGEST_MM, _LARGE_MM = 500.0, 350.0
_SMALL_MM, _SMALLEST_MM = 10.0, 1.0
_ENOUGH_SAMPLES, _SOME_SAMPLES, _MANY_SAMPLES = 32, 64, 128
_MOST_ASPECT = 10.0  # of depth to width; half of a linear array is 6 times as deep
_FEW_PIXELS = 8  # on a side of an image: colours or frames were taken for its columns
_TINY = {"mm": 1.0, "px": 2.0}  # no tumour that a person outlines is as small
_SHALLOW_MM = 2.0  # of RF: lines, frames or channels were taken for its samples
_DEEPEST_MM = 300.0
_UNITS = {"cm": 10.0, "m": 1000.0, "um": 0.001, "tenths of a mm": 0.1}
_USUAL_MM = (15.0, 250.0)


def refuse_size(plane: Plane) -> None:
    """Refuse a plane of an impossible size or depth; called inside its place.

    Raises
    ------
    ValueError
        If a side is longer than 500 mm; both are shorter than 1 mm though one has 32
        samples or more, or one is that has 128 (of RF and envelopes the width alone:
        some are sampled at 500 MHz); or it does not start within 0 to 300 mm
        (the first row of a B-mode image may lie above the skin: a banner stands over
        the scan).
    """
    depth, lowest = plane.origin_mm[0], -_DEEPEST_MM if plane.kind == "bmode" else 0.0
    if not lowest <= depth <= _DEEPEST_MM:
        raise ValueError(
            f"column start_depth_mm: the depth must be {lowest:g} to {_DEEPEST_MM:g} "
            f"mm, got {depth:g}"
        )
    if plane.spacing_mm is None:
        return
    sides, samples = _sides(plane), max(plane.image.shape[-2:])
    small = max(sides) < _SMALLEST_MM and samples >= _ENOUGH_SAMPLES
    if max(sides) > _LARGEST_MM or small or _is_thin(plane):
        raise ValueError(f"column {_column(plane)}: {_size(plane)}; {_unit(plane)}")


def check_sizes(cohort: pd.DataFrame) -> None:
    """Warn of unlikely sizes, and of pixel sizes that only some images have.

    Of outlines only polygons are looked at: a mask counts pixels, whatever its unit.

    Warns
    -----
    UserWarning
        If an image of 128 samples or more is shorter than 10 mm, one is longer than
        350 mm, or one of 32 samples or more is 10 times as long as wide; if RF of 64
        samples or more has more lines than samples, or is less than 2 mm deep; if a
        polygon is smaller than 1 mm, or than 2 pixels without a spacing; if an image
        of 64 pixels or more is less than 8 wide or high; or if a visit's images have a
        pixel size in part.
    """
    found = list_planes(cohort, ultrasound_columns(cohort))
    unlikely = [at for at in found if _is_unlikely(at.plane)]
    if unlikely:
        at = unlikely[0]
        warn_user(
            f"{len(unlikely)} of {len(found)} planes are of unlikely size; the first "
            f"is {at.place}: {_size(at.plane)}; {_unit(at.plane)}"
        )
    _check_outlines(found)
    _check_axes(found)
    for column in ultrasound_columns(cohort):
        images = [at for at in found if at.column == column]
        without = [at for at in images if at.plane.spacing_mm is None]
        if without and len(without) < len(images):
            warn_user(
                f"column {column}: {len(without)} of {len(images)} images have no "
                f"pixel size and are measured in pixels, the others in mm; the first "
                f"is {without[0].place}; give all a pixel size, or none"
            )


def _check_outlines(found):
    """Warn of polygons in cm, in shares of the image, or of a slip of the hand."""
    tiny = []
    for at in found:
        unit = at.plane.grid.unit
        for part in parts_of(at.plane.core):
            if isinstance(part, PolygonOutline):
                low, high = part.box()
                if max(high - low) < _TINY[unit]:
                    tiny.append((at.place, *(high - low), unit))
    if tiny:
        place, height, width, unit = tiny[0]
        warn_user(
            f"{len(tiny)} outlines are unlikely small; the first is {place}: "
            f"{height:.2g} x {width:.2g} {unit}; check the unit of its vertices, which "
            "are no shares of the image and no cm"
        )


def _check_axes(found):
    """Warn of images a few pixels wide: their axes were saved in another order."""
    strips = []
    for at in found:
        shape = at.plane.image.shape[-2:]
        is_strip = min(shape) < _FEW_PIXELS and max(shape) >= _SOME_SAMPLES
        if is_strip and at.plane.kind != "rf":  # which has a rule of its own
            strips.append((at.place, *shape))
    if strips:
        place, height, width = strips[0]
        warn_user(
            f"{len(strips)} of {len(found)} images are strips; the first is {place}, "
            f"{height}x{width}; check the axes of its array, in which colours or "
            "frames may be taken for columns"
        )


def _sides(plane):
    """Height and width in mm."""
    shape = plane.image.shape[-2:]
    return tuple(n * step for n, step in zip(shape, plane.spacing_mm, strict=True))


def _is_thin(plane):
    """Tell whether many samples, or lines, would lie within a millimetre."""
    both = zip(_sides(plane), plane.image.shape[-2:], strict=True)
    thin = [side < _SMALLEST_MM and n >= _MANY_SAMPLES for side, n in both]
    return thin[1] if plane.kind in ("rf", "envelope") else any(thin)


def _is_unlikely(plane):
    """Tell whether a plane's size is possible and rare."""
    if plane.spacing_mm is None:
        return False
    sides = _sides(plane)
    samples = min(plane.image.shape[-2:])
    narrow = max(sides) > _MOST_ASPECT * min(sides) and samples >= _ENOUGH_SAMPLES
    small = max(sides) < _SMALL_MM and samples >= _MANY_SAMPLES
    return max(sides) > _LARGE_MM or small or narrow or _is_turned(plane)


def _is_turned(plane):
    """Tell whether the first axis of RF is probably not its depth."""
    n_samples, n_lines = plane.image.shape[-2:]
    if plane.kind != "rf" or max(n_samples, n_lines) < _SOME_SAMPLES:
        return False
    return n_samples < n_lines or _sides(plane)[0] < _SHALLOW_MM


def _column(plane):
    """Name the column that a wrong size probably comes from."""
    if plane.kind in ("rf", "envelope"):
        sides = _sides(plane)
        wrong_axial = not _SMALLEST_MM <= sides[0] <= _LARGEST_MM
        return "fs_mhz" if wrong_axial else "line_pitch_mm"
    return "spacing_axial_mm"


def _size(plane):
    """Say how large an image would be."""
    height, width = plane.image.shape[-2:]
    sides = _sides(plane)
    return f"the {height}x{width} image would be {sides[0]:.3g} x {sides[1]:.3g} mm"


def _unit(plane):
    """Say what to check, and in which unit a spacing was probably given."""
    (axial, lateral), sides = plane.spacing_mm, _sides(plane)
    if _is_turned(plane):
        return (
            "check fs_mhz and the axes, for depth must run along the first, lines "
            "along the second, and frames along neither"
        )
    for unit, factor in _UNITS.items():
        if all(_USUAL_MM[0] <= side * factor <= _USUAL_MM[1] for side in sides):
            return (
                f"check spacing and unit ({axial:g} and {lateral:g} look like {unit}: "
                f"in mm they are {axial * factor:g} and {lateral * factor:g})"
            )
    names = ("axially", "laterally")
    for name, step, side in zip(names, plane.spacing_mm, sides, strict=True):
        for unit, factor in _UNITS.items():
            if side < _SMALL_MM and _USUAL_MM[0] <= side * factor <= _USUAL_MM[1]:
                return (
                    f"check spacing and unit ({step:g} {name} looks like {unit}: in mm "
                    f"it is {step * factor:g})"
                )
    return "check spacing and unit"
