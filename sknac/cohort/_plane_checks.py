"""What a plane must have, by its kind, and where its outline must lie."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.cohort._handles import IQ_IS_NO_RF
from sknac.utils._bounds import check_bounds

_DIMENSIONS = {
    "rf": (2, "(n_samples_axial, n_lines)"),
    "envelope": (2, "(n_samples_axial, n_lines)"),
    "bmode": (2, "(height, width)"),
    "maps": (3, "(n_maps, height, width)"),
}
_SPACING_TOLERANCE = 1e-3


def check_kind(plane):
    """Check that a plane has what its kind needs."""
    if plane.kind not in _DIMENSIONS:
        raise ValueError(
            f"kind must be one of {sorted(_DIMENSIONS)}, got {plane.kind!r}"
        )
    if plane.image.dtype.kind == "c":
        raise ValueError(
            f"the image of a plane must hold real numbers, got {plane.image.dtype}, "
            f"{IQ_IS_NO_RF}"
        )
    ndim, meaning = _DIMENSIONS[plane.kind]
    if plane.image.ndim != ndim or 0 in plane.image.shape:
        colour = plane.kind == "bmode" and plane.image.shape[-1:] in ((3,), (4,))
        raise ValueError(
            f"the image of a plane of kind {plane.kind!r} must be {meaning}, got shape "
            f"{plane.image.shape}" + ("; make colours grey" if colour else "")
        )
    if plane.kind == "envelope" and plane.spacing_mm is None:
        raise ValueError("an envelope plane needs spacing_mm; give (axial, lateral)")
    if plane.kind == "rf":
        if plane.fs_mhz is None or not plane.fs_mhz > 0:
            raise ValueError(f"fs_mhz of an RF plane must be > 0, got {plane.fs_mhz}")
        if plane.spacing_mm is None:
            raise ValueError(
                "an RF plane needs spacing_mm; Plane.from_rf takes fs_mhz and "
                "line_pitch_mm"
            )
        _check_axial_spacing(plane)
        check_bounds("fs_mhz", plane.fs_mhz)
        check_bounds("speed_of_sound", plane.speed_of_sound)
        check_bounds("the line pitch", plane.spacing_mm[1], "line_pitch_mm")
    for name in ("focus_mm", "transmit_mhz"):
        if getattr(plane, name) is not None:
            check_bounds(name, getattr(plane, name))
    if plane.kind == "maps" and len(plane.channels) != plane.image.shape[0]:
        raise ValueError(
            f"channels must name each of {plane.image.shape[0]} maps, got "
            f"{plane.channels}"
        )
    if len(set(plane.channels)) < len(plane.channels):
        raise ValueError(f"channels must have different names, got {plane.channels}")


def _check_axial_spacing(plane):
    """Refuse RF whose sampling frequency, speed and spacing contradict."""
    if not plane.speed_of_sound > 0:
        raise ValueError(
            f"speed_of_sound of an RF plane must be > 0, got {plane.speed_of_sound}"
        )
    expected = plane.speed_of_sound / (2000.0 * plane.fs_mhz)
    stated = plane.spacing_mm[0]
    if abs(stated - expected) > _SPACING_TOLERANCE * expected:
        raise ValueError(
            f"axial spacing {stated:g} mm contradicts fs_mhz={plane.fs_mhz:g} and "
            f"speed_of_sound={plane.speed_of_sound:g}, which make it {expected:g} mm; "
            "build RF planes with Plane.from_rf, and give spacing_mm too where "
            "replace() changes one of them"
        )


def check_core(core, grid):
    """Refuse an outline whose box misses the image or whose unit differs."""
    if not hasattr(core, "_check_on"):
        raise TypeError(
            "core must be a PolygonOutline or a MaskOutline, got "
            f"{type(core).__name__}; MaskOutline(mask, plane.grid) makes one of a mask"
        )
    low, high = core._check_on(grid)
    corners = grid.to_points([[-0.5, -0.5], np.subtract(grid.shape, 0.5)])
    if (high < corners[0]).any() or (low > corners[1]).any():
        box = [f"{a:.4g} to {b:.4g}" for a, b in zip(low, high, strict=True)]
        raise ValueError(
            f"core outline lies outside the {grid.shape[0]}x{grid.shape[1]} image: "
            f"it spans {box[0]} {grid.unit} in depth, {box[1]} {grid.unit} laterally; "
            "check its unit and place"
        )
