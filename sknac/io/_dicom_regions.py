"""Where the tissue lies in a DICOM image, and how large its pixels are.

A scanner's screen may show several regions: a 2-D image, a Doppler or M-mode strip, a
scale. Each has its own axes. Only 2-D regions have a spacing in mm, and regions that
differ are never averaged.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

from sknac.exceptions import SknacFormatError

_MM_PER_CM = 10.0
_CM = 3  # of PhysicalUnitsXDirection
_KINDS = {1: "2-D", 2: "M-mode", 3: "spectral", 4: "waveform", 5: "graphics"}
_CONTENTS = {1: "tissue", 2: "colour flow", 13: "grey bar", 14: "colour bar"}
# Values of RegionDataType that are traces or scales, whatever their axes.
_TRACES = {*range(3, 15), 16, 17, 18}
_MOST_PIXELS = 1 << 20
_TRANSMIT_MHZ = (0.5, 100.0)


@dataclass(frozen=True)
class Region:
    """A region of the screen, by its number in the file."""

    number: int
    kind: str
    contents: str
    box: tuple[int, int, int, int] | None  # first row and column, last ones
    is_image: bool
    spacing_mm: tuple[float, float] | None
    top_depth_mm: float | None  # of the whole image's first row
    transmit_mhz: float | None

    @property
    def name(self):
        """What `variable` calls it."""
        return f"region[{self.number}]"

    def describe(self):
        """Say what it is, for the header of `ArrayInfo`."""
        return {
            "name": self.name,
            "kind": self.kind,
            "contents": self.contents,
            "box_px": self.box,
            "spacing_mm": self.spacing_mm,
        }


def read_regions(fields):
    """Read the regions of the screen."""
    items = fields.items("SequenceOfUltrasoundRegions")
    return [_region(number, item) for number, item in enumerate(items)]


def _region(number, item):
    """Read one region."""
    sides = [f"RegionLocation{side}" for side in ("MinY0", "MinX0", "MaxY1", "MaxX1")]
    box = None
    if any(side in item for side in sides):
        box = tuple(item.whole(side, 0, _MOST_PIXELS) for side in sides)
    kind = item.whole("RegionSpatialFormat", 0, 65535, 0)
    contents = item.whole("RegionDataType", 0, 65535, 1)
    is_image = _KINDS.get(kind) == "2-D" and contents not in _TRACES
    units = [item.whole(f"PhysicalUnits{axis}Direction", 0, 65535, 0) for axis in "YX"]
    spacing = _spacing(item) if is_image and units == [_CM, _CM] else None
    return Region(
        number,
        _KINDS.get(kind, "other"),
        _CONTENTS.get(contents, "other"),
        box,
        is_image,
        spacing,
        _top_depth(item, box, spacing) if spacing and box else None,
        _transmit(item) if is_image else None,
    )


def _spacing(item):
    """Read (axial, lateral) spacing: Y and X, cm to mm."""
    deltas = [item.number(f"PhysicalDelta{axis}") for axis in "YX"]
    if None in deltas:
        return None
    spacing = [delta * _MM_PER_CM for delta in deltas]
    return positive_spacing(item, "PhysicalDeltaY and X", spacing)


def positive_spacing(fields, name, spacing):
    """Refuse a spacing that no image has."""
    if min(spacing) <= 0:
        raise SknacFormatError(
            fields.path,
            f"{name} must be positive, got {spacing[0]:g} x {spacing[1]:g} mm",
        )
    return tuple(spacing)


def _top_depth(item, box, spacing):
    """Tell the depth of the whole image's first row, from the reference pixel.

    That lies in the region, commonly at the middle of the probe's face; rows above it
    have negative depths.
    """
    pixel = item.number("ReferencePixelY0")
    value = item.number("ReferencePixelPhysicalValueY")
    if pixel is None or value is None:
        return None
    return value * _MM_PER_CM - (box[0] + pixel) * spacing[0]


def _transmit(item):
    """Read the probe's frequency, kHz to MHz, where it can be one."""
    khz = item.number("TransducerFrequency")
    if khz is None or not _TRANSMIT_MHZ[0] <= khz / 1000 <= _TRANSMIT_MHZ[1]:
        return None
    return khz / 1000


def find_region(path, regions, variable):
    """Return the 2-D region that ``variable="region[k]"`` names."""
    images = [region for region in regions if region.is_image]
    for region in images:
        if region.name == variable.replace(" ", ""):
            return region
    names = ", ".join(one.name for one in images) or "it has none"
    raise SknacFormatError(
        path,
        f"variable={variable!r} must name one of its 2-D regions ({names}); leave it "
        "out to read the whole image",
    )


def fits(region, shape):
    """Tell whether a region lies in the image; without a box it may."""
    if region.box is None:
        return True
    top, left, bottom, right = region.box
    # Some scanners write the first row and column beyond as the last.
    return top < bottom <= shape[0] and left < right <= shape[1]


def beyond(region, shape):
    """Say that a region does not lie in the image."""
    top, left, bottom, right = region.box
    return (
        f"{region.name} of rows {top} to {bottom} and columns {left} to {right} does "
        f"not lie in the image of {shape[0]} x {shape[1]}, which was cropped or "
        "resized after the scan"
    )


def box_in(path, region, shape):
    """Return a region's rows and columns, as slices, or refuse them."""
    if region.box is None:
        raise SknacFormatError(
            path,
            f"{region.name} does not say where it lies; leave out "
            f"variable={region.name!r}",
        )
    if not fits(region, shape):
        raise SknacFormatError(
            path, f"{beyond(region, shape)}; leave out variable={region.name!r}"
        )
    top, left, bottom, right = region.box
    return slice(top, min(bottom + 1, shape[0])), slice(left, min(right + 1, shape[1]))
