"""Vertices of an outline from a CSV whose header says what they are."""

# SPDX-License-Identifier: BSD-3-Clause

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd

from sknac.cohort._shapes import short
from sknac.exceptions import SknacFormatError

_MAX_BYTES = 12_000_000


def read_vertices(path: Path, names: tuple[str, str], units: str) -> np.ndarray:
    """Read two columns of a CSV, shape (n_vertices, 2); others may stand beside them.

    Every line has as many fields as the header: one more would shift a column to the
    place of its neighbour.
    """
    header, *rows = _fields(path)
    names = list(names)
    if not set(names) <= set(header):
        raise SknacFormatError(
            path,
            f"an outline in {units} must have columns {names}, got {short(header)}",
        )
    for name in names:
        if header.count(name) > 1:
            raise SknacFormatError(path, f"has two columns {name}; keep one of them")
    places = [header.index(name) for name in names]
    texts = []
    for number, row in rows:
        row = row[: len(header)] if not any(row[len(header) :]) else row
        if len(row) != len(header):
            raise SknacFormatError(
                path,
                f"line {number} has {len(row)} fields, the header {len(header)}; name "
                "every column, and quote a field that holds the separator",
            )
        texts += [row[place] for place in places]
    return _numbers(path, texts).reshape(-1, 2)


def _fields(path):
    """Part a file's lines: the fields of the header, then (line, fields) pairs."""
    if (size := path.stat().st_size) > _MAX_BYTES:
        raise SknacFormatError(
            path, f"{size / 1e6:.0f} MB; a table of vertices must have few"
        )
    try:
        text = path.read_bytes().decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        lines = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except (ValueError, csv.Error) as error:
        raise SknacFormatError(
            path, f"the file must be a table of vertices: {error}"
        ) from error
    if not lines:
        raise SknacFormatError(path, "the file must be a table of vertices, got none")
    return [lines[0][1], *lines[1:]]


def _numbers(path, texts):
    """Read texts as numbers, to the last digit as pandas reads them in files."""
    try:
        cells = np.array([text.strip() for text in texts], dtype=object)
        return np.asarray(pd.to_numeric(cells), dtype=float)
    except (ValueError, TypeError) as error:
        raise SknacFormatError(
            path, f"the file must be a table of vertices: {error}"
        ) from error
