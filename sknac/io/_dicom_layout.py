"""How the pixels of a DICOM file lie, checked against the file's length."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np

from sknac.exceptions import SknacFormatError
from sknac.io._dicom_frames import check_decoder, find_frames
from sknac.io._dicom_palette import read_palette

_MAX_SIDE = 65_535
_MAX_FRAMES = 1_000_000
_IN_JPEG_2000 = ("YBR_ICT", "YBR_RCT")
_KINDS = {
    1: ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"),
    3: ("RGB", "YBR_FULL", "YBR_FULL_422", *_IN_JPEG_2000),
}


@dataclass(frozen=True, eq=False)
class Layout:
    """Size, kind and place of the frames."""

    path: str
    rows: int
    columns: int
    n_frames: int
    samples: int
    photometric: str
    planar: int
    bits_allocated: int
    bits_stored: int
    is_signed: bool
    palette: np.ndarray | None  # the RGB colour of each pixel value
    rescale: tuple[float, float]
    syntax: str
    is_deflated: bool
    vr: str | None
    start: int
    parts: tuple = ()  # of each compressed frame: (place, length) in the file

    @property
    def grey_dtype(self):
        """Type of the grey values: of the pixels, nothing is squeezed."""
        if self.rescale != (1.0, 0.0):
            return np.dtype("float32")
        if self.palette is not None:
            return self.palette.dtype
        return np.dtype(f"{'int' if self.is_signed else 'uint'}{self.bits_allocated}")

    @property
    def has_colours(self):
        """Whether pixels may be coloured."""
        return self.samples == 3 or self.palette is not None

    @property
    def frame_bytes(self):
        """Bytes of a frame that is not compressed."""
        # YBR_FULL_422 has two colour samples for two pixels.
        samples = 2 if self.photometric == "YBR_FULL_422" else self.samples
        return self.rows * self.columns * samples * self.bits_allocated // 8


def read_layout(file, fields, syntax, vr, length):
    """Check what the header says of the pixels and tell where the frames lie."""
    samples = fields.whole("SamplesPerPixel", 1, 3)
    known = _KINDS.get(samples, ())
    photometric = fields.word("PhotometricInterpretation", known)
    if photometric is None:
        raise SknacFormatError(
            fields.path,
            "PhotometricInterpretation must be one of "
            f"{', '.join(known or _KINDS[1] + _KINDS[3])} for pixels of {samples} "
            "samples",
        )
    # Compressed colours lie together, whatever the header says.
    is_plain = syntax.is_encapsulated or samples == 1
    allocated = fields.whole("BitsAllocated", 1, 64)
    layout = Layout(
        fields.path,
        fields.whole("Rows", 1, _MAX_SIDE),
        fields.whole("Columns", 1, _MAX_SIDE),
        fields.whole("NumberOfFrames", 1, _MAX_FRAMES, 1),
        samples,
        photometric,
        0 if is_plain else fields.whole("PlanarConfiguration", 0, 1),
        allocated,
        fields.whole("BitsStored", 1, allocated),
        bool(fields.whole("PixelRepresentation", 0, 1)),
        None,
        _rescale(fields),
        str(syntax),
        syntax.is_deflated,
        vr,
        file.tell(),
    )
    _check_bits(layout, fields)
    _check_kind(layout, fields, syntax)
    if photometric == "PALETTE COLOR":
        colours = read_palette(fields, allocated, syntax.is_little_endian)
        layout = replace(layout, palette=colours)
    if not syntax.is_encapsulated:
        _check_length(file, layout, length)
        return layout
    check_decoder(layout, syntax)
    return replace(layout, parts=find_frames(file, layout, length))


def _check_bits(layout, fields):
    """Refuse samples whose bits cannot be told, or are not those of an image."""
    allocated, stored = layout.bits_allocated, layout.bits_stored
    if allocated not in (8, 16):
        raise SknacFormatError(
            layout.path, f"BitsAllocated must be 8 or 16, got {allocated}"
        )
    high = fields.whole("HighBit", 0, 63, stored - 1)
    if high != stored - 1:
        raise SknacFormatError(
            layout.path, f"HighBit must be BitsStored - 1 = {stored - 1}, got {high}"
        )
    is_grey = layout.photometric.startswith("MONOCHROME")
    if layout.is_signed and not is_grey:
        raise SknacFormatError(
            layout.path, f"{layout.photometric} pixels must not be signed"
        )
    most = 8 if layout.photometric.startswith("YBR") else 16
    if layout.samples == 3 and not stored == allocated <= most:
        raise SknacFormatError(
            layout.path,
            f"{layout.photometric} samples must fill {'8 or 16' if most > 8 else 8} "
            f"bits, got {stored} of {allocated}",
        )


def _check_kind(layout, fields, syntax):
    """Refuse pixels whose grey values are not what they seem."""
    path, kind = layout.path, layout.photometric
    presentation = fields.word("PixelPresentation", ("COLOR", "MIXED"))
    if presentation and kind.startswith("MONOCHROME"):
        raise SknacFormatError(
            path,
            "some grey values stand for colours (a supplemental palette); export the "
            "image as RGB",
        )
    if "ModalityLUTSequence" in fields:
        raise SknacFormatError(
            path, "a modality table maps its pixels; export the mapped image"
        )
    if kind in _IN_JPEG_2000 and "JPEG 2000" not in syntax.name:
        raise SknacFormatError(
            path, f"{kind} pixels must be compressed as JPEG 2000; export it again"
        )
    is_paired = kind == "YBR_FULL_422" and not syntax.is_encapsulated
    if is_paired and (layout.columns % 2 or layout.planar):
        raise SknacFormatError(
            path,
            "YBR_FULL_422 pixels must lie in pairs: an even number of columns and "
            "PlanarConfiguration 0",
        )


def _check_length(file, layout, length):
    """Compare the bytes of pixels that are needed, claimed and there."""
    needed = layout.n_frames * layout.frame_bytes
    there = min(length, file.size - layout.start)
    # An odd number of bytes is padded by one.
    if length not in (needed, needed + needed % 2) or there < needed:
        raise SknacFormatError(
            layout.path,
            f"the header's {layout.n_frames} frames of {layout.rows} x "
            f"{layout.columns} need {needed} bytes, its pixels have {there}; export it "
            "again",
        )


def _rescale(fields):
    """Return slope and intercept of the values."""
    slope, intercept = fields.number("RescaleSlope"), fields.number("RescaleIntercept")
    if slope == 0:
        raise SknacFormatError(fields.path, "RescaleSlope must not be 0")
    return 1.0 if slope is None else slope, intercept or 0.0
