"""Compressed frames of a DICOM file: where they lie, and what they claim."""

# SPDX-License-Identifier: BSD-3-Clause

import io
import struct
from itertools import pairwise

from sknac.exceptions import SknacFormatError

# What a compressed frame may unpack to: 700 bytes of JPEG 2000 may be any image. Full
# HD in colour has 6 MB; decoders take up to ten times the frame.
_MOST_FRAME_BYTES = 16 << 20
_RLE = "1.2.840.10008.1.2.5"
_UNDEFINED = 0xFFFFFFFF
_ITEM, _END = 0xFFFEE000, 0xFFFEE0DD
_END_OF_IMAGE = b"\xff\xd9"  # of JPEG, JPEG-LS and JPEG 2000
# What decodes a syntax where pydicom, NumPy and Pillow do not.
_PACKAGES = (
    ("JPEG-LS", "pyjpegls"),
    ("JPEG 2000", "pylibjpeg pylibjpeg-openjpeg"),
    ("JPEG", "pylibjpeg pylibjpeg-libjpeg"),
)


def packages_for(syntax):
    """Name the packages that decode a syntax, or None where none is known."""
    return next((names for kind, names in _PACKAGES if kind in syntax.name), None)


def check_decoder(layout, syntax):
    """Refuse a compression that nothing here decodes, and say what would."""
    from pydicom.pixels import get_decoder
    from pydicom.uid import JPEGExtended12Bit

    try:
        decoders = set(get_decoder(syntax).available_plugins)
    except NotImplementedError:
        decoders = None
    # Pillow has 8 bits of colour, and of the older JPEG.
    needs_eight = layout.samples == 3 or syntax == JPEGExtended12Bit
    if decoders and needs_eight and layout.bits_stored > 8:
        decoders.discard("pillow")
    packages = packages_for(syntax)
    if decoders is None or not (decoders or packages):
        raise SknacFormatError(
            layout.path, f"{syntax.name} is not read; export frames without compression"
        )
    if not decoders:
        raise SknacFormatError(
            layout.path,
            f"{syntax.name} of {layout.bits_stored} bits needs a decoder; pip install "
            f"{packages}",
        )


def find_frames(file, layout, length):
    """Tell the parts of each frame: (place, length) of one or several fragments."""
    whole = layout.rows * layout.columns * layout.samples * layout.bits_allocated // 8
    if whole > _MOST_FRAME_BYTES:
        raise SknacFormatError(
            layout.path,
            f"a compressed frame of {layout.rows} x {layout.columns} would take "
            f"{whole} bytes, and {_MOST_FRAME_BYTES >> 20} MiB is the most; export it "
            "without compression",
        )
    if length != _UNDEFINED:
        raise SknacFormatError(
            layout.path, "compressed pixels must have an undefined length"
        )
    items = _items(file, layout.path)
    frames = _by_frame(file, layout.n_frames, items[0], items[1:])
    if frames is None:
        raise SknacFormatError(
            layout.path,
            f"its {len(items) - 1} parts cannot be shared out among the header's "
            f"{layout.n_frames} frames; export it again",
        )
    return tuple(frames)


def _items(file, path):
    """List (place, length) of the items: a table of offsets, then parts of frames."""
    items = []
    while True:
        head = file.read(8)
        if len(head) < 8:
            break
        group, element, length = struct.unpack("<HHL", head)
        place = file.tell()
        if group << 16 | element == _END and items:
            return items
        if group << 16 | element != _ITEM or length > file.size - place:
            break
        items.append((place, length))
        file.seek(length, io.SEEK_CUR)
    raise SknacFormatError(path, "its compressed pixels are cut off; copy it again")


def _by_frame(file, n_frames, table, parts):
    """Share the parts out: by the table of offsets, by number, or by their ends."""
    if table[1]:
        file.seek(table[0])
        starts = struct.unpack(f"<{table[1] // 4}L", file.read(table[1]))
        # Offsets count from the first part's own head of 8 bytes.
        number = {place - parts[0][0]: i for i, (place, _) in enumerate(parts)}
        if not all(start in number for start in starts):
            return None
        cuts = [number[start] for start in starts]
    elif len(parts) == n_frames:
        cuts = list(range(n_frames))
    elif n_frames == 1:
        cuts = [0]
    else:
        cuts = [0] + [i + 1 for i, part in enumerate(parts) if _ends(file, *part)]
        if len(parts) in cuts:
            cuts.remove(len(parts))
    if len(cuts) != n_frames or cuts[0] != 0 or sorted(set(cuts)) != cuts:
        return None
    stops = [*cuts[1:], len(parts)]
    return [tuple(parts[a:b]) for a, b in zip(cuts, stops, strict=True)]


def _ends(file, place, length):
    """Tell whether a part ends an image; a byte of padding may follow its mark."""
    file.seek(place + max(length - 3, 0))
    return _END_OF_IMAGE in file.read(min(length, 3))


def read_parts(file, layout, frame):
    """Read a compressed frame and check that it is of the header's size."""
    parts = []
    for place, length in layout.parts[frame]:
        file.seek(place)
        parts.append(file.read(length))
    data = b"".join(parts)
    if layout.syntax == _RLE:
        is_right = _is_rle_of(data, layout)
    else:
        is_right = _size(data) == (layout.rows, layout.columns, layout.samples)
    if not is_right:
        raise SknacFormatError(
            layout.path,
            f"frame {frame} is not compressed as {layout.rows} x {layout.columns} x "
            f"{layout.samples}, which the header says; export it again",
        )
    return data


def _size(data):
    """Read rows, columns and samples from the start of JPEG, JPEG-LS or JPEG 2000."""
    if data[:4] == b"\xff\x4f\xff\x51" and len(data) >= 42:
        right, lower, left, upper = struct.unpack(">4L", data[8:24])
        return lower - upper, right - left, int.from_bytes(data[40:42], "big")
    place = 2
    while data[place : place + 1] == b"\xff" and len(data) >= place + 10:
        kind = data[place + 1]
        if kind == 0xF7 or (0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC)):
            return struct.unpack(">HHB", data[place + 5 : place + 10])
        if kind == 0xFF:  # padding before a mark
            place += 1
        elif kind == 0x01 or 0xD0 <= kind <= 0xD8:  # marks that stand alone
            place += 2
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None


def _is_rle_of(data, layout):
    """Tell whether runs unpack to the header's size; two bytes may claim 128."""
    n_segments, *starts = struct.unpack("<16L", data[:64])
    starts = [*starts[:n_segments], len(data)]
    size = layout.rows * layout.columns
    if n_segments != layout.samples * layout.bits_allocated // 8:
        return False
    lengths = [
        _unpacked_length(data[start:stop], size + 1) for start, stop in pairwise(starts)
    ]
    return all(size <= length <= size + 1 for length in lengths)


def _unpacked_length(runs, limit):
    """Add up the runs without unpacking them, as far as a limit."""
    length = place = 0
    while place < len(runs) and length <= limit:
        head = runs[place]
        if head < 128:
            length, place = length + head + 1, place + head + 2
        else:
            length, place = length + (257 - head) % 129, place + 1 + (head != 128)
    return length
