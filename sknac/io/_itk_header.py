"""What NIfTI, NRRD and MetaImage headers claim, before ITK believes it.

ITK allocates what a header claims, reads a NIfTI that is cut off without a word and
opens whatever path a header names.
"""

# SPDX-License-Identifier: BSD-3-Clause

import gzip
import math
import os
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from sknac.io._damage import damage
from sknac.io._variables import check_growth

_MOST_HEADER = 1 << 16
_MOST_SIDE = 1 << 20
_PIECE = 1 << 20
_SMALLEST = 1e-6  # length of an axis
_TOLERANCE = 1e-2  # of the cosines of right angles
_OTHER_LENGTH = re.compile(
    r"([cdnu\u00b5]?m|micro(n|met)\w*|(centi|deci|nano)?met(er|re)s?|in(ch(es)?)?)",
    re.IGNORECASE,
)
_GZIP, _ZLIB = 31, 15  # as zlib's window bits
_NIFTI_BITS = {
    2: 8,
    4: 16,
    8: 32,
    16: 32,
    64: 64,
    128: 24,
    256: 8,
    512: 16,
    768: 32,
    1024: 64,
    1280: 64,
    2304: 32,
}
_NRRD_BYTES = {
    name: size
    for size, names in {
        1: "signed char,int8,int8_t,uchar,unsigned char,uint8,uint8_t",
        2: "short,short int,signed short,signed short int,int16,int16_t,ushort,"
        "unsigned short,unsigned short int,uint16,uint16_t",
        4: "int,signed int,int32,int32_t,uint,unsigned int,uint32,uint32_t,float",
        8: "longlong,long long,long long int,signed long long,signed long long int,"
        "int64,int64_t,ulonglong,unsigned long long,unsigned long long int,uint64,"
        "uint64_t,double",
    }.items()
    for name in names.split(",")
}
_META_BYTES = {
    "MET_CHAR": 1,
    "MET_UCHAR": 1,
    "MET_SHORT": 2,
    "MET_USHORT": 2,
    "MET_INT": 4,
    "MET_UINT": 4,
    "MET_LONG_LONG": 8,
    "MET_ULONG_LONG": 8,
    "MET_FLOAT": 4,
    "MET_DOUBLE": 8,
}


@dataclass(frozen=True)
class Claim:
    """What a header says of the samples, and where they lie."""

    n_bytes: int
    path: str
    offset: int
    stored: int
    packed: int | None = None  # zlib's window bits
    before: int = 0  # bytes that are packed with the samples, before them

    def check_samples(self):
        """Unpack the samples once, piece by piece: all are there, and no more."""
        if self.packed is None:
            return
        inflater = zlib.decompressobj(self.packed)
        wanted = self.before + self.n_bytes
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            left, grown = self.stored, 0
            while not inflater.eof and grown <= wanted + _PIECE:
                data = inflater.unconsumed_tail
                if not data:
                    data = file.read(min(left, _PIECE))
                    left -= len(data)
                    if not data:
                        break
                grown += len(inflater.decompress(data, _PIECE))
        if not inflater.eof or grown < wanted:
            damage(f"its samples unpack to {grown} bytes, {wanted} are needed")


def read_claim(path) -> Claim:
    """Read a header, and refuse what the file cannot hold."""
    name = str(path).lower()
    if name.endswith((".nii", ".nii.gz")):
        claim = _nifti(path, name.endswith(".gz"))
    elif name.endswith((".nrrd", ".nhdr")):
        claim = _nrrd(path)
    else:
        claim = _meta(path)
    if claim.packed is not None:
        check_growth("the image", claim.n_bytes, claim.stored)
    elif claim.n_bytes > claim.stored:
        damage(f"the image takes {claim.n_bytes} bytes, {claim.stored} are there")
    return claim


def _product(sides):
    """Multiply the sides of an image, which are numbers above 0."""
    if not sides or not all(0 < side <= _MOST_SIDE for side in sides):
        damage(f"an image of {' x '.join(map(str, sides)) or 'no'} pixels")
    if len(sides) > 3 and max(sides[3:]) > 1:
        damage("an image of more than three dimensions")
    return math.prod(sides)


