"""Figures: drawn without leaving anything behind, the same every time."""

# SPDX-License-Identifier: BSD-3-Clause

import base64
import io
import warnings

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

mpl.use("Agg")

import matplotlib.pyplot as plt

from sknac.report._draw import HEAVY, inline, png
from sknac.report._parts import Drawing

pytestmark = pytest.mark.mpl


def titled(text):
    """Return a drawing with a title."""
    return Drawing("a", "caption", "alt", lambda f: f.subplots().set_title(text))


def test_picture_is_a_png_of_the_size_asked_for():
    picture = png(Drawing("a", "b", "c", lambda figure: None, size=(4.0, 3.0)))
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(picture[16:20]) / int.from_bytes(picture[20:24]) == (
        pytest.approx(4 / 3, abs=0.01)
    )


def unpacked(address):
    """Return the kind and the pixels of a data address."""
    head, text = address.split(";base64,")
    with Image.open(io.BytesIO(base64.b64decode(text))) as image:
        return head, np.asarray(image.convert("RGB"), dtype=float)


def test_light_pictures_stay_as_they_are():
    picture = png(titled("x"))
    assert inline(picture).startswith("data:image/png;base64,")
    assert base64.b64decode(inline(picture).split(",")[1]) == picture


def test_images_weigh_less_in_the_page_and_look_the_same():
    speckle = np.random.default_rng(0).random((300, 300))
    picture = png(
        Drawing("a", "b", "c", lambda f: f.subplots().imshow(speckle, cmap="gray"))
    )
    address = inline(picture)
    head, pixels = unpacked(address)
    assert len(picture) > HEAVY
    assert head == "data:image/webp"
    assert len(address) < 0.8 * len(picture)
    original = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), dtype=float)
    assert np.abs(pixels - original).mean() < 6  # of 255
    assert address == inline(picture)


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


def test_labels_with_dollars_make_a_report(study, new):
    y = study.y.map({"response": r"$\frac$", "non-response": "$x$"})
    report = new().add_predictions(
        "$a$", y, study.X["dlr2"], pos_label="$x$", decisions=y, probabilities=True
    )
    report.add_subgroups("$a$", study.X["subtype"].rename("$b$"))
    report.add_survival("$a$", study.time, study.event, time_label="$t$")
    assert "$x$" in report.to_html()


def test_a_whole_report_leaves_no_figure_open(full):
    before = plt.get_fignums()
    full.to_html()
    assert plt.get_fignums() == before


@pytest.mark.parametrize("where", ["title", "xlabel", "key", "row"])
def test_long_names_stay_within_the_figure(where):
    name = "a name with many words in it " * 3 + "andonewithoutany" * 6
    drawn = []

    def draw(figure):
        ax = figure.subplots()
        ax.plot([0, 1], label=name if where == "key" else "x")
        key = ax.legend().get_texts()[0]
        ax.set_yticks([0.5], [name if where == "row" else "x"])
        ax.set(**{where: name} if where in ("title", "xlabel") else {})
        found = {"title": ax.title, "xlabel": ax.xaxis.label, "key": key}
        drawn.extend([ax, found.get(where)])

    png(Drawing("a", "b", "c", draw))
    ax, text = drawn
    ax.figure.draw_without_rendering()
    text = text or ax.get_yticklabels()[0]
    found = text.get_window_extent()
    assert found.x0 >= 0
    assert found.x1 <= ax.figure.bbox.width
    assert ax.get_position().width > 0.4
    assert text.get_text().replace("\n", " ").startswith(name[:80])


def test_letters_that_no_font_has_bring_one_warning_with_the_mend():
    with pytest.warns(UserWarning, match="name an installed font") as caught:
        png(titled("\u6709\u6548 \u65e0\u6548"))
    assert len(caught) == 1
