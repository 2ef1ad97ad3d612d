"""DICOM images and cines of ultrasound scanners.

Pixels become grey values as images do; what the file says of spacing, depth and probe
comes with them. Nothing else of the header does: names, dates, identifiers and free
text stay in the file.
"""

# SPDX-License-Identifier: BSD-3-Clause

import math
import os
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io import _grey
from sknac.io._dicom_header import guarded, open_data, read_header
from sknac.io._dicom_layout import Layout, read_layout
from sknac.io._dicom_pixels import read_colours, read_grey
from sknac.io._dicom_regions import (
    Region,
    beyond,
    box_in,
    find_region,
    fits,
    positive_spacing,
    read_regions,
)
from sknac.io._info import ArrayInfo
from sknac.utils._optional import import_optional
from sknac.utils._settled import has_settled

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
_CODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9.+/-]{0,23}")


@dataclass(frozen=True)
class _Scan:
    """What the header says, whatever frame or region is asked for."""

    layout: Layout
    syntax: str
    regions: tuple[Region, ...]
    stated_mm: tuple[float, float] | None  # of the whole image
    source: str | None
    calibration: str | None
    focus_mm: float | None
    probe: str | None
    transducer: str | None
    is_ultrasound: bool


def read_info(path, variable=None) -> ArrayInfo:
    """Tell size, frames, spacing and settings from the header."""
    import_optional("pydicom", "pydicom", "formats")
    path = str(path)
    return _info(path, _scan(path), variable)


def read_frame(info, frame=None) -> np.ndarray:
    """Read a frame as (rows, columns) grey values, high where it is bright."""
    return _read(info, frame, read_grey)


def coloured_pixels(info, frame=None, saturation=0.0) -> np.ndarray | None:
    """Tell which pixels of a frame are coloured."""
    if not info.header["colour"]:
        return None
    return _grey.is_coloured(_read(info, frame, read_colours), saturation)


def _read(info, frame, read):
    """Read a frame, or a region of it."""
    scan = _scan(info.path)
    image = guarded(info.path, _frame, scan.layout, frame or 0, read)
    if info.variable is None:
        return image
    region = find_region(info.path, scan.regions, info.variable)
    return image[box_in(info.path, region, image.shape)].copy()


def _frame(file, layout, frame, read):
    """Read a frame where the header's reading found it."""
    if layout.is_deflated:
        file, _ = open_data(file, layout.path)
    return read(file, layout, frame)


def _scan(path):
    """Read a header, once for the frames of a file that has settled."""
    stat = os.stat(path)
    read = _settled_scan if has_settled(stat.st_mtime_ns) else _settled_scan.__wrapped__
    return read(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=32)
def _settled_scan(path, size, mtime_ns):
    """Read a header; the other arguments make a changed file miss."""
    return guarded(path, _read_scan, path)


def _read_scan(file, path):
    """Gather what the header says."""
    file, fields, syntax, *pixels = read_header(file, path)
    focus = fields.number("FocusDepth")
    return _Scan(
        read_layout(file, fields, syntax, *pixels),
        syntax.name,
        tuple(read_regions(fields)),
        *_pixel_spacing(fields),
        fields.word("PixelSpacingCalibrationType", _CALIBRATIONS),
        focus if focus and focus > 0 else None,
        _probe(fields),
        fields.word("TransducerType", _PROBES),
        fields.word("Modality", _ULTRASOUND) is not None,
    )


def _info(path, scan, variable):
    """Say what a frame, or a region of it, is."""
    layout = scan.layout
    shape = whole = layout.rows, layout.columns
    images = [region for region in scan.regions if region.is_image]
    top = 0
    if variable is not None:
        images = [find_region(path, scan.regions, variable)]
        rows, columns = box_in(path, images[0], whole)
        top, variable = rows.start, images[0].name
        shape = rows.stop - top, columns.stop - columns.start
    spacing, source, doubts = _spacing(path, scan, images)
    doubts += [
        f"{beyond(one, whole)}; if resized, its spacing no longer holds: compare a "
        "known distance"
        for one in images
        if one.spacing_mm and not fits(one, whole)
    ]
    depth = _agreed([one.top_depth_mm for one in images], 0.5, spacing)
    header = {
        "photometric": layout.photometric,
        "colour": layout.has_colours,
        "bits_stored": layout.bits_stored,
        "transfer_syntax": scan.syntax,
        "transducer_type": scan.transducer,
        "regions": tuple(region.describe() for region in scan.regions),
        "spacing_source": source,
        "spacing_calibration": scan.calibration,
        "doubts": tuple(doubts),
    }
    return ArrayInfo(
        path,
        "dicom",
        shape,
        layout.grey_dtype,
        layout.n_frames,
        header=header,
        signal="bmode" if scan.is_ultrasound and (images or not scan.regions) else None,
        spacing_mm=spacing,
        start_depth_mm=None if depth is None else depth + top * spacing[0],
        focus_mm=scan.focus_mm,
        probe=scan.probe,
        transmit_mhz=_agreed([one.transmit_mhz for one in images]),
        variable=variable,
    )


def _spacing(path, scan, images):
    """Return (axial, lateral) mm, the tag that says so, and what is doubtful."""
    stated, source = scan.stated_mm, scan.source
    said = [one for one in images if one.spacing_mm]
    if scan.regions and not images:
        kinds = ", ".join(sorted({one.kind for one in scan.regions}))
        doubt = f"only regions of other kinds are shown ({kinds}); if it is an image"
        return None, None, [f"{doubt}, measure a known distance"]
    if not said:
        dummy = f"{source} of exactly 1 x 1 mm is often a placeholder: compare a known"
        return stated, source, [f"{dummy} distance"] if stated == (1.0, 1.0) else []
    spacing = said[0].spacing_mm
    if len(said) < len(images) or not all(
        _is_same(one.spacing_mm, spacing) for one in said
    ):
        listed = ", ".join(f"{one.name} {_written(one.spacing_mm)}" for one in images)
        raise SknacFormatError(
            path,
            f"its 2-D regions have different pixels ({listed}); name one with "
            f"variable={images[0].name!r}",
        )
    doubts = []
    if stated and not _is_same(stated, spacing):
        doubts.append(
            f"{source} says {_written(stated)} and {said[0].name} "
            f"{_written(spacing)}, which is taken; compare a known distance"
        )
    return spacing, said[0].name, doubts


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
    """Return the probe's name, which is a maker's code such as L12-3; prose is none."""
    texts = [text.strip() for text in fields.texts("TransducerData")]
    codes = [text for text in texts if _CODE.fullmatch(text)]
    return " ".join(codes) or None
