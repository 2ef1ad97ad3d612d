"""MATLAB's format of versions 5 to 7.2, walked without trusting it.

A file is a row of elements; an array is an element of elements, and may be deflated
as a whole. SciPy reads such a file well, but an array in one piece with all that a
struct holds: a public set of RF is one struct of 1.4 GB. Here elements are stepped
over, deflated ones piece by piece, and one frame is read where it lies: the walk
leaves marks from which inflating goes on.
"""

# SPDX-License-Identifier: BSD-3-Clause

import math
import os
import struct

import numpy as np

from sknac.io._damage import damage
from sknac.io._mat5_bytes import Inflated, Plain
from sknac.io._variables import MOST_VARIABLES, Variable, check_growth

_HEADER_BYTES = 128
_UINT32, _MATRIX, _DEFLATED = 6, 14, 15
# Other writers than MATLAB take the second of these.
_NAMES, _LENGTHS = (1, 16), (5, 6)
_CELL, _STRUCT, _CHAR, _SPARSE = 1, 2, 4, 5
_COMPLEX, _LOGICAL = 0x0800, 0x0200
# Types that numbers are stored in, which may be smaller than those of their class.
_STORED = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
_CLASSES = {
    6: "f8",
    7: "f4",
    8: "i1",
    9: "u1",
    10: "i2",
    11: "u2",
    12: "i4",
    13: "u4",
    14: "i8",
    15: "u8",
}
_REFUSALS = {
    _CELL: "it is a cell array; save the array inside it under its own name",
    _CHAR: "it is text; name an array of numbers",
    _SPARSE: "it is sparse; save full() of it",
}
_OBJECT = "it is a MATLAB object or function; save a plain array"
_MOST_DEPTH = 20
_MOST_TEXT = 256


def contents(path) -> dict[str, Variable]:
    """List the arrays of a file, those in structs as ``data[12].rf1``."""
    found = {}
    size = os.stat(path).st_size
    with open(path, "rb") as file:
        order = _byte_order(file.read(_HEADER_BYTES))
        start, left = _HEADER_BYTES, MOST_VARIABLES
        while start < size:
            left -= 1
            if left < 0:
                damage(f"more than {MOST_VARIABLES} elements")
            source, n_bytes, following = _element(file, order, start, size)
            if source is not None:
                _Walk(source, order, start, found).matrix(n_bytes, None, 0)
                source.finish()
            start = following
    return found


def read(path, variable, frame=None):
    """Read an array in MATLAB's order, or one frame by its last axis."""
    start, offset, shape, marks = variable.place
    with open(path, "rb") as file:
        order = _byte_order(file.read(_HEADER_BYTES))
        source, _, _ = _element(file, order, start, os.stat(path).st_size)
        source.go_on(marks, offset)
        source.skip(offset - source.at)
        walk = _Walk(source, order, start, {})
        array = walk.numbers(shape, frame)
        if variable.dtype.kind == "c":
            array = array + 1j * walk.numbers(shape, frame)
        return array.astype(variable.dtype, copy=False)


def _byte_order(header):
    """Tell the byte order; the version and its mark end the header."""
    mark = header[126:128]
    if mark not in (b"IM", b"MI"):
        damage("no version 5 header")
    order = "<" if mark == b"IM" else ">"
    if struct.unpack(order + "H", header[124:126])[0] != 0x0100:
        damage("a version that is not known")
    return order


def _element(file, order, start, size):
    """Open the array at a place of the file; tell its size and where it ends."""
    file.seek(start)
    tag = file.read(8)
    if len(tag) < 8:
        damage("cut off between two arrays")
    kind, n_bytes = struct.unpack(order + "II", tag)
    following = start + 8 + n_bytes
    if following > size:
        damage(f"an array of {n_bytes} bytes where the file has {size - start - 8}")
    if kind == _MATRIX:
        return Plain(file, n_bytes), n_bytes, following
    if kind != _DEFLATED:
        return None, n_bytes, following
    source = Inflated(file, n_bytes)
    kind, n_bytes = struct.unpack(order + "II", source.take(8))
    if kind != _MATRIX:
        damage(f"a deflated element of type {kind}")
    return source, n_bytes, following


