"""A map lies where its grid says, over its image, with all rings of the core."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from sknac.cohort import Grid, MaskOutline, Plane, PolygonOutline
from sknac.inspection import SaliencyDisplay
from sknac.qus import QUSMapDisplay
from sknac.utils._map_display import MapDisplay, draw_outline, edges_of, map_of

pytestmark = pytest.mark.mpl


@pytest.fixture(autouse=True)
def _no_window():
    mpl.use("Agg")
    yield
    plt.close("all")


def test_edges_lie_half_a_step_beyond_the_outer_centres():
    grid = Grid((3, 2), (0.5, 2.0), (1.0, 10.0))
    assert edges_of(grid) == (9.0, 13.0, 2.25, 0.75)


def test_a_core_of_two_parts_is_one_line_with_a_gap():
    mask = np.zeros((9, 9), bool)
    mask[1:3, 1:3] = mask[5:8, 5:8] = True
    grid = Grid(mask.shape, (1, 1))
    display = MapDisplay(
        values=np.zeros((9, 9)), grid=grid, label="x", core=MaskOutline(mask, grid)
    )
    display._draw_images(None, {}, image_kwargs=None, colorbar=False)
    display._frame(grid, {"color": "red"})
    points = display.core_.get_xydata()
    assert np.isnan(points).all(axis=1).sum() == 1
    assert np.nanmin(points) == 0.5
    assert np.nanmax(points) == 7.5
    assert display.core_.get_color() == "red"


def test_the_only_map_needs_no_name():
    plane = Plane(np.ones((1, 4, 4)), "maps", channels=("mbf",))
    values, name = map_of(plane, None)
    assert (values.shape, name) == ((4, 4), "mbf")
    with pytest.raises(ValueError, match=r"channel must be one of .*, got 'ss'"):
        map_of(plane, "ss")


_GRID = Grid((9, 9), (1.0, 1.0))
_HOLES = np.zeros((9, 9), bool)
_HOLES[1:8, 1:8] = True
_HOLES[3:5, 3:5] = False


@pytest.mark.parametrize("show", [SaliencyDisplay, QUSMapDisplay])
@pytest.mark.parametrize(
    "core",
    [
        PolygonOutline([(2, 2), (2, 6), (6, 6), (6, 2)]),
        MaskOutline(_HOLES, _GRID),
        MaskOutline(np.eye(9, dtype=bool), _GRID),
    ],
)
def test_cores_are_dotted_whatever_outlines_them(show, core):
    channel = "grad_cam" if show is SaliencyDisplay else "mbf"
    plane = Plane(
        np.ones((1, 9, 9)), "maps", (1.0, 1.0), core=core, channels=(channel,)
    )
    display = show.from_plane(plane, channel)
    assert display.core_.get_linestyle() == ":"
    again = show.from_plane(plane, channel, core_kwargs={"linestyle": "-"})
    assert again.core_.get_linestyle() == "-"


def test_an_outline_without_a_ring_is_not_drawn():
    ax = plt.figure().add_subplot()
    empty = MaskOutline(np.zeros((9, 9), bool), _GRID)
    assert draw_outline(ax, empty, {}) is None
    assert draw_outline(ax, None, {}) is None
