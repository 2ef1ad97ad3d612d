"""Masks as run lengths: of COCO, plain and compressed, and of CVAT."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.cohort._shapes import short

_LONGEST = 1 << 31
_MOST_CHARACTERS = 7  # 35 bits: no run is longer
_FIRST, _LAST = 48, 111  # six bits a character, from "0"
_MORE, _SIGN, _BITS = 0x20, 0x10, 0x1F


def decode_runs(counts, shape: tuple[int, int], *, by_column: bool) -> np.ndarray:
    """Decode alternating run lengths of outside and inside, the first outside.

    They count the pixels of a mask of `shape` row by row, or column by column.
    """
    for count in counts:
        whole = isinstance(count, int) and not isinstance(count, bool)
        if not (whole and 0 <= count < _LONGEST):
            raise ValueError(
                f"run lengths must be whole numbers >= 0, got {short(count)}"
            )
    n_pixels = shape[0] * shape[1]
    if sum(counts) != n_pixels:
        raise ValueError(
            f"the run lengths of a mask add up to {sum(counts)} pixels, and "
            f"{shape[0]} x {shape[1]} has {n_pixels}; export it again"
        )
    inside = np.arange(len(counts)) % 2 == 1
    pixels = np.repeat(inside, np.array(counts, dtype=np.int64))
    return pixels.reshape(shape[::-1]).T if by_column else pixels.reshape(shape)


def read_counts(text: str) -> list[int]:
    """Read COCO's compressed run lengths.

    Five bits a character, the lowest first, with a flag that more follow; from the
    fourth number on it is the difference from the last but one.
    """
    counts, value, n_read = [], 0, 0
    for character in text:
        code = ord(character)
        if not _FIRST <= code <= _LAST or n_read == _MOST_CHARACTERS:
            raise ValueError(
                f"compressed run lengths must be COCO's, got {short(character)} after "
                f"{len(counts)} numbers"
            )
        code -= _FIRST
        value |= (code & _BITS) << 5 * n_read
        n_read += 1
        if code & _MORE:
            continue
        if code & _SIGN:
            value -= 1 << 5 * n_read
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = n_read = 0
    if n_read:
        raise ValueError("compressed run lengths are cut off; export them again")
    return counts


def cropped(mask: np.ndarray, row: int = 0, column: int = 0):
    """Cut a mask to the box of its pixels; an empty one is refused."""
    spans = []
    for axis in (1, 0):
        found = np.flatnonzero(mask.any(axis=axis))
        if not len(found):
            raise ValueError("a mask is empty; draw it anew, or delete it")
        spans.append(slice(int(found[0]), int(found[-1]) + 1))
    part = np.ascontiguousarray(mask[tuple(spans)])
    return row + spans[0].start, column + spans[1].start, part
