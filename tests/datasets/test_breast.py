"""The layers of the breast and what a tumour changes in them."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace

import numpy as np
import pytest

from sknac.cohort import Grid
from sknac.datasets._breast import (
    Lesion,
    _bright_line,
    _shadow,
    draw_breast,
    level_map,
)

GRID = Grid((160, 140), (0.2, 0.2))


@pytest.fixture
def core():
    """A box of 8 mm x 6 mm, from 10 mm down."""
    axial, lateral = GRID.axial[:, None], GRID.lateral
    return (axial >= 10) & (axial < 18) & (np.abs(lateral - 14) < 3)


@pytest.fixture
def lesion():
    vertices = np.array([[10.0, 11.0], [10.0, 17.0], [18.0, 17.0], [18.0, 11.0]])
    return Lesion(vertices, level_db=-14.0, texture_db=0.0, shadow_db=8.0, halo_db=0.0)


def levels(core, lesion, seed=3):
    """Levels of the same breast, whatever the lesion."""
    rng = np.random.default_rng(seed)
    return level_map(draw_breast(rng), lesion, core, GRID, rng)


def test_tumour_lies_its_level_below_the_gland(core, lesion):
    flat = levels(core, replace(lesion, shadow_db=0.0))
    depth_loss = 0.12 * GRID.axial[:, None]
    middle = np.s_[70:71, 65:76]
    np.testing.assert_allclose((flat + depth_loss)[middle], -22 - 14, atol=0.01)


def test_shadow_behind_a_tumour_is_the_stated_loss(core, lesion):
    # The blur across leaves the middle of a wide shadow alone.
    loss = _shadow(lesion, core, GRID)
    np.testing.assert_allclose(loss[120, 68:73], 8.0, rtol=0.01)
    assert np.abs(loss[:50]).max() < 1e-12
    difference = levels(core, replace(lesion, shadow_db=0.0)) - levels(core, lesion)
    np.testing.assert_allclose(difference, loss, atol=1e-9)


def test_halo_is_brightest_just_outside(core, lesion):
    plain, bright = (levels(core, replace(lesion, halo_db=h)) for h in (0.0, 5.0))
    halo = bright - plain
    assert np.abs(halo[core]).max() < 1e-9
    outside_mm = 10 - GRID.axial[:50]
    expected = 5 * np.exp(-(((outside_mm - 0.8) / 0.6) ** 2))
    np.testing.assert_allclose(halo[:50, 70], expected, atol=0.02)


def test_skin_is_brighter_than_the_fat_below(core, lesion):
    level = levels(core, lesion)
    assert level[GRID.axial < 1.2].mean() > level[15:20].mean() + 5


def test_bright_line_never_darkens():
    level = np.array([-30.0, -30.0, -5.0])
    found = _bright_line(level, np.array([0.0, 0.5, 0.0]), 0.5, -10.0)
    np.testing.assert_allclose(found, [-10.0, -30 + 20 / np.e, -5.0])
