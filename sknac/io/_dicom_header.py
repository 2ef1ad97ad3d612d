"""The header of a DICOM file, read without trusting it.

Only the tags that are named here are read at all: geometry and settings of the
acquisition. Numbers leave this module, and words that the standard defines; names,
dates, identifiers and free text do not, nor do the messages of pydicom, which quote
values.
"""

# SPDX-License-Identifier: BSD-3-Clause

import io
import logging
import math
import threading
import warnings
import zlib
from functools import cache

from sknac.exceptions import SknacFormatError

_MAGIC_AT, _MAGIC = 128, b"DICM"
# A deflated file is unpacked whole: no frame can be found in it otherwise.
_MOST_INFLATED = 64 << 20
_MOST_ITEMS = 64  # of a sequence; scanners write one to four regions
_TRANSFER_SYNTAX = 0x00020010
_PIXEL_TAGS = {0x7FE00008, 0x7FE00009, 0x7FE00010}
_KEYWORDS = (
    "Modality",
    "PixelPresentation",
    "FocusDepth",
    "TransducerData",
    "TransducerType",
    "ImagerPixelSpacing",
    "SequenceOfUltrasoundRegions",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
    "PixelSpacingCalibrationType",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "RescaleIntercept",
    "RescaleSlope",
    "ModalityLUTSequence",
    "RedPaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
)


def guarded(path, read, *args):
    """Call ``read(file, *args)``; whatever it raises becomes one error.

    pydicom's own errors quote what they stumbled over, a name perhaps: they are
    dropped with their texts, not chained.
    """
    with open(path, "rb") as file:
        try:
            with _SILENCE:
                return read(_Clamped(file), *args)
        except SknacFormatError:
            raise
        except Exception as error:  # struct, zlib, value errors: any is damage
            failed = type(error).__name__
    raise SknacFormatError(path, f"damaged DICOM file ({failed}); export it again")


class _Silence:
    """Silences pydicom, which warns and logs with the values of tags.

    Filters and loggers belong to the process: the first of several threads sets
    them, and the last one puts them back.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._depth = 0

    def __enter__(self):
        with self._lock:
            self._depth += 1
            if self._depth > 1:
                return
            self._warnings = warnings.catch_warnings()
            self._warnings.__enter__()
            warnings.simplefilter("ignore")
            self._logger = logging.getLogger("pydicom")
            self._before = self._logger.disabled, self._logger.propagate
            # Its modules' own loggers are only reached through the way up.
            self._logger.disabled, self._logger.propagate = True, False

    def __exit__(self, *error):
        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                self._logger.disabled, self._logger.propagate = self._before
                self._warnings.__exit__(*error)


_SILENCE = _Silence()


class _Clamped:
    """A file of which no more is read, and room made for, than it has."""

    def __init__(self, file):
        self._file = file
        self.seek, self.tell = file.seek, file.tell
        self.size = file.seek(0, io.SEEK_END)
        file.seek(0)

    def read(self, n_bytes=-1):
        """Read at most what is left."""
        left = max(self.size - self.tell(), 0)
        return self._file.read(left if n_bytes < 0 else min(n_bytes, left))


class Fields:
    """The numbers and defined words of a data set, or of an item of a sequence."""

    def __init__(self, path, dataset):
        self.path = path
        self._dataset = dataset

    def _get(self, keyword):
        """Return what pydicom makes of a tag, or None where it is absent."""
        try:
            element = self._dataset.get(_tag(keyword))
            return None if element is None else element.value
        except Exception:  # converters let nearly any kind through
            pass
        raise SknacFormatError(
            self.path, f"{keyword} cannot be read; export the file again"
        )

    def _values(self, keyword):
        """Return a tag's values, none where it is absent or empty."""
        value = self._get(keyword)
        if value is None or (isinstance(value, str | bytes) and not value):
            return ()
        is_list = hasattr(value, "__iter__") and not isinstance(value, str | bytes)
        return tuple(value) if is_list else (value,)

    def numbers(self, keyword, n_values):
        """Return a tag's finite numbers, or None where it is absent."""
        values = self._values(keyword)
        if not values:
            return None
        try:
            numbers = tuple(float(value) for value in values)
        except (TypeError, ValueError):
            numbers = ()
        if len(numbers) == n_values and all(map(math.isfinite, numbers)):
            return numbers
        count = "a finite number" if n_values == 1 else f"{n_values} finite numbers"
        got = " x ".join(f"{number:g}" for number in numbers) or "something else"
        raise SknacFormatError(self.path, f"{keyword} must be {count}, got {got}")

    def number(self, keyword):
        """Return a tag's number, or None where it is absent."""
        numbers = self.numbers(keyword, 1)
        return None if numbers is None else numbers[0]

    def whole(self, keyword, low, high, default=None):
        """Return a tag's whole number, which lies in a range."""
        number = self.number(keyword)
        if number is None:
            number = default
        if number is None or not (number == int(number) and low <= number <= high):
            got = "none" if number is None else f"{number:g}"
            raise SknacFormatError(
                self.path, f"{keyword} must be a number from {low} to {high}, got {got}"
            )
        return int(number)

    def word(self, keyword, known):
        """Return a tag's word if the standard defines it, else None."""
        values = self._values(keyword)
        word = str(values[0]).strip().upper().replace("_", " ") if values else None
        return next((one for one in known if one.replace("_", " ") == word), None)

    def texts(self, keyword):
        """Return a tag's texts; for names of probes only."""
        return [str(value) for value in self._values(keyword)]

    def content(self, keyword):
        """Return a tag's bytes."""
        value = self._get(keyword)
        if not isinstance(value, bytes):
            raise SknacFormatError(
                self.path, f"{keyword} must be given with its bytes; export it again"
            )
        return value

    def items(self, keyword):
        """Return the fields of each item of a sequence."""
        items = self._get(keyword) or ()
        if isinstance(items, str | bytes) or len(items) > _MOST_ITEMS:
            raise SknacFormatError(
                self.path, f"{keyword} must be a sequence of {_MOST_ITEMS} at most"
            )
        return [Fields(self.path, item) for item in items]

    def __contains__(self, keyword):
        return _tag(keyword) in self._dataset


