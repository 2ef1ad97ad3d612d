"""Settings of a report check themselves."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
from matplotlib.figure import Figure

from sknac.report import StudyReport
from sknac.report._parts import Drawing, Options


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"title": ""}, ValueError),
        ({"title": 3}, TypeError),
        ({"synthetic": "no"}, TypeError),
        ({"show_ids": 1}, TypeError),
        ({"limits": [3]}, TypeError),
        ({"confidence_level": 95}, ValueError),
        ({"n_resamples": 1.5}, ValueError),
        ({"random_state": None}, ValueError),
    ],
)
def test_bad_settings_are_refused(settings, error):
    with pytest.raises(error):
        StudyReport(**({"title": "x"} | settings))


def test_level_and_mark_are_put_in_words():
    assert Options(confidence_level=0.9).percent == "90\N{NO-BREAK SPACE}%"
    assert Options(synthetic=True).mark == " (simulated)"
    assert Options().mark == ""


def test_a_display_is_drawn_with_its_title_and_its_look():
    class Display:
        def plot(self, ax, *, label):
            ax.set_xlabel(label)

    figure = Figure()
    Drawing("a", "b", "c", Display(), "title", {"label": "x"}).draw(figure)
    (ax,) = figure.axes
    assert (ax.get_title(), ax.get_xlabel()) == ("title", "x")