def _nifti(path, is_packed):
    """Read the 348 bytes of NIfTI-1."""
    with (gzip.open if is_packed else open)(path, "rb") as file:
        header = file.read(348)
    if len(header) < 348:
        damage("its header of 348 bytes is cut off")
    order = next((o for o in "<>" if struct.unpack(o + "i", header[:4])[0] == 348), "")
    if not order:
        damage("no NIfTI-1 header")
    if header[344:348] != b"n+1\0":
        damage("no NIfTI-1 file of one piece")
    n_dims, *sides = struct.unpack(order + "8h", header[40:56])
    code, bits = struct.unpack(order + "2h", header[70:74])
    (offset,) = struct.unpack(order + "f", header[108:112])
    if not 1 < n_dims <= 7:
        damage(f"an image of {n_dims} dimensions")
    if _NIFTI_BITS.get(code) != bits:
        damage(f"samples of type {code} and {bits} bits")
    if not 348 <= offset <= _MOST_HEADER or offset % 1:
        damage(f"samples that begin at {offset}")
    n_bytes = _product(sides[:n_dims]) * bits // 8
    _check_place(header, order, sides[: min(n_dims, 3)])
    size = os.stat(path).st_size
    if is_packed:
        return Claim(n_bytes, str(path), 0, size, _GZIP, int(offset))
    return Claim(n_bytes, str(path), int(offset), size - int(offset))


def _check_place(header, order, sides):
    """Refuse a place in space that is none: NIfTI's library never ends on some."""
    steps = struct.unpack(order + "3f", header[80:92])
    for side, step in zip(sides, steps, strict=False):
        if not math.isfinite(step) or step < 0 or (step == 0 and side > 1):
            damage(f"a spacing of {steps} mm")
    q_code, s_code = struct.unpack(order + "2h", header[252:256])
    *turn, x, y, z = struct.unpack(order + "6f", header[256:280])
    rows = struct.unpack(order + "12f", header[280:328])
    if q_code > 0:
        is_turn = sum(part * part for part in turn) < 1 + _TOLERANCE
        if not is_turn or not all(map(math.isfinite, (x, y, z))):
            damage(f"a turn by the quaternion {tuple(turn)}")
    if s_code > 0:
        axes = [rows[k::4] for k in range(3)]
        if not all(map(math.isfinite, rows)) or not _are_square(axes):
            damage("an affine transform whose axes are not at right angles")


