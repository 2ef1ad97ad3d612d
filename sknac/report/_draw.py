"""Figures as PNG, drawn without pyplot's state."""

# SPDX-License-Identifier: BSD-3-Clause

import io
from typing import Any

from sknac.report._parts import Drawing

DPI = 130
# Lines and text weigh less than this in bytes, ultrasound images more.
HEAVY = 100_000


def png(drawing: Drawing) -> bytes:
    """Draw a figure and return it as PNG.

    The figure belongs to no window and to no list of open figures, so that nothing
    is left behind; the file names no date, so that the same data give the same bytes.
    """
    if drawing.picture:
        return drawing.picture
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=drawing.size, layout="constrained")
    FigureCanvasAgg(figure)
    drawing.draw(figure if drawing.whole else figure.subplots())
    _take_dollars_literally(figure)
    return saved(figure)


def saved(figure: Any) -> bytes:
    """Return a matplotlib figure as PNG."""
    stream = io.BytesIO()
    figure.savefig(
        stream, format="png", dpi=DPI, facecolor="white", metadata={"Software": None}
    )
    picture = stream.getvalue()
    return picture if len(picture) < HEAVY else _with_palette(picture)


def _with_palette(picture):
    """Return a picture in 256 colours: a third of the weight where images are shown."""
    from PIL import Image

    stream = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        few = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        few.save(stream, format="png", optimize=True)
    return stream.getvalue()


def _take_dollars_literally(figure):
    """Keep a label with two dollar signs from being read as a formula.

    The one formula of our own is a unit with an exponent.
    """
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        if "$" in text.get_text() and "cm$^{-3}$" not in text.get_text():
            text.set_parse_math(False)
