"""Figures as PNG, drawn without pyplot's state."""

# SPDX-License-Identifier: BSD-3-Clause

import base64
import io
import textwrap
import warnings
from contextlib import contextmanager
from functools import partial
from typing import Any

from sknac.report._parts import Drawing
from sknac.report._text import showable

DPI = 130
# Lines and text weigh less than this in bytes, ultrasound images more.
HEAVY = 100_000
_LONGEST = 600  # characters of a text in a figure


def png(drawing: Drawing) -> bytes:
    """Draw a figure and return it as PNG.

    The figure belongs to no window and to no list of open figures, so that nothing
    is left behind; the file names no date, so that the same data give the same bytes.
    """
    if drawing.picture:
        return drawing.picture
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(drawing.size, dpi=DPI, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    # Labels with two dollar signs are no formulas.
    with mpl.rc_context({"text.parse_math": False}), _one_warning_of_letters():
        drawing.draw(figure)
        _showable(figure)
        _break_lines(figure)
        # `savefig` would draw twice, the first time for the layout.
        return _written(figure.canvas.print_png)


def saved(figure: Any) -> bytes:
    """Return a matplotlib figure as PNG, with what leaves its frame."""
    look = {"dpi": DPI, "facecolor": "white", "bbox_inches": "tight", "format": "png"}
    return _written(partial(figure.savefig, **look))


def _written(write):
    """Return what a matplotlib function writes: no date, no version."""
    stream = io.BytesIO()
    # Speckle does not get smaller by more effort than this.
    write(stream, metadata={"Software": None}, pil_kwargs={"compress_level": 3})
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
            image.convert("RGB").save(stream, format="webp", quality=90, method=2)
        picture = stream.getvalue()
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"


def _showable(figure):
    """Take out of all texts what no font has, and end what is endless."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        if (shown := showable(text.get_text(), _LONGEST)) != text.get_text():
            text.set_text(shown)


def _break_lines(figure):
    """Break what is longer than the figure is wide: the data's names may be."""
    from matplotlib.ticker import FixedLocator

    width = figure.get_figwidth()
    titles = [ax.title for ax in figure.axes] if len(figure.axes) == 1 else []
    heads = [figure._suptitle] if figure._suptitle else []
    labels = [axis.label for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)]
    legends = [ax.get_legend() for ax in figure.axes if ax.get_legend()]
    keys = [text for legend in legends for text in legend.get_texts()]
    kinds = ((titles, 9), (heads, 13), (labels, 10), (keys, 8))
    for texts, n_characters in kinds:
        for text in texts:
            text.set_text(_wrapped(text.get_text(), int(n_characters * width)))
    for ax in figure.axes:
        if not isinstance(ax.yaxis.get_major_locator(), FixedLocator):
            continue  # numbers; asking for their labels would make them all
        rows = [label.get_text() for label in ax.get_yticklabels()]
        broken = [_wrapped(row, int(5 * width)) for row in rows]
        if broken != rows:
            ax.set_yticks(ax.get_yticks(), broken)


def _wrapped(text, longest):
    """Break the lines of a text that are too long."""
    return "\n".join(
        part
        for line in text.split("\n")
        for part in textwrap.wrap(line, longest) or [""]
    )


@contextmanager
def _one_warning_of_letters():
    """Say once, and with the mend, that the font lacks letters of the data."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    lacking = [w for w in caught if "missing from font" in str(w.message)]
    for warning in caught:
        if warning not in lacking:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    if lacking:
        warnings.warn(
            "Figures lack letters that matplotlib's font does not have and show boxes; "
            "name an installed font that has them, for example "
            'matplotlib.rcParams["font.family"] = ["DejaVu Sans", "Noto Sans CJK SC"]',
            UserWarning,
            stacklevel=2,
        )