def _dot(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def _are_square(axes):
    """Tell whether three axes are at right angles."""
    lengths = [math.hypot(*axis) for axis in axes]
    return all(_SMALLEST < length < 1 / _SMALLEST for length in lengths) and all(
        abs(_dot(axes[k], axes[k - 1])) < _TOLERANCE * lengths[k] * lengths[k - 1]
        for k in range(3)
    )


def _text_header(path, is_last):
    """Read lines to the one that ends the header; tell where the samples begin."""
    with open(path, "rb") as file:
        start = file.read(_MOST_HEADER)
    at, lines = 0, []
    while at < len(start):
        end = start.find(b"\n", at)
        end = len(start) if end < 0 else end
        line = start[at:end].rstrip(b"\r")
        at = min(end + 1, len(start))
        lines.append(line)
        if is_last(line):
            break
    if len(lines) > 1 and at == _MOST_HEADER:
        damage("a header without end")
    text = b"\n".join(lines)
    if not text.isascii() or b"\0" in text:
        text = text.decode("latin1").encode("ascii", "replace")
    return text.decode("ascii").split("\n"), at


def _fields(lines, separator, skipped):
    """Part lines into names and values; none may stand twice."""
    fields = {}
    for line in lines:
        if not line.strip() or skipped(line):
            continue
        name, mark, value = line.partition(separator)
        name = name.strip()
        if not mark or name in fields or (separator == ":" and name != name.lower()):
            damage(f"a header line {line[:60]!r}")
        fields[name] = value.strip()
    return fields


def _numbers(text):
    """Read whole numbers."""
    words = text.split()
    if not words or not all(re.fullmatch(r"\d{1,9}", word) for word in words):
        damage(f"sizes {text[:60]!r}")
    return [int(word) for word in words]


def _beside(path, name):
    """Find a file of samples that a header names; it must lie in the same folder."""
    if not re.fullmatch(r"[^/\\%:]+", name) or name.split()[0] == "LIST":
        damage(f"samples in {name[:60]!r}, which is no single file beside it")
    folder = os.path.realpath(Path(path).parent)
    other = os.path.realpath(os.path.join(folder, name))
    if os.path.dirname(other) != folder:
        damage(f"samples in {name[:60]!r}, which leads out of its folder")
    if not os.path.isfile(other):
        damage(f"its samples are in {name}, which is not there")
    return other


def _is_remark(line):
    """Tell comments and pairs of ``key:=value`` from what an NRRD says of itself."""
    return line.startswith("#") or ": " not in line.partition(":=")[0]


def _nrrd(path):
    """Read the lines of an NRRD to the empty one."""
    lines, offset = _text_header(path, lambda line: not line)
    if not re.fullmatch(r"NRRD000[1-5]", lines[0]):
        damage("no NRRD header")
    fields = _fields(lines[1:], ":", _is_remark)
    for skip in ("line skip", "lineskip", "byte skip", "byteskip"):
        if fields.get(skip, "0") != "0":
            damage(f"samples that begin after a {skip}")
    size = _NRRD_BYTES.get(fields.get("type", "").lower())
    if size is None:
        damage(f"samples of type {fields.get('type')!r}")
    encoding = fields.get("encoding", "").lower()
    if encoding not in ("raw", "gzip", "gz"):
        damage(f"samples packed by {encoding!r}, raw and gzip are read")
    sides = _numbers(fields.get("sizes", ""))
    if str(len(sides)) != fields.get("dimension"):
        damage(f"dimension {fields.get('dimension')!r} and {len(sides)} sizes")
    _check_units(fields)
    kinds = fields.get("kinds", "").split()
    is_colour = len(kinds) == len(sides) and re.search("color|vector|list", kinds[0])
    n_bytes = size * _product(sides[1:] if is_colour else sides)
    n_bytes *= sides[0] if is_colour else 1
    names = [text for field, text in fields.items() if "file" in field]
    if len(names) > 1:
        damage("two files of samples")
    name = names[0] if names else None
    other = str(path) if name is None else _beside(path, name)
    offset = offset if name is None else 0
    packed = None if encoding == "raw" else _GZIP
    return Claim(n_bytes, other, offset, os.stat(other).st_size - offset, packed)


def _check_units(fields):
    """Refuse lengths in another unit than mm, which ITK would take for mm."""
    for name in ("space units", "spaceunits", "units"):
        for unit in re.findall(r'"([^"]*)"', fields.get(name, "")):
            if _OTHER_LENGTH.fullmatch(unit.strip()):
                damage(f"its {name} are {unit.strip()!r}, and only mm are read")


def _meta(path):
    """Read the lines of a MetaImage to that which names the samples."""
    lines, offset = _text_header(path, lambda line: line.startswith(b"ElementDataFile"))
    fields = _fields(lines, "=", lambda line: False)
    name = fields.get("ElementDataFile")
    if not name or fields.get("ObjectType", "Image") != "Image":
        damage("no MetaImage header")
    if fields.get("BinaryData", "True").lower() != "true":
        damage("samples written as text")
    if fields.get("HeaderSize", "0") != "0":
        damage("samples that begin after another header")
    kind = fields.get("ElementType", "").removesuffix("_ARRAY")
    if kind not in _META_BYTES:
        damage(f"samples of type {kind!r}")
    sides = _numbers(fields.get("DimSize", ""))
    if str(len(sides)) != fields.get("NDims"):
        damage(f"NDims = {fields.get('NDims')!r} and {len(sides)} sizes")
    channels = _numbers(fields.get("ElementNumberOfChannels", "1"))[0]
    n_bytes = _META_BYTES[kind] * _product(sides) * _product([channels])
    is_local = name.upper() == "LOCAL"
    other = str(path) if is_local else _beside(path, name)
    offset = offset if is_local else 0
    stored = os.stat(other).st_size - offset
    if fields.get("CompressedData", "False").lower() != "true":
        return Claim(n_bytes, other, offset, stored)
    said = _numbers(fields.get("CompressedDataSize", str(stored)))[0]
    if said > stored:
        damage(f"{said} packed bytes, {stored} are there")
    return Claim(n_bytes, other, offset, said, _ZLIB)
