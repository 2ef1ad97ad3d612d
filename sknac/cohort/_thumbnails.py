"""Small pictures of planes with their outlines, for a person to look at."""

# SPDX-License-Identifier: BSD-3-Clause

import base64
import io
from collections.abc import Sequence

import numpy as np

from sknac.cohort._records import Plane

_SIDE_PX = 160
_RANGE_DB = 60.0
_OUTLINE = (255, 176, 0)
_SHARES = (1, 99)  # percentiles that are black and white in maps and 16-bit images


def evenly(items: Sequence, n: int) -> list:
    """Choose at most n items, evenly spread, in their order."""
    if len(items) <= n:
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, n).round().astype(int)]


def draw_thumbnail(plane: Plane) -> bytes:
    """Draw a plane and its outline as a PNG of at most 160 x 160 pixels.

    RF and envelopes are log-compressed to 60 dB; of maps the first is shown. Where
    the spacing is known a millimetre is as long in both directions.
    """
    from PIL import Image, ImageDraw

    grid = plane.grid
    sides = np.multiply(grid.shape, grid.step)
    height, width = np.maximum(1, (_SIDE_PX * sides / sides.max()).round().astype(int))
    grey = Image.fromarray(_grey(plane))
    small = grey.resize((int(width), int(height)), Image.Resampling.BOX)
    # A palette of greys, the last of which is the outline's colour.
    picture = Image.fromarray(np.minimum(np.asarray(small), 254)).convert("P")
    greys = [value for value in range(255) for _ in range(3)]
    picture.putpalette([*greys, *_OUTLINE])
    if plane.core is not None:
        pen = ImageDraw.Draw(picture)
        scale = np.divide((height, width), grid.shape)
        for ring in plane.core.rings():
            points = (grid.to_index(ring) + 0.5) * scale - 0.5
            pen.line([(x, y) for y, x in points.tolist()], fill=255)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def as_data_url(png: bytes) -> str:
    """Write a picture into a page, so that it needs no file."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _grey(plane):
    """Turn a plane's samples into grey values."""
    values = plane.load()
    if plane.kind == "maps":
        values = values[0]
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    values = values.astype(np.float64)
    if plane.kind in ("rf", "envelope"):
        values, (low, high) = _decibels(values, plane.kind), (-_RANGE_DB, 0.0)
    else:
        finite = values[np.isfinite(values)]
        low, high = np.percentile(finite, _SHARES) if finite.size else (0.0, 1.0)
    share = (values - low) / (high - low if high > low else 1.0)
    return (255 * np.clip(np.nan_to_num(share), 0, 1)).astype(np.uint8)


def _decibels(values, kind):
    """Log-compress an envelope, below its largest value."""
    if kind == "rf":
        from scipy.signal import hilbert

        values = np.abs(hilbert(values - values.mean(axis=0), axis=0))
    top = np.abs(values).max() or 1.0
    return 20 * np.log10(np.maximum(np.abs(values) / top, 1e-6))