def read_header(file, path):
    """Return the file, its fields, transfer syntax, and VR and length of the pixels.

    The file stands at the first byte of the pixels. It is another one, in memory,
    where the syntax is deflated.
    """
    from pydicom.filereader import read_dataset

    file, syntax = open_data(file, path)
    found = []

    def at_pixels(tag, vr, length):
        if tag in _PIXEL_TAGS:
            found[:] = tag, vr, length
        return tag in _PIXEL_TAGS

    dataset = read_dataset(
        file,
        syntax.is_implicit_VR,
        syntax.is_little_endian,
        stop_when=at_pixels,
        specific_tags=[_tag(keyword) for keyword in _KEYWORDS],
    )
    if not found or found[0] != 0x7FE00010:
        cause = "its pixels are floating-point" if found else "holds no image"
        raise SknacFormatError(path, f"{cause}; export the B-mode image")
    _, vr, length = found
    if vr not in (None, "OB", "OW"):
        raise SknacFormatError(path, "PixelData must be of VR OB or OW")
    # Tag and length; an explicit VR and its reserved bytes take four more.
    file.seek(8 if vr is None else 12, io.SEEK_CUR)
    return file, Fields(path, dataset), syntax, vr, length


def open_data(file, path):
    """Return the file at its data set, and the syntax of that; unpacked if deflated."""
    file.seek(_MAGIC_AT)
    if file.read(len(_MAGIC)) != _MAGIC:
        raise SknacFormatError(
            path, "not a DICOM file (no DICM mark at byte 128); export it again"
        )
    syntax = _transfer_syntax(file, path)
    return _inflated(file, path) if syntax.is_deflated else file, syntax


@cache
def _tag(keyword):
    """Return the tag of a keyword."""
    from pydicom.tag import Tag

    return Tag(keyword)


def _transfer_syntax(file, path):
    """Read how the data set is written from the group of tags before it."""
    from pydicom.filereader import read_dataset
    from pydicom.uid import UID

    meta = read_dataset(
        file,
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=lambda tag, vr, length: tag >> 16 != 2,
        specific_tags=[_TRANSFER_SYNTAX],
    )
    uid = meta.get("TransferSyntaxUID")
    if not isinstance(uid, UID) or not uid.is_transfer_syntax:
        raise SknacFormatError(
            path, "no transfer syntax that the standard knows; export it again"
        )
    return uid


def _inflated(file, path):
    """Unpack a deflated data set up to a limit, into memory."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    data = inflate.decompress(file.read(), _MOST_INFLATED + 1)
    if len(data) > _MOST_INFLATED:
        raise SknacFormatError(
            path,
            f"unpacks to more than {_MOST_INFLATED >> 20} MiB; save it without deflate",
        )
    if not inflate.eof:
        raise SknacFormatError(path, "its deflated part is cut off; copy it again")
    return _Clamped(io.BytesIO(data))
