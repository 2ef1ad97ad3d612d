"""Figures: drawn without leaving anything behind, the same every time."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import matplotlib as mpl
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from sknac.report._draw import png
from sknac.report._parts import Drawing

pytestmark = pytest.mark.mpl


def titled(text):
    """Return a drawing with a title."""
    return Drawing("a", "caption", "alt", lambda ax: ax.set_title(text))


def test_picture_is_a_png_of_the_size_asked_for():
    picture = png(Drawing("a", "b", "c", lambda ax: None, size=(4.0, 3.0)))
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(picture[16:20]) / int.from_bytes(picture[20:24]) == (
        pytest.approx(4 / 3, abs=0.01)
    )


def test_no_figure_stays_open():
    before, settings = plt.get_fignums(), dict(mpl.rcParams)
    png(titled("x"))
    assert plt.get_fignums() == before
    assert dict(mpl.rcParams) == settings


def test_same_drawing_gives_the_same_bytes():
    assert png(titled("x")) == png(titled("x"))
    assert png(titled("x")) != png(titled("y"))


@pytest.mark.parametrize("text", [r"$\frac$", "5$ or 6$", r"$^{", "$", r"a \$ b$c$"])
def test_dollars_in_labels_are_dollars(text):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert png(titled(text))


def test_units_keep_their_exponents():
    drawn = png(titled("dB re 1 cm$^{-3}$"))
    assert drawn != png(titled(r"dB re 1 cm\$^{-3}\$"))


def test_labels_with_dollars_make_a_report(study, new):
    y = study.y.map({"response": r"$\frac$", "non-response": "$x$"})
    report = new().add_predictions(
        "$a$", y, study.X["dlr2"], pos_label="$x$", decisions=y, probabilities=True
    )
    report.add_subgroups("$a$", study.X["subtype"].rename("$b$"))
    report.add_survival("$a$", study.time, study.event, time_label="$t$")
    assert "$x$" in report.to_html()
