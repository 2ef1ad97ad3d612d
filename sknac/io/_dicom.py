"""DICOM images and cines of ultrasound scanners.

Pixels become grey values as images do; what the file says of spacing, depth and probe
comes with them. Nothing else of the header does: names, dates, identifiers and free
text stay in the file.
"""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io import _grey
from sknac.io._dicom_header import guarded, read_header
from sknac.io._dicom_layout import read_layout
from sknac.io._dicom_pixels import read_colours, read_grey
from sknac.io._dicom_regions import (
    beyond,
    box_in,
    find_region,
    fits,
    positive_spacing,
    read_regions,
)
from sknac.io._info import ArrayInfo
from sknac.utils._optional import import_optional

HAS_VARIABLES = True  # variable="region[0]", one of several regions of the screen

_SAME = 1e-3  # relative: decimals are rounded
_ULTRASOUND = ("US", "IVUS")
_PROBES = (
    "SECTOR PHASED",
    "SECTOR MECH",
    "SECTOR ANNULAR",
    "LINEAR",
    "CURVED LINEAR",
    "SINGLE CRYSTAL",
    "SPLIT XTAL CWD",
    "IV PHASED",
    "IV ROT XTAL",
    "IV ROT MIRROR",
    "ENDOCAV PA",
    "ENDOCAV MECH",
    "ENDOCAV CLA",
    "ENDOCAV AA",
    "ENDOCAV LINEAR",
    "VECTOR PHASED",
)
_CALIBRATIONS = ("GEOMETRY", "FIDUCIAL")
_LONGEST_NAME = 64
_NO_NAMES = ("", "UNUSED", "NONE")


def read_info(path, variable=None) -> ArrayInfo:
    """Tell size, frames, spacing and settings from the header."""
    import_optional("pydicom", "pydicom", "formats")
    return guarded(path, _info, str(path), variable)


def read_frame(info, frame=None) -> np.ndarray:
    """Read a frame as (rows, columns) grey values, high where it is bright."""
    return guarded(info.path, _frame, info, frame, read_grey)


def coloured_share(info, frame=None) -> float:
    """Tell the share of coloured pixels of a frame."""
    if not info.header["colour"]:
        return 0.0
    return _grey.coloured_share(guarded(info.path, _frame, info, frame, read_colours))


def _frame(file, info, frame, read):
    """Read a frame, or a region of it."""
    file, fields, *pixels = read_header(file, info.path)
    layout = read_layout(file, fields, *pixels)
    image = read(file, layout, fields, frame or 0)
    if info.variable is None:
        return image
    region = find_region(info.path, read_regions(fields), info.variable)
    return image[box_in(info.path, region, image.shape)].copy()


def _info(file, path, variable):
    """Gather what the header says."""
    file, fields, *pixels = read_header(file, path)
    layout = read_layout(file, fields, *pixels)
    shape = layout.rows, layout.columns
    regions = read_regions(fields)
    images = [region for region in regions if region.is_image]
    top = 0
    if variable is not None:
        images = [find_region(path, regions, variable)]
        rows, columns = box_in(path, images[0], shape)
        top, variable = rows.start, images[0].name
        shape = rows.stop - top, columns.stop - columns.start
    spacing, source, notes = _spacing(fields, images, regions)
    notes += [
        f"{beyond(one, (layout.rows, layout.columns))}; if resized, its spacing no "
        "longer holds: compare a known distance"
        for one in images
        if one.spacing_mm and not fits(one, (layout.rows, layout.columns))
    ]
    depth = _agreed([one.top_depth_mm for one in images], 0.5, spacing)
    focus = fields.number("FocusDepth")
    header = {
        "photometric": layout.photometric,
        "colour": layout.has_colours,
        "bits_stored": layout.bits_stored,
        "transfer_syntax": pixels[0].name,
        "transducer_type": fields.word("TransducerType", _PROBES),
        "regions": tuple(region.describe() for region in regions),
        "spacing_source": source,
        "spacing_calibration": fields.word(
            "PixelSpacingCalibrationType", _CALIBRATIONS
        ),
        "notes": tuple(notes),
    }
    return ArrayInfo(
        path,
        "dicom",
        shape,
        layout.grey_dtype,
        layout.n_frames,
        header=header,
        signal="bmode" if fields.word("Modality", _ULTRASOUND) else None,
        spacing_mm=spacing,
        start_depth_mm=None if depth is None else depth + top * spacing[0],
        focus_mm=focus if focus and focus > 0 else None,
        probe=_probe(fields),
        transmit_mhz=_agreed([one.transmit_mhz for one in images]),
        variable=variable,
    )


def _spacing(fields, images, regions):
    """Return (axial, lateral) mm, the tag that says so, and what is doubtful."""
    stated, source = _pixel_spacing(fields)
    said = [one for one in images if one.spacing_mm]
    if not said:
        if stated and regions and not images:
            kinds = ", ".join(sorted({one.kind for one in regions}))
            return None, None, [f"{source} is not taken: it shows {kinds} regions only"]
        return stated, source, []
    spacing = said[0].spacing_mm
    if len(said) < len(images) or not all(
        _is_same(one.spacing_mm, spacing) for one in said
    ):
        listed = ", ".join(f"{one.name} {_written(one.spacing_mm)}" for one in images)
        raise SknacFormatError(
            fields.path,
            f"its 2-D regions have different pixels ({listed}); name one with "
            f"variable={images[0].name!r}",
        )
    notes = []
    if stated and not _is_same(stated, spacing):
        notes.append(
            f"{source} says {_written(stated)} and {said[0].name} "
            f"{_written(spacing)}, which is taken; compare a known distance"
        )
    return spacing, said[0].name, notes


def _pixel_spacing(fields):
    """Return the spacing of the whole image: rows apart, then columns, in mm."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        spacing = fields.numbers(keyword, 2)
        if spacing:
            return positive_spacing(fields, keyword, spacing), keyword
    return None, None


def _is_same(first, second):
    """Tell whether two spacings are the same but for rounding."""
    pairs = zip(first, second, strict=True)
    return all(math.isclose(a, b, rel_tol=_SAME) for a, b in pairs)


def _written(spacing):
    """Write a spacing."""
    return "unknown" if spacing is None else f"{spacing[0]:.4g} x {spacing[1]:.4g} mm"


def _agreed(values, n_pixels=0.0, spacing=None):
    """Return what all regions say alike, to some pixels, else None."""
    if not values or None in values:
        return None
    room = n_pixels * spacing[0] if spacing else 0.0
    return values[0] if max(values) - min(values) <= room else None


def _probe(fields):
    """Return the probe's name, which the maker chooses; a text of prose is none."""
    texts = [text.strip() for text in fields.texts("TransducerData")]
    name = " ".join(text for text in texts if text.upper() not in _NO_NAMES)
    return name if name and len(name) <= _LONGEST_NAME and name.isprintable() else None
