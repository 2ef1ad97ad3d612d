"""The display draws the map where it lies, over B-mode, with the core."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from sknac.cohort import Grid, MaskOutline, Plane, PolygonOutline
from sknac.qus import QUSMapDisplay, QUSMaps

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


@pytest.fixture
def maps(rng):
    n_axial, n_lateral = 20, 12
    return QUSMaps(
        valid=rng.random((n_axial, n_lateral)) > 0.5,
        depth_mm=1 + 0.2 * np.arange(n_axial),
        lateral_mm=1 + 0.25 * np.arange(n_lateral),
        freqs_mhz=np.arange(3, 8.0),
        mbf=rng.normal(size=(n_axial, n_lateral)),
        snr_db=rng.normal(size=(n_axial, n_lateral)),
    )


def test_several_maps_lie_side_by_side(planes):
    rf, maps = planes
    display = QUSMapDisplay.from_plane(maps, ["esd", "mbf"], background=rf)
    assert len(display.displays_) == 2
    assert display.figure_.axes[:2] == [one.ax_ for one in display.displays_]
    assert display.ax_ is display.displays_[0].ax_
    for one, values in zip(display.displays_, maps.load()[::-1], strict=True):
        np.testing.assert_array_equal(one.image_.get_array(), values)
        assert one.core_ is not None
        assert one.background_ is not None
    assert "diameter" in display.colorbar_.ax.get_ylabel()


def test_several_maps_take_axes_of_ones_own(planes):
    _, axes = plt.subplots(2, 1)
    display = QUSMapDisplay.from_plane(planes[1], ["esd", "mbf"], ax=axes)
    assert [one.ax_ for one in display.displays_] == list(axes)
    with pytest.raises(ValueError, match="one of the axes per map, 2, got 1"):
        display.plot(axes[0])


def test_signal_to_noise_and_validity_are_drawn(maps):
    display = QUSMapDisplay.from_maps(maps, ["mbf", "snr_db", "valid"])
    valid = display.displays_[2].image_
    np.testing.assert_array_equal(valid.get_array(), maps.valid)
    assert valid.get_clim() == (0, 1)
    assert display.displays_[1].colorbar_.ax.get_ylabel() == "signal to noise (dB)"


@pytest.mark.parametrize("channel", ["esd", "bsc", "grid", [], ["mbf", "ss"]])
def test_what_is_no_map_of_a_result_is_refused(maps, channel):
    with pytest.raises(ValueError, match="channel must"):
        QUSMapDisplay.from_maps(maps, channel)


def test_a_plane_is_told_who_draws_it(planes):
    with pytest.raises(TypeError, match="planes of a cohort are drawn by from_plane"):
        QUSMapDisplay.from_maps(planes[1], "mbf")


def test_core_and_region_are_outlined_each_in_its_way(planes, maps):
    rf, plane = planes
    inside = np.zeros((20, 12), bool)
    inside[3:15, 2:9] = True
    roi = MaskOutline(inside, plane.grid)
    drawn = [
        QUSMapDisplay.from_plane(plane.replace(roi=roi), "esd"),
        QUSMapDisplay.from_maps(maps, "mbf", background=rf, roi=roi),
        QUSMapDisplay.from_maps(maps, "mbf", core=CORE, roi=roi),
    ]
    for display in drawn:
        assert display.core_.get_linestyle() == ":"
        assert display.roi_.get_linestyle() == "--"
        assert np.nanmin(display.roi_.get_xdata()) == pytest.approx(1.375)
    again = drawn[0].plot(roi_kwargs={"color": "red"})
    assert again.roi_.get_color() == "red"
    assert QUSMapDisplay.from_plane(plane, "esd").roi_ is None


def test_a_range_of_depth_is_shown(planes):
    rf, maps = planes
    for channel in ("esd", ["mbf", "esd"]):
        display = QUSMapDisplay.from_plane(
            maps, channel, background=rf, depth_range_mm=(1.5, 3)
        )
        assert {one.ax_.get_ylim() for one in display.displays_} == {(3.0, 1.5)}


@pytest.mark.parametrize("depths", [(3, 1), (30, 40), (-5, -1), (2, np.nan)])
def test_a_range_without_the_map_is_refused(planes, depths):
    with pytest.raises(ValueError, match=r"within 0.9 to 4.9 mm"):
        QUSMapDisplay.from_plane(planes[1], "esd", depth_range_mm=depths)
