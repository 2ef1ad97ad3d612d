"""What lies behind a map: RF, envelopes, B-mode and arrays, with their holes."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.signal import hilbert

from sknac.cohort import Grid, Plane
from sknac.qus import bmode_from_rf
from sknac.qus._background import grey_of

GRID = Grid((20, 12), (0.2, 0.25))


@pytest.fixture
def rf(rng):
    return Plane.from_rf(rng.normal(size=(300, 20)), fs_mhz=40.0, line_pitch_mm=0.25)


def test_rf_and_its_envelope_are_one_image(rf):
    image, grid = grey_of(rf, GRID, None, 50.0)
    np.testing.assert_array_equal(
        image, bmode_from_rf(rf.load(), dynamic_range_db=50.0)
    )
    assert grid == rf.grid
    samples = rf.load() - np.median(rf.load(), axis=0)
    envelope = Plane(np.abs(hilbert(samples, axis=0)), "envelope", rf.spacing_mm)
    np.testing.assert_allclose(
        grey_of(envelope, GRID, None, 50.0)[0], image, rtol=1e-3, atol=0.01
    )


@pytest.mark.parametrize("kind", ["rf", "envelope", "bmode"])
@pytest.mark.parametrize("hole", [np.nan, np.inf])
def test_holes_are_left_blank(rf, kind, hole):
    samples = np.abs(rf.load()) if kind != "rf" else rf.load().copy()
    samples[40:60, 3:5] = hole
    plane = Plane(samples, kind, rf.spacing_mm, fs_mhz=40.0)
    image, _ = grey_of(plane, GRID, None, 50.0)
    unknown = np.zeros(image.shape, bool)
    unknown[40:60, 3:5] = True
    np.testing.assert_array_equal(~np.isfinite(image), unknown)


def test_an_array_lies_on_the_maps_grid_or_its_own(rng):
    image = rng.normal(size=(20, 12))
    assert grey_of(image, GRID, None, 60.0)[1] is GRID
    own = Grid((40, 12), (0.1, 0.25))
    assert grey_of(np.zeros((40, 12)), GRID, own, 60.0)[1] is own


@pytest.mark.parametrize(
    ("background", "own", "said"),
    [
        (np.zeros((300, 20)), None, "give its Grid as background_grid, or a Plane"),
        (np.zeros((20, 12)), Grid((9, 9), (1, 1)), "does not lie on a grid of"),
        (np.zeros((20, 12, 3)), None, "must be a grey image"),
        (np.zeros((20, 12), complex), None, "must be a grey image"),
        ("scan.png", None, "must be a grey image"),
        (Plane(np.ones((1, 20, 12)), "maps", channels=("a",)), None, "got maps"),
    ],
)
def test_what_has_no_place_behind_a_map_is_refused(background, own, said):
    with pytest.raises(ValueError, match=said):
        grey_of(background, GRID, own, 60.0)