class _Walk:
    """Steps through one array of the file."""

    def __init__(self, source, order, start, found):
        self.source, self.order, self.start, self.found = source, order, start, found

    def tag(self):
        """Read type and size of an element, and its data where they stand beside."""
        data = self.source.take(8)
        kind, n_bytes = struct.unpack(self.order + "II", data)
        if kind >> 16:  # four bytes or fewer stand in the tag itself
            kind, n_bytes = kind & 0xFFFF, kind >> 16
            if n_bytes > 4:
                damage("a short element that is not short")
            return kind, n_bytes, data[4 : 4 + n_bytes]
        return kind, n_bytes, None

    def small(self, kinds, most):
        """Read an element that is known to be small."""
        kind, n_bytes, data = self.tag()
        if kind not in kinds or n_bytes > most:
            damage(f"an element of type {kind} and {n_bytes} bytes")
        if data is None:
            data = self.source.take(n_bytes)
            self.source.skip(-n_bytes % 8)
        return data

    def matrix(self, n_bytes, name, depth):
        """List an array, or what a struct holds."""
        end = self.source.at + n_bytes
        if n_bytes == 0:
            return  # an empty field
        self.source.check(n_bytes)
        flags, _ = struct.unpack(self.order + "II", self.small([_UINT32], 8))
        data = self.small(_LENGTHS, 4 * 32)
        shape = struct.unpack(f"{self.order}{len(data) // 4}i", data)
        if len(shape) < 2 or min(shape) < 0:
            damage(f"an array of shape {shape}")
        own = self.small(_NAMES, 1 << 12).decode("latin1")
        name = name or own
        if name and not name.isprintable():
            damage("a name that cannot be printed")
        if name in self.found:
            damage(f"two arrays of the name {name}")
        if len(self.found) >= MOST_VARIABLES:
            damage(f"more than {MOST_VARIABLES} arrays")
        if name:  # what has none is the workspace of functions
            self.listed(flags, shape, name, end, depth)
        if self.source.at > end:
            damage("an element is longer than the array around it")
        self.source.skip(end - self.source.at)

    def listed(self, flags, shape, name, end, depth):
        """List an array by its class."""
        kind = flags & 0xFF
        if kind == _STRUCT:
            self.struct(shape, name, end, depth)
        elif kind in _CLASSES:
            self.found[name] = self.numeric(flags, shape, name)
        else:
            value = self.text(shape) if kind == _CHAR else None
            refusal = _REFUSALS.get(kind, _OBJECT)
            self.found[name] = Variable(name, shape, refusal=refusal, value=value)

    def struct(self, shape, name, end, depth):
        """List the fields of each element of a struct array."""
        if depth >= _MOST_DEPTH:
            damage(f"structs more than {_MOST_DEPTH} deep")
        (width,) = struct.unpack(self.order + "i", self.small(_LENGTHS, 4))
        data = self.small(_NAMES, 1 << 16)
        if width <= 0 or len(data) % width:
            damage("names of fields that do not fit")
        fields = tuple(
            data[at : at + width].split(b"\0")[0].decode("latin1")
            for at in range(0, len(data), width)
        )
        if len(set(fields)) < len(fields) or not all(f.isidentifier() for f in fields):
            damage("names of fields that are none")
        n = math.prod(shape)
        n_fields = n * len(fields)
        if n_fields > MOST_VARIABLES or 8 * n_fields > end - self.source.at:  # tags
            damage(f"a struct of shape {shape} that does not fit")
        self.found[name] = Variable(name, shape, fields=fields)
        for number in range(n if fields else 0):
            place = name if n == 1 else f"{name}[{number}]"
            for field in fields:
                kind, n_bytes, _ = self.tag()
                if kind != _MATRIX:
                    damage(f"a field of type {kind}")
                self.matrix(n_bytes, f"{place}.{field}", depth + 1)

    def numeric(self, flags, shape, name):
        """List an array of numbers, whose size must be what its shape says."""
        dtype = np.dtype("?" if flags & _LOGICAL else _CLASSES[flags & 0xFF])
        place = self.start, self.source.at, shape, self.source.marks
        if flags & _COMPLEX:
            dtype = np.result_type(dtype, "c8")
        n_numbers = math.prod(shape)
        check_growth(name, n_numbers * dtype.itemsize, self.source.stored)
        value = None
        if n_numbers == 1 and dtype.kind != "c":
            value = self.numbers(shape).astype(dtype).item()
        else:
            for _ in range(2 if dtype.kind == "c" else 1):
                self.numbers(shape, skipped=True)
        return Variable(name, shape, dtype, place, value=value)

    def numbers(self, shape, frame=None, skipped=False):
        """Read numbers as stored, of one frame where one is named."""
        kind, n_bytes, data = self.tag()
        stored = np.dtype(_STORED.get(kind, "V")).newbyteorder(self.order)
        count = math.prod(shape)
        if not stored.itemsize or count * stored.itemsize != n_bytes:
            damage(f"{n_bytes} bytes of type {kind} for an array of shape {shape}")
        if frame is not None:
            shape = shape[:-1]
            count = math.prod(shape)
        first = (frame or 0) * count * stored.itemsize
        last = 0 if skipped else first + count * stored.itemsize
        if data is None:
            self.source.skip(0 if skipped else first)
            data = self.source.take(last - first) if not skipped else b""
            self.source.skip(n_bytes - last + -n_bytes % 8)
        else:
            data = data[first:last]
        if skipped:
            return None
        return np.frombuffer(data, stored).reshape(shape, order="F")

    def text(self, shape):
        """Read a short text of one line."""
        if math.prod(shape) > _MOST_TEXT:
            return None
        kind, n_bytes, data = self.tag()
        if n_bytes > 4 * _MOST_TEXT:
            damage("a text longer than its shape says")
        if data is None:
            data = self.source.take(n_bytes)
        codec = {16: "utf-8", 4: "utf-16", 17: "utf-16", 18: "utf-32"}.get(
            kind, "latin1"
        )
        if codec.startswith("utf-") and codec != "utf-8":
            codec += "-le" if self.order == "<" else "-be"
        return data.decode(codec, errors="replace")
