"""One frame of a DICOM file as grey values."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io._dicom_frames import packages_for, read_parts
from sknac.io._grey import to_grey


def read_grey(file, layout, frame) -> np.ndarray:
    """Read a frame as (rows, columns) grey values, high where the image is bright."""
    pixels = _decoded(file, layout, frame)
    if layout.palette is not None:
        grey = to_grey(layout.palette)[pixels]
    elif layout.samples == 3:
        grey = to_grey(pixels)
    elif layout.photometric == "MONOCHROME1":
        bits = layout.bits_stored
        lowest = -(1 << bits - 1) if layout.is_signed else 0
        highest = lowest + (1 << bits) - 1
        grey = (highest + lowest - pixels.astype(np.int32)).astype(pixels.dtype)
    else:
        grey = pixels
    if layout.rescale != (1.0, 0.0):
        slope, intercept = layout.rescale
        grey = grey * slope + intercept
    return np.ascontiguousarray(grey, layout.grey_dtype)


def read_colours(file, layout, frame) -> np.ndarray:
    """Read a frame of colours as (rows, columns, 3) RGB."""
    pixels = _decoded(file, layout, frame)
    return pixels if layout.palette is None else layout.palette[pixels]


def _decoded(file, layout, frame):
    """Read and unpack a frame; colours come as RGB."""
    from pydicom.encaps import encapsulate
    from pydicom.pixels import get_decoder
    from pydicom.uid import UID

    syntax = UID(layout.syntax)
    source, settings = file, {"index": frame, "number_of_frames": layout.n_frames}
    if syntax.is_encapsulated:
        source = encapsulate([read_parts(file, layout, frame)])
        settings = {"index": 0, "number_of_frames": 1}
    else:
        file.seek(layout.start)
    failed = None
    try:
        pixels, found = get_decoder(syntax).as_array(
            source,
            **settings,
            rows=layout.rows,
            columns=layout.columns,
            samples_per_pixel=layout.samples,
            photometric_interpretation=layout.photometric,
            planar_configuration=layout.planar,
            bits_allocated=layout.bits_allocated,
            bits_stored=layout.bits_stored,
            pixel_representation=int(layout.is_signed),
            pixel_keyword="PixelData",
            pixel_vr=layout.vr or "OW",
            transfer_syntax_uid=syntax,
        )
    except Exception as error:  # of several decoders: any is damage
        failed = type(error).__name__
    if failed:
        packages = packages_for(syntax)
        raise SknacFormatError(
            layout.path,
            f"frame {frame} cannot be unpacked ({syntax.name}, {failed}); export it "
            "again" + (f", or pip install {packages}" if packages else ""),
        )
    if layout.samples == 3 and found["photometric_interpretation"] != "RGB":
        raise SknacFormatError(
            layout.path, f"frame {frame} does not become RGB; export it as RGB"
        )
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
