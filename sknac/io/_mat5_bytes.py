"""The bytes of one array in a MATLAB file, as they are or deflated."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import zlib

from sknac.io._damage import damage
from sknac.io._variables import FREE_BYTES, MOST_GROWTH

_PIECE = 1 << 20
_PACKED_PIECE = 1 << 14  # marks keep what is left of it
_STEP = 8 << 20  # between marks, to begin with
_MOST_MARKS = 256  # of about 50 kB


class Plain:
    """The bytes of one element."""

    def __init__(self, file, n_bytes):
        self.file, self.size, self.at = file, n_bytes, 0
        self.stored, self.marks = n_bytes, []

    def take(self, n_bytes):
        """Read some bytes."""
        self.check(n_bytes)
        self.at += n_bytes
        data = self.file.read(n_bytes)
        if len(data) < n_bytes:
            damage("cut off")
        return data

    def skip(self, n_bytes):
        """Step over some bytes."""
        self.check(n_bytes)
        self.at += n_bytes
        self.file.seek(n_bytes, os.SEEK_CUR)

    def check(self, n_bytes):
        """Refuse to go so many bytes further, where that is too far."""
        if n_bytes > self.size - self.at:
            damage("an element is longer than the array around it")

    def finish(self):
        """Nothing is left to check."""

    def go_on(self, marks, offset):
        """Any place is as near as another."""


class Inflated:
    """The bytes of one deflated element, which grows within bounds only."""

    def __init__(self, file, n_bytes):
        self.file, self.left, self.at = file, n_bytes, 0
        self.stored = n_bytes
        self.size = max(FREE_BYTES, MOST_GROWTH * n_bytes)
        self.inflater = zlib.decompressobj()
        self.marks, self.step = [], _STEP

    def go_on(self, marks, offset):
        """Go on from the last mark before a place."""
        for at, position, left, inflater in reversed(marks):
            if at <= offset:
                self.file.seek(position)
                self.at, self.left, self.inflater = at, left, inflater.copy()
                return

    def _mark(self):
        """Remember how to go on from here; fewer marks, the more there are."""
        mark = self.at, self.file.tell(), self.left, self.inflater.copy()
        self.marks.append(mark)
        if len(self.marks) > _MOST_MARKS:
            del self.marks[::2]
            self.step *= 2

    def take(self, n_bytes):
        """Read some bytes."""
        data = bytearray()
        self.check(n_bytes)
        while len(data) < n_bytes:
            data += self._piece(n_bytes - len(data))
        return bytes(data)

    def skip(self, n_bytes):
        """Step over some bytes."""
        self.check(n_bytes)
        end = self.at + n_bytes
        while self.at < end:
            self._piece(end - self.at)

    def finish(self):
        """Read to the end, where the checksum stands."""
        while not self.inflater.eof:
            if self._inflate(_PIECE) and self.at > self.size:
                self.check(0)
            if not self.left and not self.inflater.unconsumed_tail:
                break
        if not self.inflater.eof:
            damage("a deflated array is cut off")

    def check(self, n_bytes):
        """Refuse to go so many bytes further, where that is too far."""
        if self.at + n_bytes > self.size:
            damage(
                f"a deflated array of {self.stored} bytes grows to more than "
                f"{self.size}"
            )

    def _piece(self, n_bytes):
        """Inflate a piece of at most so many bytes."""
        while True:
            piece = self._inflate(min(n_bytes, _PIECE))
            if piece:
                return piece
            if self.inflater.eof or not (self.left or self.inflater.unconsumed_tail):
                damage("a deflated array ends early")

    def _inflate(self, n_bytes):
        data = self.inflater.unconsumed_tail
        if not data and not self.inflater.eof:
            data = self.file.read(min(self.left, _PACKED_PIECE))
            self.left -= len(data)
        piece = self.inflater.decompress(data, n_bytes)
        self.at += len(piece)
        if self.at - (self.marks[-1][0] if self.marks else 0) >= self.step:
            self._mark()
        return piece
