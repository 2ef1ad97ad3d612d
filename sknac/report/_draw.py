"""Figures as PNG, drawn without pyplot's state."""

# SPDX-License-Identifier: BSD-3-Clause

import base64
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
    return saved(figure, whole=drawing.whole)


def saved(figure: Any, *, whole: bool = True) -> bytes:
    """Return a matplotlib figure as PNG; `whole` takes in what leaves its frame."""
    stream, look = io.BytesIO(), {"dpi": DPI, "facecolor": "white"}
    look |= {"bbox_inches": "tight"} if whole else {}
    figure.savefig(stream, format="png", metadata={"Software": None}, **look)
    return stream.getvalue()


def inline(picture: bytes) -> str:
    """Return a PNG as the data address of a page.

    Ultrasound images weigh much as PNG, their speckle being noise: within the page
    they are WebP, at a quality whose loss is not seen.
    """
    kind = "png"
    if len(picture) > HEAVY:
        from PIL import Image

        kind, stream = "webp", io.BytesIO()
        with Image.open(io.BytesIO(picture)) as image:
            image.convert("RGB").save(stream, format="webp", quality=90)
        picture = stream.getvalue()
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"


def _take_dollars_literally(figure):
    """Keep a label with two dollar signs from being read as a formula.

    The one formula of our own is a unit with an exponent.
    """
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        if "$" in text.get_text() and "cm$^{-3}$" not in text.get_text():
            text.set_parse_math(False)
