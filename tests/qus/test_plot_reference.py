"""The picture of a phantom's check shows the numbers of its result."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from sknac.cohort import Plane
from sknac.qus import ReferenceCheckDisplay, ReferencePhantom, check_reference

pytestmark = pytest.mark.mpl


@pytest.fixture(autouse=True)
def _no_window():
    mpl.use("Agg")
    yield
    plt.close("all")


@pytest.fixture
def phantom(rng):
    plane = Plane.from_rf(rng.normal(size=(800, 60)), fs_mhz=40, line_pitch_mm=0.2)
    return ReferencePhantom(plane, attenuation_db_cm_mhz=0.5, speed_of_sound=1540)


def test_blocks_lie_at_their_millimetres(phantom):
    display = ReferenceCheckDisplay.from_phantom(phantom)
    one = display.check.settings[0]
    left, right, bottom, top = display.image_.get_extent()
    assert (left, right) == pytest.approx((-0.1, 11.9), abs=0.3)
    assert bottom - top == pytest.approx(one.deviation_db.shape[0] * one.grid.step[0])
    np.testing.assert_array_equal(display.image_.get_array(), one.deviation_db)
    (lateral,), (depth,) = display.worst_.get_data()
    assert (depth, lateral) == one.worst_mm
    assert [line.get_ydata()[0] for line in display.depth_lines_] == list(
        one.usable_depth_mm
    )


def test_axes_and_looks_are_the_callers(phantom):
    _, ax = plt.subplots()
    display = ReferenceCheckDisplay.from_check(
        check_reference(phantom), ax=ax, colorbar=False, image_kwargs={"vmax": 3}
    )
    assert display.ax_ is ax
    assert display.colorbar_ is None
    assert display.image_.get_clim()[1] == 3


@pytest.mark.parametrize("setting", [-1, 1])
def test_setting_that_is_not_there_is_refused(phantom, setting):
    with pytest.raises(ValueError, match="setting must be 0 to 0, got"):
        ReferenceCheckDisplay.from_phantom(phantom, setting=setting)
