"""The shared looks differ by more than colour."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from types import SimpleNamespace

import pytest

from sknac.utils import _style


@pytest.mark.parametrize("number", range(4))
def test_neighbours_differ_without_colour(number):
    for style, cue in (
        (_style.line_style, "linestyle"),
        (_style.point_style, "marker"),
        (_style.bar_style, "hatch"),
    ):
        assert style(number)[cue] != style(number + 1)[cue]


def test_lines_repeat_only_after_every_pair_was_used():
    n_pairs = len(_style.COLOURS) * len(_style.DASHES)
    assert math.gcd(len(_style.COLOURS), len(_style.DASHES)) == 1
    seen = {str(_style.line_style(number)) for number in range(n_pairs)}
    assert len(seen) == n_pairs


def test_looks_need_no_matplotlib():
    assert "matplotlib" not in vars(_style)


def test_axes_are_made_only_where_there_are_none():
    plt = pytest.importorskip("matplotlib.pyplot")
    first, second = SimpleNamespace(), SimpleNamespace()
    ax = _style.open_axes(first, figsize=(3.0, 2.0))
    assert first.figure_.get_size_inches().tolist() == [3.0, 2.0]
    assert _style.open_axes(second, ax, figsize=(9.0, 9.0)) is ax
    assert second.figure_ is first.figure_
    plt.close(first.figure_)
