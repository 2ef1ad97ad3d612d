"""The display draws the map where it lies, over B-mode, with the core."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from sknac.cohort import Grid, MaskOutline, Plane, PolygonOutline
from sknac.qus import QUSMapDisplay

pytestmark = pytest.mark.mpl
CORE = PolygonOutline([(2, 1), (2, 4), (4, 4), (4, 1)])


@pytest.fixture(autouse=True)
def _no_window():
    mpl.use("Agg")
    yield
    plt.close("all")


@pytest.fixture
def planes(rng):
    rf = Plane.from_rf(
        rng.normal(size=(300, 20)), fs_mhz=40.0, line_pitch_mm=0.25, core=CORE
    )
    maps = Plane(
        rng.normal(size=(2, 20, 12)).astype(np.float32),
        "maps",
        (0.2, 0.25),
        (1.0, 1.0),
        core=CORE,
        channels=("mbf", "esd"),
    )
    return rf, maps


def test_map_lies_at_its_millimetres(planes):
    display = QUSMapDisplay.from_plane(planes[1], "esd").plot()
    assert display.image_.get_extent() == pytest.approx((0.875, 3.875, 4.9, 0.9))
    assert display.ax_.get_ylabel() == "depth (mm)"
    assert "um" in display.colorbar_.ax.get_ylabel()


def test_colour_bar_is_as_high_as_the_picture(planes):
    for figsize in ((4, 9), (12, 3)):
        _, ax = plt.subplots(figsize=figsize, layout="constrained")
        display = QUSMapDisplay.from_plane(planes[1], "esd", ax=ax)
        display.figure_.canvas.draw()
        picture, bar = ax.get_window_extent(), display.colorbar_.ax.get_window_extent()
        assert (bar.y0, bar.y1) == pytest.approx((picture.y0, picture.y1), abs=1)


def test_background_and_core_are_drawn(planes):
    rf, maps = planes
    display = QUSMapDisplay.from_plane(maps, "mbf", background=rf).plot()
    assert len(display.ax_.images) == 2
    np.testing.assert_array_equal(display.core_.get_xdata(), [1, 4, 4, 1, 1])
    top = display.ax_.get_ylim()
    assert top[0] > top[1]  # depth points down


def test_mask_cores_are_drawn(planes):
    grid = Grid((40, 20), (0.1, 0.25))
    mask = np.zeros(grid.shape, dtype=bool)
    mask[20:35, 5:15] = True
    maps = planes[1].replace(core=MaskOutline(mask, grid))
    ax = plt.figure().add_subplot()
    display = QUSMapDisplay.from_plane(maps, "mbf").plot(ax, colorbar=False)
    assert display.ax_ is ax
    assert display.colorbar_ is None
    assert display.core_ is not None


def test_unknown_map_is_refused(planes):
    with pytest.raises(ValueError, match=r"must be one of .*, got 'eac'"):
        QUSMapDisplay.from_plane(planes[1], "eac")
