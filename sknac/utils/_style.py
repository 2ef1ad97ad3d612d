"""Looks that the displays share: never told apart by colour alone.

The colours are Okabe and Ito's, distinct for colour-blind readers; dashes, markers
and hatches differ as well.
"""

# SPDX-License-Identifier: BSD-3-Clause

COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
)
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v")
HATCHES = ("///", "", "...", "xx", "\\\\\\")
# Paler, so that counts and hatches on them stay legible.
FILLS = ("#D9D9D9", "#7FB3D5", "#F2C894", "#8FCFB6", "#E3BDD1")
DARK = "#404040"
SMALL_LEGEND = {"fontsize": "small", "title_fontsize": "small", "alignment": "left"}


def open_axes(display, ax=None, **figure_kwargs):
    """Set a display's `ax_` and `figure_`; a new figure where there are no axes."""
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(**({"layout": "constrained"} | figure_kwargs))
    display.ax_, display.figure_ = ax, ax.figure
    return ax


def line_style(number):
    """Return colour and dashes of a curve."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": DASHES[number % len(DASHES)],
    }


def point_style(number):
    """Return colour and marker of a point."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "marker": MARKERS[number % len(MARKERS)],
    }


def bar_style(number):
    """Return fill, hatch and edge of a bar."""
    return {
        "facecolor": FILLS[number % len(FILLS)],
        "hatch": HATCHES[number % len(HATCHES)],
        "edgecolor": DARK,
    }
