"""The palette of a DICOM file: the colour that each pixel value stands for."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.exceptions import SknacFormatError

_NAME = "{}PaletteColorLookupTable"


def read_palette(fields, bits_allocated, is_little_endian) -> np.ndarray:
    """Return the (n_values, 3) RGB colours of all pixel values, uint8 or uint16.

    Eight bits where pixels have no more: what a screen shows of a table of sixteen.
    """
    name = _NAME.format("Red")
    if f"{name}Data" not in fields or f"{name}Descriptor" not in fields:
        raise SknacFormatError(
            fields.path, "the palette is missing, or in segments; export it as RGB"
        )
    n_entries, first, bits = map(int, fields.numbers(f"{name}Descriptor", 3))
    if bits not in (8, 16):
        raise SknacFormatError(
            fields.path, f"a palette's entries must have 8 or 16 bits, got {bits}"
        )
    # Two unsigned bytes, which some write as signed; 0 stands for 65536.
    n_entries = n_entries % 65536 or 65536
    order = "<" if is_little_endian else ">"
    colours = np.stack(
        [
            _channel(fields, colour, n_entries, order)
            for colour in ("Red", "Green", "Blue")
        ],
        axis=-1,
    )
    depth = min(bits, bits_allocated)
    if depth == 8 and colours.max() > 255:
        colours = colours >> 8  # else some wrote 8 bits where 16 are announced
    # Pixels before the first entry and after the last take those.
    values = np.arange(1 << bits_allocated) - first % 65536
    table = colours.astype(f"uint{depth}")[np.clip(values, 0, n_entries - 1)]
    table.setflags(write=False)
    return table


def _channel(fields, colour, n_entries, order):
    """Read the entries of one colour."""
    data = fields.content(f"{_NAME.format(colour)}Data")
    if len(data) == 2 * n_entries:
        return np.frombuffer(data, f"{order}u2")
    if len(data) == n_entries + n_entries % 2:
        # Two entries to a word, whose bytes are swapped in big endian.
        entries = np.frombuffer(data, f"{order}u2").astype("<u2").view("u1")
        return entries[:n_entries].astype(np.uint16)
    raise SknacFormatError(
        fields.path,
        f"the {colour.lower()} palette must have {n_entries} entries of 8 or 16 bits, "
        f"got {len(data)} bytes; export it as RGB",
    )
